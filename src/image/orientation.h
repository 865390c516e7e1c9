/* Turning pictures upright. */
#ifndef PALI_IMAGE_ORIENTATION_H
#define PALI_IMAGE_ORIENTATION_H

#include "base/status.h"

/* Replaces `*image` by the picture that EXIF orientation 1 to 8 says it shows. On failure `*image`
 * is unchanged. */
pali_status pali_image_turn_upright(pali_image **image, int orientation, pali_error *err);

#endif
