/* Words, numbers and signs of a folded line. */
#ifndef RX_TOKENS_H
#define RX_TOKENS_H

#include "rx/fold.h"

typedef enum rx_token_kind {
    RX_TOKEN_END = 0,
    RX_TOKEN_NUMBER,
    RX_TOKEN_WORD,
    RX_TOKEN_SIGN
} rx_token_kind;

/* What is remarkable about the way a token is written. */
enum {
    RX_TOKEN_SPACED = 1 << 0,        /* a blank, or the start of the line, is before it */
    RX_TOKEN_STOPPED = 1 << 1,       /* a full stop follows */
    RX_TOKEN_NAKED_POINT = 1 << 2,   /* ".5" */
    RX_TOKEN_TRAILING_ZERO = 1 << 3, /* "5.0" */
    RX_TOKEN_MISREAD = 1 << 4,       /* letters taken for digits: "5OO" */
    RX_TOKEN_FRACTION = 1 << 5,      /* has a fraction glyph: "1½" */
    RX_TOKEN_CAPITALS = 1 << 6,      /* a word all in capitals */
};

typedef struct rx_token {
    rx_token_kind kind;
    const char *text;  /* folded, NUL-terminated; a dotted abbreviation without its dots */
    size_t at;         /* of its first character in the folded text */
    size_t begin, end; /* its bytes in the source */
    double value;      /* of a number */
    unsigned flags;
} rx_token;

typedef struct rx_tokens {
    const char *source;
    rx_folded folded;
    size_t count;
    rx_token *items; /* [count + 1]: an RX_TOKEN_END closes the list */
} rx_tokens;

/* `source` must outlive the tokens; everything else lies in `arena`. */
pali_status rx_tokenize(rx_tokens *out, pali_arena *arena, const char *source, size_t size,
                        pali_error *err);

/* Token `i`, or the closing one where there is none. */
const rx_token *rx_token_at(const rx_tokens *tokens, size_t i);

bool rx_token_is(const rx_token *token, const char *text);

/* Whether it is one of the words, whose list ends with NULL. */
bool rx_token_is_one_of(const rx_token *token, const char *const *words);

/* Whether it is a number as entries of a list have: 1 to 99, whole, at most two digits. */
bool rx_is_ordinal(const rx_token *token);

/* Whether a line of the page ends before token `i`. */
bool rx_breaks_line(const rx_tokens *tokens, size_t i);

#endif
