/* Connected components by runs: each row's runs of ink are joined with those they touch in the row
 * above (union-find over provisional labels, the smaller label wins), then numbered from the top. */
#include "page/parts.h"

#include <stdlib.h>
#include <string.h>

static int32_t root_of(int32_t *parent, int32_t label) {
    while (parent[label] != label) {
        parent[label] = parent[parent[label]];
        label = parent[label];
    }
    return label;
}

static int32_t join(int32_t *parent, int32_t a, int32_t b) {
    a = root_of(parent, a);
    b = root_of(parent, b);
    int32_t small = a < b ? a : b;
    parent[a] = parent[b] = small;
    return small;
}

/* Provisional labels; returns how many there are, 0 not counted. A row has at most (width + 1) / 2
 * runs. */
static int32_t label_runs(const rx_gray *ink, int threshold, int32_t *label, int32_t *parent) {
    int32_t count = 0;
    int width = ink->width;
    for (int y = 0; y < ink->height; y++) {
        const uint8_t *row = ink->pixels + (size_t)y * (size_t)width;
        int32_t *to = label + (size_t)y * (size_t)width;
        const int32_t *above = y > 0 ? to - width : NULL;
        for (int x = 0; x < width;) {
            if (row[x] < threshold) {
                to[x++] = 0;
                continue;
            }
            int begin = x;
            while (x < width && row[x] >= threshold)
                x++;
            int32_t mine = 0;
            for (int u = begin > 0 ? begin - 1 : 0; above && u <= x && u < width; u++)
                if (above[u] && above[u] != mine)
                    mine = mine ? join(parent, mine, above[u]) : root_of(parent, above[u]);
            if (!mine) {
                mine = ++count;
                parent[mine] = mine;
            }
            for (int u = begin; u < x; u++)
                to[u] = mine;
        }
    }
    return count;
}

static void measure(rx_parts *parts, const rx_gray *ink, double (*sums)[2]) {
    for (int i = 0; i < parts->count; i++)
        parts->part[i] = (rx_part){.x0 = parts->width, .y0 = parts->height};
    for (int y = 0; y < parts->height; y++)
        for (int x = 0; x < parts->width; x++) {
            size_t at = (size_t)y * (size_t)parts->width + (size_t)x;
            if (!parts->label[at])
                continue;
            rx_part *p = &parts->part[parts->label[at] - 1];
            p->x0 = x < p->x0 ? x : p->x0;
            p->x1 = x + 1 > p->x1 ? x + 1 : p->x1;
            p->y0 = y < p->y0 ? y : p->y0;
            p->y1 = y + 1;
            p->area++;
            p->peak = ink->pixels[at] > p->peak ? ink->pixels[at] : p->peak;
            sums[parts->label[at] - 1][0] += x + 0.5;
            sums[parts->label[at] - 1][1] += y + 0.5;
        }
    for (int i = 0; i < parts->count; i++) {
        parts->part[i].x = (float)(sums[i][0] / parts->part[i].area);
        parts->part[i].y = (float)(sums[i][1] / parts->part[i].area);
    }
}

pali_status rx_parts_find(rx_parts *out, const rx_gray *ink, int threshold, pali_error *err) {
    size_t pixels = (size_t)ink->width * (size_t)ink->height;
    size_t most = ((size_t)ink->width + 1) / 2 * (size_t)ink->height + 1;
    rx_parts parts = {0, ink->width, ink->height, NULL, malloc(pixels * sizeof *parts.label)};
    int32_t *parent = malloc(most * sizeof *parent);
    double(*sums)[2] = NULL;
    if (parts.label && parent) {
        int32_t provisional = label_runs(ink, threshold, parts.label, parent);
        for (int32_t i = 1; i <= provisional; i++) /* parents come before their children */
            parent[i] = parent[i] == i ? ++parts.count : parent[parent[i]];
        parent[0] = 0;
        for (size_t i = 0; i < pixels; i++)
            parts.label[i] = parent[parts.label[i]];
        parts.part = malloc(((size_t)parts.count + 1) * sizeof *parts.part);
        sums = calloc((size_t)parts.count + 1, sizeof *sums);
    }
    free(parent);
    if (!parts.part || !sums) {
        free(sums);
        rx_parts_free(&parts);
        return pali_fail_memory(err, pixels * sizeof *parts.label, "the page's parts");
    }
    measure(&parts, ink, sums);
    free(sums);
    *out = parts;
    return PALI_OK;
}

void rx_parts_free(rx_parts *parts) {
    free(parts->part);
    free(parts->label);
    *parts = (rx_parts){0, 0, 0, NULL, NULL};
}

float rx_parts_letter_height(const rx_parts *parts) {
    enum { MAX_HEIGHT = 256 };
    double weight[MAX_HEIGHT] = {0}, total = 0, below = 0;
    for (int i = 0; i < parts->count; i++) {
        const rx_part *p = &parts->part[i];
        int width = rx_part_width(p), height = rx_part_height(p);
        if (height < 5 || height >= MAX_HEIGHT || 10 * height > parts->height + 200 ||
            width > 12 * height || height > 6 * width)
            continue;
        double counts = width < 3 * height ? width : 3 * height; /* what is left of rules is long */
        weight[height] += counts;
        total += counts;
    }
    if (total <= 0)
        return 0;
    int height = 0;
    while (2 * (below += weight[height]) < total)
        height++;
    return (float)height;
}
