/* Names whose letters are doubtful, and what each may stand for: what the views of its line read there, and
 * entries of the lexicon that are near to any of it. */
#ifndef RX_SCAN_NAME_CANDIDATES_H
#define RX_SCAN_NAME_CANDIDATES_H

#include "rx/lexicon.h"
#include "scan/line_reader.h"

enum {
    RX_MAX_NAME_CANDIDATES = 32,
    RX_MAX_NAME_BYTES = 80,
    RX_MAX_ANSWER_BYTES = 512, /* of a square's text that has a name */
};

/* A view of the line with the name in it. */
typedef struct rx_name_place {
    int square;      /* of the page; -1: the name is not within one square of this view */
    size_t at, size; /* bytes of that square's answer */
} rx_name_place;

typedef struct rx_name_candidate {
    char text[RX_MAX_NAME_BYTES];
    bool known; /* of the lexicon */
    bool read;  /* by a view */
    double
        score; /* logarithm of the probability of the squares' texts, the bonus with it; in the end
                      the probability of the name */
    double itself; /* logarithm of the probability of the name's own tokens */
} rx_name_candidate;

typedef struct rx_doubtful_name {
    size_t line, at, size; /* bytes of the line's text */
    rx_name_place places[RX_PAGE_VIEWS];
    int num_places; /* that have a square; at least one */
    rx_name_candidate candidates[RX_MAX_NAME_CANDIDATES];
    size_t num_candidates; /* at least two; the first is what the line says */
    size_t first_answer;   /* the caller's */
} rx_doubtful_name;

/* The doubtful names of `first`, which was made of `lines`, in `arena`. No two of them overlap. Scores are 0. */
pali_status rx_names_doubted(rx_doubtful_name **out, size_t *count, pali_arena *arena,
                             const rx_lines *lines, const rx_page *page,
                             const rx_prescription *first, const rx_lexicon *lexicon,
                             pali_error *err);

#endif
