/* Claims about scan and eval, on a tiny line model of random weights: formats, failures, documents,
 * files, interruption. What such a model reads means nothing; how it is delivered does. */
#include "own_folder.h"
#include "program.h"

#include <fcntl.h>
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

#define MODEL MODELS "/lines"
#define PAGE SAMPLES "/prescription.jpg"

static json_t *parsed(const char *text, size_t flags) {
    json_error_t error;
    json_t *json = json_loads(text, flags, &error);
    if (!json)
        fail_msg("not JSON: %s: %.200s", error.text, text);
    return json;
}

/* The lines of a text as JSON. */
static json_t *parsed_lines(char *text) {
    json_t *lines = json_array();
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        json_array_append_new(lines, parsed(line, JSON_REJECT_DUPLICATES));
    return lines;
}

static const char *member(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

static void every_format_carries_the_page(void **state) {
    (void)state;
    static const struct {
        const char *format, *begins, *holds;
    } formats[] = {{"text", SAMPLES, "prescription.jpg"},
                   {"json", "[\n", "\"provenance\""},
                   {"jsonl", "{\"input\":", "\"provenance\""},
                   {"csv", "input,page,", "prescription.jpg"},
                   {"fhir", "{\"resourceType\": \"Bundle\"", "\"Provenance\""},
                   {"html", "<!DOCTYPE html>", "prescription.jpg"}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        outcome o = RUN("scan", "--model", MODEL, "--format", formats[i].format, PAGE);
        assert_int_equal(o.status, 0);
        if (strncmp(o.out, formats[i].begins, strlen(formats[i].begins)) != 0)
            fail_msg("%s begins with %.80s", formats[i].format, o.out);
        assert_non_null(strstr(o.out, formats[i].holds));
        if (strcmp(formats[i].format, "json") == 0 || strcmp(formats[i].format, "fhir") == 0)
            json_decref(parsed(o.out, 0));
        outcome_free(&o);
    }
}

static void a_result_says_where_it_comes_from(void **state) {
    (void)state;
    outcome o = RUN("scan", "--model", MODEL, "--weights", "int8", "--format", "jsonl", PAGE);
    assert_int_equal(o.status, 0);
    json_t *result = parsed(o.out, 0), *model = json_object_get(result, "model");
    json_t *provenance = json_object_get(result, "provenance");
    assert_string_equal(member(model, "name"), "lines");
    assert_string_equal(member(model, "weights"), "int8");
    assert_int_equal(strlen(member(model, "sha256")), 64);
    assert_int_equal(strlen(member(provenance, "input_sha256")), 64);
    assert_string_equal(member(provenance, "options"), "--weights int8");
    assert_true(json_is_false(json_object_get(model, "calibrated")));
    assert_true(json_array_size(json_object_get(result, "lines")) > 10);
    json_decref(result);
    outcome_free(&o);
}

static void lines_are_the_same_on_any_number_of_threads(void **state) {
    (void)state;
    json_t *lines[2];
    static const char *const threads[] = {"1", "3"};
    for (size_t i = 0; i < 2; i++) {
        outcome o =
            RUN("scan", "--model", MODEL, "--threads", threads[i], "--format", "jsonl", PAGE);
        json_t *result = parsed(o.out, 0);
        lines[i] = json_incref(json_object_get(result, "lines"));
        json_decref(result);
        outcome_free(&o);
    }
    assert_true(json_equal(lines[0], lines[1]));
    json_decref(lines[0]);
    json_decref(lines[1]);
}

/* inbox: a page, an empty file, a file that is no picture, a page. */
static void make_inbox(char path[160]) {
    char file[160];
    mkdir(in_folder(path, "inbox"), 0777);
    assert_int_equal(symlink(PAGE, in_folder(file, "inbox/1.jpg")), 0);
    write_file(in_folder(file, "inbox/2.png"), "", 0);
    write_file(in_folder(file, "inbox/3.png"), "not a picture", 13);
    assert_int_equal(symlink(PAGE, in_folder(file, "inbox/4.jpg")), 0);
}

static void a_bad_file_is_named_and_the_rest_delivered(void **state) {
    (void)state;
    char inbox[160];
    make_inbox(inbox);
    static const char *const formats[] = {"jsonl", "csv", "html", "fhir", "text"};
    for (size_t i = 0; i < 5; i++) {
        outcome o = RUN("scan", "--model", MODEL, "--format", formats[i], inbox);
        assert_int_equal(o.status, 1);
        static const char *const names[] = {"/1.jpg", "/2.png", "/3.png", "/4.jpg"};
        for (size_t n = 0; n < 4; n++)
            if (!strstr(o.out, names[n]))
                fail_msg("%s does not name %s", formats[i], names[n]);
        assert_non_null(strstr(o.err, "/2.png"));
        assert_non_null(strstr(o.err, "/3.png"));
        assert_null(strstr(o.err, "/1.jpg"));
        outcome_free(&o);
    }
}

/* Two pages with a line of text each; readers repair the missing table of objects. */
static const char document[] = "%PDF-1.4\n"
                               "1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n"
                               "2 0 obj <</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>> endobj\n"
                               "3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 5 "
                               "0 R/Resources<</Font<</F 6 0 R>>>>>> endobj\n"
                               "4 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 5 "
                               "0 R/Resources<</Font<</F 6 0 R>>>>>> endobj\n"
                               "5 0 obj <</Length 50>> stream\nBT /F 18 Tf 20 100 Td (Tab. "
                               "Augmentin 625) Tj ET  \nendstream endobj\n"
                               "6 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj\n"
                               "trailer <</Root 1 0 R>>\n%%EOF\n";

static void a_document_is_read_page_by_page(void **state) {
    (void)state;
    char path[160];
    write_file(in_folder(path, "scan.pdf"), document, sizeof document - 1);
    outcome o = RUN("scan", "--model", MODEL, "--format", "jsonl", path);
    if (strstr(o.err, "pdftoppm"))
        skip();
    assert_int_equal(o.status, 0);
    json_t *lines = parsed_lines(o.out);
    assert_int_equal(json_array_size(lines), 2);
    for (size_t i = 0; i < 2; i++) {
        const json_t *page = json_array_get(lines, i);
        assert_int_equal(json_integer_value(json_object_get(page, "page")), i + 1);
        assert_int_equal(json_array_size(json_object_get(page, "lines")), 1);
    }
    json_decref(lines);
    outcome_free(&o);
}

static void standard_input_is_a_page(void **state) {
    (void)state;
    outcome o = run_program(
        PAGE, (const char *const[]){"scan", "--model", MODEL, "--format", "jsonl", "-", NULL});
    assert_int_equal(o.status, 0);
    json_t *result = parsed(o.out, 0);
    assert_string_equal(member(result, "input"), "-");
    json_decref(result);
    outcome_free(&o);
}

static void a_file_appears_whole_or_not_at_all(void **state) {
    (void)state;
    char path[160], html[160];
    outcome o = RUN("scan", "--model", MODEL, "-o", in_folder(path, "out.csv"), "--format", "csv",
                    "--html", in_folder(html, "out.html"), PAGE);
    assert_int_equal(o.status, 0);
    assert_string_equal(o.out, "");
    char *text = file_text(path, NULL), *page = file_text(html, NULL);
    assert_non_null(strstr(text, "prescription.jpg"));
    assert_non_null(strstr(page, "</html>"));
    free(text);
    free(page);
    outcome_free(&o);
    o = RUN("scan", "--model", MODEL, "-o", in_folder(path, "none/out.csv"), PAGE);
    assert_int_equal(o.status, 1);
    assert_non_null(strstr(o.err, "cannot write"));
    outcome_free(&o);
}

static void what_is_no_file_is_written_into_and_stays(void **state) {
    (void)state;
    char path[160], text[4096];
    struct stat info;
    assert_int_equal(mkfifo(in_folder(path, "pipe"), 0600), 0);
    int pipe = open(path, O_RDWR | O_NONBLOCK);
    assert_true(pipe >= 0);
    outcome o = RUN("scan", "--model", MODEL, "-o", path, "--format", "csv", PAGE);
    assert_int_equal(o.status, 0);
    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISFIFO(info.st_mode));
    ssize_t size = read(pipe, text, sizeof text);
    assert_true(size > 10);
    assert_memory_equal(text, "input,page", 10);
    close(pipe);
    outcome_free(&o);
}

static bool is_png(const char *path) {
    size_t size = 0;
    char *bytes = file_text(path, &size);
    bool png = bytes && size > 8 && memcmp(bytes, "\x89PNG", 4) == 0;
    free(bytes);
    return png;
}

static void what_was_seen_and_found_can_be_looked_at(void **state) {
    (void)state;
    char draw[160], show[160], path[160];
    outcome o = RUN("scan", "--model", MODEL, "--draw", in_folder(draw, "frames.png"),
                    "--show-pages", in_folder(show, "seen"), PAGE, PAGE);
    assert_int_equal(o.status, 0);
    assert_true(is_png(draw));
    assert_true(is_png(in_folder(path, "frames-2.png")));
    assert_true(is_png(in_folder(path, "seen/0001-prescription.jpg-page.png")));
    assert_true(is_png(in_folder(path, "seen/0001-prescription.jpg-squares-1.png")));
    assert_true(is_png(in_folder(path, "seen/0002-prescription.jpg-page.png")));
    outcome_free(&o);
}

/* A copy of the model, with this file beside it. */
static void make_model(char path[160], const char *file, const char *text) {
    static const char *const files[] = {"config.json",       "generation_config.json",
                                        "model.safetensors", "preprocessor_config.json",
                                        "rxscan.json",       "tokenizer.json"};
    char from[256], to[256];
    mkdir(in_folder(path, "model"), 0777);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(from, sizeof from, "%s/%s", MODEL, files[i]);
        snprintf(to, sizeof to, "%s/%s", path, files[i]);
        if (strcmp(files[i], file) != 0)
            assert_int_equal(symlink(from, to), 0);
    }
    snprintf(to, sizeof to, "%s/%s", path, file);
    write_file(to, text, strlen(text));
}

static void a_calibration_beside_the_model_takes_effect(void **state) {
    (void)state;
    char model[160];
    make_model(model, "calibration.json",
               "{\"fields\": {\"default\": {\"points\": [[0, 0.5]], \"threshold\": 0.9}}}");
    outcome o = RUN("scan", "--model", model, "--format", "jsonl", PAGE);
    assert_int_equal(o.status, 0);
    json_t *result = parsed(o.out, 0);
    assert_true(json_is_true(json_object_get(json_object_get(result, "model"), "calibrated")));
    json_decref(result);
    outcome_free(&o);
}

static void a_damaged_calibration_or_card_is_no_model(void **state) {
    (void)state;
    static const char *const damaged[][2] = {
        {"calibration.json", "{\"fields\": {\"default\": {\"points\": [[0.9, 0.5], [0.1, 1]]}}}"},
        {"rxscan.json", "{\"reads\": \"minds\"}"}};
    for (size_t i = 0; i < 2; i++) {
        char model[160], copy[160];
        make_model(model, damaged[i][0], damaged[i][1]);
        outcome o = RUN("scan", "--model", model, PAGE);
        assert_int_equal(o.status, 3);
        assert_non_null(strstr(o.err, damaged[i][0]));
        outcome_free(&o);
        assert_int_equal(rename(model, in_folder(copy, i ? "old-1" : "old-0")), 0);
    }
}

/* A grey picture of 40 x 40 pixels. */
static void write_plain_bmp(const char *path) {
    enum { SIDE = 40, HEADER = 54, SIZE = HEADER + SIDE * SIDE * 3 };
    static unsigned char bmp[SIZE] = {'B', 'M'};
    memset(bmp + HEADER, 200, SIZE - HEADER);
    bmp[10] = HEADER;
    bmp[14] = 40;
    bmp[18] = bmp[22] = SIDE;
    bmp[26] = 1;
    bmp[28] = 24;
    write_file(path, bmp, SIZE);
}

static bool has_warning(const json_t *result, const char *words) {
    size_t i;
    const json_t *warning;
    json_array_foreach(json_object_get(result, "warnings"), i, warning) {
        if (strstr(json_string_value(warning), words))
            return true;
    }
    return false;
}

static void a_model_of_whole_pages_reads_one_without_small_text_as_a_whole(void **state) {
    (void)state;
    char path[160];
    write_plain_bmp(in_folder(path, "plain.bmp"));
    outcome o = RUN("scan", "--model", MODELS "/base-f32", "--format", "jsonl", path);
    outcome answer = RUN("ocr", "--model", MODELS "/base-f32", "--max-new-tokens", "400",
                         "--format", "jsonl", path);
    assert_int_equal(o.status, 0);
    assert_int_equal(answer.status, 0);
    json_t *result = parsed(o.out, 0), *ocr = parsed(answer.out, 0);
    const json_t *first = json_array_get(json_object_get(result, "lines"), 0);
    const char *line = member(first, "text"), *text = member(ocr, "answer");
    assert_true(strlen(line) > 0);
    assert_non_null(strstr(text, line)); /* as the model wrote it */
    assert_true(json_is_null(json_object_get(first, "box")));
    assert_true(json_is_false(json_object_get(json_object_get(result, "model"), "calibrated")));
    assert_true(has_warning(result, "where a line stands is not known"));
    assert_false(has_warning(result, "tiles"));
    json_decref(result);
    json_decref(ocr);
    outcome_free(&o);
    outcome_free(&answer);
}

static void a_model_of_whole_pages_reads_small_text_in_tiles(void **state) {
    (void)state;
    char show[160], path[160];
    outcome o = RUN("scan", "--model", MODELS "/base-f32", "--format", "jsonl", "--show-pages",
                    in_folder(show, "seen"), PAGE);
    assert_int_equal(o.status, 0);
    json_t *result = parsed(o.out, 0);
    assert_true(has_warning(result, "smaller than the model can read at 42 px; read in 20 tiles"));
    assert_true(has_warning(result, "did not stop")); /* random weights seldom end an answer */
    assert_true(json_array_size(json_object_get(result, "lines")) >= 20);
    assert_true(is_png(in_folder(path, "seen/prescription.jpg-view-1.png")));
    assert_true(is_png(in_folder(path, "seen/prescription.jpg-view-21.png")));
    assert_false(is_png(in_folder(path, "seen/prescription.jpg-view-22.png")));
    json_decref(result);
    outcome_free(&o);
}

static void wrong_usage_is_told_apart_from_a_missing_model(void **state) {
    (void)state;
    outcome o = RUN("scan", "--model", MODEL);
    assert_int_equal(o.status, 2);
    outcome_free(&o);
    o = RUN("scan", "--format", "xml", PAGE);
    assert_int_equal(o.status, 2);
    outcome_free(&o);
    o = RUN("ask", "--format", "csv", PAGE, "what?");
    assert_int_equal(o.status, 2);
    outcome_free(&o);
    o = RUN("scan", "--model", "/nonexistent/model", PAGE);
    assert_int_equal(o.status, 3);
    outcome_free(&o);
}

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
    enum { PAGES = 500 };
    char path[160], out[160], name[32];
    mkdir(in_folder(path, "pages"), 0777);
    for (int i = 0; i < PAGES; i++) {
        snprintf(name, sizeof name, "pages/%03d.jpg", i);
        assert_int_equal(symlink(PAGE, in_folder(path, name)), 0);
    }
    in_folder(path, "pages");
    pid_t child = start_program(
        folder, NULL,
        (const char *const[]){"scan", "--model", MODEL, "--format", "jsonl", path, NULL});
    while (count_lines(in_folder(out, "out")) == 0)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    kill(child, SIGINT);
    assert_int_equal(wait_program(child), 130);
    char *text = file_text(out, NULL);
    assert_int_equal(text[strlen(text) - 1], '\n');
    json_t *lines = parsed_lines(text);
    assert_in_range(json_array_size(lines), 1, PAGES - 1);
    json_decref(lines);
    free(text);
}

/* ---- the embedded model ---- */

static const char *text_of(const json_t *medicine, const char *field) {
    const char *text = member(json_object_get(medicine, field), "text");
    return text ? text : "";
}

/* How wide the spaces of "1-0-1" are is not what it says. */
static const char *without_spaces(const char *text, char out[64]) {
    size_t n = 0;
    for (; text && *text && n < 63; text++)
        if (*text != ' ')
            out[n++] = *text;
    out[n] = '\0';
    return out;
}

/* What is on the page, which is also what the model reads. */
static void the_embedded_model_reads_a_printed_table_row_by_row(void **state) {
    (void)state;
    static const char *const rows[][5] = {{"Tab", "Clopidogrel", "75 mg", "0-1-0", "30 days"},
                                          {"Tab", "Rosuvastatin", "20 mg", "0-0-1", "30 days"},
                                          {"Tab", "Metoprolol", "25 mg", "1-0-1", "30 days"},
                                          {"Cap", "Ramipril", "2.5 mg", "1-0-0", "30 days"},
                                          {"Tab", "Thyronorm", "50 mcg", "1-0-0", "30 days"},
                                          {"Cap", "Pantoprazole", "40 mg", "1-0-0", "14 days"}};
    static const char *const fields[] = {"form", "name", "strength", "frequency", "duration"};
    outcome o = RUN("scan", "--model", EMBEDDED, "--format", "jsonl", SAMPLES "/table.jpg");
    assert_int_equal(o.status, 0);
    json_t *result = parsed(o.out, 0);
    const json_t *medicines = json_object_get(result, "medicines");
    assert_int_equal(json_array_size(medicines), 6);
    for (size_t i = 0; i < 6; i++)
        for (size_t f = 0; f < 5; f++) {
            char read[64], wanted[64];
            without_spaces(text_of(json_array_get(medicines, i), fields[f]), read);
            assert_string_equal(read, without_spaces(rows[i][f], wanted));
        }
    const char *patient =
        member(json_object_get(json_object_get(result, "patient"), "name"), "text");
    assert_non_null(patient);
    assert_memory_equal(patient, "Grace D",
                        7); /* whether an apostrophe follows it is not sure of */
    json_decref(result);
    outcome_free(&o);
}

static void ocr_keeps_on_one_line_what_scan_parts_into_two_medicines(void **state) {
    (void)state;
    static const char page[] = "%PDF-1.4\n"
                               "1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n"
                               "2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj\n"
                               "3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 595 200]/Contents 4 "
                               "0 R/Resources<</Font<</F 5 0 R>>>>>> endobj\n"
                               "4 0 obj <</Length 73>> stream\nBT /F 18 Tf 40 100 Td (Tab. Dolo "
                               "650 mg SOS, Tab. Pan 40 mg OD) Tj ET  \nendstream endobj\n"
                               "5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj\n"
                               "trailer <</Root 1 0 R>>\n%%EOF\n";
    char path[160];
    write_file(in_folder(path, "page.pdf"), page, sizeof page - 1);
    outcome o = RUN("scan", "--model", EMBEDDED, "--format", "jsonl", path);
    if (strstr(o.err, "pdftoppm"))
        skip();
    json_t *result = parsed(o.out, 0);
    assert_int_equal(json_array_size(json_object_get(result, "medicines")), 2);
    json_decref(result);
    outcome_free(&o);
    o = RUN("ocr", "--model", EMBEDDED, path);
    assert_string_equal(o.out, "Tab. Dolo 650 mg SOS, Tab. Pan 40 mg OD\n");
    outcome_free(&o);
}

/* ---- eval ---- */

static void eval_reads_pages_and_says_which_it_could_not(void **state) {
    (void)state;
    char path[160], plot[160];
    mkdir(in_folder(path, "labelled"), 0777);
    assert_int_equal(symlink(PAGE, in_folder(path, "labelled/1.jpg")), 0);
    static const char labels[] = "{\"image\": \"1.jpg\", \"text\": \"abc\", \"medicines\": []}\n"
                                 "{\"image\": \"2.jpg\", \"text\": \"de\"}\n";
    write_file(in_folder(path, "labelled/labels.jsonl"), labels, sizeof labels - 1);
    outcome o = RUN("eval", "--model", MODEL, "--json", "--plot", in_folder(plot, "plot.png"),
                    in_folder(path, "labelled"));
    assert_int_equal(o.status, 1);
    assert_non_null(strstr(o.err, "/2.jpg"));
    json_t *figures = parsed(o.out, 0);
    assert_int_equal(json_integer_value(json_object_get(figures, "pages")), 2);
    assert_true(is_png(plot));
    json_decref(figures);
    outcome_free(&o);
}

/* Before a page is read: the picture of the first line is missing, and that is not complained of. */
static void eval_refuses_wrong_labels_before_it_reads(void **state) {
    (void)state;
    static const struct {
        const char *labels, *cause;
    } cases[] = {
        {"{\"image\": \"1.jpg\"}\n\n{\"text\": \"a\"}\n", "labels.jsonl, line 3: no \"image\""},
        {"{\"image\": \"1.jpg\"}\n{\"image\": \"\"}\n", "line 2: no \"image\""},
        {"{\"image\": \"a/1.jpg\"}\n{\"image\": \"b/1.jpg\"}\n",
         "line 2: an earlier line has a picture named 1.jpg too"},
        {"\n", "labels.jsonl: no page is labelled"},
        {"{\"image\": \"1.jpg\", \"date\": 20240312}\n", "line 1: \"date\" is not a text"},
        {"{\"image\": \"1.jpg\", \"diagnoses\": \"flu\"}\n", "\"diagnoses\" is not a list"},
        {"{\"image\": \"1.jpg\", \"medicines\": [\"Dolo\"]}\n", "\"medicines\" is not a list"},
        {"\xef\xbb\xbf{\"image\": \"1.jpg\"}\n{\"image\": \"\"}\n", "line 2: no \"image\""}};
    char path[160];
    mkdir(in_folder(path, "labelled"), 0777);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(in_folder(path, "labelled/labels.jsonl"), cases[i].labels,
                   strlen(cases[i].labels));
        outcome o = RUN("eval", "--model", MODEL, in_folder(path, "labelled"));
        if (o.status != 1 || !strstr(o.err, cases[i].cause) || strstr(o.err, "No such file"))
            fail_msg("case %zu: status %d, %s", i, o.status, o.err);
        outcome_free(&o);
    }
}

static void eval_refuses_what_is_no_result(void **state) {
    (void)state;
    static const char label[] = "{\"image\": \"1.jpg\"}\n";
    char path[160], labels[160];
    mkdir(in_folder(path, "labelled"), 0777);
    write_file(in_folder(labels, "labelled/labels.jsonl"), label, sizeof label - 1);
    outcome o = RUN("eval", "--results", labels, path);
    assert_int_equal(o.status, 1);
    assert_non_null(strstr(o.err, "labels.jsonl, line 1: no \"input\": this is no result of scan"));
    outcome_free(&o);
}

static void eval_takes_no_zero_byte_for_the_end_of_the_labels(void **state) {
    (void)state;
    static const char labels[] = "{\"image\": \"1.jpg\"}\n\0{\"image\": \"2.jpg\"}\n";
    char path[160];
    mkdir(in_folder(path, "labelled"), 0777);
    write_file(in_folder(path, "labelled/labels.jsonl"), labels, sizeof labels - 1);
    outcome o = RUN("eval", "--model", MODEL, in_folder(path, "labelled"));
    assert_int_equal(o.status, 1);
    assert_non_null(strstr(o.err, "labels.jsonl, line 2"));
    outcome_free(&o);
}

static void eval_scores_results_and_fits_a_calibration_that_loads(void **state) {
    (void)state;
    char path[160], results[160], model[160], table[160];
    mkdir(in_folder(path, "labelled"), 0777);
    static const char label[] = "{\"image\": \"1.jpg\", \"date\": \"1/2/24\"}\n";
    static const char result[] =
        "{\"input\": \"x/1.jpg\", \"page\": 1, \"date\": {\"text\": \"1/2/24\", \"confidence\": "
        "0.75}}\n";
    write_file(in_folder(path, "labelled/labels.jsonl"), label, sizeof label - 1);
    write_file(in_folder(results, "r.jsonl"), result, sizeof result - 1);
    make_model(model, "calibration.json", "");
    outcome o =
        RUN("eval", "--results", results, "--write-calibration",
            in_folder(table, "model/calibration.json"), "--json", in_folder(path, "labelled"));
    assert_int_equal(o.status, 0);
    json_t *figures = parsed(o.out, 0);
    const json_t *date = json_object_get(json_object_get(figures, "fields"), "date");
    assert_int_equal(json_integer_value(json_object_get(date, "right")), 1);
    assert_float_equal(json_real_value(json_object_get(figures, "calibration_error")), 0.25, 1e-9);
    json_decref(figures);
    outcome_free(&o);
    o = RUN("scan", "--model", model, PAGE);
    assert_int_equal(o.status, 0);
    outcome_free(&o);
}

int main(void) {
#define CLAIM(claim) cmocka_unit_test_setup_teardown(claim, set_up_folder, tear_down_folder)
    const struct CMUnitTest tests[] = {
        CLAIM(every_format_carries_the_page),
        CLAIM(a_result_says_where_it_comes_from),
        CLAIM(lines_are_the_same_on_any_number_of_threads),
        CLAIM(a_bad_file_is_named_and_the_rest_delivered),
        CLAIM(a_document_is_read_page_by_page),
        CLAIM(standard_input_is_a_page),
        CLAIM(a_file_appears_whole_or_not_at_all),
        CLAIM(what_is_no_file_is_written_into_and_stays),
        CLAIM(what_was_seen_and_found_can_be_looked_at),
        CLAIM(a_calibration_beside_the_model_takes_effect),
        CLAIM(a_damaged_calibration_or_card_is_no_model),
        CLAIM(a_model_of_whole_pages_reads_one_without_small_text_as_a_whole),
        CLAIM(a_model_of_whole_pages_reads_small_text_in_tiles),
        CLAIM(wrong_usage_is_told_apart_from_a_missing_model),
        CLAIM(an_interruption_delivers_what_is_finished),
        CLAIM(the_embedded_model_reads_a_printed_table_row_by_row),
        CLAIM(ocr_keeps_on_one_line_what_scan_parts_into_two_medicines),
        CLAIM(eval_reads_pages_and_says_which_it_could_not),
        CLAIM(eval_refuses_wrong_labels_before_it_reads),
        CLAIM(eval_refuses_what_is_no_result),
        CLAIM(eval_takes_no_zero_byte_for_the_end_of_the_labels),
        CLAIM(eval_scores_results_and_fits_a_calibration_that_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
