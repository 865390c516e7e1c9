/* Claims about stores: what was put comes back, once; a kill, a full disk or a second writer loses
 * nothing; what is erased is gone from the file. */
#include "stores.h"

#include "cli/program.h"
#include "rx/report.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool has(rx_store *store, const char *input, int page, const rx_provenance *from) {
    json_t *found = NULL;
    assert_int_equal(rx_store_find_result(store, &found, input, page, from, NULL), PALI_OK);
    bool there = found != NULL;
    json_decref(found);
    return there;
}

/* ---- what was put comes back ---- */

typedef struct tally {
    int count, failed;
    char inputs[256];
} tally;

static json_t *last; /* document of the latest walk */

static bool count_one(void *context, const rx_stored *stored) {
    tally *t = context;
    t->count++;
    t->failed += stored->failed;
    json_decref(last);
    last = json_deep_copy(stored->document);
    size_t used = strlen(t->inputs);
    snprintf(t->inputs + used, sizeof t->inputs - used, "%s ", stored->input);
    return t->count < 100;
}

static tally walk(rx_store *store, const rx_selection *select) {
    tally t = {0};
    assert_int_equal(rx_store_each(store, select, count_one, &t, NULL), PALI_OK);
    return t;
}

static void what_was_put_comes_back(void **state) {
    (void)state;
    rx_store *store = open_store(RX_STORE_CREATE);
    rx_prescription page = full_page();
    json_t *expected = NULL;
    assert_int_equal(rx_report_json(&expected, &page, &provenance, NULL), PALI_OK);
    assert_int_equal(rx_store_put_result(store, &page, &provenance, NULL), PALI_OK);
    rx_store_close(&store);
    store = open_store(RX_STORE_EXISTING);
    tally t = walk(store, NULL);
    assert_int_equal(t.count, 1);
    assert_int_equal(t.failed, 0);
    json_t *found = NULL;
    assert_int_equal(rx_store_find_result(store, &found, page.input, page.page, &provenance, NULL),
                     PALI_OK);
    assert_true(json_equal(found, expected));
    json_decref(found);
    assert_true(json_equal(last, expected));
    json_decref(expected);
    rx_store_close(&store);
}

static void a_page_is_kept_once(void **state) {
    (void)state;
    rx_store *store = open_store(RX_STORE_CREATE);
    rx_prescription page = full_page();
    assert_false(has(store, page.input, page.page, &provenance));
    for (int i = 0; i < 3; i++)
        assert_int_equal(rx_store_put_result(store, &page, &provenance, NULL), PALI_OK);
    assert_true(has(store, page.input, page.page, &provenance));
    assert_int_equal(walk(store, NULL).count, 1);
    rx_store_close(&store);
    assert_int_equal(verified().entries, 2);
}

static void another_page_input_model_or_option_is_another_reading(void **state) {
    (void)state;
    rx_store *store = open_store(RX_STORE_CREATE);
    rx_prescription page = full_page();
    assert_int_equal(rx_store_put_result(store, &page, &provenance, NULL), PALI_OK);
    rx_provenance later = provenance, others[5];
    later.time = "2031-01-01T00:00:00Z";
    assert_true(has(store, page.input, page.page, &later));
    for (size_t i = 0; i < 5; i++)
        others[i] = provenance;
    others[0].input_sha256 = provenance.model_sha256;
    others[1].model_sha256 = provenance.input_sha256;
    others[2].options = "--weights int8";
    others[3].program = "rxscan 0.2.0";
    others[4].weights = "int8";
    for (size_t i = 0; i < 5; i++)
        assert_false(has(store, page.input, page.page, &others[i]));
    assert_false(has(store, page.input, page.page + 1, &provenance));
    assert_false(has(store, "inbox/page.jp", page.page, &provenance));
    rx_store_close(&store);
}

static void a_failure_makes_way_for_what_comes_after_it(void **state) {
    (void)state;
    rx_store *store = open_store(RX_STORE_CREATE);
    rx_prescription page = full_page();
    pali_error first = {PALI_ERROR_IO, "inbox/page.jpg: cannot be read"};
    pali_error second = {PALI_ERROR_FORMAT, "inbox/page.jpg: not a picture"};
    assert_int_equal(rx_store_put_failure(store, page.input, 0, &first, NULL), PALI_OK);
    assert_int_equal(rx_store_put_failure(store, page.input, 0, &first, NULL), PALI_OK);
    tally t = walk(store, NULL);
    assert_int_equal(t.failed, 1);
    assert_string_equal(json_string_value(json_object_get(json_object_get(last, "error"), "code")),
                        "io");
    assert_int_equal(rx_store_put_failure(store, page.input, 0, &second, NULL), PALI_OK);
    assert_int_equal(rx_store_put_failure(store, page.input, page.page, &first, NULL), PALI_OK);
    assert_int_equal(rx_store_put_failure(store, page.input, page.page + 1, &first, NULL), PALI_OK);
    assert_false(has(store, page.input, page.page, &provenance));
    assert_int_equal(rx_store_put_result(store, &page, &provenance, NULL), PALI_OK);
    t = walk(store, NULL); /* the next page's failure stays */
    assert_int_equal(t.count, 2);
    assert_int_equal(t.failed, 1);
    rx_store_close(&store);
    rx_store_state s = verified();
    assert_int_equal(s.readings, 5);
    assert_int_equal(s.removed, 3);
    assert_int_equal(s.results, 1);
    assert_int_equal(s.failures, 1);
}

static void pages_are_selected_by_input_and_by_words_of_the_name(void **state) {
    (void)state;
    static const char *const names[] = {"Mr. Ravi Kumar",
                                        "RAVI KUMARI",
                                        "kumar, ravi",
                                        "Ravi",
                                        "\xe0\xa4\xb0\xe0\xa4\xb5\xe0\xa4\xbf",
                                        NULL};
    static const struct {
        const char *patient, *inputs;
    } cases[] = {
        {"Ravi Kumar", "in/000.png "},
        {"ravi  KUMAR", "in/000.png "},
        {"kumar", "in/000.png in/002.png "},
        {"ravi", "in/000.png in/001.png in/002.png in/003.png "},
        {"\xe0\xa4\xb0\xe0\xa4\xb5\xe0\xa4\xbf", "in/004.png "},
        {"\xe0\xa4\xb0\xe0\xa4\xb5\xe0\xa4\xae", ""},
        {"avi", ""},
        {"", ""},
        {" . ", ""},
    };
    rx_store *store = open_store(RX_STORE_CREATE);
    for (int i = 0; i < 6; i++) {
        rx_prescription page = numbered_page(i);
        page.patient.name.text = names[i];
        assert_int_equal(rx_store_put_result(store, &page, &provenance, NULL), PALI_OK);
    }
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tally t = walk(store, &(rx_selection){.patient = cases[i].patient});
        assert_string_equal(t.inputs, cases[i].inputs);
    }
    tally t = walk(store, &(rx_selection){.input = "in/001.png"});
    assert_string_equal(t.inputs, "in/001.png ");
    t = walk(store, &(rx_selection){.input = "in/001.png", .patient = "Kumar"});
    assert_int_equal(t.count, 0);
    rx_store_close(&store);
}

static void an_export_is_entered_before_it_leaves(void **state) {
    (void)state;
    rx_store *store = open_store(RX_STORE_CREATE);
    put_pages(store, 0, 5);
    tally t = {0};
    assert_int_equal(rx_store_export(store, NULL, "csv", count_one, &t, NULL), PALI_OK);
    assert_int_equal(t.count, 5);
    t = (tally){0};
    rx_selection none = {.input = "nowhere"};
    assert_int_equal(rx_store_export(store, &none, "csv", count_one, &t, NULL), PALI_OK);
    assert_int_equal(t.count, 0);
    rx_store_close(&store);
    assert_int_equal(verified().entries, 1 + 5 + 1);
}

/* ---- erasing ---- */

static bool file_holds(const char *text, size_t length) {
    size_t size;
    char *bytes = file_text(path, &size);
    bool found = memmem(bytes, size, text, length) != NULL;
    free(bytes);
    return found;
}

static void what_is_erased_is_gone_from_the_file(void **state) {
    (void)state;
    rx_store *store = open_store(RX_STORE_CREATE);
    put_pages(store, 0, 60);
    static const char secret[] = "Zebulon Q. Featherstonehaugh";
    rx_prescription page = numbered_page(60);
    page.input = "in/Featherstonehaugh.jpg";
    page.patient.name.text = secret;
    assert_int_equal(rx_store_put_result(store, &page, &provenance, NULL), PALI_OK);
    pali_error failure = {PALI_ERROR_FORMAT, "in/Featherstonehaugh.jpg: page 2 is damaged"};
    assert_int_equal(rx_store_put_failure(store, page.input, 2, &failure, NULL), PALI_OK);
    put_pages(store, 61, 90);
    rx_store_close(&store);
    assert_true(file_holds("Featherstonehaugh", 17));

    store = open_store(RX_STORE_EXISTING);
    uint64_t count = 0;
    rx_selection patient = {.patient = "featherstonehaugh"};
    assert_int_equal(rx_store_erase(store, &patient, &count, NULL), PALI_OK);
    assert_int_equal(count, 1);
    assert_false(file_holds("Zebulon", 7));
    rx_selection input = {.input = "in/Featherstonehaugh.jpg"};
    assert_int_equal(rx_store_erase(store, &input, &count, NULL), PALI_OK);
    assert_int_equal(count, 1);
    assert_false(file_holds("Featherstonehaugh", 17));
    assert_int_equal(rx_store_erase(store, &input, &count, NULL), PALI_OK);
    assert_int_equal(count, 0);
    rx_store_close(&store);
    rx_store_state s = verified();
    assert_int_equal(s.results, 89);
    assert_int_equal(s.failures, 0);
    assert_int_equal(s.removed, 2);
    assert_int_equal(s.entries, 1 + 91 + 2);
}

/* No page is erased here, so the file is not written anew. */
static void what_is_replaced_is_gone_from_the_file(void **state) {
    (void)state;
    rx_store *store = open_store(RX_STORE_CREATE);
    put_pages(store, 0, 20);
    rx_prescription page = numbered_page(20);
    pali_error failure = {PALI_ERROR_FORMAT, "Featherstonehaugh cannot be read"};
    assert_int_equal(rx_store_put_failure(store, page.input, page.page, &failure, NULL), PALI_OK);
    assert_true(file_holds("Featherstonehaugh", 17));
    assert_int_equal(rx_store_put_result(store, &page, &provenance, NULL), PALI_OK);
    rx_store_close(&store);
    assert_false(file_holds("Featherstonehaugh", 17));
    rx_store_state s = verified();
    assert_int_equal(s.results, 21);
    assert_int_equal(s.failures, 0);
}

/* As rows come and go, SQLite moves others about, and what lay where a row once was stays there when the
 * row itself is overwritten. With these lengths, in this order, it does unless the file is written anew. */
static void nothing_replaced_stays_where_a_row_once_lay(void **state) {
    (void)state;
    enum { PAGES = 50 };
    unsigned random = 882003441u;
    rx_store *store = open_store(RX_STORE_CREATE);
    for (int i = 0; i < PAGES; i++) {
        random = random * 1103515245u + 12345u;
        pali_error failure = {.code = PALI_ERROR_FORMAT};
        snprintf(failure.message, sizeof failure.message, "Featherstonehaugh %0*d",
                 (int)(random >> 16) % 800, i);
        rx_prescription page = numbered_page(i);
        assert_int_equal(rx_store_put_failure(store, page.input, 0, &failure, NULL), PALI_OK);
    }
    for (int i = 0; i < PAGES; i++) {
        rx_prescription page = numbered_page((i * 7 + 8) % PAGES);
        assert_int_equal(rx_store_put_result(store, &page, &provenance, NULL), PALI_OK);
    }
    rx_store_close(&store);
    assert_false(file_holds("Featherstonehaugh", 17));
}

static void erasing_writes_the_file_anew(void **state) {
    (void)state;
    rx_store *store = open_store(RX_STORE_CREATE);
    put_pages(store, 0, 60);
    rx_store_close(&store);
    size_t before, after;
    free(file_text(path, &before));
    store = open_store(RX_STORE_EXISTING);
    uint64_t count = 0;
    rx_selection all = {0};
    assert_int_equal(rx_store_erase(store, &all, &count, NULL), PALI_OK);
    assert_int_equal(count, 60);
    rx_store_close(&store);
    free(file_text(path, &after));
    assert_true(after < before / 2);
}

/* ---- kills, full disks, other writers ---- */

enum { RUN_PAGES = 40, KILLS = 30 };

/* What a resumed run does: pages that are not there are read and put. */
static void resume(int pages) {
    rx_store *store = open_store(RX_STORE_CREATE);
    for (int i = 0; i < pages; i++) {
        rx_prescription page = numbered_page(i);
        rx_provenance from = provenance_of(i);
        if (!has(store, page.input, 0, &from))
            put_pages(store, i, i + 1);
    }
    rx_store_close(&store);
}

static pid_t start_run(void) {
    pid_t child = fork();
    if (child == 0) {
        resume(RUN_PAGES);
        _exit(0);
    }
    return child;
}

static void kills_lose_nothing_and_repeat_nothing(void **state) {
    (void)state;
    unsigned seed = 7;
    uint64_t before = 0;
    int killed = 0;
    for (int i = 0; i < KILLS; i++) {
        pid_t child = start_run();
        seed = seed * 1103515245u + 12345u;
        usleep(1000 + seed / 65536u % 8000u);
        kill(child, SIGKILL);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        killed += WIFSIGNALED(status);
        rx_store *store =
            open_store(RX_STORE_CREATE); /* the kill may have come before it was made */
        rx_store_close(&store);
        uint64_t now = verified().results;
        assert_true(now >= before);
        before = now;
    }
    assert_true(killed > 0);
    resume(RUN_PAGES);
    rx_store_state s = verified();
    assert_int_equal(s.results, RUN_PAGES);
    assert_int_equal(s.readings, RUN_PAGES);
}

static void two_runs_at_once_read_each_page_into_the_store_once(void **state) {
    (void)state;
    pid_t children[2] = {start_run(), start_run()};
    for (int i = 0; i < 2; i++)
        assert_int_equal(wait_program(children[i]), 0);
    rx_store_state s = verified();
    assert_int_equal(s.results, RUN_PAGES);
    assert_int_equal(s.readings, RUN_PAGES);
}

/* In a process of its own, for which files end at 200 kB. */
static int fill_the_disk(void) {
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){200000, 200000});
    rx_store *store = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (rx_store_open(&store, path, RX_STORE_CREATE, &err))
        return 255;
    int count = 0;
    while (count < 200 && put_page(store, count, &err) == PALI_OK)
        count++;
    bool named = err.code == PALI_ERROR_IO && strstr(err.message, path) &&
                 strstr(err.message, "disk I/O error");
    rx_store_close(&store);
    return named ? count : 254;
}

static void a_full_disk_is_named_and_loses_nothing_that_was_kept(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(fill_the_disk());
    int count = wait_program(child);
    assert_in_range(count, 2, 199);
    assert_int_equal(verified().results, count);
    resume(count + 3);
    assert_int_equal(verified().results, count + 3);
}

static void a_store_is_one_file_for_its_owner(void **state) {
    (void)state;
    rx_store *store = open_store(RX_STORE_CREATE);
    put_pages(store, 0, 3);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    rx_store_close(&store);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing lay beside it */
}

static int remove_all(void **state) {
    json_decref(last);
    last = NULL;
    return remove_store_folder(state);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_store_folder, remove_all)
    const struct CMUnitTest tests[] = {
        TEST(what_was_put_comes_back),
        TEST(a_page_is_kept_once),
        TEST(another_page_input_model_or_option_is_another_reading),
        TEST(a_failure_makes_way_for_what_comes_after_it),
        TEST(pages_are_selected_by_input_and_by_words_of_the_name),
        TEST(an_export_is_entered_before_it_leaves),
        TEST(what_is_erased_is_gone_from_the_file),
        TEST(what_is_replaced_is_gone_from_the_file),
        TEST(nothing_replaced_stays_where_a_row_once_lay),
        TEST(erasing_writes_the_file_anew),
        TEST(kills_lose_nothing_and_repeat_nothing),
        TEST(two_runs_at_once_read_each_page_into_the_store_once),
        TEST(a_full_disk_is_named_and_loses_nothing_that_was_kept),
        TEST(a_store_is_one_file_for_its_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
