/* The lexicon that is built in, open while the claims of a file are tried. */
#ifndef TESTS_RX_WITH_LEXICON_H
#define TESTS_RX_WITH_LEXICON_H

#include "rx/lexicon.h"

static rx_lexicon *lexicon;

static inline int open_lexicon(void **state) {
    (void)state;
    return rx_lexicon_open(&lexicon, NULL, NULL);
}

static inline int close_lexicon(void **state) {
    (void)state;
    rx_lexicon_close(&lexicon);
    return 0;
}

#endif
