/* Arbitrary bytes as a list of names: a lexicon that answers, or a message. The last line is also
 * looked up, in that lexicon and in the built-in one. */
#include "rx/lexicon.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(const rx_lexicon *lexicon, const char *text) {
    pali_arena arena = PALI_ARENA_INIT;
    rx_name name = {.written.text = text};
    if (rx_lexicon_match(lexicon, &arena, &name, NULL) || name.num_matches > RX_MAX_MATCHES)
        __builtin_trap();
    for (size_t i = 0; i < name.num_matches; i++)
        if (name.matches[i].score > 1 || !name.matches[i].generic[0])
            __builtin_trap();
    if (name.in_lexicon && (name.num_matches == 0 || name.matches[0].score < 1))
        __builtin_trap();
    pali_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static rx_lexicon *built_in;
    if (!built_in && rx_lexicon_open(&built_in, NULL, NULL))
        __builtin_trap();
    const char *text = (const char *)data;
    rx_name_list list = {text, size, "fuzz"};
    rx_lexicon *lexicon = NULL;
    pali_error err = PALI_ERROR_INIT;
    pali_status status = rx_lexicon_make(&lexicon, &list, 1, &err);
    if (status ? !err.message[0] || lexicon != NULL : lexicon == NULL)
        __builtin_trap();
    char last[300];
    size_t start = size;
    while (start > 0 && text[start - 1] != '\n' && size - start < sizeof last - 1)
        start--;
    memcpy(last, text + start, size - start);
    last[size - start] = '\0';
    look_up(built_in, last);
    if (lexicon)
        look_up(lexicon, last);
    rx_lexicon_close(&lexicon);
    return 0;
}
