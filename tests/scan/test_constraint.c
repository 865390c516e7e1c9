/* Claims about constrained decoding. The tiny models' tokens mean nothing: what they say of themselves is
 * no answer to `scan en`, and constrained it is one, or the begin of one. */
#include "rx/scan_grammar.h"
#include "scan/asker.h"
#include "scan/constraint.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIDE = 64, PICTURES = 24, TOKENS = 60 };

static const char *const models[] = {"base-f32", "odd-sizes", "new-names", "lines", "paligemma1"};

static pali_image *noise(unsigned seed) {
    uint8_t rgb[SIDE * SIDE * 3];
    for (size_t i = 0; i < sizeof rgb; i++) {
        seed = seed * 1664525u + 1013904223u;
        rgb[i] = (uint8_t)(seed >> 24);
    }
    pali_image *image = NULL;
    assert_int_equal(pali_image_from_rgb(&image, SIDE, SIDE, (size_t)SIDE * 3, rgb, NULL), PALI_OK);
    return image;
}

static pali_status parse(pali_arena *arena, const rx_said *said, size_t *count) {
    rx_scan_medicine *found;
    return rx_scan_parse(&found, count, arena, said->text, said->confidence, said->ended, NULL);
}

typedef struct counts {
    size_t asked, free_ones, constrained; /* answers; those that parse */
    size_t medicines, with_structure;     /* of constrained ones: several cells or lines */
} counts;

static void ask_about_noise(counts *n, const char *name) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", GOLDEN_MODELS, name);
    pali_model *model = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (pali_model_load(&model, path, NULL, &err))
        fail_msg("%s", err.message);
    rx_model_asker asker = {.model = model};
    rx_asker a = rx_asker_of_model(&asker);
    for (unsigned i = 0; i < PICTURES; i++) {
        const rx_prompt prompts[] = {{"scan en", TOKENS, false}, {"scan en", TOKENS, true}};
        rx_said said[2];
        pali_arena arena = PALI_ARENA_INIT;
        pali_image *image = noise(i);
        assert_int_equal(a.ask(a.context, said, &arena, image, prompts, 2, NULL), PALI_OK);
        size_t count = 0;
        n->free_ones += parse(&arena, &said[0], &count) == PALI_OK;
        count = 0;
        n->constrained += parse(&arena, &said[1], &count) == PALI_OK;
        n->medicines += count;
        n->with_structure += strpbrk(said[1].text, "|\n") != NULL;
        n->asked++;
        pali_image_free(&image);
        pali_arena_free(&arena);
    }
    pali_model_free(&model);
}

static void whatever_a_model_says_is_an_answer(void **state) {
    (void)state;
    counts n = {0};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        ask_about_noise(&n, models[i]);
    print_message(
        "of %zu answers parse %zu free and %zu constrained; these: %zu of several cells or "
        "lines, %zu medicines\n",
        n.asked, n.free_ones, n.constrained, n.with_structure, n.medicines);
    assert_int_equal(n.constrained, n.asked);
    assert_in_range(n.free_ones, 0, n.asked * 3 / 4);
    assert_in_range(n.medicines, 1, SIZE_MAX);
    assert_in_range(n.with_structure, 1, SIZE_MAX);
}

/* ---- the tokens one by one ---- */

typedef struct vocabulary {
    pali_tokenizer *tokenizer;
    rx_constraint *constraint;
    size_t size;
    float *logits;
} vocabulary;

static vocabulary open_vocabulary(void) {
    vocabulary v = {0};
    assert_int_equal(pali_tokenizer_load(&v.tokenizer, GOLDEN_MODELS "/base-f32", NULL), PALI_OK);
    assert_int_equal(rx_constraint_make(&v.constraint, v.tokenizer, NULL), PALI_OK);
    v.size = pali_tokenizer_vocab_size(v.tokenizer);
    v.logits = calloc(v.size, sizeof *v.logits);
    return v;
}

static void close_vocabulary(vocabulary *v) {
    rx_constraint_free(&v->constraint);
    pali_tokenizer_free(&v->tokenizer);
    free(v->logits);
}

static bool is_allowed(vocabulary *v, const rx_scan_state *at, const char *piece) {
    for (size_t i = 0; i < v->size; i++)
        v->logits[i] = 0;
    rx_constraint_apply(v->constraint, at, v->logits, v->size);
    for (size_t i = 0; i < v->size; i++)
        if (strcmp(pali_tokenizer_piece(v->tokenizer, (int32_t)i), piece) == 0)
            return isfinite(v->logits[i]);
    fail_msg("the vocabulary has no \"%s\"", piece);
    return false;
}

static rx_scan_state behind(const char *text) {
    rx_scan_state at = {0};
    for (; *text; text++)
        assert_true(rx_scan_step(&at, (unsigned char)*text));
    return at;
}

static void an_answer_ends_where_a_cell_may(void **state) {
    (void)state;
    vocabulary v = open_vocabulary();
    static const char *const may[] = {"-", "?", "a", "a|b", "a\nb"};
    static const char *const may_not[] = {"", "a|", "a ", "a\n", "a\\", "a\n-", "\xc2"};
    for (size_t i = 0; i < sizeof may / sizeof *may; i++)
        assert_true(is_allowed(&v, &(const rx_scan_state[]){behind(may[i])}[0], "<eos>"));
    for (size_t i = 0; i < sizeof may_not / sizeof *may_not; i++)
        assert_false(is_allowed(&v, &(const rx_scan_state[]){behind(may_not[i])}[0], "<eos>"));
    close_vocabulary(&v);
}

static void tokens_are_the_bytes_that_they_write(void **state) {
    (void)state;
    vocabulary v = open_vocabulary();
    rx_scan_state begin = {0}, word = behind("a"), blank = behind("a "), letter = behind("a\xc2");
    assert_true(is_allowed(&v, &begin, "<0x41>"));
    assert_true(is_allowed(&v, &begin, "<0xC2>"));
    assert_false(is_allowed(&v, &begin, "<0xBD>"));
    assert_false(is_allowed(&v, &begin, "<0x0A>"));
    assert_true(is_allowed(&v, &word, "<0x0A>"));
    assert_true(is_allowed(&v, &word, "<0x7C>"));
    assert_true(is_allowed(&v, &letter, "<0xBD>"));
    assert_false(is_allowed(&v, &letter, "<0x41>"));
    assert_true(is_allowed(&v, &word, "▁"));
    assert_false(is_allowed(&v, &blank, "▁"));
    static const char *const never[] = {"<pad>", "<bos>", "<unk>", "<loc0000>"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_false(is_allowed(&v, &word, never[i]));
    close_vocabulary(&v);
}

static void a_vocabulary_that_cannot_go_on_may_end(void **state) {
    (void)state;
    vocabulary v = open_vocabulary();
    rx_scan_state at = {0};
    float logits[2] = {0, 3}; /* of the first two tokens: <pad>, <eos> */
    rx_constraint_apply(v.constraint, &at, logits, 2);
    assert_true(isinf(logits[0]) && logits[1] == 3);
    close_vocabulary(&v);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_a_model_says_is_an_answer),
        cmocka_unit_test(an_answer_ends_where_a_cell_may),
        cmocka_unit_test(tokens_are_the_bytes_that_they_write),
        cmocka_unit_test(a_vocabulary_that_cannot_go_on_may_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
