/* Finding rules by runs. In a column-major walk for rules across (and row-major for rules down), a
 * pixel belongs to a candidate if its run of ink across is long and its run down is short; candidates
 * that continue each other over at least the minimal length, in a band that is thin and straight, are
 * rules. Taking out only the pixels whose run at right angles is as short as the rule is thick leaves
 * the letters that stand on it or cross it whole. */
#include "page/rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One direction of the picture: `count` lines of `length` pixels. */
typedef struct grid {
    int length, count;
    size_t step, stride; /* from pixel to pixel along a line, from line to line */
} grid;

/* Marks pixels (255) of runs along lines that are at least `long_run` long, gaps of up to `gap`
 * pixels included. */
static void mark_long_runs(const uint8_t *ink, uint8_t *mark, grid g, int threshold, int long_run,
                           int gap) {
    for (int l = 0; l < g.count; l++) {
        const uint8_t *row = ink + (size_t)l * g.stride;
        uint8_t *to = mark + (size_t)l * g.stride;
        int begin = -1, last = -1;
        for (int i = 0; i <= g.length; i++) {
            bool is_ink = i < g.length && row[(size_t)i * g.step] >= threshold;
            if (is_ink) {
                begin = begin < 0 ? i : begin;
                last = i;
            }
            if (begin >= 0 && (i == g.length || i - last > gap)) {
                if (last + 1 - begin >= long_run)
                    for (int k = begin; k <= last; k++)
                        to[(size_t)k * g.step] = 255;
                begin = -1;
            }
        }
    }
}

/* Whether a part of marked pixels is a rule: long, thin for its length, straight enough. */
static bool is_rule(const rx_part *p, bool across, float letter_height, int long_rule) {
    int length = across ? rx_part_width(p) : rx_part_height(p);
    int spread = across ? rx_part_height(p) : rx_part_width(p);
    float thickness = (float)p->area / (float)length;
    return length >= long_rule && thickness <= 0.5f * letter_height &&
           (float)spread <= 0.04f * (float)length + 2 * thickness;
}

/* Takes a rule's pixel and those beside it, across the rule, if the run is short. */
static void take(uint8_t *ink, uint8_t *rules, size_t at, int place, int places, size_t stride,
                 int threshold, int thick) {
    int up = 0, down = 0;
    while (up <= thick && place - up - 1 >= 0 && ink[at - (size_t)(up + 1) * stride] >= threshold)
        up++;
    while (down <= thick && place + down + 1 < places &&
           ink[at + (size_t)(down + 1) * stride] >= threshold)
        down++;
    if (up + down + 1 > thick)
        return;
    for (int k = -up - 1; k <= down + 1; k++) /* with the grey fringe */
        if (place + k >= 0 && place + k < places) {
            size_t i = (size_t)((ptrdiff_t)at + k * (ptrdiff_t)stride);
            ink[i] = 0;
            rules[i] = 255;
        }
}

static pali_status remove_direction(rx_gray *rules, rx_gray *ink, bool across, int threshold,
                                    float letter_height, pali_error *err) {
    grid g = across ? (grid){ink->width, ink->height, 1, (size_t)ink->width}
                    : (grid){ink->height, ink->width, (size_t)ink->width, 1};
    int long_run = (int)(1.6f * letter_height) + 8;
    int long_rule = (int)((across ? 7.0f : 4.5f) * letter_height) + 10;
    rx_gray mark;
    pali_status status = rx_gray_create(&mark, ink->width, ink->height, err);
    if (status)
        return status;
    memset(mark.pixels, 0, (size_t)ink->width * (size_t)ink->height);
    mark_long_runs(ink->pixels, mark.pixels, g, threshold, long_run, 1);
    rx_parts parts;
    status = rx_parts_find(&parts, &mark, 1, err);
    rx_gray_free(&mark);
    if (status)
        return status;
    for (int i = 0; i < parts.count; i++) {
        const rx_part *p = &parts.part[i];
        if (!is_rule(p, across, letter_height, long_rule))
            continue;
        int length = across ? rx_part_width(p) : rx_part_height(p);
        int thick = (int)(1.4f * (float)p->area / (float)length) + 2;
        for (int y = p->y0; y < p->y1; y++)
            for (int x = p->x0; x < p->x1; x++) {
                size_t at = (size_t)y * (size_t)ink->width + (size_t)x;
                if (parts.label[at] == i + 1 && ink->pixels[at] >= threshold)
                    take(ink->pixels, rules->pixels, at, across ? y : x, g.count, g.stride,
                         threshold, thick);
            }
    }
    rx_parts_free(&parts);
    return PALI_OK;
}

pali_status rx_rules_remove(rx_gray *rules, rx_gray *ink, int threshold, float letter_height,
                            pali_error *err) {
    rx_gray made;
    pali_status status = rx_gray_create(&made, ink->width, ink->height, err);
    if (status)
        return status;
    memset(made.pixels, 0, (size_t)ink->width * (size_t)ink->height);
    status = remove_direction(&made, ink, true, threshold, letter_height, err);
    if (!status)
        status = remove_direction(&made, ink, false, threshold, letter_height, err);
    if (status)
        rx_gray_free(&made);
    else
        *rules = made;
    return status;
}
