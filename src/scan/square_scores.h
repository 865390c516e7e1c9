/* How probable texts are for squares of a page that were read. */
#ifndef RX_SCAN_SQUARE_SCORES_H
#define RX_SCAN_SQUARE_SCORES_H

#include "scan/line_reader.h"

/* Gives the answers their logarithms. Each one's `request` is the index of a square with features; it is
 * another number afterwards. All are taken through the model together. */
pali_status rx_squares_score(pali_continuation *answers, size_t count, const rx_lines *lines,
                             const pali_model *model, pali_error *err);

/* Logarithm of the probability of tokens [from, to) of an answer, the end behind the last among them. No
 * single token speaks louder against it than e^-9. */
double rx_answer_logprob(const pali_continuation *answer, size_t from, size_t to);

#endif
