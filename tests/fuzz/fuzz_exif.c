/* Arbitrary bytes as EXIF data: an orientation that exists. */
#include "image/exif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int orientation = pali_exif_orientation(data, size);
    if (orientation < 1 || orientation > 8)
        __builtin_trap();
    return 0;
}
