/* Arbitrary bytes as an answer to `scan en`; the first says whether it ended. The automaton and the
 * parser agree; what is parsed is text without the grammar's signs of structure. */
#include "rx/scan_grammar.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hold(bool claim) {
    if (!claim)
        __builtin_trap();
}

static bool is_answer(const char *text, bool ended) {
    rx_scan_state state = {0};
    for (; *text; text++)
        if (!rx_scan_step(&state, (unsigned char)*text))
            return false;
    return !ended || rx_scan_may_end(&state);
}

static void check(const rx_scan_medicine *m, bool ended) {
    hold(strlen(m->line.text) == m->line.size);
    hold(m->cells[RX_SCAN_NAME].text || m->cells[RX_SCAN_NAME].unreadable);
    hold(ended || m->line.size > 0 || m->cells[RX_SCAN_NAME].unreadable);
    for (int c = 0; c < RX_SCAN_NUM_CELLS; c++) {
        const char *text = m->cells[c].text;
        hold(!text || (*text && *text != ' ' && !strchr(text, '\n') && !strstr(text, "  ")));
        hold(!text || !m->cells[c].unreadable);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    bool ended = data[0] & 1;
    char *text = strndup((const char *)data + 1, size - 1);
    size_t length = strlen(text), count = 0;
    float *confidence = malloc((length + 1) * sizeof *confidence);
    for (size_t i = 0; i < length; i++)
        confidence[i] = 0.5f;
    pali_arena arena = PALI_ARENA_INIT;
    pali_error err = PALI_ERROR_INIT;
    rx_scan_medicine *found = NULL;
    pali_status status = rx_scan_parse(&found, &count, &arena, text, confidence, ended, &err);
    hold((status == PALI_OK) == is_answer(text, ended));
    hold(status == PALI_OK || (err.message[0] && !found));
    for (size_t i = 0; i < count; i++)
        check(&found[i], ended);
    pali_arena_free(&arena);
    free(confidence);
    free(text);
    return 0;
}
