/* Claims about the grammar of `scan en` (docs/scan-grammar.md). */
#include "rx/scan_grammar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct parsed {
    pali_arena arena;
    pali_status status;
    size_t count;
    rx_scan_medicine *medicines;
} parsed;

static parsed parse(const char *text, const float *confidence, bool ended) {
    parsed p = {.arena = PALI_ARENA_INIT};
    pali_error err = PALI_ERROR_INIT;
    p.status = rx_scan_parse(&p.medicines, &p.count, &p.arena, text, confidence, ended, &err);
    if (p.status)
        assert_string_not_equal(err.message, "");
    return p;
}

static void cells_become_fields_and_a_line(void **state) {
    (void)state;
    parsed p = parse("Augmentin|625 mg|Tab.|||1-0-1|5 days\n"
                     "A\\|\\\\B|||2 tsp||tds|||after food\n"
                     "?|40 mg\nX|?|Cap",
                     NULL, true);
    assert_int_equal(p.status, PALI_OK);
    assert_int_equal(p.count, 4);
    const rx_text *first = p.medicines[0].cells;
    assert_string_equal(first[RX_SCAN_NAME].text, "Augmentin");
    assert_string_equal(first[RX_SCAN_STRENGTH].text, "625 mg");
    assert_string_equal(first[RX_SCAN_FREQUENCY].text, "1-0-1");
    assert_string_equal(first[RX_SCAN_DURATION].text, "5 days");
    assert_null(first[RX_SCAN_DOSE].text);
    assert_null(first[RX_SCAN_DOSE].unreadable);
    assert_string_equal(p.medicines[0].line.text, "Tab. Augmentin 625 mg 1-0-1 5 days");
    assert_string_equal(p.medicines[1].cells[RX_SCAN_NAME].text, "A|\\B");
    assert_string_equal(p.medicines[1].line.text, "A|\\B 2 tsp tds after food");
    assert_null(p.medicines[2].cells[RX_SCAN_NAME].text);
    assert_non_null(p.medicines[2].cells[RX_SCAN_NAME].unreadable);
    assert_string_equal(p.medicines[2].line.text, "");
    assert_non_null(p.medicines[3].cells[RX_SCAN_STRENGTH].unreadable);
    assert_string_equal(p.medicines[3].line.text, "Cap X");
    pali_arena_free(&p.arena);
}

static void marks_of_the_grammar_can_be_values(void **state) {
    (void)state;
    parsed p = parse("\\-|\\?|?a|-5|a - ?", NULL, true);
    assert_int_equal(p.status, PALI_OK);
    static const char *const values[] = {"-", "?", "?a", "-5", "a - ?"};
    for (int i = 0; i < 5; i++)
        assert_string_equal(p.medicines[0].cells[i].text, values[i]);
    pali_arena_free(&p.arena);
    p = parse("-", NULL, true);
    assert_int_equal(p.status, PALI_OK);
    assert_int_equal(p.count, 0);
    pali_arena_free(&p.arena);
}

static void what_is_no_answer_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "a|",
                                        "|a",
                                        "a||",
                                        "a\n",
                                        "\na",
                                        "a\n-",
                                        " a",
                                        "a ",
                                        "a  b",
                                        "a| b",
                                        "a\\",
                                        "a\\x",
                                        "a|-",
                                        "-|a",
                                        "a\tb",
                                        "a\n\nb",
                                        "a\x7f",
                                        "\xc3",
                                        "a\x80z",
                                        "\xed\xa0\x80",
                                        "\xc0\x80",
                                        "\xf4\x90\x80\x80",
                                        "a|b|c|d|e|f|g|h|i|j"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        parsed p = parse(wrong[i], NULL, true);
        if (p.status != PALI_ERROR_FORMAT)
            fail_msg("\"%s\" was taken", wrong[i]);
        assert_int_equal(p.count, 0);
        pali_arena_free(&p.arena);
    }
    static const char *const right[] = {"a|b|c|d|e|f|g|h|i", "a||||||||i",
                                        "\xc2\xbd|\xe2\x82\xb9 5", "\xf0\x9f\x98\x80"};
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        parsed p = parse(right[i], NULL, true);
        assert_int_equal(p.status, PALI_OK);
        pali_arena_free(&p.arena);
    }
}

static void an_answer_that_did_not_end_loses_its_last_cell(void **state) {
    (void)state;
    static const struct {
        const char *text, *last;
        size_t count;
    } cases[] = {{"A|10 m", "A", 1},
                 {"A", "", 0},
                 {"A|10 mg\nB", "A 10 mg", 1},
                 {"A|10 mg\n", "A 10 mg", 1},
                 {"", "", 0},
                 {"A|5 mg||1\\", "A 5 mg", 1},
                 {"A||\xc2", "A", 1},
                 {"A|1\nB|2|", "B 2", 2},
                 {"-", "", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parsed p = parse(cases[i].text, NULL, false);
        assert_int_equal(p.status, PALI_OK);
        assert_int_equal(p.count, cases[i].count);
        if (p.count)
            assert_string_equal(p.medicines[p.count - 1].line.text, cases[i].last);
        pali_arena_free(&p.arena);
    }
}

/* Tokens that differ in probability: a cell is as sure as the product of its own. */
static void confidences_follow_their_letters(void **state) {
    (void)state;
    static const char text[] = "A\\|b|5 mg";
    static const float confidence[] = {0.9f, 0.8f, 0.8f, 0.8f, 0.7f, 0.6f, 0.6f, 0.5f, 0.5f};
    parsed p = parse(text, confidence, true);
    assert_int_equal(p.status, PALI_OK);
    assert_float_equal(p.medicines[0].cells[RX_SCAN_NAME].confidence, 0.9 * 0.8, 1e-6);
    assert_float_equal(p.medicines[0].cells[RX_SCAN_STRENGTH].confidence, 0.6 * 0.5, 1e-6);
    assert_string_equal(p.medicines[0].line.text, "A|b 5 mg");
    static const float of_line[] = {0.9f, 0.8f, 0.8f, 1, 0.6f, 0.6f, 0.5f, 0.5f};
    assert_memory_equal(p.medicines[0].line.confidence, of_line, sizeof of_line);
    pali_arena_free(&p.arena);
}

/* Whatever is chosen of what the automaton allows, the parser takes, ended or not. */
static void what_the_automaton_allows_the_parser_takes(void **state) {
    (void)state;
    static const char signs[] = "||\\\\?-- \n\nab1\xc2\xbd\xe2\x82\xb9\xf0\x9f\x98\x80\xed\xa0";
    unsigned seed = 1;
    size_t ended = 0;
    for (int round = 0; round < 20000; round++) {
        char text[40];
        size_t size = 0;
        rx_scan_state at = {0};
        for (int i = 0; i < 60 && size + 1 < sizeof text; i++) {
            seed = seed * 1664525u + 1013904223u;
            char byte = signs[(seed >> 8) % (sizeof signs - 1)];
            if (rx_scan_step(&at, (unsigned char)byte))
                text[size++] = byte;
        }
        text[size] = '\0';
        parsed p = parse(text, NULL, false);
        assert_int_equal(p.status, PALI_OK);
        pali_arena_free(&p.arena);
        p = parse(text, NULL, true);
        assert_int_equal(p.status == PALI_OK, rx_scan_may_end(&at));
        ended += rx_scan_may_end(&at);
        pali_arena_free(&p.arena);
    }
    assert_in_range(ended, 5000, 19000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_become_fields_and_a_line),
        cmocka_unit_test(marks_of_the_grammar_can_be_values),
        cmocka_unit_test(what_is_no_answer_is_refused),
        cmocka_unit_test(an_answer_that_did_not_end_loses_its_last_cell),
        cmocka_unit_test(confidences_follow_their_letters),
        cmocka_unit_test(what_the_automaton_allows_the_parser_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
