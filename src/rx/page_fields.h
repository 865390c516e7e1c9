/* What a page says besides medicines: patient, prescriber, date, diagnoses. */
#ifndef RX_PAGE_FIELDS_H
#define RX_PAGE_FIELDS_H

#include "rx/directions.h"

/* Takes from one line whatever is headed by a key ("Name:", "Age", "Dx") or can be nothing else (an
 * honorific, "Dr.", a date), unless the page has it already. Returns in `*keyed` whether the line
 * starts with such a thing and is therefore no medicine. */
pali_status rx_take_page_fields(rx_prescription *page, const rx_source *line,
                                const rx_tokens *tokens, bool *keyed, pali_error *err);

/* What a list of diagnoses stands under. */
typedef enum rx_diagnosis_head {
    RX_HEAD_DIAGNOSIS, /* all of it is meant */
    RX_HEAD_CONTINUED, /* likewise, and the first goes on with the page's last: "Vit B12", "deficiency" */
    RX_HEAD_COMPLAINT, /* only what the table knows as a disease is taken */
    RX_HEAD_NONE
} rx_diagnosis_head;

/* Adds the diagnoses listed in tokens [from, to); those whose head does not say that they are
 * diagnoses are marked (diagnosis-or-complaint). */
pali_status rx_take_diagnoses(rx_prescription *page, const rx_source *line, const rx_tokens *tokens,
                              size_t from, size_t to, rx_diagnosis_head head, pali_error *err);

/* Adds one diagnosis to the page's. */
pali_status rx_append_diagnosis(rx_prescription *page, rx_text diagnosis, pali_error *err);

/* Whether token `i` parts items of a list: ",", "with"; not the plus of "+ve". */
bool rx_is_separator(const rx_tokens *tokens, size_t i);

/* Takes the first date on a line that has no key for it, unless a date of something else (a birth,
 * a next visit) stands there. */
pali_status rx_take_loose_date(rx_prescription *page, const rx_source *line,
                               const rx_tokens *tokens, pali_error *err);

/* Looks for people whom no key names, on the first `num_lines` lines: a name above a line of degrees
 * is the prescriber; above a line that is a date, as on a pharmacy's label, stands the patient and
 * above that the prescriber. */
pali_status rx_take_people(rx_prescription *page, size_t num_lines, pali_error *err);

#endif
