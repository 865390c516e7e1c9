/* A tokenizer as a whole: which file, and the tokens that PaliGemma adds to Gemma's. */
#include "text/tokenizer.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 256 << 20 };

/* Gemma's own vocabulary, to which PaliGemma's tokens are added where the file lacks them. */
enum { GEMMA_PIECES = 256000, LOCATIONS = 1024, SEGMENTS = 128 };

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

/* Whether every text has ids, as byte fallback promises: a piece for each byte, or the character
 * itself, as JSON files have for the tab. */
static pali_status check_bytes(const pali_tokenizer *t, pali_error *err) {
    for (int byte = 0; byte < 256; byte++) {
        const char text = (char)byte;
        int32_t id = t->vocabulary.byte_ids[byte];
        if (id < 0 && byte < 0x80)
            id = pali_vocabulary_find(&t->vocabulary, &text, 1);
        const pali_piece *piece = pali_vocabulary_piece(&t->vocabulary, id);
        if (!piece || piece->kind == PALI_PIECE_CONTROL)
            return pali_fail(err, PALI_ERROR_UNSUPPORTED,
                             "no piece for byte 0x%02X: without byte fallback some text has no ids",
                             (unsigned)byte);
    }
    return PALI_OK;
}

/* What remains when the file is read. */
static pali_status complete(pali_tokenizer *t, pali_error *err) {
    pali_status status = check_bytes(t, err);
    if (!status)
        status = add_paligemma_tokens(t, err);
    if (!status)
        pali_tokenizer_sort_added(t);
    return status;
}

pali_status pali_tokenizer_parse(pali_tokenizer **out, const void *bytes, size_t size,
                                 const char *name, pali_error *err) {
    pali_tokenizer *t = calloc(1, sizeof *t);
    if (!t)
        return pali_fail_memory(err, sizeof *t, "a tokenizer");
    pali_vocabulary_init(&t->vocabulary);
    pali_error cause = PALI_ERROR_INIT;
    bool json = size > 0 && *(const char *)bytes == '{';
    pali_status status = json ? pali_tokenizer_parse_json(t, bytes, size, &cause)
                              : pali_tokenizer_parse_model(t, bytes, size, &cause);
    if (!status)
        status = complete(t, &cause);
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
    free((*tokenizer)->raw.tokens);
    free((*tokenizer)->normalized.tokens);
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
