/* From a page to a prescription: the whole of reading, whatever the kind of model. */
#ifndef RX_SCAN_SCAN_H
#define RX_SCAN_SCAN_H

#include "rx/reading.h"
#include "scan/line_reader.h"
#include "scan/reads.h"

typedef struct rx_scanner {
    const pali_model *model;
    rx_reads reads;
    const rx_lexicon *lexicon;         /* NULL: no name is matched */
    const rx_calibration *calibration; /* NULL: confidences are the model's own */
} rx_scanner;

/* What of reading a page needs no model, so that another thread may do it ahead. */
typedef struct rx_prepared {
    pali_image *image; /* upright: what boxes refer to */
    rx_page *page;     /* its lines */
} rx_prepared;

/* Takes `*image` over and leaves NULL there, also on failure. */
pali_status rx_scan_prepare(rx_prepared *out, const rx_scanner *scanner, pali_image **image,
                            pali_error *err);
void rx_prepared_free(rx_prepared *prepared);

/* Reads a page that was prepared for this scanner. `out->input` and `out->page` are the caller's to
 * set. `progress` (may be NULL) returns false to stop. On failure `*out` is left alone; the caller
 * gives it to rx_prescription_free. */
pali_status rx_scan_read(rx_prescription *out, const rx_scanner *scanner,
                         const rx_prepared *prepared, pali_progress_fn progress, void *context,
                         pali_error *err);

/* Writes what the model sees of a page into an existing directory, as files "<stem>-...png": the
 * page with its lines, and their squares or the views of the page. */
pali_status rx_scan_show(const rx_scanner *scanner, const rx_prepared *prepared,
                         const char *directory, const char *stem, pali_error *err);

#endif
