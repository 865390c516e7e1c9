/* Claims about src/rx/questions: what a question is about, and that the answer is the record's. */
#include "rx/questions.h"
#include "rx/reading.h"
#include "rx/review.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void words_tell_the_topic(void **state) {
    (void)state;
    static const struct {
        const char *question;
        rx_topic topic;
    } cases[] = {
        {"Which medicines are recommended in the prescription", RX_TOPIC_MEDICINES},
        {"Which medicines are mentioned in the prescription?", RX_TOPIC_MEDICINES},
        {"what drugs did the doctor prescribe for the patient", RX_TOPIC_MEDICINES},
        {"Which diseases are mentioned in the prescription", RX_TOPIC_DIAGNOSES},
        {"What is the diagnosis", RX_TOPIC_DIAGNOSES},
        {"What is the patient suffering from?", RX_TOPIC_DIAGNOSES},
        {"What is the name of the patient", RX_TOPIC_PATIENT},
        {"Who is this prescription for?", RX_TOPIC_PATIENT},
        {"How old is the patient", RX_TOPIC_AGE},
        {"What is the gender of the patient", RX_TOPIC_SEX},
        {"Who is the doctor", RX_TOPIC_PRESCRIBER},
        {"Which doctor prescribed these medicines", RX_TOPIC_PRESCRIBER},
        {"What is the DATE of the prescription", RX_TOPIC_DATE},
        {"When was it written", RX_TOPIC_DATE},
        {"What is the dose of the medicine Augmentin", RX_TOPIC_STRENGTH},
        {"what is the dosage", RX_TOPIC_STRENGTH},
        {"How often should the patient take Dolo", RX_TOPIC_FREQUENCY},
        {"The medicine Dolo is taken how often", RX_TOPIC_FREQUENCY},
        {"For how long is Augmentin to be taken", RX_TOPIC_DURATION},
        {"Is there a cat", RX_TOPIC_NONE},
        {"", RX_TOPIC_NONE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (rx_question_topic(cases[i].question) != cases[i].topic)
            fail_msg("%s: %d", cases[i].question, rx_question_topic(cases[i].question));
}

static rx_prescription read_page(void) {
    static const char *const texts[] = {
        "Dr. Anil Sharma, MBBS, MD",
        "Name: Ramesh Kumar   Age: 45 yrs  Sex: M",
        "Diagnosis: Hypertension, Type 2 Diabetes Mellitus",
        "Rx",
        "1) Tab. Augmentin 625 mg 1-0-1 x 5 days",
        "2) Syp. Ascoril LS 10 ml TDS",
        "3) Tab. Wysolone 5 mg 2 tabs BD x 5 days, 1 tab OD x 3 days"};
    enum { COUNT = sizeof texts / sizeof *texts };
    rx_line lines[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        lines[i] = (rx_line){.text = texts[i]};
    rx_prescription page;
    assert_int_equal(rx_reading_make(&page, lines, COUNT, NULL, NULL), PALI_OK);
    return page;
}

static void expect(const rx_prescription *page, const char *question, const char *expected) {
    pali_buffer out;
    pali_buffer_init(&out, 4096);
    assert_int_equal(rx_question_answer(&out, page, question, NULL), PALI_OK);
    assert_string_equal(out.data, expected);
    pali_buffer_free(&out);
}

static void answers_are_the_words_of_the_page(void **state) {
    (void)state;
    rx_prescription page = read_page();
    expect(&page, "Which medicines are recommended in the prescription",
           "Augmentin, Ascoril LS, Wysolone");
    expect(&page, "Which diseases are mentioned", "Hypertension, Type 2 Diabetes Mellitus");
    expect(&page, "Who is the patient", "Ramesh Kumar");
    expect(&page, "How old is the patient", "45 yrs");
    expect(&page, "Who is the doctor", "Dr. Anil Sharma");
    expect(&page, "What is the date", "not visible");
    expect(&page, "What is the dose of augmentin?", "625 mg, 1 tablet (inferred)");
    expect(&page, "How often is Ascoril LS taken", "TDS");
    expect(&page, "How long must Ascoril LS be taken", "not visible");
    expect(&page, "What is the dose of Paracetamol", "not visible");
    expect(&page, "How often are the medicines taken",
           "Augmentin: 1-0-1; Ascoril LS: TDS; Wysolone: BD, then OD");
    expect(&page, "How long must Wysolone be taken", "5 days, then 3 days");
    expect(&page, "What is the dose of Wysolone", "5 mg, 2 tabs, then 1 tab");
    rx_prescription_free(&page);
}

static void what_is_doubtful_is_marked(void **state) {
    (void)state;
    rx_prescription page = read_page();
    assert_int_equal(
        rx_review_add(&page.medicines[0].review, &page.arena,
                      (rx_review){.code = RX_REVIEW_LOW_CONFIDENCE, .field = "strength"}, NULL,
                      NULL, "not sure"),
        PALI_OK);
    rx_review diagnosis = {.code = RX_REVIEW_LOW_CONFIDENCE, .field = "diagnoses", .item = 2};
    assert_int_equal(rx_review_add(&page.review, &page.arena, diagnosis, NULL, NULL, "not sure"),
                     PALI_OK);
    expect(&page, "Which diseases are mentioned", "Hypertension, Type 2 Diabetes Mellitus (?)");
    page.medicines[1].name.written.text = NULL;
    page.medicines[1].name.written.unreadable = "blurred";
    expect(&page, "What is the dose of Augmentin", "625 mg (?), 1 tablet (inferred)");
    expect(&page, "Which medicines", "Augmentin, unreadable, Wysolone");
    rx_prescription_free(&page);
}

static void other_questions_are_refused(void **state) {
    (void)state;
    rx_prescription page = read_page();
    pali_buffer out;
    pali_buffer_init(&out, 4096);
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(rx_question_answer(&out, &page, "Is there a cat", &err),
                     PALI_ERROR_UNSUPPORTED);
    assert_non_null(strstr(err.message, "medicines"));
    assert_int_equal(out.size, 0);
    pali_buffer_free(&out);
    rx_prescription_free(&page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_tell_the_topic),
        cmocka_unit_test(answers_are_the_words_of_the_page),
        cmocka_unit_test(what_is_doubtful_is_marked),
        cmocka_unit_test(other_questions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
