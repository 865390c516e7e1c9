/* What decoders' companion programs print about a file, understood. */
#ifndef PALI_IMAGE_HELPER_REPORTS_H
#define PALI_IMAGE_HELPER_REPORTS_H

#include <stdbool.h>
#include <stdint.h>

/* `pdfinfo -f N -l N`: number of pages, and the size of page N (1-based) in points; a size is 0
 * where the text has none. False if the text does not tell the number of pages. */
typedef struct pali_pdf_report {
    int pages;
    double width, height;
} pali_pdf_report;

bool pali_pdf_report_parse(pali_pdf_report *out, const char *text, int page);

/* `heif-info`: pixels of the primary picture, its place among the pictures of the file (from 1),
 * and their number. False if the text names no picture. */
typedef struct pali_heic_report {
    uint64_t width, height;
    int primary, pictures;
} pali_heic_report;

bool pali_heic_report_parse(pali_heic_report *out, const char *text);

/* Binary PPM (P6, maximum 255): its size and where its pixels start, all of which are there. */
typedef struct pali_ppm {
    uint64_t width, height;
    const uint8_t *pixels;
} pali_ppm;

bool pali_ppm_parse(pali_ppm *out, const uint8_t *bytes, uint64_t size);

#endif
