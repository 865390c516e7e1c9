/* Two views of a page, its transcription and answers to questions about it, held against each other. */
#ifndef RX_AGREEMENT_H
#define RX_AGREEMENT_H

#include "rx/lexicon.h"
#include "rx/questions.h"

/* What was answered to a question about a page. */
typedef struct rx_reply {
    rx_topic topic; /* medicines, diagnoses, patient, age, prescriber or date */
    const char *text;
    const float *confidence; /* for each byte of `text`; NULL: certain */
    bool one_a_line; /* of medicines: one a line with all its fields, so that commas are its own */
    bool ended;      /* otherwise the last thing that it lists is not whole */
} rx_reply;

/* Reads the replies into the same fields as the page's lines were read into, and compares.
 * - What both views say takes the greater of the two probabilities: both come from one model and one
 *   picture, so that their errors go together and must not be multiplied.
 * - What they say differently keeps the transcription's text and is marked for review with both.
 * - What only a reply says is added, marked for review: it may have been overlooked or be invented.
 * What only the transcription says stays as it is: replies are short and leave things out. To be
 * called before rx_confidence_apply. `lexicon` may be NULL. */
pali_status rx_agreement_apply(rx_prescription *page, const rx_reply *replies, size_t num_replies,
                               const rx_lexicon *lexicon, pali_error *err);

#endif
