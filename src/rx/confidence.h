/* How sure a field is, and what follows from it: probabilities of tokens become probabilities of
 * being right by a table that was measured on other pages, and what is below its field's threshold
 * is marked for review, with what else it may be. */
#ifndef RX_CONFIDENCE_H
#define RX_CONFIDENCE_H

#include "rx/prescription.h"

/* A place where the model hesitated: what the second likeliest token would have written. */
typedef struct rx_choice {
    size_t at, size;         /* bytes of the line's text that were written */
    const char *other;       /* instead of them; "" where the line would have ended */
    float probability;       /* of what was written */
    float other_probability; /* of what was not */
    bool by_letters; /* the letters alone say `other`; the lexicon spoke for what was written */
} rx_choice;

typedef struct rx_choices {
    size_t count;
    const rx_choice *items; /* from left to right */
} rx_choices;

/* A table that ships with a model as `calibration.json` (docs/evaluation.md says how it is made):
 * for each field a map of points [confidence, probability] and a threshold. */
typedef struct rx_calibration rx_calibration;

/* The table's entries for names that stand in the lexicon as they were read, for those of them that are known to come
 * in the strength beside them, and for those that were read with the lexicon's help; "name" is for others. */
#define RX_KNOWN_NAME "known_name"
#define RX_NAME_WITH_STRENGTH "name_with_strength"
#define RX_NAME_BY_LEXICON "name_by_lexicon"

/* And for strengths without a unit that the medicine is not known to come in: often half of one was read. */
#define RX_BARE_STRENGTH "bare_strength"

pali_status rx_calibration_load(rx_calibration **out, const char *path, pali_error *err);

/* That of a model's folder; NULL is written where it has none. */
pali_status rx_calibration_of_model(rx_calibration **out, const char *folder, pali_error *err);
void rx_calibration_free(rx_calibration **calibration);

/* Probability that a field is right whose tokens have this probability. `calibration` NULL: the
 * same number. */
double rx_calibrated(const rx_calibration *calibration, const char *field, double confidence);

/* Below it a field is marked. `calibration` NULL: careful guesses, stricter for what the dose
 * hangs on. */
double rx_review_threshold(const rx_calibration *calibration, const char *field);

/* Does both to every field of a page that was just read. `choices` [page->num_lines] may be NULL. */
pali_status rx_confidence_apply(rx_prescription *page, const rx_calibration *calibration,
                                const rx_choices *choices, pali_error *err);

#endif
