/* What a model was trained to read. */
#ifndef RX_SCAN_READS_H
#define RX_SCAN_READS_H

#include "base/status.h"

typedef enum rx_reads {
    RX_READS_PAGES, /* whole pictures, and answers questions about them: PaliGemma's mix models */
    RX_READS_SCANS, /* the same, and answers "scan en" with all medicines (docs/scan-grammar.md) */
    RX_READS_LINES, /* one line of text a picture, folded (src/page/page.h) */
} rx_reads;

/* As `rxscan.json` in the model's folder says: {"reads": "lines"}, or {"reads": "pages", "answers":
 * ["scan en"]}; without that file, pages. */
pali_status rx_model_reads(rx_reads *out, const char *folder, pali_error *err);

#endif
