/* What a picture is inside the library, and how its parts hand pixels to each other. */
#ifndef PALI_IMAGE_IMAGE_H
#define PALI_IMAGE_IMAGE_H

#include "base/status.h"

struct pali_image {
    int width, height;
    uint8_t *pixels; /* [height, width, 3], malloc'ed */
};

/* Longest side of any picture: keeps coefficient tables and row pointers small whatever a file
 * says. */
enum { PALI_IMAGE_MAX_SIDE = 1000000 };

/* A picture whose pixels are not set yet. */
pali_status pali_image_create(pali_image **out, int width, int height, pali_error *err);

/* Makes a picture of malloc'ed `pixels` [height, width, 3], which belong to it afterwards, and are
 * freed on failure. The size has been checked. */
pali_status pali_image_adopt_rgb(pali_image **out, int width, int height, uint8_t *pixels,
                                 pali_error *err);

/* The same of [height, width, 4] (R, G, B, alpha; alpha not multiplied in), laid on white. */
pali_status pali_image_adopt_rgba(pali_image **out, int width, int height, uint8_t *pixels,
                                  pali_error *err);

#endif
