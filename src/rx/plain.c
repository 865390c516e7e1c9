/* What a page says, made safe to show. */
#include "rx/plain.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <string.h>

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

unsigned rx_next_character(const char *text, size_t size, size_t *length) {
    *length = pali_utf8_length(text, size);
    const unsigned char *b = (const unsigned char *)text;
    switch (*length) {
    case 2:
        return (b[0] & 0x1fu) << 6 | (b[1] & 0x3fu);
    case 3:
        return (b[0] & 0x0fu) << 12 | (b[1] & 0x3fu) << 6 | (b[2] & 0x3fu);
    case 4:
        return (b[0] & 0x07u) << 18 | (b[1] & 0x3fu) << 12 | (b[2] & 0x3fu) << 6 | (b[3] & 0x3fu);
    default:
        *length = 1;
        return b[0];
    }
}

static bool is_control(unsigned c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

/* Marks, embeddings, overrides and isolates of direction; the byte order mark. */
static bool is_invisible(unsigned c) {
    return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static pali_status append(pali_buffer *buffer, const char *text, bool plain, pali_error *err) {
    size_t size = text ? strlen(text) : 0;
    pali_status status = pali_buffer_append(buffer, "", 0, err);
    for (size_t i = 0, length; i < size && !status; i += length) {
        if (pali_utf8_length(text + i, size - i) == 0) {
            length = 1;
            status = pali_buffer_append_text(buffer, replacement, err);
            continue;
        }
        unsigned c = rx_next_character(text + i, size - i, &length);
        if (plain && is_invisible(c))
            continue;
        status = plain && is_control(c) ? pali_buffer_append(buffer, " ", 1, err)
                                        : pali_buffer_append(buffer, text + i, length, err);
    }
    return status;
}

pali_status rx_append_valid(pali_buffer *buffer, const char *text, pali_error *err) {
    return append(buffer, text, false, err);
}

pali_status rx_append_plain(pali_buffer *buffer, const char *text, pali_error *err) {
    return append(buffer, text, true, err);
}

/* Ranges after Unicode's EastAsianWidth (W and F) and general category Mn, as far as prescriptions
 * are likely to hold them. */
static size_t width(unsigned c) {
    static const struct {
        unsigned first, last;
        unsigned char width;
    } ranges[] = {
        {0x0300, 0x036f, 0},   {0x0591, 0x05bd, 0},   {0x064b, 0x065f, 0}, {0x093c, 0x093c, 0},
        {0x0941, 0x0948, 0},   {0x094d, 0x094d, 0},   {0x1100, 0x115f, 2}, {0x200b, 0x200f, 0},
        {0x2e80, 0x303e, 2},   {0x3041, 0xa4cf, 2},   {0xac00, 0xd7a3, 2}, {0xf900, 0xfaff, 2},
        {0xfe00, 0xfe0f, 0},   {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2}, {0xffe0, 0xffe6, 2},
        {0x1f300, 0x1faff, 2}, {0x20000, 0x3fffd, 2},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return ranges[i].width;
    return 1;
}

size_t rx_columns(const char *text, size_t size) {
    size_t columns = 0;
    for (size_t i = 0, length; i < size; i += length)
        columns += width(rx_next_character(text + i, size - i, &length));
    return columns;
}
