/* Background flattening. Paper is what is bright in a small cell; cells full of ink are bridged by a
 * grey closing (brightest neighbour, then darkest of those) over about 90 pixels, which leaves the
 * edges of shadows where they are. Unlike fitting a smooth surface, this follows folds and the
 * shadow of a hand; unlike a local threshold, it keeps the strokes' grey, which the model sees. */
#include "page/flatten.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REACH = 6 }; /* cells bridged to each side */

/* The grey that a fifth of the cell's pixels reach; 0 if nearly all lies outside the picture. */
static float cell_light(const rx_gray *page, int x0, int y0) {
    int histogram[256] = {0}, count = 0;
    int x1 = x0 + RX_PAPER_CELL < page->width ? x0 + RX_PAPER_CELL : page->width;
    int y1 = y0 + RX_PAPER_CELL < page->height ? y0 + RX_PAPER_CELL : page->height;
    int top = 0;
    for (int y = y0; y < y1; y++) {
        const uint8_t *row = page->pixels + (size_t)y * (size_t)page->width;
        for (int x = x0; x < x1; x++)
            if (row[x] != RX_GRAY_OUTSIDE) {
                histogram[row[x]]++;
                count++;
                top = row[x] > top ? row[x] : top;
            }
    }
    if (4 * count < (x1 - x0) * (y1 - y0))
        return 0;
    int above = 0;
    while (top > 1 && 5 * (above += histogram[top]) < count)
        top--;
    return top > 1 ? (float)top : 1;
}

/* Extreme of 2 REACH + 1 neighbours along one direction; unknown cells (0) never win. */
static void extreme(const float *in, float *out, int count, int step, bool brightest) {
    for (int i = 0; i < count; i++) {
        float best = 0;
        for (int k = i - REACH < 0 ? 0 : i - REACH; k <= i + REACH && k < count; k++) {
            float v = in[k * step];
            if (v > 0 && (best == 0 || (brightest ? v > best : v < best)))
                best = v;
        }
        out[i * step] = best;
    }
}

static void pass(const float *in, float *middle, float *out, int width, int height,
                 bool brightest) {
    for (int y = 0; y < height; y++)
        extreme(in + y * width, middle + y * width, width, 1, brightest);
    for (int x = 0; x < width; x++)
        extreme(middle + x, out + x, height, width, brightest);
}

/* Means of 3 x 3, known cells only; unknown ones take the page's mean. */
static void smooth(const float *in, float *out, int width, int height) {
    double sum = 0, known = 0;
    for (int i = 0; i < width * height; i++)
        if (in[i] > 0) {
            sum += in[i];
            known++;
        }
    float mean = known > 0 ? (float)(sum / known) : 254;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            float total = 0, count = 0;
            for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < height; v++)
                for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < width; u++)
                    if (in[v * width + u] > 0) {
                        total += in[v * width + u];
                        count++;
                    }
            float light = count > 0 ? total / count : mean;
            out[y * width + x] = light > 0.2f * mean ? light : 0.2f * mean;
        }
}

pali_status rx_paper_find(rx_paper *out, const rx_gray *page, pali_error *err) {
    int width = (page->width + RX_PAPER_CELL - 1) / RX_PAPER_CELL;
    int height = (page->height + RX_PAPER_CELL - 1) / RX_PAPER_CELL;
    size_t cells = (size_t)width * (size_t)height;
    float *light = calloc(3 * cells, sizeof *light);
    if (!light)
        return pali_fail_memory(err, 3 * cells * sizeof *light, "the paper's brightness");
    float *a = light + cells, *b = a + cells;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            light[y * width + x] = cell_light(page, x * RX_PAPER_CELL, y * RX_PAPER_CELL);
    pass(light, a, b, width, height, true);
    pass(b, a, light, width, height, false);
    smooth(light, a, width, height);
    memcpy(light, a, cells * sizeof *light);
    *out = (rx_paper){width, height, light};
    return PALI_OK;
}

void rx_paper_free(rx_paper *paper) {
    free(paper->light);
    *paper = (rx_paper){0, 0, NULL};
}

/* The cell before place `at`, and how far towards the next. */
static inline int cell_before(double at, int count, float *part) {
    float c = (float)at / RX_PAPER_CELL - 0.5f;
    c = c < 0 ? 0 : c > (float)(count - 1) ? (float)(count - 1) : c;
    int cell = (int)c;
    *part = c - (float)cell;
    return cell;
}

float rx_paper_at(const rx_paper *paper, double x, double y) {
    float fx, fy;
    int cx = cell_before(x, paper->width, &fx), cy = cell_before(y, paper->height, &fy);
    const float *a = paper->light + cy * paper->width + cx;
    const float *b = cy + 1 < paper->height ? a + paper->width : a;
    int right = cx + 1 < paper->width;
    float above = a[0] + fx * (a[right] - a[0]), below = b[0] + fx * (b[right] - b[0]);
    return above + fy * (below - above);
}

pali_status rx_ink_find(rx_gray *out, const rx_gray *page, const rx_paper *paper, pali_error *err) {
    rx_gray ink;
    pali_status status = rx_gray_create(&ink, page->width, page->height, err);
    if (status)
        return status;
    for (int y = 0; y < page->height; y++) {
        const uint8_t *row = page->pixels + (size_t)y * (size_t)page->width;
        uint8_t *to = ink.pixels + (size_t)y * (size_t)page->width;
        float fy;
        int cy = cell_before(y + 0.5, paper->height, &fy);
        const float *a = paper->light + cy * paper->width;
        const float *b = cy + 1 < paper->height ? a + paper->width : a;
        for (int x = 0; x < page->width; x++) {
            float fx;
            int cx = cell_before(x + 0.5, paper->width, &fx);
            int right = cx + 1 < paper->width;
            float above = a[cx] + fx * (a[cx + right] - a[cx]);
            float below = b[cx] + fx * (b[cx + right] - b[cx]);
            float dark = 255 - 255 * (float)row[x] / (above + fy * (below - above));
            to[x] = (uint8_t)(dark > 0 && row[x] != RX_GRAY_OUTSIDE ? dark : 0);
        }
    }
    *out = ink;
    return PALI_OK;
}

rx_ink_levels rx_ink_measure(const rx_gray *ink) {
    size_t histogram[256] = {0}, count = (size_t)ink->width * (size_t)ink->height;
    for (size_t i = 0; i < count; i++)
        histogram[ink->pixels[i]]++;
    /* Of a normal distribution, 0.40 and 0.75 of the mass lie 0.93 deviations apart. */
    int low = 0, high;
    size_t below = histogram[0];
    while (below * 20 < count * 8)
        below += histogram[++low];
    high = low;
    while (below * 4 < count * 3)
        below += histogram[++high];
    float noise = (float)(high - low) / 0.93f;
    float threshold = (float)low + 4.5f * noise;
    return (rx_ink_levels){noise, threshold < 30 ? 30 : threshold > 90 ? 90 : (int)threshold};
}
