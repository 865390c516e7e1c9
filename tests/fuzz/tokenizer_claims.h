/* What must hold of a tokenizer that was made from arbitrary bytes. */
#ifndef PALI_TESTS_TOKENIZER_CLAIMS_H
#define PALI_TESTS_TOKENIZER_CLAIMS_H

#include "base/utf8.h"
#include "text/tokenizer.h"

#include <stdlib.h>
#include <string.h>

static inline void check(bool good) {
    if (!good)
        __builtin_trap();
}

static inline void check_decoding(const pali_tokenizer *tokenizer, const int32_t *ids,
                                  size_t count) {
    size_t size = 0;
    char *text = NULL;
    check(!pali_tokenizer_decode(tokenizer, ids, count, &text, &size, NULL));
    check(pali_is_utf8(text, size));
    free(text);
}

/* Every id of any text is one of the vocabulary's, and comes back as valid UTF-8. */
static inline void check_text(const pali_tokenizer *tokenizer, const char *text, size_t size,
                              bool parse_special) {
    int32_t *ids = NULL;
    size_t count = 0;
    check(!pali_tokenizer_encode(tokenizer, text, size, parse_special, &ids, &count, NULL));
    for (size_t i = 0; i < count; i++)
        check(pali_tokenizer_piece(tokenizer, ids[i]) != NULL);
    check_decoding(tokenizer, ids, count);
    free(ids);
}

/* A file is refused with a message that names it, or encodes its own last bytes, which hold pieces,
 * and a line in which every kind of character occurs. */
static inline void check_file(const uint8_t *data, size_t size) {
    enum { TAIL = 400, MOST_IDS = 1000 };
    static const char line[] = "Tab. 500 mg\t1-0-1\n\n <bos><loc0001>\xc2\xbd \xf0\x9f\x92\x8a\xff";
    pali_tokenizer *tokenizer = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (pali_tokenizer_parse(&tokenizer, data, size, "fuzz", &err)) {
        check(!tokenizer && strncmp(err.message, "fuzz: ", 6) == 0);
        return;
    }
    for (size_t id = 0; id < pali_tokenizer_vocab_size(tokenizer) && id < MOST_IDS; id++)
        check_decoding(tokenizer, (const int32_t[]){(int32_t)id}, 1);
    size_t tail = size < TAIL ? size : TAIL;
    for (int special = 0; special < 2; special++) {
        check_text(tokenizer, (const char *)data + size - tail, tail, special);
        check_text(tokenizer, line, sizeof line - 1, special);
    }
    pali_tokenizer_free(&tokenizer);
}

#endif
