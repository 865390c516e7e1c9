/* A line as the parser sees it: lower-case ASCII, with the place in the source beside each
 * character, so that whatever is found can be quoted as it was written. */
#ifndef RX_FOLD_H
#define RX_FOLD_H

#include "base/arena.h"

/* Characters of folded text that stand for what ASCII lacks. */
enum {
    RX_FOLD_QUARTER = 1,
    RX_FOLD_THIRD,
    RX_FOLD_HALF,
    RX_FOLD_TWO_THIRDS,
    RX_FOLD_THREE_QUARTERS,
    RX_FOLD_DEGREE,
    RX_FOLD_ARROW,
    RX_FOLD_LETTER = 0x7f, /* a letter of another script */
};

typedef struct rx_folded {
    char *text; /* NUL-terminated */
    size_t size;
    uint32_t *begin, *end; /* [size]: character i stands for bytes [begin, end) of the source */
} rx_folded;

/* Folds case, full-width forms, digits of any script, dashes, blanks, fractions, Roman numerals and
 * accents. Bytes that are no UTF-8 become '?'. At most 1 MiB of source. */
pali_status rx_fold(rx_folded *out, pali_arena *arena, const char *text, size_t size,
                    pali_error *err);

/* Decodes one code point (U+FFFD for a byte that is no UTF-8) and moves `*at` behind it. */
uint32_t rx_next_code_point(const char *text, size_t size, size_t *at);

#endif
