/* How two readings of the same writing fit each other, letter by letter. */
#ifndef RX_SCAN_VIEW_ALIGN_H
#define RX_SCAN_VIEW_ALIGN_H

#include "base/status.h"

#include <stdbool.h>

/* A letter of the first reading beside one of the second; RX_NO_LETTER: beside nothing. */
enum { RX_NO_LETTER = -1 };
typedef struct rx_letter_pair {
    int a, b;
} rx_letter_pair;

typedef struct rx_alignment {
    uint32_t *a_code, *b_code; /* the readings' code points */
    size_t *a_at, *b_at;       /* bytes where they begin; one more for the end */
    int num_a, num_b;
    rx_letter_pair *pairs; /* from left to right */
    int num_pairs, num_equal;
    int a_begin, b_end; /* letters of the first before the pairs; of the second up to their end */
} rx_alignment;

/* The whole of both readings. */
pali_status rx_align_whole(rx_alignment *out, const char *a, const char *b, pali_error *err);

/* Equal letters from which on an overlap is no chance. */
enum { RX_SURE_OVERLAP = 3 };

/* What is known of two views side by side. */
typedef struct rx_overlap {
    size_t most;       /* letters of a line that both show, at most */
    float expected;    /* letters of this line that both should show; negative: not known */
    bool a_cut, b_cut; /* the line goes on beyond the view at the left, began before that at the
                          right: a letter or two there may be cut and misread, and are left out */
} rx_overlap;

/* The end of the first with the beginning of the second. Without anything in common num_pairs is 0. */
pali_status rx_align_overlap(rx_alignment *out, const char *a, const char *b,
                             const rx_overlap *overlap, pali_error *err);

void rx_alignment_free(rx_alignment *alignment);

/* Share of equal letters among the pairs, in [0, 1]. */
float rx_alignment_similarity(const rx_alignment *alignment);

#endif
