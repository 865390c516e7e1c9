/* Folding by ranges of code points. What changes the meaning is kept (a full stop, a slash); what
 * only changes the looks (width, script of the digits, kind of dash or blank, case, accents) goes.
 * Combining marks vanish: the bar over a Roman numeral is one. */
#include "rx/fold.h"

#include "base/utf8.h"

#include <string.h>

enum { MAX_SOURCE = 1 << 20, MAX_EXPANSION = 4 };

uint32_t rx_next_code_point(const char *text, size_t size, size_t *at) {
    const unsigned char *p = (const unsigned char *)text + *at;
    size_t length = pali_utf8_length(text + *at, size - *at);
    *at += length ? length : 1;
    switch (length) {
    case 1:
        return p[0];
    case 2:
        return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
    case 3:
        return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    case 4:
        return (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
    default:
        return 0xfffd;
    }
}

/* The digit zero of each script whose digits are a block of ten. */
static const uint16_t ZEROS[] = {0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6,
                                 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0de6, 0x0e50,
                                 0x0ed0, 0x0f20, 0x1040, 0x17e0, 0x1810, 0xa9d0};

static int digit_of(uint32_t c) {
    for (size_t i = 0; i < sizeof ZEROS / sizeof *ZEROS; i++)
        if (c >= ZEROS[i] && c < ZEROS[i] + 10u)
            return (int)(c - ZEROS[i]);
    if (c >= 0x2460 && c <= 0x2468) /* circled 1 to 9 */
        return (int)(c - 0x2460) + 1;
    return -1;
}

/* Single characters, sorted. */
static const struct {
    uint16_t code;
    const char *text;
} SINGLES[] = {
    {0x00a0, " "},    {0x00ad, ""},     {0x00b0, "\x06"}, {0x00b2, "2"},    {0x00b3, "3"},
    {0x00b5, "u"},    {0x00b7, "*"},    {0x00b9, "1"},    {0x00ba, "\x06"}, {0x00bc, "\x01"},
    {0x00bd, "\x03"}, {0x00be, "\x05"}, {0x00c6, "ae"},   {0x00d7, "x"},    {0x00d8, "0"},
    {0x00df, "ss"},   {0x00e6, "ae"},   {0x00f7, "/"},    {0x00f8, "0"},    {0x0131, "i"},
    {0x0152, "oe"},   {0x0153, "oe"},   {0x0394, "dx:"},  {0x03bc, "u"},    {0x2018, "'"},
    {0x2019, "'"},    {0x201c, "\""},   {0x201d, "\""},   {0x2022, "*"},    {0x202f, " "},
    {0x2032, "'"},    {0x2044, "/"},    {0x205f, " "},    {0x2060, ""},     {0x2116, "#"},
    {0x211e, "rx"},   {0x2153, "\x02"}, {0x2154, "\x04"}, {0x2190, "\x07"}, {0x2192, "\x07"},
    {0x21d2, "\x07"}, {0x2206, "dx:"},  {0x2212, "-"},    {0x2215, "/"},    {0x25b3, "dx:"},
    {0x25cf, "*"},    {0x2713, "*"},    {0x2714, "*"},    {0x2715, "x"},    {0x2716, "x"},
    {0x2a2f, "x"},    {0x3000, " "},    {0x3003, "\""},   {0xfeff, ""},
};

/* Base letters of U+00C0 .. U+017F; '?' where SINGLES decides or there is none. */
static const char LATIN[] = "aaaaaa?ceeeeiiiidnooooo??uuuuyt?aaaaaa?ceeeeiiiidnooooo??uuuuyty"
                            "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiijjjjkkkllllllll"
                            "llnnnnnnnnnoooooo??rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static const char *const ROMAN[] = {"i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"};

static const char *single(uint32_t c) {
    size_t low = 0, high = sizeof SINGLES / sizeof *SINGLES;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (SINGLES[middle].code == c)
            return SINGLES[middle].text;
        if (SINGLES[middle].code < c)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* What `c` becomes: at most MAX_EXPANSION characters, in `spare` or constant. */
static const char *fold_code_point(uint32_t c, char spare[2]) {
    spare[1] = '\0';
    if (c < 0x80) {
        spare[0] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c < 0x20 || c == 0x7f ? ' ' : c);
        return spare;
    }
    const char *text = single(c);
    if (text)
        return text;
    if (c >= 0xc0 && c - 0xc0 < sizeof LATIN - 1 && LATIN[c - 0xc0] != '?') {
        spare[0] = LATIN[c - 0xc0];
        return spare;
    }
    if (c >= 0xff01 && c <= 0xff5e)
        return fold_code_point(c - 0xff01 + '!', spare);
    int digit = digit_of(c);
    if (digit >= 0) {
        spare[0] = (char)('0' + digit);
        return spare;
    }
    if ((c >= 0x2160 && c <= 0x2169) || (c >= 0x2170 && c <= 0x2179))
        return ROMAN[(c - 0x2160) % 16];
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2e3a || c == 0x2e3b)
        return "-";
    if (c >= 0x2000 && c <= 0x200a)
        return " ";
    if ((c >= 0x0300 && c <= 0x036f) || (c >= 0x200b && c <= 0x200f))
        return "";
    spare[0] = c == 0xfffd || (c >= 0x2000 && c < 0x2c00) || c < 0xc0 ? '?' : RX_FOLD_LETTER;
    return spare;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* "2\xc2\xb75 mg": between two digits a raised dot, which elsewhere marks the entries of a list, is a decimal point. */
static bool is_raised_point(uint32_t c, const rx_folded *before, char next) {
    return c == 0xb7 && before->size > 0 && is_digit(before->text[before->size - 1]) &&
           is_digit(next);
}

pali_status rx_fold(rx_folded *out, pali_arena *arena, const char *text, size_t size,
                    pali_error *err) {
    if (size > MAX_SOURCE)
        return pali_fail(err, PALI_ERROR_LIMIT, "a line of %zu bytes is too long", size);
    size_t room = size * MAX_EXPANSION / 2 + MAX_EXPANSION; /* what grows fourfold has 3 bytes */
    rx_folded folded = {.text = pali_arena_alloc(arena, room, 1, "a line", err)};
    folded.begin = pali_arena_alloc(arena, room, 2 * sizeof *folded.begin, "a line", err);
    if (!folded.text || !folded.begin)
        return PALI_ERROR_MEMORY;
    folded.end = folded.begin + room;
    for (size_t at = 0; at < size;) {
        size_t start = at;
        char spare[2];
        uint32_t c = rx_next_code_point(text, size, &at);
        bool point = is_raised_point(c, &folded, at < size ? text[at] : '\0');
        const char *piece = point ? "." : fold_code_point(c, spare);
        for (; *piece; piece++) {
            folded.text[folded.size] = *piece;
            folded.begin[folded.size] = (uint32_t)start;
            folded.end[folded.size++] = (uint32_t)at;
        }
    }
    folded.text[folded.size] = '\0';
    *out = folded;
    return PALI_OK;
}
