/* Pieces are what the files spell: "▁" for a blank, "<0x0A>" for a byte. They are unspelt once; then a
 * step of decoding follows each token's bytes until one may not come, which is mostly the first. */
#include "scan/constraint.h"

#include "base/buffer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define UNDERLINE "\xe2\x96\x81"

enum { MAX_BYTES = 1 << 26 };

struct rx_constraint {
    size_t vocab_size;
    size_t *begin;     /* [vocab_size + 1] in `bytes`; nothing between two: never allowed */
    pali_buffer bytes; /* of all tokens, one after the other */
    size_t end;        /* the token that ends an answer; SIZE_MAX: none */
};

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that "<0x0A>" stands for; -1: no such piece. */
static int byte_of(const char *piece) {
    if (strlen(piece) != 6 || strncmp(piece, "<0x", 3) != 0 || piece[5] != '>')
        return -1;
    int high = hex_digit(piece[3]), low = hex_digit(piece[4]);
    return high < 0 || low < 0 ? -1 : 16 * high + low;
}

static pali_status add_piece(rx_constraint *c, const char *piece, pali_error *err) {
    size_t size = strlen(piece);
    int byte = byte_of(piece);
    if (byte >= 0)
        return pali_buffer_append(&c->bytes, &(char){(char)byte}, 1, err);
    if (size > 2 && piece[0] == '<' && piece[size - 1] == '>')
        return PALI_OK;
    pali_status status = PALI_OK;
    while (*piece && !status) {
        bool blank = strncmp(piece, UNDERLINE, strlen(UNDERLINE)) == 0;
        status = pali_buffer_append(&c->bytes, blank ? " " : piece, 1, err);
        piece += blank ? strlen(UNDERLINE) : 1;
    }
    return status;
}

static pali_status add_pieces(rx_constraint *c, const pali_tokenizer *tokenizer, pali_error *err) {
    for (size_t i = 0; i < c->vocab_size; i++) {
        const char *piece = pali_tokenizer_piece(tokenizer, (int32_t)i);
        c->begin[i] = c->bytes.size;
        if (piece && strcmp(piece, "<eos>") == 0)
            c->end = i;
        pali_status status = piece ? add_piece(c, piece, err) : PALI_OK;
        if (status)
            return status;
    }
    c->begin[c->vocab_size] = c->bytes.size;
    return PALI_OK;
}

pali_status rx_constraint_make(rx_constraint **out, const pali_tokenizer *tokenizer,
                               pali_error *err) {
    size_t vocab_size = pali_tokenizer_vocab_size(tokenizer);
    rx_constraint *c = calloc(1, sizeof *c);
    if (!c)
        return pali_fail_memory(err, sizeof *c, "the grammar's tokens");
    *c = (rx_constraint){.vocab_size = vocab_size, .end = SIZE_MAX};
    pali_buffer_init(&c->bytes, MAX_BYTES);
    c->begin = calloc(vocab_size + 1, sizeof *c->begin);
    pali_status status =
        c->begin ? add_pieces(c, tokenizer, err)
                 : pali_fail_memory(err, vocab_size * sizeof *c->begin, "the grammar's tokens");
    if (status)
        rx_constraint_free(&c);
    else
        *out = c;
    return status;
}

void rx_constraint_free(rx_constraint **constraint) {
    rx_constraint *c = *constraint;
    *constraint = NULL;
    if (!c)
        return;
    pali_buffer_free(&c->bytes);
    free(c->begin);
    free(c);
}

/* Follows a token; false where it writes nothing or may not come. */
static bool follow(const rx_constraint *c, rx_scan_state *state, size_t id) {
    for (size_t at = c->begin[id]; at < c->begin[id + 1]; at++)
        if (!rx_scan_step(state, (unsigned char)c->bytes.data[at]))
            return false;
    return c->begin[id] < c->begin[id + 1];
}

void rx_constraint_apply(const rx_constraint *c, const rx_scan_state *state, float *logits,
                         size_t vocab_size) {
    float end = c->end < vocab_size ? logits[c->end] : 0;
    bool goes_on = false;
    for (size_t i = 0; i < vocab_size; i++) {
        rx_scan_state next = *state;
        if (i < c->vocab_size && follow(c, &next, i))
            goes_on |= isfinite(logits[i]);
        else
            logits[i] = -INFINITY;
    }
    if (c->end < vocab_size && (rx_scan_may_end(state) || !goes_on))
        logits[c->end] = end;
}

void rx_constraint_advance(const rx_constraint *c, rx_scan_state *state, int32_t id) {
    if (id >= 0 && (size_t)id < c->vocab_size)
        follow(c, state, (size_t)id);
}
