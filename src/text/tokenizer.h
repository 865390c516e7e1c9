/* The inside of a tokenizer, shared by the files of this folder. */
#ifndef PALI_TEXT_TOKENIZER_H
#define PALI_TEXT_TOKENIZER_H

#include "text/vocabulary.h"

/* How a pair of neighbours is merged: from tokenizer.json by a list of rules between ids, from
 * tokenizer.model whenever the joined text is a piece. */
typedef enum pali_merging { PALI_MERGE_BY_RULE, PALI_MERGE_BY_TEXT } pali_merging;

typedef struct pali_merge {
    int32_t left, right, merged; /* left -1: free slot */
    uint32_t rank;
} pali_merge;

enum { PALI_MAX_ADDED = 1 << 16 };

/* A token that is cut out of the text before merging. */
typedef struct pali_added_token {
    int32_t id;
    bool special;     /* recognised only on request */
    bool normalized;  /* matched after spaces have become U+2581 */
    const char *text; /* in the vocabulary; set when it is whole */
    size_t size;
} pali_added_token;

/* The added tokens of one pass over the text, sorted by their bytes. */
typedef struct pali_added_tokens {
    pali_added_token *tokens;
    size_t count;
    bool starts[256]; /* first bytes */
} pali_added_tokens;

struct pali_tokenizer {
    pali_vocabulary vocabulary;
    pali_merging merging;
    bool escapes_spaces;   /* " " becomes U+2581 */
    bool add_dummy_prefix; /* a space in front of every text */
    pali_merge *merges;    /* hash table, a power of two */
    size_t num_merge_slots;
    pali_added_tokens raw, normalized; /* matched before and after spaces are escaped */
};

/* Registers a piece as an added token; it is in the vocabulary already. */
pali_status pali_tokenizer_add_token(pali_tokenizer *tokenizer, pali_added_token token,
                                     pali_error *err);

/* Makes them ready for matching, when the vocabulary is whole. */
void pali_tokenizer_sort_added(pali_tokenizer *tokenizer);

/* The longest token of `added` at the start of `text` (`size` > 0), or NULL. */
const pali_added_token *pali_tokenizer_match(const pali_added_tokens *added, const char *text,
                                             size_t size, bool parse_special);

/* The rule for a pair of ids, or NULL. */
const pali_merge *pali_tokenizer_rule(const pali_tokenizer *tokenizer, int32_t left, int32_t right);

/* The two kinds of file. Messages do not name it. */
pali_status pali_tokenizer_parse_json(pali_tokenizer *tokenizer, const char *bytes, size_t size,
                                      pali_error *err);
pali_status pali_tokenizer_parse_model(pali_tokenizer *tokenizer, const unsigned char *bytes,
                                       size_t size, pali_error *err);

/* Either, told apart by the first byte; makes the tokenizer that pali_tokenizer_free gives back. */
pali_status pali_tokenizer_parse(pali_tokenizer **out, const void *bytes, size_t size,
                                 const char *name, pali_error *err);

#endif
