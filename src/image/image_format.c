/* Telling formats apart by content: the signatures at the start of a file. */
#include "image/image_format.h"

#include <stdbool.h>
#include <string.h>

/* The `length` bytes of `signature` at `offset`. */
static bool has(const uint8_t *bytes, size_t size, size_t offset, const char *signature,
                size_t length) {
    return size >= offset + length && memcmp(bytes + offset, signature, length) == 0;
}

#define HAS(offset, signature) has(bytes, size, offset, signature, sizeof(signature) - 1)

/* "BM" begins many texts: the length of the second header must be one that exists. */
static bool is_bmp(const uint8_t *bytes, size_t size) {
    static const uint8_t lengths[] = {12, 40, 52, 56, 64, 108, 124};
    return HAS(0, "BM") && HAS(15, "\0\0\0") && memchr(lengths, bytes[14], sizeof lengths);
}

/* ISO base media file with a brand of High Efficiency Image File Format, ISO/IEC 23008-12 annex B;
 * "mif1" leaves the codec open, and is what some phones write first. */
static bool is_heic(const uint8_t *bytes, size_t size) {
    return HAS(4, "ftyp") &&
           (HAS(8, "heic") || HAS(8, "heix") || HAS(8, "heim") || HAS(8, "heis") ||
            HAS(8, "hevc") || HAS(8, "hevx") || HAS(8, "mif1") || HAS(8, "msf1"));
}

/* The PDF reference allows anything before "%PDF-" within the first 1024 bytes (annex H). */
static bool is_pdf(const uint8_t *bytes, size_t size) {
    return memmem(bytes, size < 1024 ? size : 1024, "%PDF-", 5) != NULL;
}

pali_image_format pali_image_format_of(const uint8_t *bytes, size_t size) {
    if (HAS(0, "\xff\xd8\xff"))
        return PALI_IMAGE_JPEG;
    if (HAS(0, "\x89PNG\r\n\x1a\n"))
        return PALI_IMAGE_PNG;
    if (HAS(0, "RIFF") && HAS(8, "WEBP"))
        return PALI_IMAGE_WEBP;
    if (HAS(0, "II*\0") || HAS(0, "MM\0*") || HAS(0, "II+\0") || HAS(0, "MM\0+"))
        return PALI_IMAGE_TIFF;
    if (is_bmp(bytes, size))
        return PALI_IMAGE_BMP;
    if (is_heic(bytes, size))
        return PALI_IMAGE_HEIC;
    if (is_pdf(bytes, size))
        return PALI_IMAGE_PDF;
    return PALI_IMAGE_UNKNOWN;
}

const char *pali_image_format_guess(const uint8_t *bytes, size_t size) {
    if (HAS(0, "GIF8"))
        return "a GIF picture";
    if (HAS(4, "ftypavif"))
        return "an AVIF picture";
    if (HAS(0, "\xff\x0a") || HAS(4, "JXL "))
        return "a JPEG XL picture";
    if (HAS(4, "jP  "))
        return "a JPEG 2000 picture";
    if (HAS(0, "8BPS"))
        return "a Photoshop file";
    if (HAS(0, "PK\3\4"))
        return "a zip archive";
    if (HAS(0, "<!DOCTYPE") || HAS(0, "<!doctype") || HAS(0, "<html"))
        return "a web page";
    return NULL;
}
