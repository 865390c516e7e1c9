/* Claims about src/image/helper_process.c and helper_reports.c. The programs that are run are those
 * of every system: sh, cat, cp, tail, tr. */
#include "image_helpers.h"

#include "image/helper_process.h"
#include "image/helper_reports.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static pali_work_folder folder;

static int enter(void **state) {
    (void)state;
    return pali_work_folder_enter(&folder, "page", NULL);
}

static int leave(void **state) {
    (void)state;
    pali_work_folder_leave(&folder);
    /* Whatever the test did, no child of this process is left, not even a dead one. */
    return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : -1;
}

static pali_helper generous(const char *const *arguments) {
    return (pali_helper){.arguments = arguments,
                         .package = "some-package",
                         .subject = "page.pdf",
                         .max_memory = (uint64_t)1 << 33,
                         .max_file = 1 << 20,
                         .timeout_seconds = 60};
}

/* Runs `script`; the outcome is the caller's. */
static pali_helper_outcome run(const char *script) {
    const char *const arguments[] = {"sh", "-c", script, NULL};
    const pali_helper helper = generous(arguments);
    pali_helper_outcome outcome;
    pali_error err = PALI_ERROR_INIT;
    if (pali_helper_run(&helper, &folder, &outcome, &err))
        fail_msg("%s", err.message);
    return outcome;
}

static void output_complaints_and_exit_code_are_kept(void **state) {
    (void)state;
    pali_helper_outcome outcome = run("echo out; echo err >&2; exit 7");
    assert_string_equal(outcome.output, "out\n");
    assert_string_equal(outcome.complaints, "err\n");
    assert_int_equal(outcome.exit_code, 7);
    assert_int_equal(outcome.signal, 0);
    pali_helper_outcome_free(&outcome);
}

static void it_runs_in_the_folder_with_nothing_of_ours(void **state) {
    (void)state;
    setenv("PALI_SECRET", "token", 1);
    int open_here = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
    assert_true(open_here > 2);
    pali_helper_outcome outcome = run("pwd; cat; echo \"$PALI_SECRET\"; ls /proc/self/fd | wc -l");
    char expected[256];
    snprintf(expected, sizeof expected, "%s\n\n4\n", folder.path); /* 0, 1, 2, and that of ls */
    assert_string_equal(outcome.output, expected);
    pali_helper_outcome_free(&outcome);
    close(open_here);
    unsetenv("PALI_SECRET");
}

static void endless_output_is_read_and_cut(void **state) {
    (void)state;
    pali_helper_outcome outcome = run("head -c 1000000 /dev/zero | tr '\\0' x; echo done >&2");
    assert_int_equal(strlen(outcome.output), 65536);
    assert_string_equal(outcome.complaints, "done\n");
    assert_int_equal(outcome.exit_code, 0);
    pali_helper_outcome_free(&outcome);
}

static void expect_too_slow(const char *script) {
    const char *const arguments[] = {"sh", "-c", script, NULL};
    pali_helper helper = generous(arguments);
    helper.timeout_seconds = 1;
    pali_helper_outcome outcome;
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(pali_helper_run(&helper, &folder, &outcome, &err), PALI_ERROR_LIMIT);
    assert_string_equal(err.message, "page.pdf: sh took longer than 1 seconds");
}

static void one_that_hangs_is_killed(void **state) {
    (void)state;
    expect_too_slow("exec sleep 100");
    expect_too_slow("trap '' TERM INT; exec sleep 100 >&- 2>&-"); /* its pipes end at once */
}

static void expect_failure(const pali_helper *helper, pali_status expected, const char *message) {
    pali_helper_outcome outcome;
    pali_error err = PALI_ERROR_INIT;
    if (pali_helper_run(helper, &folder, &outcome, &err))
        fail_msg("%s", err.message);
    assert_int_equal(pali_helper_check(helper, &outcome, &err), expected);
    assert_ptr_equal(strstr(err.message, message), err.message);
    pali_helper_outcome_free(&outcome);
}

static void limits_on_memory_and_files_hold(void **state) {
    (void)state;
    /* A start: the limits come when the shell is already there. */
    const char *const greedy[] = {"sh", "-c", "sleep 0.2; exec tail -n 1 /dev/zero", NULL};
    pali_helper helper = generous(greedy);
    helper.max_memory = 64 << 20;
    expect_failure(&helper, PALI_ERROR_FORMAT, "page.pdf: sh: tail: ");
    const char *const verbose[] = {"sh", "-c", "sleep 0.2; exec cp /dev/zero large", NULL};
    helper = generous(verbose);
    expect_failure(&helper, PALI_ERROR_LIMIT, "page.pdf: sh wrote too large a file");
    char path[256];
    struct stat info;
    snprintf(path, sizeof path, "%s/large", folder.path);
    assert_int_equal(stat(path, &info), 0);
    assert_true(info.st_size <= 1 << 20);
}

static void its_end_becomes_a_message(void **state) {
    (void)state;
    static const struct {
        const char *script, *message;
    } cases[] = {
        {"printf '\\n  first\\033[1m line\\nsecond\\n' >&2; exit 1",
         "page.pdf: sh: first?[1m line"},
        {"exit 3", "page.pdf: sh failed with status 3"},
        {"kill -SEGV $$", "page.pdf: sh was ended by signal 11"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const arguments[] = {"sh", "-c", cases[i].script, NULL};
        const pali_helper helper = generous(arguments);
        expect_failure(&helper, PALI_ERROR_FORMAT, cases[i].message);
    }
}

static void a_missing_program_is_told_with_its_package(void **state) {
    (void)state;
    static const char *const arguments[] = {"there-is-no-such-program", NULL};
    const pali_helper helper = generous(arguments);
    pali_helper_outcome outcome;
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(pali_helper_run(&helper, &folder, &outcome, &err), PALI_ERROR_UNSUPPORTED);
    assert_string_equal(err.message,
                        "page.pdf: there-is-no-such-program is not installed: apt install "
                        "some-package");
}

/* Whatever the host program does about signals, the helper starts afresh and is waited for. */
static void signal_settings_of_the_host_do_not_reach_it(void **state) {
    (void)state;
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    signal(SIGTERM, SIG_IGN);
    pali_helper_outcome outcome = run("kill -TERM $$; echo alive");
    signal(SIGTERM, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(outcome.signal, SIGTERM);
    assert_string_equal(outcome.output, "");
    pali_helper_outcome_free(&outcome);
}

static void the_folder_is_private_and_leaves_nothing(void **state) {
    (void)state;
    pali_work_folder own;
    struct stat info;
    assert_int_equal(pali_work_folder_enter(&own, "page", NULL), PALI_OK);
    char *path = strdup(own.path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    assert_int_equal(pali_work_folder_write(&own, "a", "text", 4, NULL), PALI_OK);
    assert_int_equal(pali_work_folder_write(&own, ".b", "", 0, NULL), PALI_OK);
    pali_buffer bytes;
    pali_buffer_init(&bytes, 100);
    assert_int_equal(pali_work_folder_read(&own, "a", &bytes, NULL), PALI_OK);
    assert_string_equal(bytes.data, "text");
    assert_int_equal(pali_work_folder_read(&own, "none", &bytes, NULL), PALI_ERROR_NOT_FOUND);
    pali_buffer_free(&bytes);
    pali_work_folder_leave(&own);
    assert_int_equal(stat(path, &info), -1);
    free(path);
}

static void reports_of_pdfinfo_are_understood(void **state) {
    (void)state;
    pali_pdf_report report;
    assert_true(pali_pdf_report_parse(&report,
                                      "Title:          Pages: 9\nPages:           12\n"
                                      "Page    1 size:  100 x 200 pts\n"
                                      "Page    2 size:  595.276 x 841.89 pts (A4)\n",
                                      2));
    assert_int_equal(report.pages, 12);
    assert_true(report.width > 595.27 && report.width < 595.28);
    assert_true(report.height > 841.88 && report.height < 841.9);
    assert_true(pali_pdf_report_parse(
        &report, "Pages: 2\nPage    1 size:  1 x 2 pts\nPage    2 size:  3 x 4 pts\n", 1));
    assert_true(report.width == 1 && report.height == 2);
    assert_true(pali_pdf_report_parse(&report, "Pages: 1\nPage 1 size: 1e+08 x 2.5e-05 pts\n", 1));
    assert_true(fabs(report.width - 1e8) < 1 && fabs(report.height - 2.5e-5) < 1e-9);
    assert_true(pali_pdf_report_parse(&report, "Pages: 1\nPage 1 size: 1e+300 x 1 pts\n", 1));
    assert_true(report.width == 1e12 && report.height == 1);
    assert_true(pali_pdf_report_parse(&report, "Pages: 3\nPage 1 size: 1 x -2 pts\n", 1));
    assert_true(report.width == 0 && report.height == 0);
    assert_false(pali_pdf_report_parse(&report, "Pages: 0\n", 1));
    assert_false(pali_pdf_report_parse(&report, "Pages: 12345678901234567890\n", 1));
    assert_false(pali_pdf_report_parse(&report, "", 1));
}

static void reports_of_heif_info_are_understood(void **state) {
    (void)state;
    pali_heic_report report;
    assert_true(pali_heic_report_parse(&report, "main brand: heic\nimage: 10x20 (id=1)\n"
                                                "  thumbnail: 5x5\nimage: 4032x3024 (id=49), "
                                                "primary\nimage: 7x7 (id=50)\n"));
    assert_int_equal(report.width, 4032);
    assert_int_equal(report.height, 3024);
    assert_int_equal(report.primary, 2);
    assert_int_equal(report.pictures, 3);
    assert_false(pali_heic_report_parse(&report, "image: 10x20 (id=1)\n"));
    assert_false(pali_heic_report_parse(&report, "image: x20, primary\n"));
}

static void pictures_of_pdftoppm_are_understood(void **state) {
    (void)state;
    static const uint8_t whole[] = "P6\n2 1\n255\nabcdef";
    pali_ppm ppm;
    assert_true(pali_ppm_parse(&ppm, whole, sizeof whole - 1));
    assert_int_equal(ppm.width, 2);
    assert_int_equal(ppm.height, 1);
    assert_ptr_equal(ppm.pixels, whole + sizeof whole - 7);
    for (size_t size = 0; size < sizeof whole - 1; size++)
        assert_false(pali_ppm_parse(&ppm, whole, size));
    assert_false(pali_ppm_parse(&ppm, whole, sizeof whole)); /* one byte too many */
    assert_false(pali_ppm_parse(&ppm, (const uint8_t *)"P6\n2 1\n65535\nabcdef", 19));
    assert_false(pali_ppm_parse(&ppm, (const uint8_t *)"P5\n2 1\n255\nabcdef", 17));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(output_complaints_and_exit_code_are_kept, enter, leave),
        cmocka_unit_test_setup_teardown(it_runs_in_the_folder_with_nothing_of_ours, enter, leave),
        cmocka_unit_test_setup_teardown(endless_output_is_read_and_cut, enter, leave),
        cmocka_unit_test_setup_teardown(one_that_hangs_is_killed, enter, leave),
        cmocka_unit_test_setup_teardown(limits_on_memory_and_files_hold, enter, leave),
        cmocka_unit_test_setup_teardown(its_end_becomes_a_message, enter, leave),
        cmocka_unit_test_setup_teardown(a_missing_program_is_told_with_its_package, enter, leave),
        cmocka_unit_test_setup_teardown(signal_settings_of_the_host_do_not_reach_it, enter, leave),
        cmocka_unit_test(the_folder_is_private_and_leaves_nothing),
        cmocka_unit_test(reports_of_pdfinfo_are_understood),
        cmocka_unit_test(reports_of_heif_info_are_understood),
        cmocka_unit_test(pictures_of_pdftoppm_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
