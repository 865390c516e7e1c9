/* Claims about fetching a picture from a URL. */
#include "hub_claims.h"

enum { SIZE = 100000 };

static char address[256];

static const char *url_of(const char *file) {
    snprintf(address, sizeof address, "http://127.0.0.1:%d/content/%s", hub_server_port(), file);
    return address;
}

static void put_photo(void) {
    unsigned char *bytes = noise(SIZE);
    hub_server_put("photo.jpg", bytes, SIZE, true);
    free(bytes);
}

static void expect_photo(const char *url) {
    unsigned char *expected = noise(SIZE);
    void *bytes = NULL;
    size_t size = 0;
    pali_error err = PALI_ERROR_INIT;
    if (pali_download(&bytes, &size, url, NULL, &err))
        fail_msg("%s", err.message);
    assert_int_equal(size, SIZE);
    assert_memory_equal(bytes, expected, SIZE);
    free(bytes);
    free(expected);
}

static void expect_failure(const char *url, const pali_download_options *options,
                           pali_status status, const char *text) {
    void *bytes = NULL;
    size_t size = 0;
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(pali_download(&bytes, &size, url, options, &err), status);
    assert_null(bytes);
    if (!strstr(err.message, text))
        fail_msg("%s", err.message);
}

static void a_picture_arrives_whole(void **state) {
    (void)state;
    put_photo();
    expect_photo(url_of("photo.jpg"));
    hub_request *log;
    assert_int_equal(hub_server_log(&log), 1);
    char agent[64];
    snprintf(agent, sizeof agent, "rxscan/%s", pali_version());
    assert_string_equal(log[0].agent, agent);
    free(log);
}

static void a_body_without_length_arrives_whole(void **state) {
    (void)state;
    put_photo();
    hub_server_fault((hub_fault){.kind = FAULT_CHUNKED});
    expect_photo(url_of("photo.jpg"));
}

static void another_status_is_named_with_the_url(void **state) {
    (void)state;
    char expected[300];
    snprintf(expected, sizeof expected, "%s: HTTP 404", url_of("none.jpg"));
    expect_failure(url_of("none.jpg"), NULL, PALI_ERROR_NOT_FOUND, expected);
    hub_server_fault((hub_fault){.kind = FAULT_STATUS, .status = 503});
    expect_failure(url_of("none.jpg"), NULL, PALI_ERROR_NETWORK, ": HTTP 503");
}

static void redirects_are_followed_within_their_limit(void **state) {
    (void)state;
    put_photo();
    hub_server_fault((hub_fault){.file = "old.jpg",
                                 .kind = FAULT_STATUS,
                                 .status = 301,
                                 .headers = "Location: photo.jpg?x=1\r\n"});
    hub_server_fault((hub_fault){.file = "loop.jpg",
                                 .kind = FAULT_STATUS,
                                 .status = 302,
                                 .headers = "Location: /content/loop.jpg\r\n"});
    expect_photo(url_of("old.jpg"));
    hub_server_forget();
    hub_server_fault((hub_fault){.file = "loop.jpg",
                                 .kind = FAULT_STATUS,
                                 .status = 302,
                                 .headers = "Location: /content/loop.jpg\r\n"});
    pali_download_options options = PALI_DOWNLOAD_OPTIONS_INIT;
    options.max_redirects = 3;
    expect_failure(url_of("loop.jpg"), &options, PALI_ERROR_NETWORK, "more than 3 redirects");
    hub_request *log;
    assert_int_equal(hub_server_log(&log), 4);
    free(log);
}

static void no_other_protocol_is_spoken_even_after_a_redirect(void **state) {
    (void)state;
    expect_failure("file:///etc/passwd", NULL, PALI_ERROR_ARGUMENT, "not an http or https URL");
    static const char *const targets[] = {"Location: file:///etc/passwd\r\n",
                                          "Location: ftp://127.0.0.1/x\r\n",
                                          "Location: gopher://127.0.0.1/x\r\n", ""};
    for (size_t i = 0; i < 4; i++) {
        hub_server_forget();
        hub_server_fault((hub_fault){.kind = FAULT_STATUS, .status = 302, .headers = targets[i]});
        expect_failure(url_of("photo.jpg"), NULL, PALI_ERROR_NETWORK,
                       i < 3 ? "only http and https are followed" : "redirected to nowhere");
    }
}

static void the_limit_holds_with_and_without_a_length(void **state) {
    (void)state;
    put_photo();
    pali_download_options options = PALI_DOWNLOAD_OPTIONS_INIT;
    options.max_bytes = SIZE - 1;
    expect_failure(url_of("photo.jpg"), &options, PALI_ERROR_LIMIT,
                   "larger than the limit of 99999 bytes");
    hub_server_fault((hub_fault){.kind = FAULT_CHUNKED});
    expect_failure(url_of("photo.jpg"), &options, PALI_ERROR_LIMIT,
                   "larger than the limit of 99999 bytes");
    options.max_bytes = SIZE;
    void *bytes = NULL;
    size_t size = 0;
    assert_int_equal(pali_download(&bytes, &size, url_of("photo.jpg"), &options, NULL), PALI_OK);
    free(bytes);
}

static void a_stalled_server_is_given_up(void **state) {
    (void)state;
    put_photo();
    hub_server_fault((hub_fault){.kind = FAULT_STALL, .bytes = 500});
    pali_download_options options = PALI_DOWNLOAD_OPTIONS_INIT;
    options.stall_timeout_seconds = 1;
    expect_failure(url_of("photo.jpg"), &options, PALI_ERROR_NETWORK, "nothing came for 1 seconds");
}

static void a_cut_connection_is_an_error(void **state) {
    (void)state;
    put_photo();
    hub_server_fault((hub_fault){.kind = FAULT_CUT, .bytes = 500});
    expect_failure(url_of("photo.jpg"), NULL, PALI_ERROR_NETWORK, "photo.jpg: ");
}

static void an_endless_header_is_refused(void **state) {
    (void)state;
    hub_server_fault((hub_fault){.kind = FAULT_HEADERS});
    expect_failure(url_of("photo.jpg"), NULL, PALI_ERROR_NETWORK, "photo.jpg: ");
}

static bool stop_after_some(void *context, const char *name, uint64_t done, uint64_t total) {
    (void)context, (void)name, (void)total;
    return done == 0;
}

static void the_callback_can_stop(void **state) {
    (void)state;
    put_photo();
    pali_download_options options = PALI_DOWNLOAD_OPTIONS_INIT;
    options.progress = stop_after_some;
    hub_server_fault((hub_fault){.kind = FAULT_STALL, .bytes = 500});
    expect_failure(url_of("photo.jpg"), &options, PALI_ERROR_CANCELLED, "stopped");
}

static void a_password_in_the_url_is_not_repeated(void **state) {
    (void)state;
    char url[256];
    pali_error err = PALI_ERROR_INIT;
    void *bytes = NULL;
    size_t size;
    snprintf(url, sizeof url, "http://user:geheim@127.0.0.1:%d/content/none.jpg",
             hub_server_port());
    assert_int_equal(pali_download(&bytes, &size, url, NULL, &err), PALI_ERROR_NOT_FOUND);
    assert_non_null(strstr(err.message, "/content/none.jpg: HTTP 404"));
    assert_null(strstr(err.message, "geheim"));
    hub_request *log;
    assert_int_equal(hub_server_log(&log), 1);
    assert_true(log[0].has_token);
    free(log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CLAIM(a_picture_arrives_whole),
        CLAIM(a_body_without_length_arrives_whole),
        CLAIM(another_status_is_named_with_the_url),
        CLAIM(redirects_are_followed_within_their_limit),
        CLAIM(no_other_protocol_is_spoken_even_after_a_redirect),
        CLAIM(the_limit_holds_with_and_without_a_length),
        CLAIM(a_stalled_server_is_given_up),
        CLAIM(a_cut_connection_is_an_error),
        CLAIM(an_endless_header_is_refused),
        CLAIM(the_callback_can_stop),
        CLAIM(a_password_in_the_url_is_not_repeated),
    };
    return cmocka_run_group_tests_name("download", tests, NULL, NULL);
}
