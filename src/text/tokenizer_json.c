/* tokenizer.json, as Hugging Face tokenizers writes it for Gemma: read as a stream of events (17
 * MB, half a million merges), since a document tree would cost more than everything else at start.
 *
 * What matters lies at these paths: added_tokens/[]/{id, content, special, normalized}, normalizer,
 * model/{type, vocab, merges}. A merge is "left right" or ["left", "right"]. Merges are
 * collected as text and resolved at the end, since the order of members is free. */
#include "text/tokenizer.h"

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

enum { MAX_DEPTH = 12, KEY_SIZE = 24, MAX_MERGES = 1 << 23, MAX_MERGE_TEXT = 1 << 28 };

#define UNDERLINE "\xe2\x96\x81" /* U+2581 */

typedef struct token_entry {
    long long id;
    char *content; /* malloc'ed, the entry's own */
    size_t size;
    bool special, normalized;
} token_entry;

typedef struct reader {
    pali_tokenizer *tokenizer;
    char keys[MAX_DEPTH][KEY_SIZE]; /* of each open container: its current key, "*" in an array */
    int depth;                      /* containers open */
    pali_buffer vocab_key;          /* of the entry whose id comes next */
    token_entry token;
    token_entry *tokens; /* added tokens, registered when the vocabulary is whole */
    size_t num_tokens;
    pali_buffer merges; /* for each: u32 size of left, u32 size of right, the two texts */
    size_t num_merges;
    pali_buffer left; /* of a merge that is a list */
    bool has_left;
    char normalizer[KEY_SIZE], pattern[KEY_SIZE], content[KEY_SIZE], model[KEY_SIZE];
    pali_status status;
    pali_error *err;
} reader;

/* What a yajl callback returns. */
static int result(reader *r, pali_status status) {
    r->status = status;
    return status == PALI_OK;
}

static int wrong(reader *r, const char *what) {
    return result(r, pali_fail(r->err, PALI_ERROR_FORMAT, "%s", what));
}

/* Whether the value at hand lies at this path, e.g. "added_tokens/[]/id" with "*" for "[]". */
static bool at(const reader *r, const char *path) {
    for (int i = 0; i < r->depth; i++) {
        size_t length = strcspn(path, "/");
        if (strlen(r->keys[i]) != length || memcmp(r->keys[i], path, length) != 0)
            return false;
        path += length;
        path += *path == '/';
        if (*path == '\0')
            return i + 1 == r->depth;
    }
    return false;
}

static bool in_vocab(const reader *r) {
    return r->depth == 3 && strcmp(r->keys[1], "vocab") == 0 && strcmp(r->keys[0], "model") == 0 &&
           strcmp(r->keys[2], "*") != 0;
}

/* A value of which nothing is made. Where ids or merges belong, texts would be cut otherwise without it. */
static int pass_over(reader *r) {
    if (in_vocab(r))
        return wrong(r, "a token's id is not an integer");
    if (at(r, "model/merges") || at(r, "model/merges/*") || at(r, "model/merges/*/*"))
        return wrong(r, "merges are not a list of pairs of texts");
    return 1;
}

static void keep(char out[KEY_SIZE], const unsigned char *text, size_t size) {
    size_t some = size < KEY_SIZE ? size : KEY_SIZE - 1;
    memcpy(out, text, some);
    out[some] = '\0';
}

static int on_key(void *context, const unsigned char *text, size_t size) {
    reader *r = context;
    if (in_vocab(r)) {
        r->vocab_key.size = 0;
        return result(r, pali_buffer_append(&r->vocab_key, text, size, r->err));
    }
    keep(r->keys[r->depth - 1], text, size);
    return 1;
}

static int open_container(reader *r, const char *key) {
    if (r->depth == MAX_DEPTH)
        return wrong(r, "nested too deeply");
    strcpy(r->keys[r->depth++], key);
    return 1;
}

static int on_open_map(void *context) {
    reader *r = context;
    if (at(r, "added_tokens/*"))
        r->token = (token_entry){.id = -1, .normalized = true};
    return pass_over(r) && open_container(r, "");
}

static int on_open_array(void *context) {
    reader *r = context;
    if (at(r, "model/merges/*"))
        r->has_left = false;
    return open_container(r, "*");
}

static int finish_token(reader *r) {
    if (r->token.id < 0 || r->token.id >= PALI_MAX_PIECES || !r->token.content)
        return wrong(r, "an added token has no id or no content");
    if (r->num_tokens == PALI_MAX_ADDED)
        return wrong(r, "too many added tokens");
    if (r->num_tokens % 256 == 0) {
        token_entry *grown = realloc(r->tokens, (r->num_tokens + 256) * sizeof *grown);
        if (!grown)
            return result(r, pali_fail_memory(r->err, r->num_tokens, "added tokens"));
        r->tokens = grown;
    }
    r->tokens[r->num_tokens++] = r->token;
    r->token.content = NULL;
    return 1;
}

static int on_close_map(void *context) {
    reader *r = context;
    r->depth--;
    return at(r, "added_tokens/*") ? finish_token(r) : 1;
}

static int on_close_array(void *context) {
    reader *r = context;
    r->depth--;
    return at(r, "model/merges/*") && r->has_left ? wrong(r, "a merge has one part") : 1;
}

static int on_integer(void *context, long long value) {
    reader *r = context;
    if (in_vocab(r)) {
        if (value < 0 || value >= PALI_MAX_PIECES)
            return wrong(r, "a token id is out of range");
        return result(r, pali_vocabulary_add(&r->tokenizer->vocabulary, (int32_t)value,
                                             r->vocab_key.data ? r->vocab_key.data : "",
                                             r->vocab_key.size, PALI_PIECE_NORMAL, 0.0f, r->err));
    }
    if (at(r, "added_tokens/*/id"))
        r->token.id = value;
    return pass_over(r);
}

static int on_boolean(void *context, int value) {
    reader *r = context;
    if (at(r, "added_tokens/*/special"))
        r->token.special = value;
    else if (at(r, "added_tokens/*/normalized"))
        r->token.normalized = value;
    else if (value && (at(r, "added_tokens/*/single_word") || at(r, "added_tokens/*/lstrip") ||
                       at(r, "added_tokens/*/rstrip")))
        return result(r, pali_fail(r->err, PALI_ERROR_UNSUPPORTED,
                                   "an added token that strips its neighbourhood"));
    return pass_over(r);
}

static int on_null(void *context) {
    return pass_over(context);
}

static int on_double(void *context, double value) {
    (void)value;
    return pass_over(context);
}

static int add_merge(reader *r, const void *left, size_t left_size, const void *right,
                     size_t right_size) {
    uint32_t sizes[2] = {(uint32_t)left_size, (uint32_t)right_size};
    if (r->num_merges == MAX_MERGES || left_size > PALI_MAX_PIECE_BYTES ||
        right_size > PALI_MAX_PIECE_BYTES)
        return wrong(r, "too many merges, or one that is too long");
    r->num_merges++;
    pali_status status = pali_buffer_append(&r->merges, sizes, sizeof sizes, r->err);
    if (!status)
        status = pali_buffer_append(&r->merges, left, left_size, r->err);
    if (!status)
        status = pali_buffer_append(&r->merges, right, right_size, r->err);
    return result(r, status);
}

static int on_merge(reader *r, const unsigned char *text, size_t size) {
    const unsigned char *space = memchr(text, ' ', size);
    if (!space)
        return wrong(r, "a merge without a space");
    return add_merge(r, text, (size_t)(space - text), space + 1, size - (size_t)(space - text) - 1);
}

static int on_merge_part(reader *r, const unsigned char *text, size_t size) {
    if (r->has_left) {
        r->has_left = false;
        return add_merge(r, r->left.data ? r->left.data : "", r->left.size, text, size);
    }
    r->has_left = true;
    r->left.size = 0;
    return result(r, pali_buffer_append(&r->left, text, size, r->err));
}

static int keep_content(reader *r, const unsigned char *text, size_t size) {
    free(r->token.content);
    r->token.content = malloc(size + 1);
    if (!r->token.content)
        return result(r, pali_fail_memory(r->err, size, "a token"));
    memcpy(r->token.content, text, size);
    r->token.size = size;
    return 1;
}

static int on_string(void *context, const unsigned char *text, size_t size) {
    reader *r = context;
    if (at(r, "model/merges/*"))
        return on_merge(r, text, size);
    if (at(r, "model/merges/*/*"))
        return on_merge_part(r, text, size);
    if (at(r, "added_tokens/*/content"))
        return keep_content(r, text, size);
    if (at(r, "model/type"))
        keep(r->model, text, size);
    else if (at(r, "normalizer/type"))
        keep(r->normalizer, text, size);
    else if (at(r, "normalizer/pattern/String"))
        keep(r->pattern, text, size);
    else if (at(r, "normalizer/content"))
        keep(r->content, text, size);
    return pass_over(r);
}

static uint64_t pair_hash(int32_t left, int32_t right) {
    uint64_t key = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    key *= 0x9e3779b97f4a7c15u;
    return key ^ (key >> 29);
}

const pali_merge *pali_tokenizer_rule(const pali_tokenizer *t, int32_t left, int32_t right) {
    if (!t->num_merge_slots)
        return NULL;
    for (size_t i = pair_hash(left, right) & (t->num_merge_slots - 1);;
         i = (i + 1) & (t->num_merge_slots - 1)) {
        const pali_merge *slot = &t->merges[i];
        if (slot->left < 0)
            return NULL;
        if (slot->left == left && slot->right == right)
            return slot;
    }
}

static void put_rule(pali_tokenizer *t, pali_merge rule) {
    size_t i = pair_hash(rule.left, rule.right) & (t->num_merge_slots - 1);
    while (t->merges[i].left >= 0) {
        if (t->merges[i].left == rule.left && t->merges[i].right == rule.right)
            break; /* the later of two equal rules counts */
        i = (i + 1) & (t->num_merge_slots - 1);
    }
    t->merges[i] = rule;
}

/* Merges by text become rules between ids. The two texts lie side by side, so that the merged one
 * needs no copy. */
static pali_status resolve_merges(reader *r) {
    pali_tokenizer *t = r->tokenizer;
    if (r->num_merges == 0)
        return PALI_OK;
    t->num_merge_slots = 16;
    while (t->num_merge_slots < r->num_merges * 2)
        t->num_merge_slots *= 2;
    t->merges = malloc(t->num_merge_slots * sizeof *t->merges);
    if (!t->merges)
        return pali_fail_memory(r->err, t->num_merge_slots * sizeof *t->merges, "merges");
    memset(t->merges, 0xff, t->num_merge_slots * sizeof *t->merges);
    const char *entry = r->merges.data;
    for (size_t i = 0; i < r->num_merges; i++) {
        uint32_t sizes[2];
        memcpy(sizes, entry, sizeof sizes);
        const char *text = entry + sizeof sizes;
        pali_merge rule = {
            .left = pali_vocabulary_find(&t->vocabulary, text, sizes[0]),
            .right = pali_vocabulary_find(&t->vocabulary, text + sizes[0], sizes[1]),
            .merged = pali_vocabulary_find(&t->vocabulary, text, sizes[0] + sizes[1]),
            .rank = (uint32_t)i,
        };
        if (rule.left < 0 || rule.right < 0 || rule.merged < 0)
            return pali_fail(r->err, PALI_ERROR_FORMAT,
                             "merge %zu names a piece that is not in the vocabulary", i);
        put_rule(t, rule);
        entry = text + sizes[0] + sizes[1];
    }
    return PALI_OK;
}

static pali_status register_tokens(reader *r) {
    for (size_t i = 0; i < r->num_tokens; i++) {
        const token_entry *e = &r->tokens[i];
        const pali_piece *piece = pali_vocabulary_piece(&r->tokenizer->vocabulary, (int32_t)e->id);
        if (piece && (piece->kind == PALI_PIECE_CONTROL || piece->kind == PALI_PIECE_ADDED))
            return pali_fail(r->err, PALI_ERROR_FORMAT, "added token %d is there twice",
                             (int)e->id);
        pali_piece_kind kind = e->special ? PALI_PIECE_CONTROL : PALI_PIECE_ADDED;
        pali_status status = pali_vocabulary_add(&r->tokenizer->vocabulary, (int32_t)e->id,
                                                 e->content, e->size, kind, 0.0f, r->err);
        pali_added_token token = {
            .id = (int32_t)e->id, .special = e->special, .normalized = e->normalized};
        if (!status)
            status = pali_tokenizer_add_token(r->tokenizer, token, r->err);
        if (status)
            return status;
    }
    return PALI_OK;
}

static pali_status check_kind(reader *r) {
    if (r->model[0] && strcmp(r->model, "BPE") != 0)
        return pali_fail(r->err, PALI_ERROR_UNSUPPORTED,
                         "a tokenizer of type %s; BPE is what "
                         "PaliGemma has",
                         r->model);
    if (r->tokenizer->vocabulary.count == 0)
        return pali_fail(r->err, PALI_ERROR_FORMAT, "no vocabulary");
    bool replaces = strcmp(r->normalizer, "Replace") == 0 && strcmp(r->pattern, " ") == 0 &&
                    strcmp(r->content, UNDERLINE) == 0;
    if (r->normalizer[0] && !replaces)
        return pali_fail(r->err, PALI_ERROR_UNSUPPORTED,
                         "a normalizer of type %s other than Gemma's", r->normalizer);
    r->tokenizer->escapes_spaces = replaces;
    return PALI_OK;
}

static pali_status finish(reader *r) {
    pali_status status = check_kind(r);
    if (!status)
        status = resolve_merges(r);
    if (!status)
        status = register_tokens(r);
    return status;
}

static pali_status stream(reader *r, const char *bytes, size_t size) {
    static const yajl_callbacks callbacks = {
        .yajl_null = on_null,
        .yajl_boolean = on_boolean,
        .yajl_integer = on_integer,
        .yajl_double = on_double,
        .yajl_string = on_string,
        .yajl_start_map = on_open_map,
        .yajl_map_key = on_key,
        .yajl_end_map = on_close_map,
        .yajl_start_array = on_open_array,
        .yajl_end_array = on_close_array,
    };
    yajl_handle parser = yajl_alloc(&callbacks, NULL, r);
    if (!parser)
        return pali_fail_memory(r->err, 0, "a parser");
    yajl_status state = yajl_parse(parser, (const unsigned char *)bytes, size);
    if (state == yajl_status_ok)
        state = yajl_complete_parse(parser);
    pali_status status = r->status;
    if (state != yajl_status_ok && !status)
        status = pali_fail(r->err, PALI_ERROR_FORMAT, "not valid JSON at byte %zu",
                           (size_t)yajl_get_bytes_consumed(parser));
    yajl_free(parser);
    return status;
}

pali_status pali_tokenizer_parse_json(pali_tokenizer *tokenizer, const char *bytes, size_t size,
                                      pali_error *err) {
    reader r = {.tokenizer = tokenizer, .err = err};
    tokenizer->merging = PALI_MERGE_BY_RULE;
    pali_buffer_init(&r.vocab_key, PALI_MAX_PIECE_BYTES);
    pali_buffer_init(&r.left, PALI_MAX_PIECE_BYTES);
    pali_buffer_init(&r.merges, MAX_MERGE_TEXT);
    pali_status status = stream(&r, bytes, size);
    if (!status)
        status = finish(&r);
    pali_buffer_free(&r.vocab_key);
    pali_buffer_free(&r.left);
    pali_buffer_free(&r.merges);
    free(r.token.content);
    for (size_t i = 0; i < r.num_tokens; i++)
        free(r.tokens[i].content);
    free(r.tokens);
    return status;
}
