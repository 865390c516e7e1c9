/* What decoders' companion programs print about a file, understood.
 *
 * The programs have read a file that nobody trusts, and a title of it may stand in what they print:
 * only lines that begin as expected count, numbers are taken within their line, and nothing is
 * believed that would not fit. */
#include "image/helper_reports.h"

#include "base/checked.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *next_line(const char *line) {
    line += strcspn(line, "\n");
    return *line ? line + 1 : line;
}

/* A decimal number of at most nine digits, moved past; -1 if there is none. */
static long take_number(const char **text) {
    long value = 0;
    int digits = 0;
    while (**text >= '0' && **text <= '9') {
        if (++digits > 9)
            return -1;
        value = value * 10 + (*(*text)++ - '0');
    }
    return digits ? value : -1;
}

static bool take_text(const char **text, const char *expected) {
    size_t length = strlen(expected);
    if (strncmp(*text, expected, length) != 0)
        return false;
    *text += length;
    return true;
}

static void skip_spaces(const char **text) {
    while (**text == ' ')
        ++*text;
}

/* Digits with or without a fraction and an exponent, with which absurd sizes are told; -1 if there are
 * none. Not more than what still is counted in pixels exactly. */
static double take_decimal(const char **text) {
    long whole = take_number(text);
    if (whole < 0)
        return -1;
    double value = (double)whole, place = 0.1;
    if (**text == '.')
        for (++*text; **text >= '0' && **text <= '9'; ++*text, place /= 10)
            value += place * (**text - '0');
    bool shrinks = strncmp(*text, "e-", 2) == 0;
    if (shrinks || strncmp(*text, "e+", 2) == 0) {
        *text += 2;
        value *= pow(10, (double)(shrinks ? -take_number(text) : take_number(text)));
    }
    return fmin(value, 1e12);
}

/* "Page    3 size:  595.276 x 841.89 pts (A4)" */
static void read_page_size(pali_pdf_report *report, const char *line, int page) {
    if (!take_text(&line, "Page"))
        return;
    skip_spaces(&line);
    if (take_number(&line) != page || !take_text(&line, " size:"))
        return;
    skip_spaces(&line);
    double width = take_decimal(&line);
    if (!take_text(&line, " x "))
        return;
    double height = take_decimal(&line);
    if (width > 0 && height > 0 && take_text(&line, " pts")) {
        report->width = width;
        report->height = height;
    }
}

bool pali_pdf_report_parse(pali_pdf_report *out, const char *text, int page) {
    *out = (pali_pdf_report){0};
    for (const char *line = text; *line; line = next_line(line)) {
        const char *value = line;
        if (take_text(&value, "Pages:")) {
            skip_spaces(&value);
            long pages = take_number(&value);
            out->pages = pages > 0 ? (int)pages : 0;
        } else {
            read_page_size(out, line, page);
        }
    }
    return out->pages > 0;
}

/* "image: 4032x3024 (id=49), primary" */
bool pali_heic_report_parse(pali_heic_report *out, const char *text) {
    *out = (pali_heic_report){0};
    for (const char *line = text; *line; line = next_line(line)) {
        const char *value = line;
        if (!take_text(&value, "image: ") || out->pictures == INT_MAX)
            continue;
        out->pictures++;
        long width = take_number(&value);
        long height = take_text(&value, "x") ? take_number(&value) : -1;
        size_t length = strcspn(value, "\n");
        if (width > 0 && height > 0 && memmem(value, length, "primary", 7) && !out->primary) {
            out->width = (uint64_t)width;
            out->height = (uint64_t)height;
            out->primary = out->pictures;
        }
    }
    return out->primary > 0;
}

/* A number and the one white space behind it. */
static bool take_ppm_number(const uint8_t **bytes, const uint8_t *end, uint64_t *out) {
    const uint8_t *at = *bytes;
    uint64_t value = 0;
    for (; at < end && *at >= '0' && *at <= '9' && value < 1000000000; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    if (at == *bytes || at == end || (*at != ' ' && *at != '\n'))
        return false;
    *bytes = at + 1;
    *out = value;
    return true;
}

bool pali_ppm_parse(pali_ppm *out, const uint8_t *bytes, uint64_t size) {
    const uint8_t *at = bytes + 3, *end = bytes + size;
    uint64_t width, height, maximum;
    size_t count;
    if (size < 3 || memcmp(bytes, "P6\n", 3) != 0 || !take_ppm_number(&at, end, &width) ||
        !take_ppm_number(&at, end, &height) || !take_ppm_number(&at, end, &maximum) ||
        maximum != 255)
        return false;
    if (!pali_mul_size(width, height, &count) || !pali_mul_size(count, 3, &count) ||
        count != (size_t)(end - at))
        return false;
    *out = (pali_ppm){width, height, at};
    return true;
}
