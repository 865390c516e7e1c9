/* Tokens that are cut out of the text before anything is merged. Those of one pass are kept sorted by
 * their bytes, which serves as a trie without nodes: the tokens that share the bytes seen so far are
 * a range, each further byte narrows it by two binary searches, and a token that ends comes first in
 * its range. A text is left after the few bytes that tell it from every token. */
#include "text/tokenizer.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_ADDED_BYTES = 1024 };

pali_status pali_tokenizer_add_token(pali_tokenizer *t, pali_added_token token, pali_error *err) {
    pali_added_tokens *added = token.normalized ? &t->normalized : &t->raw;
    const pali_piece *piece = pali_vocabulary_piece(&t->vocabulary, token.id);
    if (piece->size == 0 || piece->size > MAX_ADDED_BYTES)
        return pali_fail(err, PALI_ERROR_FORMAT,
                         "added token %d has %u bytes; 1 to %d are possible", token.id, piece->size,
                         MAX_ADDED_BYTES);
    if (added->count == PALI_MAX_ADDED)
        return pali_fail(err, PALI_ERROR_LIMIT, "more than %d added tokens", PALI_MAX_ADDED);
    if (added->count % 64 == 0) {
        size_t bytes = (added->count + 64) * sizeof *added->tokens;
        pali_added_token *grown = realloc(added->tokens, bytes);
        if (!grown)
            return pali_fail_memory(err, bytes, "added tokens");
        added->tokens = grown;
    }
    added->tokens[added->count++] = token;
    added->starts[(unsigned char)t->vocabulary.text[piece->start]] = true;
    return PALI_OK;
}

/* A token's byte, or -1 behind its last. */
static int byte_at(const pali_added_token *token, size_t at) {
    return at < token->size ? (unsigned char)token->text[at] : -1;
}

/* The first token in [low, high), whose first `at` bytes are equal, with a byte of at least `byte`
 * there. */
static size_t first_from(const pali_added_tokens *added, size_t low, size_t high, size_t at,
                         int byte) {
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (byte_at(&added->tokens[middle], at) < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const pali_added_token *pali_tokenizer_match(const pali_added_tokens *added, const char *text,
                                             size_t size, bool parse_special) {
    if (!added->starts[(unsigned char)text[0]])
        return NULL;
    const pali_added_token *longest = NULL;
    size_t low = 0, high = added->count;
    for (size_t i = 0; i < size && low < high; i++) {
        int byte = (unsigned char)text[i];
        low = first_from(added, low, high, i, byte);
        high = first_from(added, low, high, i, byte + 1);
        bool whole = low < high && byte_at(&added->tokens[low], i + 1) < 0;
        if (whole && (parse_special || !added->tokens[low].special))
            longest = &added->tokens[low];
    }
    return longest;
}

static int by_text(const void *left, const void *right) {
    const pali_added_token *a = left, *b = right;
    int order = memcmp(a->text, b->text, a->size < b->size ? a->size : b->size);
    return order ? order : (a->size > b->size) - (a->size < b->size);
}

static void sort_pass(const pali_tokenizer *t, pali_added_tokens *added) {
    for (size_t i = 0; i < added->count; i++) {
        pali_added_token *token = &added->tokens[i];
        const pali_piece *piece = pali_vocabulary_piece(&t->vocabulary, token->id);
        token->text = t->vocabulary.text + piece->start;
        token->size = piece->size;
    }
    if (added->count)
        qsort(added->tokens, added->count, sizeof *added->tokens, by_text);
}

void pali_tokenizer_sort_added(pali_tokenizer *t) {
    sort_pass(t, &t->raw);
    sort_pass(t, &t->normalized);
}
