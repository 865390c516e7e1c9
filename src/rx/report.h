/* A prescription as others want it. Every report is a function of the prescription and its
 * provenance alone; what a page says is escaped as the format demands, so that hostile writing
 * stays writing. */
#ifndef RX_REPORT_H
#define RX_REPORT_H

#include "base/buffer.h"
#include "rx/prescription.h"
#include "rx/provenance.h"

#include <jansson.h>

/* The result as docs/result.schema.json has it; the caller gives `*out` to json_decref. */
pali_status rx_report_json(json_t **out, const rx_prescription *p, const rx_provenance *from,
                           pali_error *err);

/* Back from such a document; strings live in `p->arena`, which the caller frees also after a
 * failure. Writing what was read gives the same document. `name` is used in messages. */
pali_status rx_report_parse(rx_prescription *p, rx_provenance *from, const json_t *document,
                            const char *name, pali_error *err);

/* For people: medicines as a table of at most `columns` columns, as a list if that is too narrow.
 * What is doubtful has a "?" and its reasons below; `color` underlines that on a terminal. */
pali_status rx_report_text(pali_buffer *out, const rx_prescription *p, size_t columns, bool color,
                           pali_error *err);

/* RFC 4180, one medicine a row, CRLF; a page without any gives one row without a name. What a
 * spreadsheet would take for a formula begins with an apostrophe. */
pali_status rx_report_csv_header(pali_buffer *out, pali_error *err);
pali_status rx_report_csv(pali_buffer *out, const rx_prescription *p, const rx_provenance *from,
                          pali_error *err);
pali_status rx_report_csv_failure(pali_buffer *out, const char *input, int page,
                                  const char *message, pali_error *err);

/* FHIR R4: the entries of this page in a Bundle of type collection (an array: Patient, one
 * MedicationRequest a medicine, Provenance). */
pali_status rx_report_fhir(json_t **entries, const rx_prescription *p, const rx_provenance *from,
                           pali_error *err);
/* One entry, an OperationOutcome, for a page that could not be read. */
pali_status rx_report_fhir_failure(json_t **entries, const char *input, int page,
                                   const char *message, pali_error *err);

/* One page as a section of an HTML document that needs no other file: `image`, the upright picture,
 * gives the crops of doubtful medicines; NULL: none. */
pali_status rx_report_html_head(pali_buffer *out, pali_error *err);
pali_status rx_report_html(pali_buffer *out, const rx_prescription *p, const rx_provenance *from,
                           const pali_image *image, pali_error *err);
pali_status rx_report_html_failure(pali_buffer *out, const char *input, int page,
                                   const char *message, pali_error *err);
pali_status rx_report_html_tail(pali_buffer *out, pali_error *err);

/* A copy of the picture with a frame around every medicine that has a box. */
pali_status rx_report_draw(pali_image **out, const rx_prescription *p, const pali_image *image,
                           pali_error *err);

/* Whether somebody must look at this field of the medicine: a reason names it, or the medicine as a
 * whole (`field` NULL: only the latter). */
bool rx_is_doubtful(const rx_medicine *medicine, const char *field);

/* A JSON string of text that may not be UTF-8: U+FFFD for what is not. NULL: null. */
json_t *rx_json_string(const char *text);

#endif
