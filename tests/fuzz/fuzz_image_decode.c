/* Arbitrary bytes as a picture: decoded within the limits, or refused with a message that names it.
 * HEIC and PDF are left to the programs that read them; what those print is fuzz_helper_reports. */
#include "image/image_format.h"
#include "pali/pali.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(const pali_error *err) {
    if (strncmp(err->message, "fuzz: ", 6) != 0)
        __builtin_trap();
}

/* Reads every pixel: a tool that watches memory sees one that was never written. */
static void check_pixels(const pali_image *image, uint64_t max_pixels) {
    uint64_t count = (uint64_t)pali_image_width(image) * (uint64_t)pali_image_height(image);
    const uint8_t *pixels = pali_image_pixels(image);
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count * 3; i++)
        sum += pixels[i];
    if (count == 0 || count > max_pixels || sum > count * 3 * 255)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pali_image_format format = pali_image_format_of(data, size);
    if (format == PALI_IMAGE_HEIC || format == PALI_IMAGE_PDF)
        return 0;
    pali_image_options options = PALI_IMAGE_OPTIONS_INIT;
    options.max_pixels = 1 << 18;
    pali_error err = PALI_ERROR_INIT;
    int pages = 0;
    if (pali_image_count_pages(&pages, data, size, "fuzz", &options, &err)) {
        check_message(&err);
        return 0;
    }
    options.page = pages > 1 ? data[size - 1] % pages : 0;
    pali_image *image = NULL;
    if (pali_image_decode(&image, data, size, "fuzz", &options, &err))
        check_message(&err);
    else
        check_pixels(image, options.max_pixels);
    pali_image_free(&image);
    return 0;
}
