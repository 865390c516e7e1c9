/* Claims about the cache on disk, the names of checkpoints, and the headers of answers. */
#include "hub/answer.h"
#include "hub/cache.h"
#include "hub/environment.h"
#include "pali/hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define OTHER "89abcdef0123456789abcdef0123456789abcdef"

static char root[64];

static void write_file(const char *path, const char *text) {
    char full[512], command[1100];
    snprintf(full, sizeof full, "%s/%s", root, path);
    snprintf(command, sizeof command, "mkdir -p \"$(dirname '%s')\"", full);
    assert_int_equal(system(command), 0);
    FILE *file = fopen(full, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void link_file(const char *path, const char *target) {
    char full[512];
    write_file(path, "");
    snprintf(full, sizeof full, "%s/%s", root, path);
    assert_int_equal(unlink(full), 0);
    assert_int_equal(symlink(target, full), 0);
}

static int new_cache(void **state) {
    (void)state;
    strcpy(root, "/tmp/pali-cache-XXXXXX");
    if (!mkdtemp(root))
        return -1;
    setenv("HF_HUB_CACHE", root, 1);
    return 0;
}

static int remove_cache(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static void put_model(const char *repository, const char *commit) {
    static const char *const files[] = {"config.json", "tokenizer.json", "model.safetensors"};
    for (size_t i = 0; i < 3; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/snapshots/%s/%s", repository, commit, files[i]);
        write_file(path, "12345");
    }
}

static void expect_missing(const char *model, const char *text) {
    pali_error err = PALI_ERROR_INIT;
    char *directory = NULL;
    assert_int_equal(pali_hub_find(&directory, model, &err), PALI_ERROR_NOT_FOUND);
    assert_null(directory);
    if (!strstr(err.message, text))
        fail_msg("%s", err.message);
}

static void expect_found(const char *model, const char *tail) {
    pali_error err = PALI_ERROR_INIT;
    char *directory = NULL;
    if (pali_hub_find(&directory, model, &err))
        fail_msg("%s", err.message);
    size_t length = strlen(directory);
    assert_true(length >= strlen(tail));
    assert_string_equal(directory + length - strlen(tail), tail);
    free(directory);
}

static void a_folder_is_itself(void **state) {
    (void)state;
    expect_found(root, root);
}

static void a_revision_is_found_through_refs(void **state) {
    (void)state;
    put_model("models--org--name", COMMIT);
    expect_missing("org/name", "org/name: not on this machine: run rxscan pull org/name");
    write_file("models--org--name/refs/main", COMMIT);
    write_file("models--org--name/refs/refs/pr/1", COMMIT "\n");
    expect_found("org/name", "models--org--name/snapshots/" COMMIT);
    expect_found("org/name@main", "snapshots/" COMMIT);
    expect_found("org/name@refs/pr/1", "snapshots/" COMMIT);
    expect_found("org/name@" COMMIT, "snapshots/" COMMIT);
    expect_missing("org/name@v2", "org/name@v2: not on this machine: run rxscan pull org/name@v2");
    write_file("models--org--name/refs/v2", OTHER);
    expect_missing("org/name@v2", "not on this machine");
    write_file("models--org--name/refs/v3", "../../elsewhere");
    expect_missing("org/name@v3", "not on this machine");
}

static void a_partial_snapshot_names_what_is_missing(void **state) {
    (void)state;
    put_model("models--org--name", COMMIT);
    write_file("models--org--name/refs/main", COMMIT);
    char path[256];
    snprintf(path, sizeof path, "%s/models--org--name/snapshots/" COMMIT "/model.safetensors",
             root);
    assert_int_equal(unlink(path), 0);
    expect_missing("org/name", "(model.safetensors is missing)");
    write_file("models--org--name/snapshots/" COMMIT "/model.safetensors.index.json",
               "{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}");
    write_file("models--org--name/snapshots/" COMMIT "/one.safetensors", "1");
    expect_missing("org/name", "(two.safetensors is missing)");
    write_file("models--org--name/snapshots/" COMMIT "/two.safetensors", "1");
    expect_found("org/name", COMMIT);
    snprintf(path, sizeof path, "%s/models--org--name/snapshots/" COMMIT "/tokenizer.json", root);
    assert_int_equal(unlink(path), 0);
    link_file("models--org--name/snapshots/" COMMIT "/tokenizer.json", "../../blobs/gone");
    expect_missing("org/name", "(tokenizer.json is missing)");
}

static void the_list_is_sorted_and_leaves_broken_entries_out(void **state) {
    (void)state;
    put_model("models--org--zebra", COMMIT);
    put_model("models--org--apple", OTHER);
    put_model("models--org--apple", COMMIT);
    write_file("models--org--apple/refs/main", OTHER);
    link_file("models--org--apple/snapshots/" COMMIT "/loop", ".");
    link_file("models--org--apple/snapshots/" COMMIT "/gone", "../../blobs/gone");
    write_file("models--org--file", "");
    write_file("models--org--empty/refs/main", COMMIT);
    write_file("models--org--odd/snapshots/latest/config.json", "");
    write_file("models--org--odd/snapshots/" COMMIT, "a file");
    write_file("datasets--org--data/snapshots/" COMMIT "/x", "");
    write_file("version.txt", "1");
    pali_hub_model *models = NULL;
    size_t count = 0;
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(pali_hub_list(&models, &count, &err), PALI_OK);
    assert_int_equal(count, 3);
    assert_string_equal(models[0].repository, "org/apple");
    assert_string_equal(models[0].commit, COMMIT);
    assert_null(models[0].revision);
    assert_int_equal(models[0].bytes, 15);
    assert_true(models[0].complete);
    assert_string_equal(models[1].commit, OTHER);
    assert_string_equal(models[1].revision, "main");
    assert_string_equal(models[2].repository, "org/zebra");
    pali_hub_list_free(&models, count);
    assert_null(models);
}

static void a_cache_that_does_not_exist_is_empty(void **state) {
    (void)state;
    pali_hub_model *models = NULL;
    size_t count = 7;
    setenv("HF_HUB_CACHE", "/nowhere/at/all", 1);
    assert_int_equal(pali_hub_list(&models, &count, NULL), PALI_OK);
    assert_int_equal(count, 0);
    pali_hub_list_free(&models, count);
}

static void names_cannot_leave_the_cache(void **state) {
    (void)state;
    static const char *const bad[] = {
        "name",          "/name",           "org/",       "org/a/b",     "../name",
        "org/..",        "org/a--b",        "o--rg/name", "org/a..b",    "org/name@",
        "org/name@..",   "org/name@a/../b", "./org",      "org/name@/x", "org/name@x/",
        "org/name@a//b", "org/name@a b",    "org/na\nme", "org@x/name"};
    pali_hub_name name;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (pali_hub_name_parse(&name, bad[i]))
            fail_msg("%s", bad[i]);
    assert_true(pali_hub_name_parse(&name, "google/paligemma2-3b-mix-448@refs/pr/2"));
    assert_string_equal(name.repository, "google/paligemma2-3b-mix-448");
    assert_string_equal(name.revision, "refs/pr/2");
}

static void revisions_are_percent_encoded(void **state) {
    (void)state;
    pali_buffer url;
    pali_buffer_init(&url, 1000);
    assert_int_equal(pali_hub_url(&url, "http://h", "o/n", "refs/pr/1#?", "a b.json", NULL),
                     PALI_OK);
    assert_string_equal(url.data, "http://h/o/n/resolve/refs%2Fpr%2F1%23%3F/a%20b.json");
    pali_buffer_free(&url);
}

static void index_names_outside_the_folder_are_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"{\"weight_map\":{\"t\":\"../x.safetensors\"}}",
                                      "{\"weight_map\":{\"t\":\"a/b\"}}",
                                      "{\"weight_map\":{\"t\":\"..\"}}",
                                      "{\"weight_map\":{\"t\":\"a\\\\b\"}}",
                                      "{\"weight_map\":{\"t\":\"\"}}",
                                      "{\"weight_map\":{\"t\":3}}",
                                      "{\"weight_map\":{\"t\":\"a\\nb\"}}",
                                      "{\"weight_map\":{}}",
                                      "{}",
                                      "[]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char **names = NULL;
        size_t count = 0;
        pali_error err = PALI_ERROR_INIT;
        if (pali_shards_parse(&names, &count, bad[i], strlen(bad[i]), "index", &err) !=
            PALI_ERROR_FORMAT)
            fail_msg("%s", bad[i]);
        assert_null(names);
    }
}

static void parse_headers(pali_answer *answer, const char *const *lines) {
    pali_answer_clear(answer);
    for (; *lines; lines++)
        pali_answer_header(answer, *lines, strlen(*lines));
}

static void headers_are_read_as_the_hub_writes_them(void **state) {
    (void)state;
    pali_answer a;
    parse_headers(&a, (const char *const[]){
                          "HTTP/1.1 302 Found\r\n", "ETag: \"ignored\"\r\n", "HTTP/2 206\r\n",
                          "x-repo-commit: " COMMIT "\r\n", "ETag: W/\"abc\"\r\n",
                          "X-Linked-Etag: \"def\"\r\n", "X-Linked-Size: 5000000000\r\n",
                          "content-length:  17 \r\n", "Content-Range: bytes 100-199/200\r\n",
                          "Retry-After: 7\r\n", "X-Error-Code: GatedRepo\r\n",
                          "X-Error-Message: no\x1b[31m\r\n", "\r\n", NULL});
    assert_int_equal(a.status, 206);
    assert_string_equal(a.commit, COMMIT);
    assert_string_equal(a.etag, "abc");
    assert_string_equal(a.linked_etag, "def");
    assert_true(a.linked_size == 5000000000);
    assert_int_equal(a.content_length, 17);
    assert_int_equal(a.range_start, 100);
    assert_int_equal(a.range_total, 200);
    assert_int_equal(a.retry_after, 7);
    assert_string_equal(a.error_code, "GatedRepo");
    assert_string_equal(a.error_message, "no?[31m");
}

static void unusable_headers_count_as_absent(void **state) {
    (void)state;
    pali_answer a;
    parse_headers(&a, (const char *const[]){"HTTP/1.1 200 OK", "Content-Length: -5",
                                            "X-Linked-Size: 99999999999999999999",
                                            "Content-Range: bytes */300", "ETag: \"a\x01\"",
                                            "Retry-After: soon", "nonsense", ":", "", NULL});
    assert_int_equal(a.content_length, -1);
    assert_int_equal(a.linked_size, -1);
    assert_int_equal(a.range_start, -1);
    assert_int_equal(a.range_total, 300);
    assert_int_equal(a.retry_after, -1);
    assert_string_equal(a.etag, "");
}

static void expect_token(const char *expected) {
    pali_buffer token;
    pali_buffer_init(&token, 1000);
    assert_int_equal(pali_hub_token(&token, NULL), PALI_OK);
    assert_string_equal(token.data ? token.data : "", expected);
    pali_buffer_free(&token);
}

static void the_token_is_found_where_python_finds_it(void **state) {
    (void)state;
    setenv("HF_HOME", root, 1);
    write_file("token", "hf_file\n");
    write_file("other", " hf_other ");
    expect_token("hf_file");
    char path[128];
    snprintf(path, sizeof path, "%s/other", root);
    setenv("HF_TOKEN_PATH", path, 1);
    expect_token("hf_other");
    setenv("HUGGING_FACE_HUB_TOKEN", "hf_second", 1);
    expect_token("hf_second");
    setenv("HF_TOKEN", " hf_fi\nrst\n", 1);
    expect_token("hf_first");
    setenv("HF_TOKEN", "  ", 1);
    expect_token("hf_second");
    setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "yes", 1);
    expect_token("");
    unsetenv("HF_HUB_DISABLE_IMPLICIT_TOKEN");
    setenv("HF_TOKEN", "hf secret", 1);
    pali_buffer token;
    pali_buffer_init(&token, 1000);
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(pali_hub_token(&token, &err), PALI_ERROR_ARGUMENT);
    assert_null(strstr(err.message, "secret"));
    pali_buffer_free(&token);
    unsetenv("HF_TOKEN");
    unsetenv("HUGGING_FACE_HUB_TOKEN");
    unsetenv("HF_TOKEN_PATH");
}

static void the_cache_is_where_python_has_it(void **state) {
    (void)state;
    static const struct {
        const char *name, *value, *expected;
    } steps[] = {{"HOME", "/h", "/h/.cache/huggingface/hub"},
                 {"XDG_CACHE_HOME", "/x", "/x/huggingface/hub"},
                 {"HF_HOME", "~/y", "/h/y/hub"},
                 {"HUGGINGFACE_HUB_CACHE", "/old", "/old"},
                 {"HF_HUB_CACHE", "/new", "/new"}};
    static const char *const names[] = {"XDG_CACHE_HOME", "HF_HOME", "HUGGINGFACE_HUB_CACHE",
                                        "HF_HUB_CACHE"};
    for (size_t i = 0; i < 4; i++)
        unsetenv(names[i]);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        pali_buffer path;
        pali_buffer_init(&path, 1000);
        setenv(steps[i].name, steps[i].value, 1);
        assert_int_equal(pali_hub_cache_root(&path, NULL), PALI_OK);
        assert_string_equal(path.data, steps[i].expected);
        pali_buffer_free(&path);
    }
}

#define CLAIM(name) cmocka_unit_test_setup_teardown(name, new_cache, remove_cache)

int main(void) {
    const struct CMUnitTest tests[] = {
        CLAIM(a_folder_is_itself),
        CLAIM(a_revision_is_found_through_refs),
        CLAIM(a_partial_snapshot_names_what_is_missing),
        CLAIM(the_list_is_sorted_and_leaves_broken_entries_out),
        CLAIM(a_cache_that_does_not_exist_is_empty),
        CLAIM(names_cannot_leave_the_cache),
        CLAIM(revisions_are_percent_encoded),
        CLAIM(index_names_outside_the_folder_are_refused),
        CLAIM(headers_are_read_as_the_hub_writes_them),
        CLAIM(unusable_headers_count_as_absent),
        CLAIM(the_token_is_found_where_python_finds_it),
        CLAIM(the_cache_is_where_python_has_it),
    };
    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
