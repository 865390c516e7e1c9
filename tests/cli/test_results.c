/* Claims about scan --store and results: a run that is killed goes on where it was, what is kept is
 * what was delivered, and what is erased or damaged is told. */
#include "own_folder.h"
#include "png_file.h"
#include "program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MODEL MODELS "/lines"
#define PAGE SAMPLES "/prescription.jpg"

enum { PAGES = 4, KILLS = 5 };

static char inbox[160], store[160];

/* An inbox of PAGES pages. */
static int set_up(void **state) {
    char file[192];
    set_up_folder(state);
    in_folder(store, "store.db");
    mkdir(in_folder(inbox, "inbox"), 0777);
    for (int i = 1; i <= PAGES; i++) {
        snprintf(file, sizeof file, "%s/%d.jpg", inbox, i);
        assert_int_equal(symlink(PAGE, file), 0);
    }
    return 0;
}

static size_t count(const char *text, const char *part) {
    size_t n = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        n++;
    return n;
}

static void expect(outcome o, int status, const char *in_out, const char *in_err) {
    if (o.status != status || !strstr(o.out, in_out) || !strstr(o.err, in_err))
        fail_msg("status %d, \"%.400s\", \"%.400s\"; expected %d, \"%s\", \"%s\"", o.status, o.out,
                 o.err, status, in_out, in_err);
    outcome_free(&o);
}

#define SCAN(...) RUN("scan", "--model", MODEL, "--store", store, __VA_ARGS__)

static void fill(void) {
    expect(SCAN(inbox, "--quiet"), 0, "", "");
}

static void what_is_kept_is_what_was_delivered(void **state) {
    (void)state;
    static const char *const formats[] = {"text", "jsonl", "fhir"};
    fill();
    for (size_t i = 0; i < 3; i++) {
        outcome again = SCAN(inbox, "--resume", "--format", formats[i]);
        outcome kept = RUN("results", store, "--format", formats[i]);
        assert_int_equal(again.status, 0);
        assert_non_null(strstr(again.err, "4 of 4 pages were in"));
        assert_string_equal(kept.out, again.out);
        assert_int_equal(count(kept.out, "/4.jpg") > 0, 1);
        outcome_free(&again);
        outcome_free(&kept);
    }
    expect(RUN("results", store), 0, "/4.jpg", "4 results, 0 pages");
    expect(RUN("results", store, "--verify"), 0, "sound: 4 results", "");
}

static void a_page_that_changed_is_read_again(void **state) {
    (void)state;
    char file[192];
    fill();
    snprintf(file, sizeof file, "%s/3.jpg", inbox);
    unlink(file);
    assert_int_equal(symlink(SAMPLES "/table.jpg", file), 0);
    outcome o = SCAN(inbox, "--resume", "--format", "jsonl");
    assert_non_null(strstr(o.err, "3 of 4 pages were in"));
    assert_int_equal(count(o.out, "\n"), PAGES);
    outcome_free(&o);
    expect(SCAN(inbox, "--resume", "--weights", "int8"), 0, "", "");
    expect(RUN("results", store, "--verify"), 0, "sound: 9 results", "");
}

static void with_another_list_of_names_pages_are_read_anew(void **state) {
    (void)state;
    char names[160];
    write_file(in_folder(names, "names"), "Quuxamol\tparacetamol\n", 21);
    expect(SCAN(inbox, "--lexicon", names), 0, "", "");
    expect(SCAN(inbox, "--resume", "--lexicon", names), 0, "", "4 of 4 pages were in");
    write_file(names, "Quuxamol\tibuprofen\n", 19);
    outcome o = SCAN(inbox, "--resume", "--lexicon", names);
    assert_int_equal(o.status, 0);
    assert_null(strstr(o.err, "pages were in"));
    outcome_free(&o);
    expect(RUN("results", store, "--verify"), 0, "sound: 8 results", "");
}

static void killed_runs_go_on_where_they_were(void **state) {
    (void)state;
    const char *const scan[] = {"scan",     "--model",   MODEL, "--store", store,
                                "--resume", "--threads", "1",   inbox,     NULL};
    unsigned seed = 3;
    int killed = 0;
    for (int i = 0; i < KILLS; i++) {
        pid_t child = start_program(folder, NULL, scan);
        seed = seed * 1103515245u + 12345u;
        long after = 20 + (long)(seed / 65536u % 300u);
        nanosleep(&(struct timespec){0, after * 1000000}, NULL);
        kill(child, SIGKILL);
        killed += wait_program(child) == 128 + SIGKILL;
    }
    assert_true(killed > 0);
    outcome o = SCAN(inbox, "--resume", "--format", "jsonl");
    assert_int_equal(o.status, 0);
    assert_int_equal(count(o.out, "\n"), PAGES);
    outcome_free(&o);
    expect(RUN("results", store, "--verify"), 0,
           "sound: 4 results and 0 pages that could not be read; 0 were", "");
}

static void a_failure_is_kept_and_makes_way(void **state) {
    (void)state;
    char file[192];
    snprintf(file, sizeof file, "%s/3.jpg", inbox);
    unlink(file);
    write_file(file, "", 0);
    expect(SCAN(inbox), 1, "", "3.jpg: is empty");
    expect(RUN("results", store, "--format", "csv"), 0, "is empty", "");
    expect(RUN("results", store), 0, "could not be read", "3 results, 1 pages");
    unlink(file);
    assert_int_equal(symlink(PAGE, file), 0);
    expect(SCAN(inbox, "--resume"), 0, "3.jpg", "3 of 4 pages were in");
    expect(RUN("results", store), 0, "", "4 results, 0 pages");
}

static void erased_pages_are_gone_and_the_trail_holds(void **state) {
    (void)state;
    char file[192];
    fill();
    snprintf(file, sizeof file, "%s/2.jpg", inbox);
    expect(RUN("results", store, "--input", file, "--erase"), 0, "", "1 pages erased");
    expect(RUN("results", store, "--input", file, "--erase"), 0, "", "0 pages erased");
    expect(RUN("results", store, "--verify"), 0, "sound: 3 results", "");
    outcome o = RUN("results", store, "--format", "jsonl");
    assert_int_equal(count(o.out, "\n"), PAGES - 1);
    assert_null(strstr(o.out, "/2.jpg"));
    outcome_free(&o);
}

static void what_cannot_be_read_is_named_and_the_rest_kept(void **state) {
    (void)state;
    char file[192], locked[160];
    snprintf(file, sizeof file, "%s/0.png", inbox);
    write_png(file, 30000, 30000, "", 0);
    snprintf(file, sizeof file, "%s/1.pdf", inbox);
    assert_int_equal(symlink(ENCRYPTED, file), 0);
    snprintf(file, sizeof file, "%s/2.png", inbox);
    write_file(file, "", 0);
    snprintf(locked, sizeof locked, "%s/locked", folder);
    mkdir(locked, 0); /* root may list it, and finds nothing */
    outcome o = SCAN(inbox, locked, "--format", "csv");
    const char *const named[] = {
        "0.png: 30000 x 30000 pixels", "1.pdf: encrypted", "2.png: is empty",
        geteuid() == 0 ? "locked: holds no picture" : "locked: cannot be listed: Permission"};
    assert_int_equal(o.status, 1);
    for (size_t i = 0; i < 4; i++)
        if (!strstr(o.err, named[i]) || !strstr(o.out, named[i]))
            fail_msg("\"%s\" is not in: %s", named[i], o.err);
    outcome_free(&o);
    expect(RUN("results", store, "--verify"), 0, "sound: 4 results and 4 pages", "");
}

/* The programs that draw a PDF's pages are out of reach the second time; the one that counts them is not. */
static void a_known_page_is_not_decoded_again(void **state) {
    (void)state;
    static const char document[] =
        "%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n"
        "2 0 obj <</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>> endobj\n"
        "3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>> endobj\n"
        "4 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>> endobj\n"
        "trailer <</Root 1 0 R>>\n%%EOF\n";
    const char *program = "/usr/bin/pdfinfo", *usual = getenv("PATH");
    char file[192], tools[160], kept[4096];
    if (access(program, X_OK) != 0)
        skip();
    snprintf(kept, sizeof kept, "%s", usual ? usual : "/usr/bin:/bin");
    snprintf(file, sizeof file, "%s/two.pdf", folder);
    write_file(file, document, sizeof document - 1);
    expect(SCAN(file), 0, "", "");
    snprintf(tools, sizeof tools, "%s/tools", folder);
    mkdir(tools, 0777);
    char link[192];
    snprintf(link, sizeof link, "%s/pdfinfo", tools);
    assert_int_equal(symlink(program, link), 0);
    setenv("PATH", tools, 1);
    outcome again = SCAN(file, "--resume", "--format", "jsonl");
    outcome anew = RUN("scan", "--model", MODEL, file);
    setenv("PATH", kept, 1);
    assert_int_equal(anew.status, 1);
    if (again.status != 0 || count(again.out, "\n") != 2)
        fail_msg("status %d: %s", again.status, again.err);
    assert_non_null(strstr(again.err, "2 of 2 pages were in"));
    outcome_free(&again);
    outcome_free(&anew);
}

static void damage_and_misuse_are_named(void **state) {
    (void)state;
    fill();
    expect(RUN("results"), 2, "", "missing FILE");
    expect(RUN("results", store, "--erase"), 2, "", "whose pages?");
    expect(RUN("results", store, "--verify", "--json"), 2, "", "the whole store");
    expect(RUN("scan", "--model", MODEL, "--resume", inbox), 2, "", "--store FILE");
    expect(RUN("results", store, "--patient", "Asha", "--patient", "Ravi", "--erase"), 2, "",
           "--patient is given twice");
    expect(RUN("results", store, "--input", "a.jpg", "--input", "b.jpg"), 2, "",
           "--input is given twice");
    expect(RUN("results", PAGE), 1, "", "file is not a database");
    expect(RUN("results", "/nowhere/s.db"), 1, "", "/nowhere/s.db");
    expect(RUN("scan", "--model", MODEL, "--store", "/nowhere/s.db", inbox), 1, "",
           "/nowhere/s.db");
    size_t size;
    char *bytes = file_text(store, &size);
    char *at = memmem(bytes, size, "prescription", 12);
    at = at ? at : memmem(bytes, size, "\"confidence\"", 12);
    assert_non_null(at);
    *at ^= 1;
    write_file(store, bytes, size);
    free(bytes);
    expect(RUN("results", store, "--verify"), 1, "", "is not what was read");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down_folder)
    const struct CMUnitTest tests[] = {
        TEST(what_is_kept_is_what_was_delivered),
        TEST(a_page_that_changed_is_read_again),
        TEST(with_another_list_of_names_pages_are_read_anew),
        TEST(killed_runs_go_on_where_they_were),
        TEST(a_failure_is_kept_and_makes_way),
        TEST(erased_pages_are_gone_and_the_trail_holds),
        TEST(what_cannot_be_read_is_named_and_the_rest_kept),
        TEST(a_known_page_is_not_decoded_again),
        TEST(damage_and_misuse_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
