/* The lines of a picture, read at once by a model that reads whole pages. */
#ifndef RX_SCAN_PAGE_READER_H
#define RX_SCAN_PAGE_READER_H

#include "scan/line_reader.h"

/* As rx_lines_read, but where a line stands is not known, and there are no choices. */
pali_status rx_page_lines_read(rx_lines *out, const pali_model *model, const pali_image *image,
                               pali_progress_fn progress, void *context, pali_error *err);

#endif
