/* From grey to ink: the paper's brightness is found everywhere and divided out. */
#ifndef RX_PAGE_FLATTEN_H
#define RX_PAGE_FLATTEN_H

#include "page/gray.h"

/* Brightness of the paper, a value for each cell of RX_PAPER_CELL pixels. */
typedef struct rx_paper {
    int width, height; /* in cells */
    float *light;      /* [height, width], in (0, 254], malloc'ed */
} rx_paper;

enum { RX_PAPER_CELL = 8 };

pali_status rx_paper_find(rx_paper *out, const rx_gray *page, pali_error *err);
void rx_paper_free(rx_paper *paper);

/* At a place of the page, bilinear. */
float rx_paper_at(const rx_paper *paper, double x, double y);

/* Darkness against the paper: 0 paper, 255 no light at all. */
pali_status rx_ink_find(rx_gray *out, const rx_gray *page, const rx_paper *paper, pali_error *err);

/* How the darkness of plain paper is spread, and from which darkness on a pixel is ink. */
typedef struct rx_ink_levels {
    float noise; /* standard deviation on paper */
    int threshold;
} rx_ink_levels;

rx_ink_levels rx_ink_measure(const rx_gray *ink);

#endif
