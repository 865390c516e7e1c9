/* Claims about rxscan.json: what a model says that it reads and answers. */
#include "scan/reads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* What is said of a model whose folder holds this card; NULL: none. */
static pali_status said(const char *card, rx_reads *reads, pali_error *err) {
    char folder[] = "/tmp/rxscan-reads-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/rxscan.json", folder);
    if (card) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_true(fputs(card, file) >= 0);
        assert_int_equal(fclose(file), 0);
    }
    pali_status status = rx_model_reads(reads, folder, err);
    if (card)
        assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    return status;
}

static void a_card_says_what_is_read_and_whether_scans_are_answered(void **state) {
    (void)state;
    static const struct {
        const char *card;
        rx_reads reads;
    } cases[] = {
        {NULL, RX_READS_PAGES},
        {"{\"reads\": \"lines\"}", RX_READS_LINES},
        {"{\"reads\": \"lines\", \"answers\": [\"scan en\"]}", RX_READS_LINES},
        {"{\"reads\": \"pages\"}", RX_READS_PAGES},
        {"{\"reads\": \"pages\", \"answers\": []}", RX_READS_PAGES},
        {"{\"reads\": \"pages\", \"answers\": [\"ocr\", \"scan\", \"scan en \"]}", RX_READS_PAGES},
        {"{\"reads\": \"pages\", \"answers\": \"scan en\"}", RX_READS_PAGES},
        {"{\"reads\": \"pages\", \"answers\": {\"scan en\": \"scan en\"}}", RX_READS_PAGES},
        {"{\"reads\": \"pages\", \"scan\": [\"scan en\"]}", RX_READS_PAGES},
        {"{\"reads\": \"pages\", \"answers\": [\"scan en\"]}", RX_READS_SCANS},
        {"{\"reads\": \"pages\", \"answers\": [1, null, \"ocr\", \"scan en\"]}", RX_READS_SCANS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        rx_reads reads = (rx_reads)99;
        pali_error err;
        assert_int_equal(said(cases[i].card, &reads, &err), PALI_OK);
        if (reads != cases[i].reads)
            fail_msg("%s: %d", cases[i].card, reads);
    }
}

static void a_card_that_says_nothing_known_is_refused_by_its_name(void **state) {
    (void)state;
    static const char *const cards[] = {"{\"reads\": \"minds\"}",   "{\"answers\": [\"scan en\"]}",
                                        "{\"reads\": [\"lines\"]}", "[]",
                                        "{\"reads\": \"lines\"",    ""};
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++) {
        rx_reads reads;
        pali_error err;
        pali_status status = said(cards[i], &reads, &err);
        if (status == PALI_OK || !strstr(err.message, "rxscan.json"))
            fail_msg("%s: %d", cards[i], status);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_says_what_is_read_and_whether_scans_are_answered),
        cmocka_unit_test(a_card_that_says_nothing_known_is_refused_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
