/* The tutorial's questions, put to the embedded model about the sample pages. Expected is what the
 * model answers; where a person answers otherwise, that stands beside it. The mark of what must be
 * checked is left out: it hangs on the last digits of a probability. */
#include "program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *page, *question, *answer, *person; /* NULL: says the same */
} CASES[] = {
    {"prescription.jpg", "Which medicines are recommended in the prescription",
     "Telmisartan, Glycomet, Atorvastatin, Ecosprin", NULL},
    {"prescription.jpg", "Which medicines are mentioned in the prescription",
     "Telmisartan, Glycomet, Atorvastatin, Ecosprin", NULL},
    {"prescription.jpg", "Which diseases are mentioned in the prescription",
     "Hypertension, Type 2 Diabetes Mellitus", NULL},
    {"prescription.jpg", "Who is the patient", "Ravi Kumar", NULL},
    {"prescription.jpg", "Who is the doctor", "Dr. Meera Nair", NULL},
    {"prescription.jpg", "What is the date of the prescription", "12/03/2024", NULL},
    {"prescription.jpg", "What is the dose of Glycomet", "500 mg, 1 tablet (inferred)", NULL},
    {"letterhead.jpg", "Which medicines are recommended in the prescription",
     "Augmentin, Dolo, Ascoril, Montair-LC", NULL},
    {"letterhead.jpg", "Which medicines are mentioned in the prescription",
     "Augmentin, Dolo, Ascoril, Montair-LC", NULL},
    {"letterhead.jpg", "Which diseases are mentioned in the prescription", "Acute bronchitis",
     NULL},
    {"letterhead.jpg", "Who is the patient", "Sara Joseph", NULL},
    {"letterhead.jpg", "Who is the doctor", "Dr. Anil Thomas", NULL},
    {"letterhead.jpg", "What is the date of the prescription", "05/11/2024", NULL},
    {"letterhead.jpg", "What is the dose of Dolo", "650 mg", NULL},
    {"table.jpg", "Which medicines are recommended in the prescription",
     "Clopidogrel, Rosuvastatin, Metoprolol, Ramipril, Thyronorm, Pantoprazole", NULL},
    {"table.jpg", "Which medicines are mentioned in the prescription",
     "Clopidogrel, Rosuvastatin, Metoprolol, Ramipril, Thyronorm, Pantoprazole", NULL},
    {"table.jpg", "Which diseases are mentioned in the prescription",
     "Unstable angina, Hypothyroidism", NULL},
    {"table.jpg", "Who is the patient", "Grace D Souza", "Grace D'Souza"},
    {"table.jpg", "Who is the doctor", "Dr. Farhan Ali", NULL},
    {"table.jpg", "What is the date of the prescription", "21/08/2024", NULL},
    {"table.jpg", "What is the dose of Ramipril", "2.5 mg, 1 capsule (inferred)", NULL},
};

static void drop_marks(char *text) {
    static const char mark[] = " (?)";
    for (char *at; (at = strstr(text, mark)) != NULL;)
        memmove(at, at + strlen(mark), strlen(at + strlen(mark)) + 1);
}

static void the_embedded_model_answers_the_tutorials_questions(void **state) {
    (void)state;
    size_t as_a_person = 0, count = sizeof CASES / sizeof *CASES;
    for (size_t i = 0; i < count; i++) {
        char page[512], expected[256];
        snprintf(page, sizeof page, SAMPLES "/%s", CASES[i].page);
        snprintf(expected, sizeof expected, "%s\n", CASES[i].answer);
        outcome o = RUN("ask", "--model", EMBEDDED, page, CASES[i].question);
        assert_int_equal(o.status, 0);
        drop_marks(o.out);
        assert_string_equal(o.out, expected);
        as_a_person += !CASES[i].person;
        outcome_free(&o);
    }
    print_message("%zu of %zu answers are a person's\n", as_a_person, count);
}

static void what_is_not_in_the_record_cannot_be_asked(void **state) {
    (void)state;
    outcome o = RUN("ask", "--model", EMBEDDED, SAMPLES "/missing.jpg", "What colour is the car");
    assert_int_equal(o.status, 2);
    assert_string_equal(o.out, "");
    assert_non_null(strstr(o.err, "answers questions about the medicines"));
    assert_null(strstr(o.err, "missing.jpg")); /* told before a page is read */
    outcome_free(&o);
    o = RUN("caption", "--model", EMBEDDED, SAMPLES "/table.jpg");
    assert_int_equal(o.status, 3);
    assert_non_null(strstr(o.err, "reads lines of text and cannot caption"));
    outcome_free(&o);
}

static void options_of_writing_are_refused_where_nothing_is_written(void **state) {
    (void)state;
    static const char *const options[] = {"--beams=3", "--temperature=0.5", "--logits=none.npy"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        outcome o = RUN("ocr", "--model", EMBEDDED, options[i], SAMPLES "/table.jpg");
        assert_int_equal(o.status, 2);
        assert_string_equal(o.out, "");
        assert_memory_equal(o.err + strlen("rxscan ocr: "), options[i], 6);
        assert_non_null(strstr(o.err, "this model reads lines"));
        outcome_free(&o);
    }
}

static void ocr_writes_the_lines_of_the_page(void **state) {
    (void)state;
    outcome o = RUN("ocr", "--model", EMBEDDED, SAMPLES "/letterhead.jpg");
    assert_int_equal(o.status, 0);
    assert_non_null(strstr(o.out, "Green Valley Clinic\n"));
    assert_non_null(strstr(o.out, "Tab. Augmentin 625 mg"));
    outcome_free(&o);
    o = RUN("ocr", "--model", EMBEDDED,
            SAMPLES "/prescription.jpg"); /* has a sign without letters */
    assert_int_equal(o.status, 0);
    assert_int_not_equal(o.out[0], '\n');
    assert_null(strstr(o.out, "\n\n"));
    outcome_free(&o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_embedded_model_answers_the_tutorials_questions),
        cmocka_unit_test(what_is_not_in_the_record_cannot_be_asked),
        cmocka_unit_test(options_of_writing_are_refused_where_nothing_is_written),
        cmocka_unit_test(ocr_writes_the_lines_of_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
