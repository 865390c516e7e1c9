/* Grey pictures: what the page is worked on as. */
#ifndef RX_PAGE_GRAY_H
#define RX_PAGE_GRAY_H

#include "base/status.h"

typedef struct rx_gray {
    int width, height;
    uint8_t *pixels; /* [height, width], malloc'ed */
} rx_gray;

/* Grey that stands for "outside the picture"; rx_gray_from_image gives at most 254. */
enum { RX_GRAY_OUTSIDE = 255 };

/* Pixels are not set. Sides are at least 1. */
pali_status rx_gray_create(rx_gray *out, int width, int height, pali_error *err);
void rx_gray_free(rx_gray *gray);

/* Half luma, half the darkest channel, so that coloured ink does not fade on white paper. Blocks of
 * `reduce` x `reduce` pixels become one; what is left over at the right and below is dropped, unless
 * it is all there is. */
pali_status rx_gray_from_image(rx_gray *out, const pali_image *image, int reduce, pali_error *err);

/* Means of 2 x 2 pixels. */
pali_status rx_gray_halve(rx_gray *out, const rx_gray *gray, pali_error *err);

/* Weighted means of 3 x 3 pixels (1 2 1 along both directions). What touches the outside stays. */
pali_status rx_gray_smooth(rx_gray *gray, pali_error *err);

/* The same grey in three channels. */
pali_status rx_gray_to_image(pali_image **out, const rx_gray *gray, pali_error *err);

#endif
