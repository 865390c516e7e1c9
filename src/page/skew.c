/* Skew by projection: the ink is summed along lines of each angle; at the right one the sums of
 * neighbouring lines differ most (Postl, US patent 4723297, expired). Coarse steps of half a degree,
 * then of a twentieth around the best.
 *
 * Lines that run down are told by neighbours: letters and words stand closer to the next of their
 * line than to the line below, and words are longer than high. */
#include "page/skew.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_POINTS = 60000, MAX_NEIGHBOURS = 1500 };

static const double DEGREE = 3.14159265358979323846 / 180;

bool rx_part_is_text(const rx_part *p, float letter_height) {
    float width = (float)rx_part_width(p), height = (float)rx_part_height(p);
    float square = letter_height * letter_height;
    /* Words of two or three lines that touch are higher than any word, and wide. */
    float highest = width > 1.3f * height ? 9 * letter_height : 4 * letter_height;
    return height >= 0.4f * letter_height && height <= highest && width >= 0.15f * letter_height &&
           width <= 30 * letter_height && (float)p->area >= 0.06f * square &&
           (float)p->area < 0.8f * width * height + 0.3f * square;
}

typedef struct points {
    int count, width, height;
    int16_t (*at)[2];
} points;

/* Every `stride`-th ink pixel of what may be text, at half resolution. */
static pali_status sample(points *out, const rx_parts *parts, float letter_height,
                          pali_error *err) {
    out->at = malloc(MAX_POINTS * sizeof *out->at);
    bool *is_text = malloc((size_t)parts->count + 1);
    if (!out->at || !is_text) {
        free(is_text);
        return pali_fail_memory(err, MAX_POINTS * sizeof *out->at, "points of ink");
    }
    size_t ink = 0;
    for (int i = 0; i < parts->count; i++) {
        is_text[i] = rx_part_is_text(&parts->part[i], letter_height);
        ink += is_text[i] ? (size_t)parts->part[i].area : 0;
    }
    size_t stride = ink / MAX_POINTS + 1, seen = 0;
    for (int y = 0; y < parts->height; y++)
        for (int x = 0; x < parts->width; x++) {
            int32_t label = parts->label[(size_t)y * (size_t)parts->width + (size_t)x];
            if (label && is_text[label - 1] && seen++ % stride == 0 && out->count < MAX_POINTS) {
                out->at[out->count][0] = (int16_t)(x / 2);
                out->at[out->count++][1] = (int16_t)(y / 2);
            }
        }
    free(is_text);
    return PALI_OK;
}

/* Sum of squared differences between neighbouring lines at an angle. `bins` has width + height
 * entries. */
static double contrast(const points *p, double radians, int *bins) {
    int count = p->width + p->height;
    memset(bins, 0, (size_t)count * sizeof *bins);
    float slope = (float)tan(radians);
    float offset = slope > 0 ? slope * (float)p->width : 0;
    for (int i = 0; i < p->count; i++) {
        int bin = (int)((float)p->at[i][1] - slope * (float)p->at[i][0] + offset);
        bins[bin < 0 ? 0 : bin >= count ? count - 1 : bin]++;
    }
    double score = 0;
    for (int i = 1; i < count; i++) {
        double difference = bins[i] - bins[i - 1];
        score += difference * difference;
    }
    return score;
}

pali_status rx_skew_measure(double *radians, const rx_parts *parts, float letter_height,
                            pali_error *err) {
    *radians = 0;
    points p = {0, parts->width / 2 + 1, parts->height / 2 + 1, NULL};
    int *bins = malloc((size_t)(p.width + p.height) * sizeof *bins);
    pali_status status = bins ? sample(&p, parts, letter_height, err)
                              : pali_fail_memory(err, 0, "a profile of the page");
    if (!status && p.count >= 200) {
        double straight = contrast(&p, 0, bins), best = straight, angle = 0;
        for (double step = 0.5, reach = 20; step > 0.04; step /= 10, reach = 0.5) {
            double center = angle;
            for (double a = center - reach; a <= center + reach + 1e-9; a += step) {
                double score = contrast(&p, a * DEGREE, bins);
                if (score > best) {
                    best = score;
                    angle = a;
                }
            }
        }
        if (best > 1.05 * straight)
            *radians = angle * DEGREE;
    }
    free(bins);
    free(p.at);
    return status;
}

/* Smallest gap from part `i` to one beside it (across) or below it (down), in letter heights, at
 * most 3. */
static void nearest(const rx_part *const *part, int count, int i, float letter_height,
                    float *across, float *down) {
    const rx_part *a = part[i];
    *across = *down = 3;
    for (int k = 0; k < count; k++) {
        const rx_part *b = part[k];
        if (k == i)
            continue;
        int over_y = (a->y1 < b->y1 ? a->y1 : b->y1) - (a->y0 > b->y0 ? a->y0 : b->y0);
        int over_x = (a->x1 < b->x1 ? a->x1 : b->x1) - (a->x0 > b->x0 ? a->x0 : b->x0);
        float gap_x = (float)-over_x / letter_height, gap_y = (float)-over_y / letter_height;
        int high = rx_part_height(a) < rx_part_height(b) ? rx_part_height(a) : rx_part_height(b);
        int wide = rx_part_width(a) < rx_part_width(b) ? rx_part_width(a) : rx_part_width(b);
        if (2 * over_y > high && gap_x > -0.2f && gap_x < *across)
            *across = gap_x;
        if (2 * over_x > wide && gap_y > -0.2f && gap_y < *down)
            *down = gap_y;
    }
}

bool rx_lines_run_down(const rx_parts *parts, float letter_height) {
    const rx_part *part[MAX_NEIGHBOURS];
    int count = 0;
    for (int i = 0; i < parts->count && count < MAX_NEIGHBOURS; i++)
        if (rx_part_is_text(&parts->part[i], letter_height))
            part[count++] = &parts->part[i];
    double for_across = 0, for_down = 0;
    for (int i = 0; i < count; i++) {
        float across, down;
        nearest(part, count, i, letter_height, &across, &down);
        for_across += across < 0.7f * down;
        for_down += down < 0.7f * across;
        for_across += rx_part_width(part[i]) > 2 * rx_part_height(part[i]);
        for_down += rx_part_height(part[i]) > 2 * rx_part_width(part[i]) &&
                    (float)rx_part_width(part[i]) > 0.6f * letter_height;
    }
    return for_down >= 8 && for_down > 1.5 * for_across;
}
