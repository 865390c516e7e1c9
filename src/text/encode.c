/* Text to ids: byte-fallback BPE.
 *
 * The text is cut at added tokens (leftmost, longest); the rest becomes symbols, one a character,
 * which are merged in pairs, best rule first and leftmost among equals, until no rule applies. A
 * heap of candidate pairs makes this O(n log n); a pair whose symbols have changed since it was
 * pushed is skipped when it comes up (Hugging Face tokenizers, SentencePiece: the same algorithm
 * with different rules). */
#include "text/tokenizer.h"

#include "base/buffer.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT = 16 << 20 };

#define UNDERLINE "\xe2\x96\x81"
#define REPLACEMENT "\xef\xbf\xbd"

typedef struct symbol {
    size_t start, size; /* in the text; size 0: merged into its left neighbour */
    int32_t id;         /* -1: not a piece */
    int32_t previous, next;
} symbol;

typedef struct candidate {
    float priority; /* lower first */
    int32_t left, right, merged;
    size_t size; /* of the two together: tells whether they are as they were */
} candidate;

typedef struct encoder {
    const pali_tokenizer *tokenizer;
    bool parse_special;
    symbol *symbols;
    size_t num_symbols, symbol_capacity;
    candidate *heap;
    size_t heap_size, heap_capacity;
    int32_t *ids;
    size_t num_ids, id_capacity;
    pali_error *err;
} encoder;

/* ---- growing arrays ---- */

static bool reserve(void **array, size_t *capacity, size_t needed, size_t element,
                    pali_error *err) {
    if (needed <= *capacity)
        return true;
    size_t grown = *capacity ? *capacity * 2 : 256;
    if (grown < needed)
        grown = needed;
    void *memory = realloc(*array, grown * element);
    if (!memory) {
        pali_fail_memory(err, grown * element, "tokens");
        return false;
    }
    *array = memory;
    *capacity = grown;
    return true;
}

static pali_status push_id(encoder *e, int32_t id) {
    if (!reserve((void **)&e->ids, &e->id_capacity, e->num_ids + 1, sizeof *e->ids, e->err))
        return PALI_ERROR_MEMORY;
    e->ids[e->num_ids++] = id;
    return PALI_OK;
}

/* ---- characters ---- */

/* Appends `text` with spaces escaped if `escape`, and, if `repair`, U+FFFD for every byte that is
 * part of no valid sequence. */
static pali_status append_clean(pali_buffer *out, const char *text, size_t size, bool escape,
                                bool repair, pali_error *err) {
    size_t i = 0, kept = 0;
    pali_status status = PALI_OK;
    while (i < size && !status) {
        size_t length = repair ? pali_utf8_length(text + i, size - i) : 1;
        bool space = escape && text[i] == ' ';
        if (length && !space) {
            i += length;
            continue;
        }
        status = pali_buffer_append(out, text + kept, i - kept, err);
        if (!status)
            status = pali_buffer_append_text(out, space ? UNDERLINE : REPLACEMENT, err);
        kept = ++i;
    }
    return status ? status : pali_buffer_append(out, text + kept, size - kept, err);
}

/* ---- merging ---- */

static bool before(const candidate *a, const candidate *b) {
    return a->priority != b->priority ? a->priority < b->priority : a->left < b->left;
}

static bool heap_push(encoder *e, candidate c) {
    if (!reserve((void **)&e->heap, &e->heap_capacity, e->heap_size + 1, sizeof *e->heap, e->err))
        return false;
    size_t at = e->heap_size++;
    while (at > 0 && before(&c, &e->heap[(at - 1) / 2])) {
        e->heap[at] = e->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    e->heap[at] = c;
    return true;
}

static candidate heap_pop(encoder *e) {
    candidate top = e->heap[0], last = e->heap[--e->heap_size];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= e->heap_size)
            break;
        if (child + 1 < e->heap_size && before(&e->heap[child + 1], &e->heap[child]))
            child++;
        if (!before(&e->heap[child], &last))
            break;
        e->heap[at] = e->heap[child];
        at = child;
    }
    e->heap[at] = last;
    return top;
}

/* Pushes the pair of a symbol and its right neighbour if there is a rule for it. */
static bool consider(encoder *e, const char *text, int32_t left) {
    if (left < 0 || e->symbols[left].next < 0)
        return true;
    int32_t right = e->symbols[left].next;
    const symbol *a = &e->symbols[left], *b = &e->symbols[right];
    candidate c = {.left = left, .right = right, .size = a->size + b->size};
    if (e->tokenizer->merging == PALI_MERGE_BY_RULE) {
        const pali_merge *rule = pali_tokenizer_rule(e->tokenizer, a->id, b->id);
        if (a->id < 0 || b->id < 0 || !rule)
            return true;
        c.priority = (float)rule->rank;
        c.merged = rule->merged;
    } else {
        c.merged = pali_vocabulary_find(&e->tokenizer->vocabulary, text + a->start, c.size);
        const pali_piece *piece = pali_vocabulary_piece(&e->tokenizer->vocabulary, c.merged);
        if (!piece || piece->kind != PALI_PIECE_NORMAL)
            return true;
        c.priority = -piece->score;
    }
    return heap_push(e, c);
}

static pali_status merge_all(encoder *e, const char *text) {
    for (size_t i = 0; i < e->num_symbols; i++)
        if (!consider(e, text, (int32_t)i))
            return PALI_ERROR_MEMORY;
    while (e->heap_size) {
        candidate c = heap_pop(e);
        symbol *a = &e->symbols[c.left], *b = &e->symbols[c.right];
        if (!a->size || !b->size || a->size + b->size != c.size)
            continue; /* one has been merged since: sizes only grow, or become 0 */
        a->size = c.size;
        a->id = c.merged;
        a->next = b->next;
        b->size = 0;
        if (a->next >= 0)
            e->symbols[a->next].previous = c.left;
        if (!consider(e, text, a->previous) || !consider(e, text, c.left))
            return PALI_ERROR_MEMORY;
    }
    return PALI_OK;
}

static pali_status push_bytes(encoder *e, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        pali_status status = push_id(e, e->tokenizer->vocabulary.byte_ids[(unsigned char)text[i]]);
        if (status)
            return status;
    }
    return PALI_OK;
}

static bool add_symbol(encoder *e, size_t start, size_t size, int32_t id) {
    if (!reserve((void **)&e->symbols, &e->symbol_capacity, e->num_symbols + 1, sizeof *e->symbols,
                 e->err))
        return false;
    int32_t at = (int32_t)e->num_symbols++;
    e->symbols[at] = (symbol){start, size, id, at - 1, -1};
    if (at > 0)
        e->symbols[at - 1].next = at;
    return true;
}

/* One symbol a character. By rule, a character that is no piece is its bytes from the start; by
 * text, it is spelled at the end. */
static bool add_characters(encoder *e, const char *text, size_t size) {
    const pali_vocabulary *v = &e->tokenizer->vocabulary;
    e->num_symbols = 0;
    for (size_t i = 0, length; i < size; i += length) {
        length = pali_utf8_length(text + i, size - i);
        if (length == 0)
            length = 1;
        int32_t id = pali_vocabulary_find(v, text + i, length);
        if (id >= 0 || e->tokenizer->merging == PALI_MERGE_BY_TEXT) {
            if (!add_symbol(e, i, length, id))
                return false;
            continue;
        }
        for (size_t b = 0; b < length; b++)
            if (!add_symbol(e, i + b, 1, v->byte_ids[(unsigned char)text[i + b]]))
                return false;
    }
    return true;
}

static pali_status encode_piece(encoder *e, const char *text, size_t size) {
    if (size == 0)
        return PALI_OK;
    if (!add_characters(e, text, size))
        return PALI_ERROR_MEMORY;
    pali_status status = merge_all(e, text);
    for (int32_t i = 0; i >= 0 && !status; i = e->symbols[i].next) {
        const symbol *s = &e->symbols[i];
        const pali_piece *piece = pali_vocabulary_piece(&e->tokenizer->vocabulary, s->id);
        bool spelled = !piece || (e->tokenizer->merging == PALI_MERGE_BY_TEXT &&
                                  piece->kind == PALI_PIECE_CONTROL);
        status = spelled ? push_bytes(e, text + s->start, s->size) : push_id(e, s->id);
    }
    return status;
}

/* ---- added tokens ---- */

/* Splits at the added tokens of one pass; what lies between goes to `between`. */
static pali_status split(encoder *e, const char *text, size_t size, const pali_added_tokens *added,
                         pali_status (*between)(encoder *, const char *, size_t)) {
    size_t start = 0;
    for (size_t i = 0; i < size;) {
        const pali_added_token *token =
            pali_tokenizer_match(added, text + i, size - i, e->parse_special);
        if (!token) {
            i++;
            continue;
        }
        pali_status status = between(e, text + start, i - start);
        if (!status)
            status = push_id(e, token->id);
        if (status)
            return status;
        i += token->size;
        start = i;
    }
    return between(e, text + start, size - start);
}

/* After the first pass: escape spaces, then split at the tokens that see the escaped text. */
static pali_status encode_between(encoder *e, const char *text, size_t size) {
    if (size == 0)
        return PALI_OK;
    pali_buffer escaped;
    pali_buffer_init(&escaped, 4 * (size_t)MAX_TEXT);
    pali_status status =
        append_clean(&escaped, text, size, e->tokenizer->escapes_spaces, false, e->err);
    if (!status)
        status = split(e, escaped.data, escaped.size, &e->tokenizer->normalized, encode_piece);
    pali_buffer_free(&escaped);
    return status;
}

static pali_status encode_text(encoder *e, const char *text, size_t size) {
    pali_buffer valid;
    pali_buffer_init(&valid, 4 * (size_t)MAX_TEXT);
    pali_status status = PALI_OK;
    if (e->tokenizer->add_dummy_prefix && size)
        status = pali_buffer_append_text(&valid, " ", e->err);
    if (!status)
        status = append_clean(&valid, text, size, false, true, e->err);
    if (!status && valid.size)
        status = split(e, valid.data, valid.size, &e->tokenizer->raw, encode_between);
    pali_buffer_free(&valid);
    return status;
}

pali_status pali_tokenizer_encode(const pali_tokenizer *tokenizer, const char *text,
                                  size_t text_size, bool parse_special, int32_t **ids,
                                  size_t *num_ids, pali_error *err) {
    if (text_size > MAX_TEXT)
        return pali_fail(err, PALI_ERROR_LIMIT, "a text of %zu bytes; at most %d are encoded",
                         text_size, MAX_TEXT);
    encoder e = {.tokenizer = tokenizer, .parse_special = parse_special, .err = err};
    pali_status status = encode_text(&e, text, text_size);
    if (!status && !reserve((void **)&e.ids, &e.id_capacity, 1, sizeof *e.ids, err))
        status = PALI_ERROR_MEMORY;
    free(e.symbols);
    free(e.heap);
    if (status) {
        free(e.ids);
        return status;
    }
    *ids = e.ids;
    *num_ids = e.num_ids;
    return PALI_OK;
}
