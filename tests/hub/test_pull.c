/* Claims about pulling a checkpoint from a Hub that misbehaves. */
#include "hub_claims.h"

#include <errno.h>
#include <pthread.h>

#define TOKEN "hf_TopSecretToken"
#define FOLDER "models--org--model"

enum { WEIGHTS_SIZE = 300000 };

/* ---- the repository ---- */

static const char config[] = "{\"model_type\": \"paligemma\"}\n";

static void put_text(const char *name, const char *text) {
    hub_server_put(name, text, strlen(text), false);
}

static void put_repository(void) {
    unsigned char *weights = noise(WEIGHTS_SIZE);
    put_text("config.json", config);
    put_text("tokenizer.json", "{}");
    put_text("preprocessor_config.json", "");
    hub_server_put("model.safetensors", weights, WEIGHTS_SIZE, true);
    free(weights);
}

/* ---- what came ---- */

static char *path_of(const char *relative) {
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", cache_root, relative);
    return path;
}

static bool is_here(const char *relative) {
    struct stat info;
    return lstat(path_of(relative), &info) == 0;
}

static char *read_text(const char *relative) {
    static char text[4096];
    FILE *file = fopen(path_of(relative), "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* Number of entries of a folder of the cache whose names end so. */
static int count_files(const char *folder, const char *ending) {
    char command[1024];
    int count = -1;
    snprintf(command, sizeof command, "find '%s/%s' -type f -name '*%s' | wc -l", cache_root,
             folder, ending);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, "%d", &count), 1);
    pclose(pipe);
    return count;
}

static void expect_weights(void) {
    unsigned char *expected = noise(WEIGHTS_SIZE), *bytes = malloc(WEIGHTS_SIZE + 1);
    FILE *file = fopen(path_of(FOLDER "/snapshots/" HUB_COMMIT "/model.safetensors"), "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, WEIGHTS_SIZE + 1, file), WEIGHTS_SIZE);
    assert_memory_equal(bytes, expected, WEIGHTS_SIZE);
    fclose(file);
    free(expected);
    free(bytes);
}

static const pali_hub_options quick = {5, 1, NULL, NULL};

static void expect_pull_of(const char *model, bool expect_cached) {
    pali_error err = PALI_ERROR_INIT;
    char *directory = NULL;
    bool from_cache = !expect_cached;
    if (pali_hub_pull(&directory, &from_cache, model, &quick, &err))
        fail_msg("%s", err.message);
    assert_string_equal(directory, path_of(FOLDER "/snapshots/" HUB_COMMIT));
    assert_int_equal(from_cache, expect_cached);
    free(directory);
}

static void expect_pull(void) {
    expect_pull_of("org/model", false);
    expect_weights();
    assert_int_equal(count_files(FOLDER "/blobs", ".incomplete"), 0);
}

static void expect_failure_of(const char *model, pali_status status, const char *text) {
    pali_error err = PALI_ERROR_INIT;
    char *directory = NULL;
    pali_status actual = pali_hub_pull(&directory, NULL, model, &quick, &err);
    if (actual != status || !strstr(err.message, text))
        fail_msg("%d: %s", actual, err.message);
    assert_null(directory);
    assert_null(strstr(err.message, TOKEN));
    assert_null(strstr(err.message, "signature"));
}

static void expect_failure(pali_status status, const char *text) {
    expect_failure_of("org/model", status, text);
    assert_false(is_here(FOLDER "/refs/main"));
}

/* Number of requests of this method for this file to a host that begins so. */
static size_t count_requests(const char *method, const char *file, const char *host) {
    hub_request *log;
    size_t total = hub_server_log(&log), count = 0;
    for (size_t i = 0; i < total; i++)
        count += (!method || strcmp(log[i].method, method) == 0) &&
                 (!file || strcmp(log[i].file, file) == 0) &&
                 (!host || strncmp(log[i].host, host, strlen(host)) == 0);
    free(log);
    return count;
}

/* ---- the ordinary course ---- */

static void a_pull_leaves_the_layout_of_huggingface_hub(void **state) {
    (void)state;
    put_repository();
    expect_pull();
    assert_string_equal(read_text(FOLDER "/refs/main"), HUB_COMMIT);
    assert_string_equal(read_text(FOLDER "/snapshots/" HUB_COMMIT "/config.json"), config);
    char target[256] = "";
    assert_true(readlink(path_of(FOLDER "/snapshots/" HUB_COMMIT "/tokenizer.json"), target,
                         sizeof target - 1) > 0);
    /* git hash-object of "{}" */
    assert_string_equal(target, "../../blobs/9e26dfeeb6e641a33dae4961196235bdb965b21b");
    assert_true(is_here(FOLDER "/.no_exist/" HUB_COMMIT "/generation_config.json"));
    assert_false(is_here(FOLDER "/.no_exist/" HUB_COMMIT "/config.json"));
    assert_true(is_here(".locks/" FOLDER "/9e26dfeeb6e641a33dae4961196235bdb965b21b.lock"));
    char *directory = NULL;
    assert_int_equal(pali_hub_find(&directory, "org/model", NULL), PALI_OK);
    free(directory);
}

static void a_second_pull_fetches_nothing_but_the_commit(void **state) {
    (void)state;
    put_repository();
    expect_pull();
    hub_server_forget();
    expect_pull();
    assert_int_equal(count_requests(NULL, NULL, NULL), 1);
    hub_server_forget();
    expect_pull_of("org/model@" HUB_COMMIT, false);
    assert_int_equal(count_requests(NULL, NULL, NULL), 0);
}

static void a_lost_file_is_all_that_is_fetched_again(void **state) {
    (void)state;
    put_repository();
    expect_pull();
    unlink(path_of(FOLDER "/blobs/9e26dfeeb6e641a33dae4961196235bdb965b21b"));
    hub_server_forget();
    expect_pull();
    assert_int_equal(count_requests("GET", NULL, NULL), 1);
    assert_int_equal(count_requests("GET", "tokenizer.json", NULL), 1);
    assert_string_equal(read_text(FOLDER "/snapshots/" HUB_COMMIT "/tokenizer.json"), "{}");
}

static void a_revision_with_a_slash_has_its_ref(void **state) {
    (void)state;
    put_repository();
    expect_pull_of("org/model@refs/pr/1", false);
    assert_string_equal(read_text(FOLDER "/refs/refs/pr/1"), HUB_COMMIT);
}

static void shards_are_those_of_the_index(void **state) {
    (void)state;
    put_text("config.json", config);
    put_text("tokenizer.model", "x");
    put_text("model.safetensors.index.json",
             "{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\","
             "\"c\":\"one.safetensors\"}}");
    hub_server_put("one.safetensors", "1", 1, true);
    hub_server_put("two.safetensors", "22", 2, true);
    hub_server_put("three.safetensors", "333", 3, true);
    expect_pull_of("org/model", false);
    assert_string_equal(read_text(FOLDER "/snapshots/" HUB_COMMIT "/two.safetensors"), "22");
    assert_int_equal(count_requests("GET", "one.safetensors", NULL), 1);
    assert_int_equal(count_requests(NULL, "three.safetensors", NULL), 0);
}

static void an_index_cannot_name_files_elsewhere(void **state) {
    (void)state;
    static const char *const names[] = {"../../../../escaped", "/tmp/escaped", "..", "a/b"};
    put_text("config.json", config);
    put_text("tokenizer.json", "{}");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char index[256], command[128];
        snprintf(index, sizeof index, "{\"weight_map\":{\"a\":\"%s\"}}", names[i]);
        put_text("model.safetensors.index.json", index);
        snprintf(command, sizeof command, "rm -rf '%s/" FOLDER "'", cache_root);
        assert_int_equal(system(command), 0);
        expect_failure(PALI_ERROR_FORMAT, "no file of this repository");
    }
    assert_false(is_here("escaped"));
}

/* ---- tokens and refusals ---- */

static void the_token_goes_to_the_hub_and_to_no_other_host(void **state) {
    (void)state;
    put_repository();
    setenv("HF_TOKEN", TOKEN, 1);
    hub_server_gate(TOKEN);
    expect_pull();
    hub_request *log;
    size_t count = hub_server_log(&log), elsewhere = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_hub = strncmp(log[i].host, "127.0.0.1:", 10) == 0;
        assert_int_equal(log[i].has_token, is_hub);
        elsewhere += !is_hub;
    }
    assert_int_equal(elsewhere, 1);
    free(log);
}

static void the_token_survives_no_redirect_of_the_content(void **state) {
    (void)state;
    put_repository();
    setenv("HF_TOKEN", TOKEN, 1);
    char location[128];
    snprintf(location, sizeof location, "Location: http://127.0.0.2:%d/content/config.json\r\n",
             hub_server_port());
    hub_server_fault((hub_fault){.method = "GET",
                                 .file = "config.json",
                                 .host = "127.0.0.1",
                                 .kind = FAULT_STATUS,
                                 .status = 302,
                                 .headers = location});
    expect_pull();
    hub_request *log;
    size_t count = hub_server_log(&log), elsewhere = 0;
    for (size_t i = 0; i < count; i++)
        if (strncmp(log[i].host, "127.0.0.2", 9) == 0) {
            assert_false(log[i].has_token);
            elsewhere++;
        }
    assert_int_equal(elsewhere, 2);
    free(log);
}

static void a_renamed_repository_is_followed_with_the_token(void **state) {
    (void)state;
    put_repository();
    setenv("HF_TOKEN", TOKEN, 1);
    hub_server_gate(TOKEN);
    hub_server_fault(
        (hub_fault){.method = "HEAD",
                    .file = "config.json",
                    .kind = FAULT_STATUS,
                    .status = 307,
                    .headers = "Location: /org/model/resolve/main/config.json?new=1\r\n",
                    .times = 1});
    expect_pull();
}

static void a_gated_repository_says_where_to_go(void **state) {
    (void)state;
    put_repository();
    hub_server_gate(TOKEN);
    expect_failure(PALI_ERROR_DENIED,
                   "accept the terms at https://huggingface.co/org/model and set HF_TOKEN");
    hub_server_gate("another");
    setenv("HF_TOKEN", TOKEN, 1);
    expect_failure(PALI_ERROR_DENIED, "set HF_TOKEN to a token of the same account");
    hub_server_fault(
        (hub_fault){.kind = FAULT_STATUS, .status = 403, .headers = "X-Error-Code: GatedRepo\r\n"});
    expect_failure(PALI_ERROR_DENIED, "accept the terms at https://huggingface.co/org/model");
}

static void each_refusal_has_its_message(void **state) {
    (void)state;
    put_repository();
    expect_failure_of("org/other", PALI_ERROR_DENIED, "check the name and set HF_TOKEN");
    expect_failure_of("org/model@v9", PALI_ERROR_NOT_FOUND, "org/model: has no revision v9");
    setenv("HF_TOKEN", TOKEN, 1);
    expect_failure_of("org/other", PALI_ERROR_DENIED, "check the name and that HF_TOKEN may read");
    static const struct {
        int status;
        const char *headers;
        pali_status code;
        const char *text;
    } cases[] = {
        {401, "X-Error-Message: Invalid credentials in Authorization header\r\n", PALI_ERROR_DENIED,
         "rejects the token"},
        {404, "X-Error-Code: RepoNotFound\r\n", PALI_ERROR_NOT_FOUND, "no such repository"},
        {403, "X-Error-Message: token " TOKEN "\r\n", PALI_ERROR_DENIED,
         "HTTP 403: this HF_TOKEN may not read it"},
        {400, "", PALI_ERROR_NETWORK, "HTTP 400"},
        {503, "", PALI_ERROR_NETWORK, "HTTP 503"},
        {429, "", PALI_ERROR_NETWORK, "too many requests"},
        {429, "Retry-After: 100000\r\n", PALI_ERROR_NETWORK, "come back in 100000 seconds"},
        {200, "", PALI_ERROR_NETWORK, "not a Hugging Face Hub?"},
        {200, "X-Repo-Commit: " HUB_COMMIT "\r\nETag: \"../../../x\"\r\n", PALI_ERROR_NETWORK,
         "no hash of the content"},
        {200, "X-Repo-Commit: ../../x\r\nETag: \"9e26dfeeb6e641a33dae4961196235bdb965b21b\"\r\n",
         PALI_ERROR_NETWORK, "no commit"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hub_server_forget();
        hub_server_fault((hub_fault){
            .kind = FAULT_STATUS, .status = cases[i].status, .headers = cases[i].headers});
        expect_failure(cases[i].code, cases[i].text);
    }
}

static void a_repository_without_weights_is_named(void **state) {
    (void)state;
    put_text("config.json", config);
    expect_failure(PALI_ERROR_NOT_FOUND, "neither tokenizer.json nor tokenizer.model");
    put_text("tokenizer.json", "{}");
    assert_int_equal(remove(path_of(FOLDER "/.no_exist/" HUB_COMMIT "/tokenizer.json")), 0);
    expect_failure(PALI_ERROR_NOT_FOUND, "has no model.safetensors.index.json");
}

/* ---- a bad line ---- */

static void fault_weights(hub_fault fault) {
    fault.method = "GET";
    fault.file = "model.safetensors";
    hub_server_fault(fault);
}

static void a_cut_connection_is_resumed_where_it_broke(void **state) {
    (void)state;
    put_repository();
    fault_weights((hub_fault){.kind = FAULT_CUT, .bytes = 100001, .times = 2});
    expect_pull();
    hub_request *log;
    size_t count = hub_server_log(&log), n = 0;
    static const char *const ranges[] = {"", "bytes=100001-", "bytes=200002-"};
    for (size_t i = 0; i < count; i++)
        if (strcmp(log[i].method, "GET") == 0 && strcmp(log[i].file, "model.safetensors") == 0) {
            assert_true(n < 3);
            assert_string_equal(log[i].range, ranges[n++]);
        }
    assert_int_equal(n, 3);
    free(log);
}

static void a_server_that_ignores_the_range_sends_all_again(void **state) {
    (void)state;
    put_repository();
    fault_weights((hub_fault){.kind = FAULT_CUT, .bytes = 1000, .times = 1});
    fault_weights((hub_fault){.kind = FAULT_NO_RANGE});
    expect_pull();
}

static void another_part_than_asked_for_is_not_taken(void **state) {
    (void)state;
    put_repository();
    fault_weights((hub_fault){.kind = FAULT_CUT, .bytes = 1000, .times = 1});
    fault_weights((hub_fault){.kind = FAULT_WRONG_PART, .times = 1});
    expect_pull();
}

static void a_line_that_never_holds_is_given_up(void **state) {
    (void)state;
    put_repository();
    fault_weights((hub_fault){.kind = FAULT_CUT, .bytes = 100});
    expect_failure(PALI_ERROR_NETWORK, "model.safetensors: ");
    assert_int_equal(count_requests("GET", "model.safetensors", NULL), 6);
    assert_int_equal(count_files(FOLDER "/blobs", ".incomplete"), 1);
    hub_server_forget();
    expect_pull();
    hub_request *log;
    size_t count = hub_server_log(&log);
    assert_string_equal(log[count - 1].range, "bytes=600-");
    free(log);
}

static void a_stall_is_noticed_and_resumed(void **state) {
    (void)state;
    put_repository();
    fault_weights((hub_fault){.kind = FAULT_STALL, .bytes = 1000, .times = 1});
    expect_pull();
    assert_int_equal(count_requests("GET", "model.safetensors", NULL), 2);
}

static void a_busy_server_is_asked_again(void **state) {
    (void)state;
    put_repository();
    hub_server_fault(
        (hub_fault){.method = "HEAD", .kind = FAULT_STATUS, .status = 500, .times = 1});
    hub_server_fault(
        (hub_fault){.method = "HEAD", .kind = FAULT_STATUS, .status = 408, .times = 1});
    fault_weights((hub_fault){.kind = FAULT_STATUS, .status = 503, .times = 3});
    expect_pull();
    assert_int_equal(count_requests("GET", "model.safetensors", NULL), 4);
}

static bool note_wait(void *context, const char *name, uint64_t done, uint64_t total) {
    int *calls = context;
    (void)name, (void)done, (void)total;
    ++*calls;
    return true;
}

static void retry_after_is_honoured(void **state) {
    (void)state;
    put_repository();
    hub_server_fault((hub_fault){.method = "HEAD",
                                 .file = "config.json",
                                 .kind = FAULT_STATUS,
                                 .status = 429,
                                 .headers = "Retry-After: 1\r\n",
                                 .times = 1});
    int calls = 0;
    pali_hub_options options = {5, 1, note_wait, &calls};
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    char *directory = NULL;
    assert_int_equal(pali_hub_pull(&directory, NULL, "org/model", &options, NULL), PALI_OK);
    clock_gettime(CLOCK_MONOTONIC, &after);
    double waited =
        (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) * 1e-9;
    assert_true(waited >= 1.0);
    assert_true(calls >= 10); /* it could have been stopped while it waited */
    free(directory);
}

static void an_expired_location_is_asked_for_again(void **state) {
    (void)state;
    put_repository();
    fault_weights((hub_fault){.kind = FAULT_STATUS, .status = 403, .times = 1});
    expect_pull();
    assert_int_equal(count_requests("HEAD", "model.safetensors", NULL), 2);
}

static void chunks_without_any_length_are_taken(void **state) {
    (void)state;
    put_repository();
    hub_server_fault((hub_fault){.kind = FAULT_CHUNKED});
    expect_pull();
    assert_string_equal(read_text(FOLDER "/snapshots/" HUB_COMMIT "/config.json"), config);
}

/* ---- wrong content ---- */

static void expect_no_blob(void) {
    /* SHA-256 of the weights is the only name of 64 digits. */
    static const char digits[] = "????????????????????????????????????????????????????????????????";
    assert_int_equal(count_files(FOLDER "/blobs", digits), 0);
    assert_int_equal(count_files(FOLDER "/blobs", ".incomplete"), 0);
    assert_false(is_here(FOLDER "/snapshots/" HUB_COMMIT "/model.safetensors"));
}

static void a_wrong_hash_gets_no_name(void **state) {
    (void)state;
    put_repository();
    fault_weights((hub_fault){.kind = FAULT_CONTENT});
    expect_failure(PALI_ERROR_INTEGRITY, "model.safetensors: what came does not have the SHA-256");
    expect_no_blob();
    hub_server_forget();
    hub_server_fault((hub_fault){.method = "GET", .file = "tokenizer.json", .kind = FAULT_CONTENT});
    unlink(path_of(FOLDER "/blobs/9e26dfeeb6e641a33dae4961196235bdb965b21b"));
    expect_failure(PALI_ERROR_INTEGRITY, "tokenizer.json: what came does not have the git SHA-1");
}

static void a_wrong_length_gets_no_name(void **state) {
    (void)state;
    put_repository();
    fault_weights((hub_fault){.kind = FAULT_LENGTH, .bytes = 10});
    expect_failure(PALI_ERROR_INTEGRITY, "300000 bytes were announced, and 299990 are sent");
    expect_no_blob();
    hub_server_forget();
    fault_weights((hub_fault){.kind = FAULT_LONGER});
    expect_failure(PALI_ERROR_INTEGRITY, "more than 300000 bytes are sent");
    expect_no_blob();
}

static void a_bad_part_of_an_earlier_run_is_fetched_anew(void **state) {
    (void)state;
    put_repository();
    fault_weights((hub_fault){.kind = FAULT_CUT, .bytes = 100, .times = 6});
    expect_failure(PALI_ERROR_NETWORK, "model.safetensors: ");
    char command[512];
    snprintf(command, sizeof command,
             "printf X | dd of=$(ls '%s'/" FOLDER "/blobs/*.incomplete) conv=notrunc status=none",
             cache_root);
    assert_int_equal(system(command), 0);
    expect_pull();
}

/* ---- stopping, and company ---- */

static bool stop_at_half(void *context, const char *name, uint64_t done, uint64_t total) {
    (void)context;
    return !(strcmp(name, "model.safetensors") == 0 && done >= total / 4 && total);
}

static void a_stopped_pull_goes_on_where_it_was(void **state) {
    (void)state;
    put_repository();
    fault_weights((hub_fault){.kind = FAULT_STALL, .bytes = 150000, .times = 1});
    pali_hub_options options = {5, 1, stop_at_half, NULL};
    pali_error err = PALI_ERROR_INIT;
    char *directory = NULL;
    assert_int_equal(pali_hub_pull(&directory, NULL, "org/model", &options, &err),
                     PALI_ERROR_CANCELLED);
    assert_int_equal(count_files(FOLDER "/blobs", ".incomplete"), 1);
    hub_server_forget();
    expect_pull();
    hub_request *log;
    size_t count = hub_server_log(&log);
    assert_int_equal(strncmp(log[count - 1].range, "bytes=", 6), 0);
    free(log);
}

static void *pull_in_thread(void *context) {
    char *directory = NULL;
    pali_status status = pali_hub_pull(&directory, NULL, "org/model", &quick, context);
    free(directory);
    return (void *)(intptr_t)status;
}

static void several_pulls_at_once_fetch_each_file_once(void **state) {
    (void)state;
    put_repository();
    fault_weights((hub_fault){.kind = FAULT_STALL, .bytes = 1000, .times = 1});
    pthread_t threads[4];
    pali_error errors[4] = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, pull_in_thread, &errors[i]), 0);
    for (int i = 0; i < 4; i++) {
        void *status;
        pthread_join(threads[i], &status);
        if (status)
            fail_msg("%s", errors[i].message);
    }
    expect_weights();
    assert_int_equal(count_requests("GET", "model.safetensors", NULL), 2);
    assert_int_equal(count_requests("GET", "config.json", NULL), 1);
}

/* ---- without a network ---- */

static void offline_uses_what_is_here(void **state) {
    (void)state;
    put_repository();
    setenv("HF_HUB_OFFLINE", "1", 1);
    expect_failure(PALI_ERROR_NOT_FOUND, "HF_HUB_OFFLINE");
    unsetenv("HF_HUB_OFFLINE");
    expect_pull();
    hub_server_forget();
    setenv("TRANSFORMERS_OFFLINE", "yes", 1);
    expect_pull_of("org/model", true);
    assert_int_equal(count_requests(NULL, NULL, NULL), 0);
}

static void a_hub_out_of_reach_leaves_the_last_copy(void **state) {
    (void)state;
    put_repository();
    expect_pull();
    setenv("HF_ENDPOINT", "http://127.0.0.1:1", 1);
    expect_pull_of("org/model", true);
    hub_server_fault((hub_fault){.kind = FAULT_STATUS, .status = 502});
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", hub_server_port());
    setenv("HF_ENDPOINT", endpoint, 1);
    expect_pull_of("org/model", true);
    setenv("HF_ENDPOINT", "http://127.0.0.1:1", 1);
    expect_failure_of("org/another", PALI_ERROR_NETWORK, "config.json: ");
}

static void a_disk_without_room_is_found_out_first(void **state) {
    (void)state;
    put_repository();
    hub_server_fault((hub_fault){
        .method = "HEAD",
        .file = "model.safetensors",
        .kind = FAULT_STATUS,
        .status = 200,
        .headers = "X-Repo-Commit: " HUB_COMMIT "\r\nX-Linked-Size: 900000000000000000\r\n"
                   "X-Linked-Etag: "
                   "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"\r\n"});
    expect_failure(PALI_ERROR_IO, "900000000.00 GB are to come");
    assert_int_equal(count_requests("GET", "model.safetensors", NULL), 0);
}

/* ---- a disk without links ---- */

static bool links_fail;

int __real_symlink(const char *target, const char *path);
int __wrap_symlink(const char *target, const char *path);

int __wrap_symlink(const char *target, const char *path) {
    errno = EPERM;
    return links_fail ? -1 : __real_symlink(target, path);
}

static void content_without_links_is_kept_in_the_snapshot(void **state) {
    (void)state;
    put_repository();
    links_fail = true;
    expect_pull();
    hub_server_forget();
    expect_pull();
    links_fail = false;
    assert_int_equal(count_requests(NULL, NULL, NULL), 1);
    assert_int_equal(count_files(FOLDER "/snapshots", "model.safetensors"), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CLAIM(a_pull_leaves_the_layout_of_huggingface_hub),
        CLAIM(a_second_pull_fetches_nothing_but_the_commit),
        CLAIM(a_lost_file_is_all_that_is_fetched_again),
        CLAIM(a_revision_with_a_slash_has_its_ref),
        CLAIM(shards_are_those_of_the_index),
        CLAIM(an_index_cannot_name_files_elsewhere),
        CLAIM(the_token_goes_to_the_hub_and_to_no_other_host),
        CLAIM(the_token_survives_no_redirect_of_the_content),
        CLAIM(a_renamed_repository_is_followed_with_the_token),
        CLAIM(a_gated_repository_says_where_to_go),
        CLAIM(each_refusal_has_its_message),
        CLAIM(a_repository_without_weights_is_named),
        CLAIM(a_cut_connection_is_resumed_where_it_broke),
        CLAIM(a_server_that_ignores_the_range_sends_all_again),
        CLAIM(another_part_than_asked_for_is_not_taken),
        CLAIM(a_line_that_never_holds_is_given_up),
        CLAIM(a_stall_is_noticed_and_resumed),
        CLAIM(a_busy_server_is_asked_again),
        CLAIM(retry_after_is_honoured),
        CLAIM(an_expired_location_is_asked_for_again),
        CLAIM(chunks_without_any_length_are_taken),
        CLAIM(a_wrong_hash_gets_no_name),
        CLAIM(a_wrong_length_gets_no_name),
        CLAIM(a_bad_part_of_an_earlier_run_is_fetched_anew),
        CLAIM(a_stopped_pull_goes_on_where_it_was),
        CLAIM(several_pulls_at_once_fetch_each_file_once),
        CLAIM(offline_uses_what_is_here),
        CLAIM(a_hub_out_of_reach_leaves_the_last_copy),
        CLAIM(a_disk_without_room_is_found_out_first),
        CLAIM(content_without_links_is_kept_in_the_snapshot),
    };
    return cmocka_run_group_tests_name("pull", tests, NULL, NULL);
}
