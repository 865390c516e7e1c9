/* From a picture to what the vision tower reads. */
#ifndef PALI_IMAGE_PIXEL_VALUES_H
#define PALI_IMAGE_PIXEL_VALUES_H

#include "base/status.h"

/* What preprocessor_config.json says. */
typedef struct pali_preprocessing {
    int size; /* of the square; the aspect ratio is not kept */
    pali_filter filter;
    double rescale_factor; /* 1/255 as the file has it */
    float mean[3], std[3];
} pali_preprocessing;

/* Resizes, rescales and normalises, to `pixels` [3, size, size] (R, G, B planes). Method: SigLIP
 * image processor of Hugging Face transformers: rescaling in double, rounded to float, then (x -
 * mean) / std in float. */
pali_status pali_pixel_values(const pali_image *image, const pali_preprocessing *how, float *pixels,
                              pali_error *err);

#endif
