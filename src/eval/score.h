/* Results against labels: docs/evaluation.md is the definition, train/evaluate.py its twin. */
#ifndef RX_EVAL_SCORE_H
#define RX_EVAL_SCORE_H

#include "base/buffer.h"

#include <jansson.h>

enum { RX_NUM_SCORED_FIELDS = 11 };

/* patient, prescriber, date; then the fields of medicines. */
extern const char *const rx_scored_fields[RX_NUM_SCORED_FIELDS];

typedef enum rx_outcome { RX_RIGHT, RX_WRONG, RX_MISSING, RX_ABSENT, RX_NUM_OUTCOMES } rx_outcome;

/* A text that was delivered and scored. */
typedef struct rx_decision {
    const char *field; /* a constant */
    double confidence;
    bool right, marked;
    bool held;          /* marked for another reason than that it is not sure enough */
    bool known;         /* a name that stands in the lexicon as it was read */
    bool by_lexicon;    /* a name that was read with the lexicon's help */
    bool with_strength; /* a name that is known to come in the strength beside it */
    bool bare;          /* a strength without a unit that the name is not known to come in */
} rx_decision;

/* Names of one kind. */
typedef struct rx_name_counts {
    size_t labels, predictions, exact, found;
} rx_name_counts;

/* Names that are counted apart as well. */
typedef struct rx_part_counts {
    size_t labels, exact, found;
} rx_part_counts;

typedef struct rx_score {
    size_t pages;
    rx_name_counts medicines, diagnoses;
    rx_part_counts unseen, sure; /* kept from training; read by people without doubt */
    size_t outcomes[RX_NUM_SCORED_FIELDS][RX_NUM_OUTCOMES];
    pali_buffer decisions; /* rx_decision */
    size_t edits, characters;
} rx_score;

void rx_score_init(rx_score *score);
void rx_score_free(rx_score *score);

/* Adds a page; `result` as docs/result.schema.json has it, or NULL: the picture was not read. */
pali_status rx_score_page(rx_score *score, const json_t *label, const json_t *result,
                          pali_error *err);

const rx_decision *rx_score_decisions(const rx_score *score, size_t *count);

/* All figures; the caller gives `*out` to json_decref. */
pali_status rx_score_json(json_t **out, const rx_score *score, pali_error *err);

/* The same as a table for people. */
pali_status rx_score_text(pali_buffer *out, const json_t *figures, pali_error *err);

#endif
