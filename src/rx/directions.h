/* A medicine's line taken apart: name, strength, form, dose, frequency, ... */
#ifndef RX_DIRECTIONS_H
#define RX_DIRECTIONS_H

#include "rx/phrases.h"
#include "rx/prescription.h"

/* A piece of the page: text and, for each byte, the probability of the token it came with. */
typedef struct rx_source {
    const char *text;        /* UTF-8, NUL-terminated */
    const float *confidence; /* [size]; NULL: certain */
    size_t size;
} rx_source;

/* Bytes [begin, end) of the source, verbatim and without blanks around; its confidence is the
 * product of the probabilities of its tokens. Bytes of one token carry the same number, so that a
 * run of equal numbers counts once. `text` is NULL for an empty span or for lack of memory. */
rx_text rx_quote(pali_arena *arena, const rx_source *source, size_t begin, size_t end,
                 pali_error *err);

/* Tokens at the start of a line that only count or mark the entries of a list: "1)", "2. ", "#3",
 * "Rx", an arrow. */
size_t rx_list_marker(const rx_tokens *tokens);

/* "7.", "7)" or "7," at the start of a line, as lists are numbered. */
bool rx_is_list_number(const rx_tokens *tokens);

/* Whether a line begins with the most that may be taken: "Max 3/day". */
bool rx_starts_limit(const rx_tokens *tokens);

/* Tokens of the dose that stands before what may be a name at the start of a line, behind the mark of a list: "2 puffs Zyvarin
 * SOS"; 0: none. A list of names decides. */
size_t rx_starts_dose(const rx_tokens *tokens);

/* Whether a line begins with a fluid and its volume: "NS 500 ml over 4 h", "IV RL 1 L". */
bool rx_starts_fluid(const rx_tokens *tokens);

/* Fills the fields of `out` from the line, and `out->review` with what is doubtful about the way it
 * is written. The lexicon plays no part: the name is whatever stands where names stand. What no
 * field takes becomes `instructions`. */
pali_status rx_parse_directions(rx_medicine *out, pali_arena *arena, const rx_source *source,
                                pali_error *err);

#endif
