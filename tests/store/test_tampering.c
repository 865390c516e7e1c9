/* Claims about stores that were changed by other hands: whatever was changed is found, and what is
 * not a store is refused. */
#include "stores.h"

#include "cli/program.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Runs statements on the file as any program could. */
static void tamper(const char *sql) {
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

static void make_store(int pages) {
    unlink(path);
    rx_store *store = open_store(RX_STORE_CREATE);
    put_pages(store, 0, pages);
    pali_error failure = {PALI_ERROR_IO, "in/x.png: cannot be read"};
    assert_int_equal(rx_store_put_failure(store, "in/x.png", 0, &failure, NULL), PALI_OK);
    uint64_t count;
    rx_selection select = {.input = "in/002.png"};
    assert_int_equal(rx_store_erase(store, &select, &count, NULL), PALI_OK);
    rx_store_close(&store);
}

static void whatever_is_changed_is_found(void **state) {
    (void)state;
    static const struct {
        const char *sql, *found;
    } cases[] = {
        {"UPDATE results SET document = replace(document, '625', '62.5') WHERE id = 3",
         "a page is not what was read (entry 3)"},
        {"UPDATE results SET input = 'in/other.png' WHERE id = 2", "not what was read"},
        {"UPDATE results SET page = 7 WHERE id = 2", "not what was read"},
        {"UPDATE results SET failed = 1 WHERE id = 2", "not what was read"},
        {"UPDATE results SET key = 'x' WHERE id = 2", "not what was read"},
        {"UPDATE results SET salt = zeroblob(32) WHERE id = 2", "not what was read"},
        {"UPDATE results SET id = 100 WHERE id = 2", "1 pages are there of which"},
        {"DELETE FROM results WHERE id = 2",
         "of 6 pages that the audit trail tells of, 5 are there"},
        {"INSERT INTO results SELECT 4, 'k', input, page, failed, salt, document FROM results "
         "WHERE id = 3",
         "not what was read"},
        {"INSERT INTO results SELECT 99, 'k', input, page, failed, salt, document FROM results "
         "WHERE id = 3",
         "1 pages are there of which"},
        {"UPDATE audit SET time = '2020-01-01T00:00:00Z' WHERE seq = 3",
         "trail is broken (entry 3)"},
        {"UPDATE audit SET actor = 'nobody' WHERE seq = 3", "trail is broken"},
        {"UPDATE audit SET action = 'failed' WHERE seq = 3", "trail is broken"},
        {"UPDATE audit SET subject = '2' WHERE action = 'erased'", "trail is broken"},
        {"UPDATE audit SET digest = '' WHERE seq = 3", "trail is broken"},
        {"UPDATE audit SET hash = upper(hash) WHERE seq = 3", "trail is broken"},
        {"DELETE FROM audit WHERE seq = 3", "trail is broken (entry 4)"},
        {"DELETE FROM audit WHERE action = 'erased'",
         "of 7 pages that the audit trail tells of, 6 are there"},
        {"DELETE FROM audit", "trail is empty"},
        {"CREATE TRIGGER t AFTER INSERT ON results BEGIN DELETE FROM audit; END", "its tables"},
        {"CREATE VIEW v AS SELECT * FROM results", "its tables"},
        {"CREATE TABLE more(x)", "its tables"},
        {"DROP TABLE results", "its tables"},
        {"PRAGMA journal_mode=WAL", "write-ahead log"},
        {"PRAGMA user_version=2", "newer rxscan"},
        {"PRAGMA user_version=0", "never was"},
        {"PRAGMA application_id=1", "not a store of rxscan"},
    };
    make_store(6);
    assert_int_equal(verified().results, 5);
    size_t size;
    char *bytes = file_text(path, &size);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(path, bytes, size);
        tamper(cases[i].sql);
        expect_damage(cases[i].found);
    }
    free(bytes);
}

/* From a copy that somebody kept. */
static void an_erased_page_that_comes_back_is_found(void **state) {
    (void)state;
    char kept[160], sql[512];
    unlink(path);
    rx_store *store = open_store(RX_STORE_CREATE);
    put_pages(store, 0, 3);
    size_t size;
    char *bytes = file_text(path, &size);
    snprintf(kept, sizeof kept, "%s/kept.db", folder);
    write_file(kept, bytes, size);
    free(bytes);
    uint64_t count;
    rx_selection select = {.input = "in/001.png"};
    assert_int_equal(rx_store_erase(store, &select, &count, NULL), PALI_OK);
    rx_store_close(&store);
    snprintf(sql, sizeof sql,
             "ATTACH '%s' AS k; INSERT INTO results SELECT * FROM k.results WHERE id = 3; "
             "DELETE FROM results WHERE id = 2",
             kept);
    tamper(sql);
    expect_damage("a page that was removed is there");
}

/* ---- bytes ---- */

static bool is_sound(void) {
    rx_store *store = NULL;
    rx_store_state state;
    pali_status status = rx_store_open(&store, path, RX_STORE_EXISTING, NULL);
    if (!status)
        status = rx_store_verify(store, &state, NULL);
    rx_store_close(&store);
    return status == PALI_OK;
}

/* One bit of bytes all over the file. Left out is what holds nothing: the database's own header
 * (counters, the version of SQLite) and room that is free, which is zero. */
static void a_flipped_bit_in_any_page_of_the_file_is_found(void **state) {
    (void)state;
    make_store(12);
    size_t size, flips = 0;
    char *bytes = file_text(path, &size);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    for (size_t at = 100; at < size; at += 331) {
        if (bytes[at] == 0)
            continue;
        fseek(file, (long)at, SEEK_SET);
        fputc(bytes[at] ^ 1 << at % 8, file);
        fflush(file);
        if (is_sound())
            fail_msg("byte %zu of page %zu was flipped and the store verifies", at % 4096,
                     at / 4096);
        fseek(file, (long)at, SEEK_SET);
        fputc(bytes[at], file);
        fflush(file);
        flips++;
    }
    assert_true(flips > 2 * (size / 4096));
    assert_true(is_sound());
    fclose(file);
    free(bytes);
}

static void a_truncated_store_is_found(void **state) {
    (void)state;
    make_store(12);
    size_t size;
    char *bytes = file_text(path, &size);
    for (size_t left = size - 1; left > 0; left = left > 3000 ? left - 2917 : left / 2) {
        write_file(path, bytes, left);
        expect_damage(NULL);
    }
    free(bytes);
}

static void what_is_no_store_is_refused(void **state) {
    (void)state;
    static const char text[] = "medicine,strength\nAugmentin,625 mg\n";
    rx_store *store = NULL;
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(rx_store_open(&store, path, RX_STORE_EXISTING, &err), PALI_ERROR_NOT_FOUND);
    write_file(path, "", 0);
    expect_damage("empty, not a store");
    write_file(path, text, sizeof text - 1);
    expect_damage("not a database");
    assert_int_equal(rx_store_open(&store, path, RX_STORE_CREATE, &err), PALI_ERROR_FORMAT);
    size_t size;
    char *after = file_text(path, &size);
    assert_string_equal(after, text);
    free(after);
    unlink(path);
    tamper("CREATE TABLE friends(name)");
    expect_damage("a database, but not a store of rxscan");
    assert_int_equal(rx_store_open(&store, path, RX_STORE_CREATE, &err), PALI_ERROR_FORMAT);
    assert_int_equal(rx_store_open(&store, folder, RX_STORE_CREATE, &err), PALI_ERROR_FORMAT);
    snprintf(path, sizeof path, "%s/missing/store.db", folder);
    assert_int_equal(rx_store_open(&store, path, RX_STORE_CREATE, &err), PALI_ERROR_NOT_FOUND);
    assert_null(store);
}

/* Run as somebody who may not write: the tests may run as root, who always may. */
static int use_as_nobody(void) {
    if (geteuid() == 0 && (setegid(65534) != 0 || seteuid(65534) != 0))
        return 1;
    rx_store *store = NULL;
    rx_store_state s;
    pali_error err = PALI_ERROR_INIT;
    if (rx_store_open(&store, path, RX_STORE_EXISTING, NULL) || rx_store_verify(store, &s, NULL))
        return 2;
    bool refused = put_page(store, 50, &err) == PALI_ERROR_IO && strstr(err.message, "readonly");
    rx_store_close(&store);
    return refused ? 0 : 3;
}

static void a_write_protected_store_can_be_read(void **state) {
    (void)state;
    make_store(3);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(use_as_nobody());
    assert_int_equal(wait_program(child), 0);
    assert_int_equal(chmod(folder, 0755), 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_store_folder, remove_store_folder)
    const struct CMUnitTest tests[] = {
        TEST(whatever_is_changed_is_found),
        TEST(an_erased_page_that_comes_back_is_found),
        TEST(a_flipped_bit_in_any_page_of_the_file_is_found),
        TEST(a_truncated_store_is_found),
        TEST(what_is_no_store_is_refused),
        TEST(a_write_protected_store_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
