/* Arbitrary bytes as the lines of a page: parted, read, matched and checked. What is delivered is a piece of
 * what was given, and every number is one. */
#include "rx/entries.h"
#include "rx/reading.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_FUZZ_LINES = 64 };

static void hold(bool claim) {
    if (!claim)
        __builtin_trap();
}

static void check_amount(const rx_quantity *q) {
    hold(isfinite(q->value) && isfinite(q->high) && isfinite(q->per_value));
    hold(q->num_parts >= 0 && q->num_parts <= 4);
    hold(q->written.confidence >= 0 && q->written.confidence <= 1);
}

static void check_medicine(const rx_medicine *m) {
    hold(m->line.text != NULL);
    hold(!m->name.written.text || strstr(m->line.text, m->name.written.text) != NULL);
    check_amount(&m->strength);
    check_amount(&m->dose);
    check_amount(&m->duration);
    check_amount(&m->quantity);
    hold(isfinite(m->frequency.per_day) && m->frequency.num_slots <= 4);
    hold(m->name.in_lexicon || m->review.count > 0 || !m->name.written.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static rx_lexicon *lexicon;
    if (!lexicon && rx_lexicon_open(&lexicon, NULL, NULL))
        __builtin_trap();
    char *text = malloc(size + 1);
    hold(text != NULL);
    for (size_t i = 0; i < size; i++)
        text[i] = data[i] ? (char)data[i] : ' ';
    text[size] = '\0';
    rx_line lines[MAX_FUZZ_LINES];
    size_t count = 0;
    for (char *line = text, *end; line && count < MAX_FUZZ_LINES; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        if (end)
            *end = '\0';
        lines[count++] = (rx_line){.text = line};
    }
    rx_prescription page = {0};
    pali_error err = PALI_ERROR_INIT;
    pali_arena arena = PALI_ARENA_INIT;
    rx_rows rows = {count, lines, NULL};
    hold(rx_entries_part(&rows, &arena, lexicon, &err) == PALI_OK && rows.count >= count);
    if (rx_reading_make(&page, rows.lines, rows.count, lexicon, &err))
        hold(err.message[0]);
    pali_arena_free(&arena);
    for (size_t i = 0; i < page.num_medicines; i++)
        check_medicine(&page.medicines[i]);
    rx_prescription_free(&page);
    free(text);
    return 0;
}
