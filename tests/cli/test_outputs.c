/* Claims about what is written where: nothing that is read or that another result needs is overwritten,
 * pipes stay pipes, no half file is left, and whoever waits for a pipe can be stopped. */
#include "own_folder.h"
#include "program.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MODEL MODELS "/lines"
#define ANSWERS MODELS "/base-bf16"
#define PAGE SAMPLES "/prescription.jpg"

static void copy_page(const char *path) {
    size_t size;
    char *bytes = file_text(PAGE, &size);
    write_file(path, bytes, size);
    free(bytes);
}

static void expect(outcome o, int status, const char *on_stderr) {
    if (o.status != status || !strstr(o.err, on_stderr))
        fail_msg("status %d, not %d with \"%s\": %.300s", o.status, status, on_stderr, o.err);
    outcome_free(&o);
}

/* The exit status, or -1 if the program had to be killed. */
static int wait_a_minute(pid_t child) {
    for (int i = 0; i < 6000; i++) {
        int status;
        if (waitpid(child, &status, WNOHANG) == child)
            return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    kill(child, SIGKILL);
    wait_program(child);
    return -1;
}

static size_t entries_that_begin(const char *name) {
    DIR *dir = opendir(folder);
    size_t count = 0;
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        count += strncmp(entry->d_name, name, strlen(name)) == 0;
    closedir(dir);
    return count;
}

/* ---- what is read ---- */

static void what_is_read_is_never_overwritten(void **state) {
    (void)state;
    char page[160], link[160], store[160], labels[160];
    copy_page(in_folder(page, "page.jpg"));
    assert_int_equal(symlink("page.jpg", in_folder(link, "result.csv")), 0);
    expect(RUN("scan", "--model", MODEL, "-o", page, page), 2, "page.jpg: this is what is read");
    expect(RUN("scan", "--model", MODEL, "--html", page, folder), 2, "--html");
    expect(RUN("scan", "--model", MODEL, "-o", link, page), 2, "result.csv: this is what is read");
    expect(RUN("scan", "--model", MODEL, "--store", page, page), 2, "--store");
    expect(RUN("ask", "--model", ANSWERS, "--logits", page, page, "q"), 2, "--logits");
    expect(RUN("detect", "--model", ANSWERS, "--draw", page, page, "a"), 2, "--draw");
    in_folder(labels, "labels.jsonl");
    write_file(labels, "{\"image\": \"page.jpg\"}\n", 22);
    expect(RUN("eval", "--model", MODEL, "--plot", page, folder), 2, "--plot");
    expect(RUN("eval", "--model", MODEL, "-o", labels, folder), 2, "labels.jsonl: this is");
    size_t size, original;
    char *bytes = file_text(page, &size), *whole = file_text(PAGE, &original);
    assert_int_equal(size, original);
    assert_memory_equal(bytes, whole, size);
    free(bytes);
    free(whole);
    in_folder(store, "inbox.db");
    outcome o = RUN("scan", "--model", MODEL, "--store", store, page);
    assert_int_equal(o.status, 0);
    outcome_free(&o);
    expect(RUN("results", store, "-o", store), 2, "inbox.db: this is what is read");
    expect(RUN("results", store, "--verify"), 0, "");
}

static void two_results_do_not_share_a_file(void **state) {
    (void)state;
    char file[160], same[160];
    in_folder(file, "today");
    in_folder(same, "./today");
    expect(RUN("scan", "--model", MODEL, "-o", file, "--html", same, PAGE), 2,
           "-o and --html name the same file");
    write_file(file, "", 0);
    expect(RUN("ask", "--model", ANSWERS, "-o", file, "--logits", same, PAGE, "q"), 2,
           "-o and --logits name the same file");
    expect(RUN("scan", "--model", MODEL, "-o", "/dev/null", "--html", "/dev/null", PAGE), 0, "");
}

/* ---- pipes ---- */

static void a_pipe_in_a_folder_is_named_and_not_waited_for(void **state) {
    (void)state;
    char path[160];
    assert_int_equal(mkfifo(in_folder(path, "a.jpg"), 0600), 0);
    assert_int_equal(mkdir(in_folder(path, "b.jpg"), 0700), 0);
    copy_page(in_folder(path, "c.jpg"));
    pid_t child =
        start_program(folder, NULL, (const char *const[]){"scan", "--model", MODEL, folder, NULL});
    assert_int_equal(wait_a_minute(child), 1);
    char *err = file_text(in_folder(path, "err"), NULL);
    char *out = file_text(in_folder(path, "out"), NULL);
    assert_non_null(strstr(err, "a.jpg: is not a file"));
    assert_non_null(strstr(err, "b.jpg: a folder in a folder"));
    assert_non_null(strstr(out, "c.jpg"));
    free(err);
    free(out);
}

/* A pipe whose writer says nothing, as a terminal at which nobody types. */
static void a_wait_for_a_pipe_ends_with_a_signal(void **state) {
    (void)state;
    char path[160];
    assert_int_equal(mkfifo(in_folder(path, "silent"), 0600), 0);
    int writer = open(path, O_RDWR);
    assert_true(writer >= 0);
    const char *const calls[][6] = {{"scan", "--model", MODEL, "-", NULL},
                                    {"scan", "--model", MODEL, path, NULL},
                                    {"ask", "--model", ANSWERS, "-", "q", NULL}};
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < 3; i++) {
        pid_t child = start_program(folder, path, calls[i]);
        nanosleep(&(struct timespec){1, 0}, NULL);
        kill(child, signals[i]);
        int status = wait_a_minute(child);
        if (status != 130 && status != 128 + signals[i]) /* that, where it had not begun yet */
            fail_msg("call %zu ended with %d", i, status);
    }
    close(writer);
}

/* The first file that is opened would otherwise be standard error. */
static void complaints_do_not_go_into_results_where_standard_error_is_closed(void **state) {
    (void)state;
    char result[160], command[1024];
    in_folder(result, "r.csv");
    snprintf(command, sizeof command,
             RXSCAN " scan --verbose --model " MODEL " --format csv -o %s /nonexistent.jpg " PAGE
                    " 2>&-",
             result);
    int status = system(command);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    char *text = file_text(result, NULL);
    assert_non_null(text);
    assert_memory_equal(text, "input,page,", 11);
    assert_null(strstr(text, "rxscan: /nonexistent.jpg"));
    free(text);
}

static void a_pipe_is_written_into_and_stays(void **state) {
    (void)state;
    char path[160], begins[8] = "";
    for (int i = 0; i < 2; i++) {
        assert_int_equal(mkfifo(in_folder(path, i ? "b" : "a"), 0600), 0);
        pid_t child = start_program(
            folder, NULL,
            i ? (const char *const[]){"detect", "--model", ANSWERS, "--draw", path, PAGE, "a", NULL}
              : (const char *const[]){"ask", "--model", ANSWERS, "--logits", path, PAGE, "q",
                                      NULL});
        int reader = open(path, O_RDONLY | O_NONBLOCK);
        assert_true(reader >= 0);
        for (int k = 0; k < 6000 && read(reader, begins, 6) != 6; k++)
            nanosleep(&(struct timespec){0, 10000000}, NULL);
        close(reader);
        wait_a_minute(child);
        assert_memory_equal(begins, i ? "\x89PNG\r\n" : "\x93NUMPY", 6);
        struct stat info;
        assert_true(lstat(path, &info) == 0 && S_ISFIFO(info.st_mode));
    }
}

/* ---- files ---- */

static void each_picture_is_drawn_into_a_file_of_its_own(void **state) {
    (void)state;
    char path[160];
    outcome o = RUN("detect", "--model", ANSWERS, "--draw", in_folder(path, "found.png"), PAGE,
                    SAMPLES "/table.jpg", "a");
    assert_int_equal(o.status, 0);
    outcome_free(&o);
    size_t first, second;
    char *one = file_text(in_folder(path, "found.png"), &first);
    char *two = file_text(in_folder(path, "found-2.png"), &second);
    assert_true(one && two);
    assert_true(first != second || memcmp(one, two, first) != 0);
    free(one);
    free(two);
}

static void a_replaced_file_keeps_its_permissions_and_a_link_leads_to_it(void **state) {
    (void)state;
    char file[160], link[160];
    struct stat info;
    umask(022);
    write_file(in_folder(file, "private.csv"), "", 0);
    assert_int_equal(chmod(file, 0600), 0);
    assert_int_equal(symlink("private.csv", in_folder(link, "link.csv")), 0);
    expect(RUN("scan", "--model", MODEL, "--format", "csv", "-o", link, PAGE), 0, "");
    assert_true(lstat(link, &info) == 0 && S_ISLNK(info.st_mode));
    assert_true(stat(file, &info) == 0 && info.st_size > 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    expect(RUN("detect", "--model", ANSWERS, "--draw", link, PAGE, "a"), 0, "");
    assert_true(lstat(link, &info) == 0 && S_ISLNK(info.st_mode));
    assert_true(stat(file, &info) == 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

/* Two signals, as of an impatient user; and a reader of standard output that has gone. */
static void no_signal_leaves_a_half_file(void **state) {
    (void)state;
    char command[1024], path[160], result[160];
    assert_int_equal(mkfifo(in_folder(path, "silent"), 0600), 0);
    int writer = open(path, O_RDWR);
    snprintf(command, sizeof command,
             RXSCAN " scan --model " MODEL " --html %s/r.html " PAGE " " PAGE " 2>/dev/null | true",
             folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(entries_that_begin("r.html"), 0);
    pid_t child = start_program(folder, path,
                                (const char *const[]){"scan", "--model", MODEL, "-o",
                                                      in_folder(result, "r.html"), "-", NULL});
    for (int i = 0; i < 6000 && entries_that_begin("r.html.") == 0; i++)
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    assert_int_equal(entries_that_begin("r.html."), 1);
    kill(child, SIGTERM);
    kill(child, SIGINT);
    int status = wait_a_minute(child);
    assert_true(status == 130 || status == 128 + SIGINT || status == 128 + SIGTERM);
    assert_int_equal(entries_that_begin("r.html."), 0);
    close(writer);
}

/* As `ulimit -f` sets it; a page's report is larger. */
static void a_limit_on_files_is_named_and_leaves_no_half_file(void **state) {
    (void)state;
    char command[1024];
    snprintf(command, sizeof command,
             "ulimit -f 16; " RXSCAN " scan --model " MODEL " --html %s/r.html " PAGE
             " >%s/out 2>%s/err",
             folder, folder, folder);
    int status = system(command);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    char path[160], *err = file_text(in_folder(path, "err"), NULL);
    assert_non_null(strstr(err, "r.html: cannot write: File too large"));
    free(err);
    assert_int_equal(entries_that_begin("r.html"), 0);
}

static void a_result_needs_a_name_and_a_place(void **state) {
    (void)state;
    expect(RUN("scan", "--model", MODEL, "--html", "", PAGE), 2,
           "--html: the file's name is empty");
    expect(RUN("ask", "--model", ANSWERS, "--logits", "", PAGE, "q"), 2, "--logits");
    expect(RUN("quantize", ANSWERS, "--to", "int8", "-o", "/nowhere/small"), 1, "/nowhere/small");
    expect(RUN("quantize", "/nowhere", "--to", "int8", "-o", "/nowhere/small"), 3, "/nowhere");
}

/* ---- what is printed ---- */

/* Nobody listens on port 1: the failure is delivered under the URL's name. */
static void a_password_in_a_url_is_told_nowhere(void **state) {
    (void)state;
    static const char *const formats[] = {"text", "json", "csv", "fhir", "html"};
    char store[160];
    in_folder(store, "a.db");
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        outcome o = RUN("scan", "--model", MODEL, "--store", store, "--format", formats[i],
                        "http://asha:se%40cret@127.0.0.1:1/page.jpg?mail=a@b");
        assert_int_equal(o.status, 1);
        if (strstr(o.out, "cret") || strstr(o.err, "cret") ||
            !strstr(o.out, "127.0.0.1:1/page.jpg"))
            fail_msg("%s: %.300s %.300s", formats[i], o.out, o.err);
        outcome_free(&o);
    }
    outcome o = RUN("results", store);
    assert_non_null(strstr(o.out, "  http://127.0.0.1:1/page.jpg?mail=a@b\n"));
    outcome_free(&o);
}

static void what_could_not_be_printed_is_an_error(void **state) {
    (void)state;
    char command[1024], store[160];
    outcome o = RUN("scan", "--model", MODEL, "--store", in_folder(store, "a.db"), PAGE);
    assert_int_equal(o.status, 0);
    outcome_free(&o);
    snprintf(command, sizeof command, RXSCAN " results --verify %s >/dev/full 2>&1", store);
    const char *const commands[] = {command, RXSCAN " --version >/dev/full 2>&1",
                                    RXSCAN " scan --help >/dev/full 2>&1"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        int status = system(commands[i]);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) != 1)
            fail_msg("%s: %d", commands[i], WEXITSTATUS(status));
    }
}

static void a_terminal_does_not_obey_a_name(void **state) {
    (void)state;
    char path[160];
    copy_page(in_folder(path, "\033]0;x\a\xc2\x9b\n.jpg"));
    outcome o = RUN("ocr", "--model", MODEL, path, "\033[31mnone.jpg");
    assert_int_equal(o.status, 1);
    assert_non_null(strstr(o.out, "?]0;x???.jpg:\n"));
    assert_non_null(strstr(o.err, "?[31mnone.jpg: No such file"));
    assert_null(strchr(o.err, '\033'));
    assert_null(strchr(o.out, '\033'));
    outcome_free(&o);
}

static void no_more_threads_are_started_than_help(void **state) {
    (void)state;
    static const char *const wanted[] = {"99999", "2147483647"};
    outcome one = RUN("ask", "--model", ANSWERS, "--threads", "1", PAGE, "q");
    for (size_t i = 0; i < 2; i++) {
        outcome o = RUN("ask", "--model", ANSWERS, "--threads", wanted[i], PAGE, "q");
        assert_string_equal(o.out, one.out);
        expect(o, 0, wanted[i]);
    }
    outcome_free(&one);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_folder, tear_down_folder)
    const struct CMUnitTest tests[] = {
        TEST(what_is_read_is_never_overwritten),
        TEST(two_results_do_not_share_a_file),
        TEST(a_pipe_in_a_folder_is_named_and_not_waited_for),
        TEST(a_wait_for_a_pipe_ends_with_a_signal),
        TEST(complaints_do_not_go_into_results_where_standard_error_is_closed),
        TEST(a_pipe_is_written_into_and_stays),
        TEST(each_picture_is_drawn_into_a_file_of_its_own),
        TEST(a_replaced_file_keeps_its_permissions_and_a_link_leads_to_it),
        TEST(no_signal_leaves_a_half_file),
        TEST(a_limit_on_files_is_named_and_leaves_no_half_file),
        TEST(a_result_needs_a_name_and_a_place),
        TEST(a_password_in_a_url_is_told_nowhere),
        TEST(what_could_not_be_printed_is_an_error),
        TEST(a_terminal_does_not_obey_a_name),
        TEST(no_more_threads_are_started_than_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
