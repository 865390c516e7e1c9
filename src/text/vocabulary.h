/* The pieces of a tokenizer: text by id, and id by text. */
#ifndef PALI_TEXT_VOCABULARY_H
#define PALI_TEXT_VOCABULARY_H

#include "base/status.h"

enum { PALI_MAX_PIECES = 1 << 22, PALI_MAX_PIECE_BYTES = 1 << 16 };

typedef enum pali_piece_kind {
    PALI_PIECE_ABSENT = 0, /* no piece has this id */
    PALI_PIECE_NORMAL,
    PALI_PIECE_CONTROL, /* <bos>, <image> ...: never spelled by text, never printed */
    PALI_PIECE_ADDED,   /* matched before anything is merged, and printed */
    PALI_PIECE_BYTE,
} pali_piece_kind;

typedef struct pali_piece {
    uint32_t start, size; /* in `text` */
    float score;          /* tokenizer.model only */
    uint8_t kind, byte;   /* byte: the value of a PALI_PIECE_BYTE */
} pali_piece;

typedef struct pali_vocabulary {
    char *text; /* all pieces, each with a NUL behind */
    size_t text_size, text_capacity;
    pali_piece *pieces;
    size_t count, capacity;  /* count: largest id + 1 */
    struct pali_slot *slots; /* hash table from text to id */
    size_t num_slots, used;
    int32_t byte_ids[256]; /* -1 where there is none */
} pali_vocabulary;

void pali_vocabulary_init(pali_vocabulary *vocabulary);
void pali_vocabulary_free(pali_vocabulary *vocabulary);

/* Sets the piece of an id. An id or a text that is there already with another partner is an error;
 * the same pair again changes the kind only. */
pali_status pali_vocabulary_add(pali_vocabulary *vocabulary, int32_t id, const char *text,
                                size_t size, pali_piece_kind kind, float score, pali_error *err);

/* The id of a text, or -1. */
int32_t pali_vocabulary_find(const pali_vocabulary *vocabulary, const char *text, size_t size);

/* The piece of an id, or NULL. */
const pali_piece *pali_vocabulary_piece(const pali_vocabulary *vocabulary, int32_t id);

#endif
