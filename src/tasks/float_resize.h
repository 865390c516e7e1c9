/* Resizing fields of floats. */
#ifndef PALI_TASKS_FLOAT_RESIZE_H
#define PALI_TASKS_FLOAT_RESIZE_H

#include "base/status.h"

/* in [height, width] to out [new_height, new_width], equal to Pillow's bilinear resize of mode "F":
 * horizontally, then vertically, sums in double, f32 after each pass. */
pali_status pali_float_resize(const float *in, int width, int height, float *out, int new_width,
                              int new_height, pali_error *err);

#endif
