/* Claims about what the program says to wrong and to curious calls. */
#include "program.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const commands[] = {"ask",     "ocr",      "caption", "describe", "detect",
                                       "segment", "quantize", "run",     "pull",     "models",
                                       "info",    "tokenize", "bench"};

static void expect(outcome o, int status, const char *on_stdout, const char *on_stderr) {
    assert_int_equal(o.status, status);
    if (on_stdout && !strstr(o.out, on_stdout))
        fail_msg("standard output does not say \"%s\": %s", on_stdout, o.out);
    if (on_stderr && !strstr(o.err, on_stderr))
        fail_msg("standard error does not say \"%s\": %s", on_stderr, o.err);
    outcome_free(&o);
}

static void help_names_every_command_and_each_teaches(void **state) {
    (void)state;
    outcome all = RUN("--help");
    assert_int_equal(all.status, 0);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char usage[64], example[64];
        snprintf(usage, sizeof usage, "\n  %s ", commands[i]);
        assert_non_null(strstr(all.out, usage));
        outcome one = RUN(commands[i], "--help");
        assert_int_equal(one.status, 0);
        assert_string_equal(one.err, "");
        snprintf(usage, sizeof usage, "Usage: rxscan %s", commands[i]);
        assert_non_null(strstr(one.out, usage));
        snprintf(example, sizeof example, "\n  rxscan %s", commands[i]);
        assert_non_null(strstr(one.out, example));
        outcome_free(&one);
    }
    outcome_free(&all);
    expect(RUN("--version"), 0, "rxscan 0.1.0", NULL);
}

static void wrong_usage_ends_with_2_and_says_why(void **state) {
    (void)state;
    outcome nothing = run_program(NULL, (const char *const[]){NULL});
    expect(nothing, 2, NULL, "Usage: rxscan COMMAND");
    expect(RUN("aks"), 2, NULL, "did you mean 'ask'?");
    expect(RUN("ask"), 2, NULL, "missing INPUT");
    expect(RUN("ask", "page.jpg"), 2, NULL, "missing the last argument");
    expect(RUN("ask", "--lng", "de", "page.jpg", "q"), 2, NULL, "--lng: unknown option");
    expect(RUN("ask", "--format", "xml", "page.jpg", "q"), 2, NULL, "--format xml");
    expect(RUN("ask", "--weights", "int3", "page.jpg", "q"), 2, NULL, "--weights int3");
    expect(RUN("ask", "--device", "tpu", "page.jpg", "q"), 2, NULL, "--device tpu");
    expect(RUN("scan", "--lexicon", "/nonexistent/names", "page.jpg"), 2, NULL,
           "/nonexistent/names");
    expect(RUN("ask", "--threads", "-1", "page.jpg", "q"), 2, NULL, "--threads -1");
    expect(RUN("ask", "--max-new-tokens", "0", "page.jpg", "q"), 2, NULL, "--max-new-tokens 0");
    expect(RUN("ask", "--beams", "9", "page.jpg", "q"), 2, NULL, "--beams 9: 1 to 8");
    expect(RUN("ask", "--beams", "2", "--temperature", "1", "page.jpg", "q"), 2, NULL, "--beams");
    expect(RUN("ask", "--top-p", "1.5", "page.jpg", "q"), 2, NULL, "--top-p");
    expect(RUN("models", "--json", "--format", "jsonl"), 2, NULL, "which?");
    expect(RUN("bench", "--batch", "0"), 2, NULL, "--batch");
    expect(RUN("bench", "--size", "xx"), 2, NULL, "--size xx: 3b, 10b or 28b");
    expect(RUN("bench", "--resolution", "100"), 2, NULL, "--resolution 100: 224, 448 or 896");
}

static void numbers_are_decimal_and_named_where_they_are_none(void **state) {
    (void)state;
    expect(RUN("bench", "--batch", "0100"), 2, NULL, "--batch and --runs: 1 to 64");
    static const char *const wrong[] = {"0x10", "1e3", "5 ", " 5", "", "ten"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char message[64];
        snprintf(message, sizeof message, "--max-new-tokens %s: not a number", wrong[i]);
        expect(RUN("ask", "-n", wrong[i], "page.jpg", "q"), 2, NULL, message);
    }
    expect(RUN("ask", "--temperature", "", "page.jpg", "q"), 2, NULL, "--temperature : not a");
    expect(RUN("ask", "-t", "99999999999", "page.jpg", "q"), 2, NULL, "--threads 99999999999: too");
    expect(RUN("ask", "--top-p", "1e999", "page.jpg", "q"), 2, NULL, "--top-p 1e999: too large");
}

static void the_last_value_of_a_repeated_option_counts(void **state) {
    (void)state;
    expect(RUN("models", "--format", "xml", "--format", "json", "-f", "text"), 0, NULL, NULL);
    expect(RUN("results", "--input", "a", "--input", "b", "s.db"), 2, NULL,
           "--input is given twice");
}

static void an_empty_name_is_wrong_usage(void **state) {
    (void)state;
    expect(RUN("scan", "page.jpg", ""), 2, NULL, "is empty");
    expect(RUN("ask", "", "q"), 2, NULL, "is empty");
    expect(RUN("eval", ""), 2, NULL, "is empty");
    expect(RUN("results", ""), 2, NULL, "is empty");
    expect(RUN("tokenize", "", "a"), 2, NULL, "is empty");
    expect(RUN("scan", "--show-pages", "", "page.jpg"), 2, NULL, "--show-pages: the file's name");
}

static void what_a_terminal_would_obey_is_not_repeated(void **state) {
    (void)state;
    expect(RUN("\033[31m"), 2, NULL, "no command '?[31m'");
    expect(RUN("scan", "--format", "\033[31m\n\x9b\xc2\x9b", "page.jpg"), 2, NULL,
           "--format ?[31m???: text");
}

static void a_model_that_cannot_be_loaded_ends_with_3(void **state) {
    (void)state;
    expect(RUN("ask", "--model", "/nowhere", "page.jpg", "q"), 3, NULL, "/nowhere");
    expect(RUN("ask", "--model", "synthetic:4b-448", "page.jpg", "q"), 3, NULL, "4b");
    expect(RUN("ask", "--model", "synthetic:nonsense", "page.jpg", "q"), 3, NULL,
           "synthetic:SIZE-RESOLUTION");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_names_every_command_and_each_teaches),
        cmocka_unit_test(wrong_usage_ends_with_2_and_says_why),
        cmocka_unit_test(numbers_are_decimal_and_named_where_they_are_none),
        cmocka_unit_test(the_last_value_of_a_repeated_option_counts),
        cmocka_unit_test(an_empty_name_is_wrong_usage),
        cmocka_unit_test(what_a_terminal_would_obey_is_not_repeated),
        cmocka_unit_test(a_model_that_cannot_be_loaded_ends_with_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
