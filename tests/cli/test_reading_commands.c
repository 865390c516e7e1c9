/* Claims about the commands that read pages, on tiny golden models: results, formats, several
 * inputs, files, and an interruption. */
#include "own_folder.h"
#include "program.h"

#include "pali/pali.h"

#include <jansson.h>
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

#define MODEL MODELS "/several-prompts"
#define PAGE MODEL "/image.png"
#define QUESTION "what is it?"

static json_t *parsed(const char *text) {
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!json)
        fail_msg("not JSON: %s: %s", error.text, text);
    return json;
}

static const char *text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    if (!text)
        fail_msg("no text \"%s\"", key);
    return text;
}

/* What the library answers, with the logits of every position. */
typedef struct reference {
    pali_model *model;
    pali_result *result;
    float *logits;
    size_t positions, width;
} reference;

static void keep_logits(void *context, size_t request, size_t position, float *logits,
                        size_t width) {
    (void)request;
    reference *r = context;
    r->positions = position + 1;
    r->width = width;
    r->logits = realloc(r->logits, r->positions * width * sizeof *logits);
    memcpy(r->logits + position * width, logits, width * sizeof *logits);
}

static reference search_library(const char *prompt, int max_new_tokens, size_t num_beams) {
    reference r = {0};
    pali_error err = PALI_ERROR_INIT;
    pali_image *image = NULL;
    pali_features *features = NULL;
    assert_int_equal(pali_model_load(&r.model, MODEL, NULL, &err), PALI_OK);
    assert_int_equal(pali_image_load(&image, PAGE, NULL, &err), PALI_OK);
    assert_int_equal(pali_model_encode(r.model, image, NULL, NULL, &features, &err), PALI_OK);
    const pali_features *list[] = {features};
    pali_request request = {.features = list, .num_features = 1, .prompt = prompt};
    pali_generate_options options = PALI_GENERATE_OPTIONS_INIT;
    options.max_new_tokens = max_new_tokens;
    options.num_beams = num_beams;
    options.on_logits = num_beams > 1 ? NULL : keep_logits;
    options.context = &r;
    assert_int_equal(pali_model_generate(r.model, &request, 1, &options, &r.result, &err), PALI_OK);
    pali_features_free(&features);
    pali_image_free(&image);
    return r;
}

static reference ask_library(const char *prompt, int max_new_tokens) {
    return search_library(prompt, max_new_tokens, 1);
}

static void reference_free(reference *r) {
    pali_result_free(&r->result);
    pali_model_free(&r->model);
    free(r->logits);
}

/* ---- results ---- */

static void beams_give_what_the_library_gives_with_them(void **state) {
    (void)state;
    reference greedy = ask_library("answer en " QUESTION, 6);
    reference r = search_library("answer en " QUESTION, 6, 4);
    assert_string_not_equal(pali_result_text(r.result, 0), pali_result_text(greedy.result, 0));
    outcome text = RUN("ask", "--model", MODEL, "-n", "6", "--beams", "4", PAGE, QUESTION);
    assert_int_equal(text.status, 0);
    char line[256];
    snprintf(line, sizeof line, "%s\n", pali_result_text(r.result, 0));
    assert_string_equal(text.out, line);
    outcome_free(&text);
    reference_free(&r);
    reference_free(&greedy);
}

static void ask_gives_what_the_library_gives(void **state) {
    (void)state;
    reference r = ask_library("answer en " QUESTION, 6);
    outcome text = RUN("ask", "--model", MODEL, "-n", "6", PAGE, QUESTION);
    assert_int_equal(text.status, 0);
    char line[256];
    snprintf(line, sizeof line, "%s\n", pali_result_text(r.result, 0));
    assert_string_equal(text.out, line);
    assert_string_equal(text.err, "");
    outcome_free(&text);

    outcome json = RUN("ask", "--model", MODEL, "-n", "6", "--json", PAGE, QUESTION);
    json_t *list = parsed(json.out);
    assert_int_equal(json_array_size(list), 1);
    const json_t *page = json_array_get(list, 0);
    assert_string_equal(text_of(page, "input"), PAGE);
    assert_string_equal(text_of(page, "prompt"), "answer en " QUESTION);
    assert_string_equal(text_of(page, "answer"), pali_result_text(r.result, 0));
    assert_string_equal(text_of(page, "finish"), "length");
    const json_t *tokens = json_object_get(page, "tokens");
    assert_int_equal(json_array_size(tokens), 6);
    for (size_t i = 0; i < 6; i++) {
        const json_t *token = json_array_get(tokens, i);
        const pali_token *expected = pali_result_tokens(r.result, 0) + i;
        assert_int_equal(json_integer_value(json_object_get(token, "id")), expected->id);
        double logprob = json_real_value(json_object_get(token, "logprob"));
        assert_true(logprob == (double)expected->logprob);
    }
    json_decref(list);
    outcome_free(&json);
    reference_free(&r);
}

static void each_command_makes_its_prompt(void **state) {
    (void)state;
    static const struct {
        const char *command, *argument, *prompt;
    } cases[] = {
        {"ask", "who?", "answer en who?"},
        {"run", "who?", "who?"},
        {"caption", NULL, "caption en"},
        {"describe", NULL, "describe en"},
        {"ocr", NULL, "ocr"},
        {"detect", "a ; b", "detect a ; b"},
        {"segment", "a", "segment a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *arguments[] = {cases[i].command,  "--model", MODEL, "-n", "1", "--json", PAGE,
                                   cases[i].argument, NULL};
        outcome o = run_program(NULL, arguments);
        assert_int_equal(o.status, 0);
        json_t *list = parsed(o.out);
        assert_string_equal(text_of(json_array_get(list, 0), "prompt"), cases[i].prompt);
        json_decref(list);
        outcome_free(&o);
    }
    outcome o = RUN("ask", "--lang", "de", "--model", MODEL, "-n", "1", "--json", PAGE, "wer?");
    assert_non_null(strstr(o.out, "\"answer de wer?\""));
    outcome_free(&o);
}

static void logits_are_those_of_the_library(void **state) {
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/l.npy", folder);
    outcome o =
        RUN("run", "--model", MODEL, "-n", "3", "--logits", path, PAGE, "answer en " QUESTION);
    assert_int_equal(o.status, 0);
    outcome_free(&o);
    reference r = ask_library("answer en " QUESTION, 3);
    assert_int_equal(r.width, 320);
    size_t size;
    char *file = file_text(path, &size);
    assert_non_null(file);
    assert_memory_equal(file, "\x93NUMPY\x01\x00", 8);
    size_t header = (size_t)(unsigned char)file[8] + 256 * (size_t)(unsigned char)file[9];
    assert_non_null(strstr(file + 10, "'descr': '<f4'"));
    assert_non_null(strstr(file + 10, "'shape': (3, 320)"));
    size_t bytes = 3 * r.width * sizeof(float);
    assert_int_equal(size, 10 + header + bytes);
    assert_memory_equal(file + 10 + header, r.logits, bytes);
    free(file);
    reference_free(&r);
}

/* ---- inputs ---- */

static void one_bad_input_does_not_stop_the_others(void **state) {
    (void)state;
    char bad[128];
    snprintf(bad, sizeof bad, "%s/bad.png", folder);
    write_file(bad, "\x89PNG\r\n\x1a\nnothing", 15);
    outcome o =
        RUN("caption", "--model", MODEL, "-n", "2", "-f", "jsonl", PAGE, bad, "/nowhere.jpg", PAGE);
    assert_int_equal(o.status, 1);
    assert_non_null(strstr(o.err, bad));
    assert_non_null(strstr(o.err, "/nowhere.jpg"));
    size_t lines = 0, failures = 0;
    for (char *line = strtok(o.out, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        json_t *page = parsed(line);
        const json_t *error = json_object_get(page, "error");
        failures += error != NULL;
        assert_int_equal(error != NULL, lines == 1 || lines == 2);
        if (error)
            assert_non_null(strstr(text_of(error, "message"), text_of(page, "input")));
        json_decref(page);
    }
    assert_int_equal(lines, 4);
    assert_int_equal(failures, 2);
    outcome_free(&o);
}

static void standard_input_and_folders_are_inputs(void **state) {
    (void)state;
    outcome piped =
        run_program(PAGE, (const char *const[]){"caption", "--model", MODEL, "-n", "4", "-", NULL});
    outcome named = RUN("caption", "--model", MODEL, "-n", "4", PAGE);
    assert_int_equal(piped.status, 0);
    assert_string_equal(piped.out, named.out);
    outcome_free(&piped);
    outcome_free(&named);

    char path[160];
    size_t size;
    char *page = file_text(PAGE, &size);
    snprintf(path, sizeof path, "%s/pages", folder);
    mkdir(path, 0777);
    static const char *const names[] = {"b.png", "a.png", "notes.txt"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/pages/%s", folder, names[i]);
        write_file(path, page, size);
    }
    free(page);
    snprintf(path, sizeof path, "%s/pages", folder);
    outcome all = RUN("caption", "--model", MODEL, "-n", "1", "--json", path);
    assert_int_equal(all.status, 0);
    json_t *list = parsed(all.out);
    assert_int_equal(json_array_size(list), 2);
    assert_non_null(strstr(text_of(json_array_get(list, 0), "input"), "pages/a.png"));
    assert_non_null(strstr(text_of(json_array_get(list, 1), "input"), "pages/b.png"));
    json_decref(list);
    outcome_free(&all);
}

static void a_name_that_is_no_utf8_is_still_valid_json(void **state) {
    (void)state;
    outcome o = RUN("caption", "--model", MODEL, "--json",
                    "/no\xff"
                    "where.jpg");
    assert_int_equal(o.status, 1);
    json_t *list = parsed(o.out);
    assert_string_equal(text_of(json_array_get(list, 0), "input"), "/no?where.jpg");
    json_decref(list);
    outcome_free(&o);
}

/* ---- outputs ---- */

static void an_output_file_appears_whole_or_not_at_all(void **state) {
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/out.json", folder);
    outcome o = RUN("caption", "--model", MODEL, "-n", "2", "--json", "-o", path, PAGE);
    assert_int_equal(o.status, 0);
    assert_string_equal(o.out, "");
    char *text = file_text(path, NULL);
    json_decref(parsed(text));
    free(text);
    outcome_free(&o);

    snprintf(path, sizeof path, "%s/missing/out.json", folder);
    o = RUN("caption", "--model", MODEL, "-n", "2", "-o", path, PAGE);
    assert_int_equal(o.status, 1);
    assert_non_null(strstr(o.err, path));
    outcome_free(&o);

    snprintf(path, sizeof path, "%s/taken", folder); /* a folder has the name */
    mkdir(path, 0777);
    o = RUN("caption", "--model", MODEL, "-n", "2", "-o", path, PAGE);
    assert_int_equal(o.status, 1);
    assert_non_null(strstr(o.err, path));
    assert_int_equal(rmdir(path), 0);
    outcome_free(&o);
    snprintf(path, sizeof path, "%s", folder);
    char left[192];
    snprintf(left, sizeof left, "ls %s | grep -c taken", folder);
    FILE *listing = popen(left, "r");
    assert_int_equal(fgetc(listing), '0'); /* no temporary file stayed */
    pclose(listing);
}

static void a_full_disk_is_an_error(void **state) {
    (void)state;
    char command[512];
    snprintf(command, sizeof command,
             RXSCAN " caption --model " MODEL " -n 2 " PAGE " 2>%s/err >/dev/full", folder);
    assert_int_equal(WEXITSTATUS(system(command)), 1);
    char path[128];
    snprintf(path, sizeof path, "%s/err", folder);
    char *text = file_text(path, NULL);
    assert_non_null(strstr(text, "standard output: cannot write"));
    free(text);
}

/* ---- interruption ---- */

static size_t count_lines(const char *path) {
    char *text = file_text(path, NULL);
    size_t lines = 0;
    for (const char *p = text; p && *p; p++)
        lines += *p == '\n';
    free(text);
    return lines;
}

static void an_interruption_delivers_what_is_finished(void **state) {
    (void)state;
    enum { PAGES = 2000 };
    char path[160], out[128];
    snprintf(out, sizeof out, "%s/out", folder);
    snprintf(path, sizeof path, "%s/pages", folder);
    mkdir(path, 0777);
    for (int i = 0; i < PAGES; i++) {
        snprintf(path, sizeof path, "%s/pages/%04d.png", folder, i);
        assert_int_equal(symlink(PAGE, path), 0);
    }
    snprintf(path, sizeof path, "%s/pages", folder);
    pid_t child = start_program(
        folder, NULL,
        (const char *const[]){"caption", "--model", MODEL, "-f", "jsonl", path, NULL});
    while (count_lines(out) == 0)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    kill(child, SIGINT);
    assert_int_equal(wait_program(child), 130);
    size_t lines = 0;
    char *text = file_text(out, NULL);
    assert_int_equal(text[strlen(text) - 1], '\n');
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), lines++)
        json_decref(parsed(line));
    free(text);
    assert_in_range(lines, 1, PAGES - 1);
}

/* ---- other commands ---- */

static void tokenize_reads_lines_and_writes_arrays(void **state) {
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/lines", folder);
    static const char lines[] = "answer en\n\nd\xc3\xa9tecte la t\xc3\xaate\n";
    write_file(path, lines, strlen(lines));
    outcome o = run_program(path, (const char *const[]){"tokenize", MODEL, "--json", NULL});
    assert_int_equal(o.status, 0);
    pali_tokenizer *tokenizer = NULL;
    assert_int_equal(pali_tokenizer_load(&tokenizer, MODEL, NULL), PALI_OK);
    char *out = o.out;
    for (const char *line = lines; *line; line = strchr(line, '\n') + 1) {
        char *end = strchr(out, '\n');
        assert_non_null(end);
        *end = '\0';
        json_t *ids = parsed(out);
        out = end + 1;
        int32_t *expected = NULL;
        size_t count = 0;
        assert_int_equal(pali_tokenizer_encode(tokenizer, line, (size_t)(strchr(line, '\n') - line),
                                               false, &expected, &count, NULL),
                         PALI_OK);
        assert_int_equal(json_array_size(ids), count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(json_integer_value(json_array_get(ids, i)), expected[i]);
        free(expected);
        json_decref(ids);
    }
    assert_string_equal(out, "");
    pali_tokenizer_free(&tokenizer);
    outcome_free(&o);
}

/* A folder can be opened and not read. */
static void tokenize_says_that_its_input_cannot_be_read(void **state) {
    (void)state;
    outcome o = run_program(folder, (const char *const[]){"tokenize", MODEL, NULL});
    assert_int_equal(o.status, 1);
    assert_non_null(strstr(o.err, "standard input: cannot be read: Is a directory"));
    outcome_free(&o);
}

static void info_tells_the_shape(void **state) {
    (void)state;
    outcome o = RUN("info", "--json", MODEL);
    assert_int_equal(o.status, 0);
    json_t *list = parsed(o.out);
    const json_t *info = json_is_array(list) ? json_array_get(list, 0) : list;
    const json_t *text = json_object_get(info, "text_config");
    assert_int_equal(json_integer_value(json_object_get(text, "vocab_size")), 320);
    assert_string_equal(text_of(info, "architecture"), "PaliGemma 2");
    json_decref(list);
    outcome_free(&o);
}

int main(void) {
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up_folder, tear_down_folder)
    const struct CMUnitTest tests[] = {
        CLAIM(ask_gives_what_the_library_gives),
        CLAIM(beams_give_what_the_library_gives_with_them),
        CLAIM(each_command_makes_its_prompt),
        CLAIM(logits_are_those_of_the_library),
        CLAIM(one_bad_input_does_not_stop_the_others),
        CLAIM(standard_input_and_folders_are_inputs),
        CLAIM(a_name_that_is_no_utf8_is_still_valid_json),
        CLAIM(an_output_file_appears_whole_or_not_at_all),
        CLAIM(a_full_disk_is_an_error),
        CLAIM(an_interruption_delivers_what_is_finished),
        CLAIM(tokenize_reads_lines_and_writes_arrays),
        CLAIM(tokenize_says_that_its_input_cannot_be_read),
        CLAIM(info_tells_the_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
