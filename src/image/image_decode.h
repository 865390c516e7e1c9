/* What a decoder gets and gives. Each format has one, in a file of its own. */
#ifndef PALI_IMAGE_IMAGE_DECODE_H
#define PALI_IMAGE_IMAGE_DECODE_H

#include "base/status.h"

typedef struct pali_image_source {
    const uint8_t *bytes;
    size_t size;
    const char *name; /* for messages */
    const pali_image_options *options;
} pali_image_source;

/* Makes the stored picture, with transparency laid on white, and says which of its sides is up (an
 * EXIF orientation, 1 to 8). `*orientation` is 1 before the call. Messages begin with source->name.
 */
typedef pali_status (*pali_decode_fn)(pali_image **out, int *orientation,
                                      const pali_image_source *source, pali_error *err);

pali_status pali_jpeg_decode(pali_image **out, int *orientation, const pali_image_source *source,
                             pali_error *err);
pali_status pali_png_decode(pali_image **out, int *orientation, const pali_image_source *source,
                            pali_error *err);
pali_status pali_webp_decode(pali_image **out, int *orientation, const pali_image_source *source,
                             pali_error *err);
pali_status pali_tiff_decode(pali_image **out, int *orientation, const pali_image_source *source,
                             pali_error *err);
pali_status pali_bmp_decode(pali_image **out, int *orientation, const pali_image_source *source,
                            pali_error *err);
pali_status pali_heic_decode(pali_image **out, int *orientation, const pali_image_source *source,
                             pali_error *err);
pali_status pali_pdf_decode(pali_image **out, int *orientation, const pali_image_source *source,
                            pali_error *err);

pali_status pali_tiff_count_pages(int *out, const pali_image_source *source, pali_error *err);
pali_status pali_pdf_count_pages(int *out, const pali_image_source *source, pali_error *err);

/* For decoders, as soon as the header is known and before memory is taken: PALI_ERROR_FORMAT if a
 * side is 0, PALI_ERROR_LIMIT if the picture is larger than the options allow. */
pali_status pali_image_check_size(const pali_image_source *source, uint64_t width, uint64_t height,
                                  pali_error *err);

/* "name: there is no page 5: it has 3"; PALI_OK if options->page is below `count`. */
pali_status pali_image_check_page(const pali_image_source *source, int count, pali_error *err);

#endif
