/* The one thing that is read of a picture's EXIF data: which side is up. */
#ifndef PALI_IMAGE_EXIF_H
#define PALI_IMAGE_EXIF_H

#include <stddef.h>
#include <stdint.h>

/* The orientation (1 to 8) that a TIFF structure, as EXIF wraps it, gives in its first directory; 1
 * if it has none or is broken. A leading "Exif\0\0" is passed over. `bytes` may be NULL if size is
 * 0. */
int pali_exif_orientation(const uint8_t *bytes, size_t size);

#endif
