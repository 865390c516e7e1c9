/* One line of directions, parsed, for the claims about them. */
#ifndef TESTS_RX_PARSED_H
#define TESTS_RX_PARSED_H

#include "rx/directions.h"
#include "rx/review.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static pali_arena arena;

static inline rx_medicine parse(const char *line) {
    rx_source source = {line, NULL, strlen(line)};
    rx_medicine medicine;
    assert_int_equal(rx_parse_directions(&medicine, &arena, &source, NULL), PALI_OK);
    return medicine;
}

static inline int free_arena(void **state) {
    (void)state;
    pali_arena_free(&arena);
    arena = (pali_arena)PALI_ARENA_INIT;
    return 0;
}

/* What a field has; "?" where it was concluded. */
static inline const char *words(const rx_text *text) {
    return text->text ? text->text : text->inferred ? "?" : "";
}

#endif
