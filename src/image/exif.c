/* The orientation tag of EXIF data.
 *
 * Method: EXIF 2.3, 4.6.2: a TIFF header ("II" or "MM", 42, offset of the first directory), then
 * the directory: a count and entries of 12 bytes (tag, type, count, value). Every read is held
 * against the size; the entries are walked once. Damage means "upright": a picture is not refused
 * for its notes. */
#include "image/exif.h"

#include <stdbool.h>
#include <string.h>

enum { TAG_ORIENTATION = 0x0112, TYPE_SHORT = 3, TYPE_LONG = 4, ENTRY_SIZE = 12 };

struct tiff {
    const uint8_t *bytes;
    size_t size;
    bool big_endian;
};

/* Unsigned number of `length` bytes (2 or 4); 0 past the end, which no caller takes for a value. */
static uint32_t number(const struct tiff *t, size_t offset, size_t length) {
    if (offset > t->size || length > t->size - offset)
        return 0;
    uint32_t value = 0;
    for (size_t i = 0; i < length; i++)
        value = value << 8 | t->bytes[offset + (t->big_endian ? i : length - 1 - i)];
    return value;
}

/* Value of the entry at `offset` if it is the tag, else 0. */
static uint32_t orientation_of(const struct tiff *t, size_t offset) {
    if (number(t, offset, 2) != TAG_ORIENTATION || number(t, offset + 4, 4) != 1)
        return 0;
    switch (number(t, offset + 2, 2)) {
    case TYPE_SHORT:
        return number(t, offset + 8, 2);
    case TYPE_LONG:
        return number(t, offset + 8, 4);
    default:
        return 0;
    }
}

int pali_exif_orientation(const uint8_t *bytes, size_t size) {
    static const uint8_t wrapper[6] = "Exif\0";
    if (size >= sizeof wrapper && memcmp(bytes, wrapper, sizeof wrapper) == 0) {
        bytes += sizeof wrapper;
        size -= sizeof wrapper;
    }
    if (size < 8 || (memcmp(bytes, "II", 2) != 0 && memcmp(bytes, "MM", 2) != 0))
        return 1;
    struct tiff t = {bytes, size, bytes[0] == 'M'};
    if (number(&t, 2, 2) != 42)
        return 1;
    size_t directory = number(&t, 4, 4), entries = number(&t, directory, 2);
    for (size_t i = 0; i < entries; i++) {
        size_t offset = directory + 2 + i * ENTRY_SIZE;
        if (offset >= size)
            break;
        uint32_t value = orientation_of(&t, offset);
        if (value)
            return value <= 8 ? (int)value : 1;
    }
    return 1;
}
