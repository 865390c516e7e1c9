/* The three forms are one pass each over the code points. */
#include "eval/forms.h"

#include "rx/fold.h"

#include <stdlib.h>
#include <string.h>

static uint32_t lower(uint32_t c) {
    bool capital = (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7);
    return capital ? c + 32 : c;
}

static bool is_digit(uint32_t c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(uint32_t c) {
    return (c >= 'a' && c <= 'z') || c >= 0xC0;
}

static bool is_blank(uint32_t c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xA0;
}

static size_t name_form(uint32_t *p, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t c = lower(p[i]);
        bool sign = c < 128 ? !is_digit(c) && !(c >= 'a' && c <= 'z')
                            : c == 0xA0 || c == 0xB7 || (c >= 0x2010 && c <= 0x2015) ||
                                  (c >= 0x2018 && c <= 0x201F) || c == 0x2022;
        if (!sign)
            p[kept++] = c;
    }
    return kept;
}

/* Whether the character at `i` stands alone: nothing, or a blank, is on both sides of it. */
static bool is_alone(const uint32_t *p, size_t count, uint32_t before, size_t i) {
    return (i == 0 || is_blank(before)) && (i + 1 == count || is_blank(p[i + 1]));
}

/* What is left of a field's characters, each in its common shape. */
static size_t keep_signs(uint32_t *p, size_t count) {
    size_t kept = 0;
    uint32_t before = 0; /* the character left of this one, as it was */
    for (size_t i = 0; i < count; i++) {
        uint32_t c = p[i], after = i + 1 < count ? p[i + 1] : 0;
        bool dot = c == '.' || c == ',' || c == ':' || c == ';';
        bool gone = is_blank(c) || (dot && !(is_digit(before) && is_digit(after)));
        bool one = lower(c) == 'i' && is_alone(p, count, before, i);
        before = c;
        if (!gone)
            p[kept++] = one ? '1' : c >= 0x2010 && c <= 0x2015 ? '-' : c == 0xD7 ? 'x' : lower(c);
    }
    return kept;
}

static size_t field_form(uint32_t *p, size_t count) {
    size_t signs = keep_signs(p, count), kept = 0;
    for (size_t i = 0; i < signs; i++) {
        bool letter =
            (kept > 0 && is_letter(p[kept - 1])) || (i + 1 < signs && is_letter(p[i + 1]));
        if (p[i] == '-' && kept > 0 && p[kept - 1] == '-')
            continue;
        p[kept++] = p[i] == 'o' && !letter ? '0' : p[i];
    }
    return kept;
}

static size_t text_form(uint32_t *p, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_blank(p[i]))
            p[kept++] = p[i];
        else if (kept > 0 && p[kept - 1] != ' ')
            p[kept++] = ' ';
    }
    return kept > 0 && p[kept - 1] == ' ' ? kept - 1 : kept;
}

pali_status rx_form_make(rx_form *out, rx_form_kind kind, pali_arena *arena, const char *text,
                         pali_error *err) {
    size_t size = text ? strlen(text) : 0, count = 0, at = 0;
    uint32_t *points = pali_arena_alloc(arena, size + 1, sizeof *points, "a text", err);
    if (!points)
        return PALI_ERROR_MEMORY;
    while (at < size)
        points[count++] = rx_next_code_point(text, size, &at);
    count = kind == RX_FORM_NAME    ? name_form(points, count)
            : kind == RX_FORM_FIELD ? field_form(points, count)
                                    : text_form(points, count);
    *out = (rx_form){points, count};
    return PALI_OK;
}

bool rx_form_equal(const rx_form *a, const rx_form *b) {
    return a->size == b->size && memcmp(a->points, b->points, a->size * sizeof *a->points) == 0;
}

pali_status rx_form_distance(size_t *out, const rx_form *a, const rx_form *b, pali_error *err) {
    size_t *row = malloc((b->size + 1) * sizeof *row);
    if (!row)
        return pali_fail_memory(err, (b->size + 1) * sizeof *row, "a comparison");
    for (size_t j = 0; j <= b->size; j++)
        row[j] = j;
    for (size_t i = 0; i < a->size; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b->size; j++) {
            size_t change = corner + (a->points[i] != b->points[j]);
            size_t gap = row[j + 1] < row[j] ? row[j + 1] + 1 : row[j] + 1;
            corner = row[j + 1];
            row[j + 1] = change < gap ? change : gap;
        }
    }
    *out = row[b->size];
    free(row);
    return PALI_OK;
}
