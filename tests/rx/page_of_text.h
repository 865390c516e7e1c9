/* A page from its lines, one under the other, as claims write them. */
#ifndef TESTS_RX_PAGE_OF_TEXT_H
#define TESTS_RX_PAGE_OF_TEXT_H

#include "rx/reading.h"

#include <string.h>

/* Ends the claim where the text is too long. What is read does not depend on `text` afterwards. */
static inline rx_prescription page_of_text(const char *text, const rx_lexicon *lexicon) {
    enum { MAX_LINES = 40 };
    static char copy[4096];
    rx_line lines[MAX_LINES];
    size_t count = 0;
    assert_true(strlen(text) < sizeof copy);
    strcpy(copy, text);
    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n")) {
        assert_true(count < MAX_LINES);
        float top = 0.02f * (float)count;
        float right = 0.1f + 0.015f * (float)strlen(line); /* as wide as its letters */
        lines[count++] = (rx_line){.text = line, .box = {0.1f, top, right, top + 0.02f}};
    }
    rx_prescription page;
    assert_int_equal(rx_reading_make(&page, lines, count, lexicon, NULL), PALI_OK);
    return page;
}

#endif
