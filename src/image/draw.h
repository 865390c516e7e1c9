/* Drawing found objects onto a picture. */
#ifndef PALI_IMAGE_DRAW_H
#define PALI_IMAGE_DRAW_H

#include "base/status.h"

/* Columns x0 .. x1 - 1, rows y0 .. y1 - 1; what lies outside the picture is not drawn. */
typedef struct pali_box {
    int x0, y0, x1, y1;
} pali_box;

/* An outline of `thickness` pixels, inside the box. */
void pali_draw_box(pali_image *image, pali_box box, int thickness, const uint8_t color[3]);

/* Half colour, half picture where `mask` [y1 - y0, x1 - x0] is not 0. */
void pali_draw_mask(pali_image *image, pali_box box, const uint8_t *mask, const uint8_t color[3]);

#endif
