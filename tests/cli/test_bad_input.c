/* Claims about files that are broken or hostile, and places that cannot be read or written: each is
 * named with its cause, in little memory, and a good page beside it is delivered. */
#include "own_folder.h"
#include "png_file.h"
#include "program.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MODEL MODELS "/lines"
#define PAGE SAMPLES "/prescription.jpg"

static char path[160];

/* Scans `bad` and then a page: the page is delivered, and `cause` is told with the name. */
static void expect_named(const char *bad, const char *name, const char *cause) {
    outcome o = RUN("scan", "--model", MODEL, "--format", "csv", bad, PAGE);
    const char *at = strstr(o.err, name);
    if (o.status != 1 || !at || !strstr(at, cause) || !strstr(o.out, cause) ||
        !strstr(o.out, "prescription.jpg"))
        fail_msg("%s: status %d, \"%.300s\", \"%.300s\"", name, o.status, o.err, o.out);
    outcome_free(&o);
}

/* ---- pictures ---- */

static void a_picture_that_declares_huge_sides_is_refused(void **state) {
    (void)state;
    static const unsigned char pixels[16];
    write_png(in_folder(path, "bomb.png"), 0x7fffffff, 0x7fffffff, pixels, sizeof pixels);
    expect_named(path, "bomb.png", "2147483647 x 2147483647 pixels: the longest side");
    write_png(in_folder(path, "long.png"), 2000000, 1, pixels, sizeof pixels);
    expect_named(path, "long.png", "2000000 x 1 pixels: the longest side");
    write_png(in_folder(path, "large.png"), 30000, 30000, pixels, sizeof pixels);
    expect_named(path, "large.png", "30000 x 30000 pixels are more than");
}

/* A stream of `count` times 1 MiB of zeros: behind a full flush the same bytes may follow again. */
static unsigned char *compressed_zeros(int count, size_t *size) {
    enum { MIB = 1 << 20, ROOM = 8192 };
    unsigned char *zeros = calloc(1, MIB), *block = malloc(ROOM);
    unsigned char *stream = malloc((size_t)count * ROOM + 8);
    z_stream z = {0};
    assert_true(zeros && block && stream);
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = zeros;
    z.avail_in = MIB;
    z.next_out = block;
    z.avail_out = ROOM;
    assert_int_equal(deflate(&z, Z_FULL_FLUSH), Z_OK);
    assert_int_equal(z.avail_in, 0);
    size_t length = ROOM - z.avail_out;
    deflateEnd(&z);
    memcpy(stream, "\x78\x9c", 2);
    *size = 2;
    for (int i = 0; i < count; i++, *size += length)
        memcpy(stream + *size, block, length);
    memcpy(stream + *size, "\x03\x00\0\0\0\0", 6); /* an empty last block, and a checksum */
    *size += 6;
    free(zeros);
    free(block);
    return stream;
}

static void a_picture_that_inflates_far_beyond_its_rows_takes_little_memory(void **state) {
    (void)state;
    enum { MUCH = 3072 }; /* MiB */
    size_t size;
    unsigned char *pixels = compressed_zeros(MUCH, &size);
    write_png(in_folder(path, "inflates.png"), 40, 40, pixels, size);
    free(pixels);
    outcome o = RUN("scan", "--model", MODEL, "--format", "csv", path, PAGE);
    if (o.status != 0 || !strstr(o.out, "prescription.jpg"))
        fail_msg("status %d: %.300s", o.status, o.err);
    outcome_free(&o);
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    assert_true(usage.ru_maxrss / 1024 < MUCH / 2);
}

/* ---- files and places ---- */

static void what_is_no_readable_file_is_named_with_its_cause(void **state) {
    (void)state;
    expect_named(ENCRYPTED, "encrypted.pdf", ": encrypted: it needs a password");
    static const char pageless[] = "%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n"
                                   "2 0 obj <</Type/Pages/Kids[]/Count 0>> endobj\n"
                                   "trailer <</Root 1 0 R>>\n%%EOF\n";
    write_file(in_folder(path, "pageless.pdf"), pageless, sizeof pageless - 1);
    expect_named(path, "pageless.pdf", "PDF: it has no pages");
    write_file(in_folder(path, "empty.jpg"), "", 0);
    expect_named(path, "empty.jpg", "is empty");
    assert_int_equal(symlink("loop", in_folder(path, "loop")), 0);
    expect_named(path, "loop", "Too many levels of symbolic links");
    expect_named(PAGE "/inbox", "inbox", "Not a directory");
    expect_named(in_folder(path, "missing"), "missing", "No such file");
}

/* Root may read any folder; so this one is listed by a process that is not root. */
static void a_folder_that_may_not_be_listed_is_named(void **state) {
    (void)state;
    enum { NOBODY = 65534 };
    assert_int_equal(mkdir(in_folder(path, "locked"), 0), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
            _exit(77);
        if (access(RXSCAN, X_OK) != 0 || access(MODEL "/config.json", R_OK) != 0)
            _exit(77);
        outcome o = RUN("scan", "--model", MODEL, "--format", "csv", path);
        bool named = o.status == 1 && strstr(o.err, "locked: cannot be listed: Permission denied");
        _exit(named ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_name_reaches_a_terminal_without_what_it_would_obey(void **state) {
    (void)state;
    outcome o = RUN("scan", "--model", MODEL, in_folder(path, "\033[31m\n\x9b.jpg"));
    assert_int_equal(o.status, 1);
    assert_non_null(strstr(o.out, "not read: "));
    assert_non_null(strstr(o.err, "[31m"));
    assert_null(strpbrk(o.out, "\033\x9b"));
    assert_null(strpbrk(o.err, "\033\x9b"));
    outcome_free(&o);
}

static void a_temporary_folder_that_cannot_be_made_is_named_with_the_page(void **state) {
    (void)state;
    setenv("TMPDIR", "/nonexistent", 1);
    expect_named(ENCRYPTED, "encrypted.pdf",
                 "cannot make a temporary folder in /nonexistent (TMPDIR): No such");
    unsetenv("TMPDIR");
}

static void a_full_disk_is_named(void **state) {
    (void)state;
    char command[1024];
    snprintf(command, sizeof command,
             RXSCAN " scan --model " MODEL " --format csv " PAGE " 2>%s/err >/dev/full", folder);
    int status = system(command);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    size_t size;
    char *err = file_text(in_folder(path, "err"), &size);
    assert_non_null(strstr(err, "No space left on device"));
    free(err);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_folder, tear_down_folder)
    const struct CMUnitTest tests[] = {
        TEST(a_picture_that_declares_huge_sides_is_refused),
        TEST(a_picture_that_inflates_far_beyond_its_rows_takes_little_memory),
        TEST(what_is_no_readable_file_is_named_with_its_cause),
        TEST(a_folder_that_may_not_be_listed_is_named),
        TEST(a_name_reaches_a_terminal_without_what_it_would_obey),
        TEST(a_temporary_folder_that_cannot_be_made_is_named_with_the_page),
        TEST(a_full_disk_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
