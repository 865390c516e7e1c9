/* Telling formats apart by content. */
#ifndef PALI_IMAGE_IMAGE_FORMAT_H
#define PALI_IMAGE_IMAGE_FORMAT_H

#include <stddef.h>
#include <stdint.h>

typedef enum pali_image_format {
    PALI_IMAGE_UNKNOWN,
    PALI_IMAGE_JPEG,
    PALI_IMAGE_PNG,
    PALI_IMAGE_WEBP,
    PALI_IMAGE_TIFF,
    PALI_IMAGE_BMP,
    PALI_IMAGE_HEIC,
    PALI_IMAGE_PDF
} pali_image_format;

pali_image_format pali_image_format_of(const uint8_t *bytes, size_t size);

/* What the bytes of PALI_IMAGE_UNKNOWN look like, for a message: "a GIF picture", or NULL. */
const char *pali_image_format_guess(const uint8_t *bytes, size_t size);

#endif
