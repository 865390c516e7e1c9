/* Reasons why a person must look at what was read. The codes are stable and documented in
 * docs/review-codes.md. */
#ifndef RX_REVIEW_H
#define RX_REVIEW_H

#include "rx/prescription.h"

#define RX_REVIEW_LOW_CONFIDENCE "low-confidence"
#define RX_REVIEW_UNREADABLE "unreadable"
#define RX_REVIEW_NOT_IN_LEXICON "not-in-lexicon"
#define RX_REVIEW_ABBREVIATED_NAME "abbreviated-name"
#define RX_REVIEW_PART_OF_NAME "part-of-name"
#define RX_REVIEW_READ_BY_LEXICON "read-by-lexicon"
#define RX_REVIEW_NEAR_TIE "near-tie"
#define RX_REVIEW_LOOK_ALIKE "look-alike"
#define RX_REVIEW_STRENGTH_NOT_KNOWN "strength-not-known"
#define RX_REVIEW_TENFOLD_DOSE "tenfold-dose"
#define RX_REVIEW_DOSE_ABOVE_USUAL "dose-above-usual"
#define RX_REVIEW_ERROR_PRONE_NOTATION "error-prone-notation"
#define RX_REVIEW_AMBIGUOUS_ABBREVIATION "ambiguous-abbreviation"
#define RX_REVIEW_AMBIGUOUS_NUMBER "ambiguous-number"
#define RX_REVIEW_AMBIGUOUS_DATE "ambiguous-date"
#define RX_REVIEW_DIAGNOSIS_OR_COMPLAINT "diagnosis-or-complaint"
#define RX_REVIEW_DOUBTFUL_CHARACTERS "doubtful-characters"
#define RX_REVIEW_CONFLICT "conflicting-directions"
#define RX_REVIEW_VIEWS_DIFFER "views-differ"
#define RX_REVIEW_ROW_UNCLEAR "row-unclear"
#define RX_REVIEW_INFERRED_FROM_DOUBTFUL "inferred-from-doubtful"

/* Adds a reason; what it points to lies in `arena`. `alternatives` (may be NULL) ends with NULL and
 * is copied. `code` and `field` must be constants. */
pali_status rx_review_add(rx_reviews *reviews, pali_arena *arena, rx_review review,
                          const char *const *alternatives, pali_error *err, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Whether a reason holds this field (NULL: the medicine or page as a whole) back from being used
 * unseen. */
bool rx_reviews_hold(const rx_reviews *reviews, const char *field);

/* The same of one item, from 1 on, of a field that is a list: of "diagnoses". */
bool rx_reviews_hold_item(const rx_reviews *reviews, const char *field, size_t item);

/* The reason `code` for `field` (NULL: any field); NULL if there is none. */
const rx_review *rx_reviews_find(const rx_reviews *reviews, const char *code, const char *field);

/* Takes a reason of the list out again. */
void rx_reviews_drop(rx_reviews *reviews, const rx_review *review);

#endif
