/* A tokenizer as a whole: which file, and the tokens that PaliGemma adds to Gemma's. */
#include "text/tokenizer.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 256 << 20, MAX_ADDED = 1 << 16 };

/* Gemma's own vocabulary, to which PaliGemma's tokens are added where the file lacks them. */
enum { GEMMA_PIECES = 256000, LOCATIONS = 1024, SEGMENTS = 128 };

pali_status pali_tokenizer_add_token(pali_tokenizer *t, pali_added_token token, pali_error *err) {
    if (t->num_added == MAX_ADDED)
        return pali_fail(err, PALI_ERROR_LIMIT, "more than %d added tokens", MAX_ADDED);
    if (t->num_added % 64 == 0) {
        pali_added_token *grown = realloc(t->added, (t->num_added + 64) * sizeof *grown);
        if (!grown)
            return pali_fail_memory(err, (t->num_added + 64) * sizeof *grown, "added tokens");
        t->added = grown;
    }
    const pali_piece *piece = pali_vocabulary_piece(&t->vocabulary, token.id);
    if (piece->size == 0)
        return pali_fail(err, PALI_ERROR_FORMAT, "added token %d is empty", token.id);
    t->added[t->num_added++] = token;
    t->starts_added[(unsigned char)t->vocabulary.text[piece->start]] = true;
    if (piece->size > t->longest_added)
        t->longest_added = piece->size;
    return PALI_OK;
}

static int by_id(const void *left, const void *right) {
    int32_t a = ((const pali_added_token *)left)->id, b = ((const pali_added_token *)right)->id;
    return a < b ? -1 : a > b;
}

const pali_added_token *pali_tokenizer_added(const pali_tokenizer *t, int32_t id) {
    pali_added_token key = {.id = id};
    return t->num_added ? bsearch(&key, t->added, t->num_added, sizeof *t->added, by_id) : NULL;
}

static pali_status add_new(pali_tokenizer *t, int32_t id, const char *text, bool special,
                           pali_error *err) {
    if (pali_vocabulary_find(&t->vocabulary, text, strlen(text)) >= 0)
        return PALI_OK;
    pali_status status =
        pali_vocabulary_add(&t->vocabulary, id, text, strlen(text),
                            special ? PALI_PIECE_CONTROL : PALI_PIECE_ADDED, 0.0f, err);
    pali_added_token token = {.id = id, .special = special, .normalized = !special};
    return status ? status : pali_tokenizer_add_token(t, token, err);
}

/* <locXXXX>, <segXXX> and <image> behind Gemma's 256,000 pieces. A smaller vocabulary has ids of
 * its own in its file. */
static pali_status add_paligemma_tokens(pali_tokenizer *t, pali_error *err) {
    if (t->vocabulary.count < GEMMA_PIECES)
        return PALI_OK;
    pali_status status = PALI_OK;
    char text[16];
    for (int i = 0; i < LOCATIONS && !status; i++) {
        snprintf(text, sizeof text, "<loc%04d>", i);
        status = add_new(t, GEMMA_PIECES + i, text, false, err);
    }
    for (int i = 0; i < SEGMENTS && !status; i++) {
        snprintf(text, sizeof text, "<seg%03d>", i);
        status = add_new(t, GEMMA_PIECES + LOCATIONS + i, text, false, err);
    }
    return status ? status : add_new(t, GEMMA_PIECES + LOCATIONS + SEGMENTS, "<image>", true, err);
}

static pali_status drop_repeated_added(pali_tokenizer *t) {
    if (!t->num_added)
        return PALI_OK;
    qsort(t->added, t->num_added, sizeof *t->added, by_id);
    size_t kept = 1;
    for (size_t i = 1; i < t->num_added; i++)
        if (t->added[i].id != t->added[kept - 1].id)
            t->added[kept++] = t->added[i];
    t->num_added = kept;
    return PALI_OK;
}

pali_status pali_tokenizer_parse(pali_tokenizer **out, const void *bytes, size_t size,
                                 const char *name, pali_error *err) {
    pali_tokenizer *t = calloc(1, sizeof *t);
    if (!t)
        return pali_fail_memory(err, sizeof *t, "a tokenizer");
    pali_vocabulary_init(&t->vocabulary);
    t->unknown_id = -1;
    pali_error cause = PALI_ERROR_INIT;
    bool json = size > 0 && *(const char *)bytes == '{';
    pali_status status = json ? pali_tokenizer_parse_json(t, bytes, size, &cause)
                              : pali_tokenizer_parse_model(t, bytes, size, &cause);
    if (!status)
        status = add_paligemma_tokens(t, &cause);
    if (!status)
        status = drop_repeated_added(t);
    if (status) {
        pali_fail(err, status, "%s: %s", name, cause.message);
        pali_tokenizer_free(&t);
    } else {
        *out = t;
    }
    return status;
}

static pali_status load_file(pali_tokenizer **out, const char *path, pali_error *err) {
    pali_mapped_file file;
    pali_status status = pali_map_file(&file, path, err);
    if (status)
        return status;
    if (file.size > MAX_FILE)
        status = pali_fail(err, PALI_ERROR_LIMIT, "%s: %zu bytes are too many for a tokenizer",
                           path, file.size);
    else
        status = pali_tokenizer_parse(out, file.data, file.size, path, err);
    pali_unmap_file(&file);
    return status;
}

static pali_status load_from(pali_tokenizer **out, const char *directory, const char *file,
                             pali_error *err) {
    char *path = NULL;
    pali_status status = pali_join_path(&path, directory, file, err);
    if (!status)
        status = load_file(out, path, err);
    free(path);
    return status;
}

pali_status pali_tokenizer_load(pali_tokenizer **out, const char *path, pali_error *err) {
    pali_error cause = PALI_ERROR_INIT;
    size_t length = strlen(path);
    if (length > 5 && strcmp(path + length - 5, ".json") == 0)
        return load_file(out, path, err);
    if (length > 6 && strcmp(path + length - 6, ".model") == 0)
        return load_file(out, path, err);
    pali_status status = load_from(out, path, "tokenizer.json", &cause);
    if (status != PALI_ERROR_NOT_FOUND)
        return status ? pali_fail(err, status, "%s", cause.message) : status;
    status = load_from(out, path, "tokenizer.model", &cause);
    if (status == PALI_ERROR_NOT_FOUND)
        return pali_fail(err, status, "%s: neither tokenizer.json nor tokenizer.model", path);
    return status ? pali_fail(err, status, "%s", cause.message) : status;
}

void pali_tokenizer_free(pali_tokenizer **tokenizer) {
    if (!*tokenizer)
        return;
    pali_vocabulary_free(&(*tokenizer)->vocabulary);
    free((*tokenizer)->merges);
    free((*tokenizer)->added);
    free(*tokenizer);
    *tokenizer = NULL;
}

size_t pali_tokenizer_vocab_size(const pali_tokenizer *tokenizer) {
    return tokenizer->vocabulary.count;
}

const char *pali_tokenizer_piece(const pali_tokenizer *tokenizer, int32_t id) {
    const pali_piece *piece = pali_vocabulary_piece(&tokenizer->vocabulary, id);
    return piece ? tokenizer->vocabulary.text + piece->start : NULL;
}
