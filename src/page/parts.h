/* Connected parts of ink. */
#ifndef RX_PAGE_PARTS_H
#define RX_PAGE_PARTS_H

#include "page/gray.h"

typedef struct rx_part {
    int x0, y0, x1, y1; /* columns x0 .. x1 - 1, rows y0 .. y1 - 1 */
    int area;           /* pixels */
    int peak;           /* darkness of its darkest pixel */
    float x, y;         /* centre of its ink */
} rx_part;

typedef struct rx_parts {
    int count, width, height;
    rx_part *part;  /* [count] */
    int32_t *label; /* [height, width]: 0 paper, else 1 + index */
} rx_parts;

/* Pixels of `ink` that are at least `threshold` dark, joined where they touch, corners included. */
pali_status rx_parts_find(rx_parts *out, const rx_gray *ink, int threshold, pali_error *err);
void rx_parts_free(rx_parts *parts);

static inline int rx_part_width(const rx_part *p) {
    return p->x1 - p->x0;
}

static inline int rx_part_height(const rx_part *p) {
    return p->y1 - p->y0;
}

/* Typical height of a letter: the median of parts that may be letters or words, each weighted by
 * its width up to three times its height, so that dots do not count. 0: there is none. */
float rx_parts_letter_height(const rx_parts *parts);

#endif
