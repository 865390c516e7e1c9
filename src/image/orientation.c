/* Turning pictures upright.
 *
 * Orientation k says where the stored rows and columns lie in what the camera saw (EXIF 2.3, tag
 * 274): 1 as stored        2 mirrored left-right     3 turned by 180 degrees   4 mirrored
 * top-bottom 5 transposed       6 to turn 90 clockwise    7 transposed the other way  8 to turn 90
 * back Each is a walk over the stored pixels with a start and two steps. */
#include "image/orientation.h"

#include "image/image.h"

#include <string.h>

/* For the upright pixel (x, y), the stored one is at start + x * step_x + y * step_y (in pixels).
 */
struct walk {
    ptrdiff_t start, step_x, step_y;
};

static struct walk walk_of(int orientation, ptrdiff_t width, ptrdiff_t height) {
    const ptrdiff_t last_column = width - 1, last_row = (height - 1) * width;
    switch (orientation) {
    case 2:
        return (struct walk){last_column, -1, width};
    case 3:
        return (struct walk){last_row + last_column, -1, -width};
    case 4:
        return (struct walk){last_row, 1, -width};
    case 5:
        return (struct walk){0, width, 1};
    case 6:
        return (struct walk){last_row, -width, 1};
    case 7:
        return (struct walk){last_row + last_column, -width, -1};
    case 8:
        return (struct walk){last_column, width, -1};
    default:
        return (struct walk){0, 1, width};
    }
}

/* In squares, so that reading down columns does not leave the cache for every pixel. */
static void copy_walking(pali_image *out, const uint8_t *in, struct walk walk) {
    enum { SIDE = 32 };
    for (int y0 = 0; y0 < out->height; y0 += SIDE) {
        for (int x0 = 0; x0 < out->width; x0 += SIDE) {
            int y1 = out->height - y0 < SIDE ? out->height : y0 + SIDE;
            int x1 = out->width - x0 < SIDE ? out->width : x0 + SIDE;
            for (int y = y0; y < y1; y++) {
                uint8_t *to = out->pixels + ((size_t)y * (size_t)out->width + (size_t)x0) * 3;
                ptrdiff_t from = walk.start + x0 * walk.step_x + y * walk.step_y;
                for (int x = x0; x < x1; x++, to += 3, from += walk.step_x)
                    memcpy(to, in + from * 3, 3);
            }
        }
    }
}

pali_status pali_image_turn_upright(pali_image **image, int orientation, pali_error *err) {
    const pali_image *stored = *image;
    if (orientation <= 1 || orientation > 8)
        return PALI_OK;
    bool swapped = orientation >= 5;
    pali_image *upright = NULL;
    pali_status status = pali_image_create(&upright, swapped ? stored->height : stored->width,
                                           swapped ? stored->width : stored->height, err);
    if (status)
        return status;
    copy_walking(upright, stored->pixels, walk_of(orientation, stored->width, stored->height));
    pali_image_free(image);
    *image = upright;
    return PALI_OK;
}
