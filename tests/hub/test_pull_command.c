/* Claims about `rxscan pull` and `rxscan models`, run as a user runs them. */
#include "hub_claims.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { WEIGHTS_SIZE = 300000 };

static void put_repository(void) {
    unsigned char *weights = noise(WEIGHTS_SIZE);
    hub_server_put("config.json", "{}", 2, false);
    hub_server_put("tokenizer.json", "{}", 2, false);
    hub_server_put("model.safetensors", weights, WEIGHTS_SIZE, true);
    free(weights);
}

/* Starts the program with its output in files of the cache's folder. */
static pid_t start(const char *command, const char *argument) {
    pid_t child = fork();
    if (child != 0)
        return child;
    char path[128];
    static const char *const names[] = {"out", "err"};
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", cache_root, names[i]);
        dup2(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666), i + 1);
    }
    execl(RXSCAN, RXSCAN, command, argument, (char *)NULL);
    _exit(127);
}

static int finish(pid_t child) {
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *said(const char *name) {
    static char text[4096];
    char path[128];
    snprintf(path, sizeof path, "%s/%s", cache_root, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void pull_prints_the_folder_and_models_lists_it(void **state) {
    (void)state;
    put_repository();
    char expected[256];
    snprintf(expected, sizeof expected, "%s/models--org--model/snapshots/" HUB_COMMIT "\n",
             cache_root);
    assert_int_equal(finish(start("pull", "org/model")), 0);
    assert_string_equal(said("out"), expected);
    assert_string_equal(said("err"), "");
    assert_int_equal(finish(start("models", NULL)), 0);
    assert_non_null(strstr(said("out"), "org/model  main          0123456789ab     0.000 GB\n"));
}

static void refusals_have_their_status(void **state) {
    (void)state;
    put_repository();
    assert_int_equal(finish(start("pull", "model")), 2);
    hub_server_gate("hf_x");
    assert_int_equal(finish(start("pull", "org/model")), 1);
    assert_string_equal(said("out"), "");
    assert_string_equal(said("err"), "rxscan: org/model: gated: accept the terms at "
                                     "https://huggingface.co/org/model and set HF_TOKEN\n");
}

static void a_hub_that_cannot_be_asked_is_told_with_the_repository(void **state) {
    (void)state;
    setenv("HF_ENDPOINT", "ftp://hub", 1);
    assert_int_equal(finish(start("pull", "org/model")), 2);
    assert_string_equal(said("err"),
                        "rxscan: org/model: HF_ENDPOINT is not an http or https URL\n");
    setenv("HF_ENDPOINT", "http://127.0.0.1:1", 1);
    assert_int_equal(finish(start("pull", "org/model")), 1);
    assert_non_null(strstr(said("err"), "rxscan: org/model: config.json: Failed to connect"));
}

/* Until the server has been asked for this. */
static void wait_for_request(const char *method, const char *file) {
    for (int i = 0; i < 1000; i++) {
        hub_request *log;
        size_t count = hub_server_log(&log);
        bool found = false;
        for (size_t k = 0; k < count; k++)
            found = found || (strcmp(log[k].method, method) == 0 && strcmp(log[k].file, file) == 0);
        free(log);
        if (found)
            return;
        nanosleep(&(struct timespec){0, 10000000}, NULL);
    }
    fail_msg("no %s for %s", method, file);
}

static void ctrl_c_ends_with_130_and_the_next_pull_resumes(void **state) {
    (void)state;
    put_repository();
    setenv("HF_HUB_DOWNLOAD_TIMEOUT", "60", 1);
    hub_server_fault((hub_fault){.method = "GET",
                                 .file = "model.safetensors",
                                 .kind = FAULT_STALL,
                                 .bytes = 100000,
                                 .times = 1});
    pid_t child = start("pull", "org/model");
    wait_for_request("GET", "model.safetensors");
    char command[256];
    snprintf(command, sizeof command,
             "i=0; until [ \"$(stat -c %%s '%s'/models--org--model/blobs/*.incomplete "
             "2>/dev/null)\" = 100000 "
             "] || [ $i = 500 ]; do sleep 0.01; i=$((i+1)); done",
             cache_root);
    assert_int_equal(system(command), 0);
    assert_int_equal(kill(child, SIGINT), 0);
    assert_int_equal(finish(child), 130);
    assert_non_null(strstr(said("err"), "org/model: stopped"));
    hub_server_forget();
    assert_int_equal(finish(start("pull", "org/model")), 0);
    hub_request *log;
    size_t count = hub_server_log(&log);
    assert_string_equal(log[count - 1].range, "bytes=100000-");
    free(log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CLAIM(pull_prints_the_folder_and_models_lists_it),
        CLAIM(refusals_have_their_status),
        CLAIM(a_hub_that_cannot_be_asked_is_told_with_the_repository),
        CLAIM(ctrl_c_ends_with_130_and_the_next_pull_resumes),
    };
    return cmocka_run_group_tests_name("pull_command", tests, NULL, NULL);
}
