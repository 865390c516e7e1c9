/* Reports of many pages in one stream, in any of the formats. */
#ifndef RX_CLI_REPORT_WRITER_H
#define RX_CLI_REPORT_WRITER_H

#include "cli/cli.h"
#include "rx/report.h"

typedef struct rx_report_writer {
    rx_output output;
    rx_format format;
    size_t pages; /* so far */
    size_t fhir_entries;
} rx_report_writer;

/* `path` NULL or "-": standard output. False after saying why, here and below. */
bool rx_report_writer_open(rx_report_writer *writer, const char *path, rx_format format);

/* `image`: the upright picture, for crops in HTML; may be NULL. */
bool rx_report_writer_page(rx_report_writer *writer, const rx_prescription *page,
                           const rx_provenance *from, const pali_image *image);

/* A page that could not be read. */
bool rx_report_writer_failure(rx_report_writer *writer, const char *input, int page,
                              const pali_error *failure);

/* Ends the document; a file gets its name only now. */
bool rx_report_writer_close(rx_report_writer *writer);

#endif
