/* Questions about a page, answered from what was read of it.
 *
 * A model that reads lines cannot be asked; but what people ask of a prescription is what its record
 * holds. The answer is made of the record's own words: nothing is in it that is not in the table that
 * `rxscan scan` prints. */
#ifndef RX_QUESTIONS_H
#define RX_QUESTIONS_H

#include "base/buffer.h"
#include "rx/prescription.h"

typedef enum rx_topic {
    RX_TOPIC_NONE, /* not among what can be answered */
    RX_TOPIC_MEDICINES,
    RX_TOPIC_DIAGNOSES,
    RX_TOPIC_PATIENT,
    RX_TOPIC_AGE,
    RX_TOPIC_SEX,
    RX_TOPIC_PRESCRIBER,
    RX_TOPIC_DATE,
    RX_TOPIC_STRENGTH, /* "what is the dose of X": its strength, and what to take of it */
    RX_TOPIC_FREQUENCY,
    RX_TOPIC_DURATION,
} rx_topic;

/* What an English question is about, by the words in it. */
rx_topic rx_question_topic(const char *question);

/* Appends the answer: "Augmentin, Dolo". What a person must check is followed by " (?)"; what is not
 * on the page is "not visible", what is there and cannot be read "unreadable". A question that names
 * a medicine of the page is answered for that one, one that names another with "not visible", one
 * that names none for each. PALI_ERROR_UNSUPPORTED, with what can be asked, for RX_TOPIC_NONE. */
pali_status rx_question_answer(pali_buffer *out, const rx_prescription *page, const char *question,
                               pali_error *err);

#endif
