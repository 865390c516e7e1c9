/* From a picture to what the vision tower reads. A channel has 256 possible values, so the
 * arithmetic is done 256 times and looked up. */
#include "image/pixel_values.h"

#include "image/image.h"

static void fill_plane(float *plane, const uint8_t *bytes, size_t count, double rescale_factor,
                       float mean, float std) {
    float table[256];
    for (int value = 0; value < 256; value++) {
        float rescaled = (float)(value * rescale_factor);
        table[value] = (rescaled - mean) / std;
    }
    for (size_t i = 0; i < count; i++)
        plane[i] = table[bytes[3 * i]];
}

pali_status pali_pixel_values(const pali_image *image, const pali_preprocessing *how, float *pixels,
                              pali_error *err) {
    pali_image *resized = NULL;
    pali_status status = pali_image_resize(&resized, image, how->size, how->size, how->filter, err);
    if (status)
        return status;
    size_t count = (size_t)how->size * (size_t)how->size;
    for (size_t c = 0; c < 3; c++)
        fill_plane(pixels + c * count, resized->pixels + c, count, how->rescale_factor,
                   how->mean[c], how->std[c]);
    pali_image_free(&resized);
    return PALI_OK;
}
