/* The picture as it came, at full and at halved resolutions, to draw samples from. */
#ifndef RX_PAGE_SOURCE_H
#define RX_PAGE_SOURCE_H

#include "page/gray.h"
#include "page/projection.h"

enum { RX_SOURCE_LEVELS = 10, RX_SOURCE_SMALL = 400 };

typedef struct rx_source {
    int num_levels;
    rx_gray level[RX_SOURCE_LEVELS]; /* each half the one before */
    double width, height;            /* of the picture */
    double reduced;                  /* pixels of the picture along a pixel of level 0 */
    rx_gray small[3]; /* red, green and blue, the longer side RX_SOURCE_SMALL pixels at most */
} rx_source;

/* Pictures of more than 24 million pixels are kept at a lower resolution. */
pali_status rx_source_create(rx_source *out, const pali_image *picture, pali_error *err);
void rx_source_free(rx_source *source);

/* The level at which a step of `step` picture pixels is nearest to one pixel. */
int rx_source_level(const rx_source *source, double step);

/* Bilinear grey in [0, 254] at a place of the picture; RX_GRAY_OUTSIDE outside of it. */
float rx_source_sample(const rx_source *source, int level, double x, double y);

/* A page of width x height whose places `to_picture` maps to the picture's. */
pali_status rx_source_warp(rx_gray *out, const rx_source *source, const rx_projection *to_picture,
                           int width, int height, pali_error *err);

#endif
