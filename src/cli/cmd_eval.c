/* eval: reads the pages of a labelled folder, or takes results that were written before, and says
 * how well they were read (docs/evaluation.md). */
#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
#include "cli/commands.h"
#include "cli/scanning.h"
#include "eval/fit.h"
#include "eval/label.h"
#include "eval/reliability.h"
#include "rx/report.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_LINES_BYTES = 1 << 30 };

static struct { char *results, *plot, *calibration; } wanted;

typedef struct session {
    const rx_options *options;
    const char *folder;
    json_t *labels;  /* array */
    json_t *results; /* object: by the input's file name */
    bool failed;
    pali_error err;
} session;

/* ---- labels and results ---- */

static const char *file_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* A label names a picture whose file name is its own: by that a result is told from the others. `names`
 * holds those of the labels before. `line` is for messages. */
static pali_status check_label(const json_t *label, json_t *names, const char *line,
                               pali_error *err) {
    const char *image = json_string_value(json_object_get(label, "image"));
    if (!image || !*file_name(image))
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: no \"image\"", line);
    if (json_object_get(names, file_name(image)))
        return pali_fail(
            err, PALI_ERROR_FORMAT,
            "%s: an earlier line has a picture named %s too, and results are told apart "
            "by that name",
            line, file_name(image));
    return json_object_set_new(names, file_name(image), json_true())
               ? pali_fail_memory(err, strlen(image), "labels")
               : rx_label_check(label, line, err);
}

static pali_status check_result(const json_t *result, const char *line, pali_error *err) {
    return json_is_string(json_object_get(result, "input"))
               ? PALI_OK
               : pali_fail(err, PALI_ERROR_FORMAT, "%s: no \"input\": this is no result of scan",
                           line);
}

/* The lines of a file as an array: of labels with `names`, as for check_label, or else of results. */
static pali_status load_lines(json_t **out, const char *path, json_t *names, pali_error *err) {
    pali_buffer bytes;
    pali_buffer_init(&bytes, MAX_LINES_BYTES);
    pali_status status = pali_read_file(&bytes, path, err);
    json_t *lines = json_array();
    size_t at = status ? 0 : pali_utf8_mark(bytes.data, bytes.size);
    for (size_t number = 1, size; at < bytes.size && !status; at += size + 1, number++) {
        char name[RX_PATH_SIZE];
        const char *text = bytes.data + at, *end = memchr(text, '\n', bytes.size - at);
        size = end ? (size_t)(end - text) : bytes.size - at;
        json_t *line = NULL;
        snprintf(name, sizeof name, "%s, line %zu", path, number);
        if (strspn(text, " \t\r") >= size)
            continue;
        status = pali_json_parse(&line, text, size, name, err);
        if (!status)
            status = names ? check_label(line, names, name, err) : check_result(line, name, err);
        if (line && json_array_append_new(lines, line) && !status)
            status = pali_fail_memory(err, size, "results");
    }
    pali_buffer_free(&bytes);
    if (status)
        json_decref(lines);
    else
        *out = lines;
    return status;
}

static pali_status load_labels(session *s) {
    char path[RX_PATH_SIZE];
    snprintf(path, sizeof path, "%s/labels.jsonl", s->folder);
    json_t *names = json_object();
    pali_status status = names ? load_lines(&s->labels, path, names, &s->err)
                               : pali_fail_memory(&s->err, 0, "labels");
    json_decref(names);
    if (!status && json_array_size(s->labels) == 0)
        status = pali_fail(&s->err, PALI_ERROR_FORMAT, "%s: no page is labelled", path);
    return status;
}

/* Keeps a result unless its input has one. */
static void keep_result(session *s, json_t *result) {
    const char *input = json_string_value(json_object_get(result, "input"));
    const json_t *page = json_object_get(result, "page");
    if (input && (!json_is_integer(page) || json_integer_value(page) <= 1) &&
        !json_object_get(s->results, file_name(input)))
        json_object_set(s->results, file_name(input), result);
}

static pali_status take_results(session *s, const char *path) {
    json_t *lines = NULL, *line;
    size_t index;
    pali_status status = load_lines(&lines, path, NULL, &s->err);
    if (status)
        return status;
    json_array_foreach(lines, index, line) {
        bool calibrated =
            json_is_true(json_object_get(json_object_get(line, "model"), "calibrated"));
        if (wanted.calibration && calibrated && !status)
            status = pali_fail(&s->err, PALI_ERROR_ARGUMENT,
                               "%s: its confidences are calibrated already", path);
        keep_result(s, line);
    }
    json_decref(lines);
    return status;
}

/* ---- reading ---- */

static bool on_progress(void *context, const char *phase, size_t done, size_t total) {
    (void)context, (void)phase, (void)done, (void)total;
    return !rx_interrupted();
}

static void read_page(session *s, rx_scanning *scanning, const rx_ready_page *page) {
    pali_error err = page->error;
    rx_prescription read = {0};
    json_t *result = NULL;
    pali_status status = page->failed ? err.code : PALI_OK;
    if (!status)
        status = rx_scan_read(&read, &scanning->scanner, &page->prepared, on_progress, s, &err);
    read.input = page->input;
    read.page = page->page;
    rx_scanning_stamp(scanning, page);
    if (!status)
        status = rx_report_json(&result, &read, &scanning->provenance, &err);
    if (!status)
        keep_result(s, result);
    else if (status != PALI_ERROR_CANCELLED) {
        rx_complain("%s", err.message);
        s->failed = true;
    }
    json_decref(result);
    rx_prescription_free(&read);
}

static void read_pages(session *s, rx_scanning *scanning, const char *const *paths, size_t count) {
    rx_read_ahead *ahead = rx_read_ahead_new(paths, (int)count, &scanning->scanner, NULL);
    rx_ready_page page;
    size_t done = 0;
    while (ahead && !rx_interrupted() && rx_read_ahead_next(ahead, &page)) {
        rx_progress(s->options, "page %zu of %zu", ++done, count);
        if (page.page <= 1)
            read_page(s, scanning, &page);
        rx_ready_page_free(&page);
    }
    rx_progress_end();
    s->failed |= !ahead;
    rx_read_ahead_free(ahead);
}

/* The pictures that the labels name; malloc'ed, as is each of them. */
static char **list_paths(session *s) {
    size_t count = json_array_size(s->labels);
    char **paths = calloc(count + 1, sizeof *paths);
    for (size_t i = 0; paths && i < count; i++) {
        const json_t *image = json_object_get(json_array_get(s->labels, i), "image");
        if (pali_join_path(&paths[i], s->folder, json_string_value(image), &s->err))
            paths[i] = strdup("");
    }
    return paths;
}

static int read_all(session *s) {
    rx_scanning scanning;
    int status = rx_scanning_open(&scanning, s->options, wanted.calibration != NULL);
    char **paths = status < 0 ? list_paths(s) : NULL;
    if (paths)
        read_pages(s, &scanning, (const char *const *)paths, json_array_size(s->labels));
    for (size_t i = 0; paths && paths[i]; i++)
        free(paths[i]);
    free(paths);
    rx_scanning_close(&scanning);
    return status >= 0 ? status : rx_interrupted() ? RX_EXIT_INTERRUPTED : -1;
}

/* ---- figures ---- */

static pali_status score(session *s, rx_score *out) {
    size_t index;
    json_t *label;
    pali_status status = PALI_OK;
    json_array_foreach(s->labels, index, label) {
        const char *image = json_string_value(json_object_get(label, "image"));
        if (!status)
            status =
                rx_score_page(out, label, json_object_get(s->results, file_name(image)), &s->err);
    }
    return status;
}

static pali_status write_files(session *s, const rx_score *scored) {
    size_t count;
    const rx_decision *decisions = rx_score_decisions(scored, &count);
    pali_status status = PALI_OK;
    if (wanted.plot) {
        pali_image *plot = NULL;
        status = rx_reliability_plot(&plot, decisions, count, &s->err);
        if (!status)
            status = pali_image_save_png(plot, wanted.plot, &s->err);
        pali_image_free(&plot);
    }
    if (!status && wanted.calibration) {
        json_t *table = NULL;
        status = rx_calibration_fit(&table, decisions, count, &s->err);
        char *text = status ? NULL : json_dumps(table, JSON_INDENT(1));
        if (!status)
            status = text ? pali_write_file(wanted.calibration, text, strlen(text), &s->err)
                          : pali_fail_memory(&s->err, 0, "a calibration");
        free(text);
        json_decref(table);
    }
    return status;
}

static pali_status report(session *s, const rx_score *scored) {
    rx_output output; /* one document: never a list */
    json_t *figures = NULL;
    pali_status status = rx_score_json(&figures, scored, &s->err);
    if (status)
        return status;
    if (!rx_output_open_file(&output, s->options->output, RX_TEXT)) {
        json_decref(figures);
        s->failed = true;
        return PALI_OK;
    }
    if (s->options->parsed_format == RX_TEXT) {
        pali_buffer text;
        pali_buffer_init(&text, MAX_LINES_BYTES);
        status = rx_score_text(&text, figures, &s->err);
        if (!status)
            fwrite(text.data, 1, text.size, output.stream);
        pali_buffer_free(&text);
    } else {
        json_dumpf(figures, output.stream, JSON_INDENT(2));
        fputc('\n', output.stream);
    }
    json_decref(figures);
    s->failed |= !rx_output_close(&output);
    return status;
}

static int run(session *s) {
    pali_status status = load_labels(s);
    int code = -1;
    if (!status && wanted.results)
        status = take_results(s, wanted.results);
    else if (!status)
        code = read_all(s);
    rx_score scored;
    rx_score_init(&scored);
    if (!status && code < 0)
        status = score(s, &scored);
    if (!status && code < 0)
        status = report(s, &scored);
    if (!status && code < 0)
        status = write_files(s, &scored);
    rx_score_free(&scored);
    if (status)
        rx_complain("%s", s->err.message);
    return code >= 0 ? code : status || s->failed ? RX_EXIT_SOME_FAILED : RX_EXIT_OK;
}

/* What is written is neither a page, nor the labels, nor the results to be scored. */
static int check_files(const rx_options *options, const char *folder) {
    const rx_written files[] = {{"-o", options->output},
                                {"--plot", wanted.plot},
                                {"--write-calibration", wanted.calibration}};
    char labels[RX_PATH_SIZE];
    snprintf(labels, sizeof labels, "%s/labels.jsonl", folder);
    const char *const inputs[] = {folder, labels, wanted.results};
    return rx_check_written("eval", files, sizeof files / sizeof *files, inputs,
                            wanted.results ? 3 : 2);
}

int rx_cmd_eval(int argc, const char **argv) {
    rx_options options;
    const char **arguments;
    int count;
    int status =
        rx_options_read(&options, &rx_command_eval,
                        RX_TAKES_EVAL | RX_TAKES_LEXICON | RX_TAKES_MODEL | RX_TAKES_OUTPUT, argc,
                        argv, &arguments, &count);
    if (status < 0 && count != 1)
        status = rx_usage_error("eval", count ? "one FOLDER at a time" : "missing FOLDER");
    if (status < 0)
        status = check_files(&options, arguments[0]);
    if (status < 0) {
        session s = {.options = &options, .folder = arguments[0], .results = json_object()};
        rx_interrupt_install();
        status = run(&s);
        json_decref(s.labels);
        json_decref(s.results);
    }
    free(wanted.results);
    free(wanted.plot);
    free(wanted.calibration);
    return status;
}

const struct poptOption rx_eval_table[] = {
    {"results", 0, POPT_ARG_STRING, &wanted.results, 0,
     "score these results (scan --format jsonl) instead of reading the pages", "FILE"},
    {"plot", 0, POPT_ARG_STRING, &wanted.plot, 0,
     "write a diagram of how often texts were right, over how sure they were", "FILE.png"},
    {"write-calibration", 0, POPT_ARG_STRING, &wanted.calibration, 0,
     "fit a calibration on these pages; as calibration.json in the model's folder it takes effect",
     "FILE"},
    POPT_TABLEEND};

const rx_command rx_command_eval = {
    "eval", "FOLDER", "Measures how well labelled pages are read.",
    "FOLDER holds pictures and labels.jsonl, one object a line with what is on the page;\n"
    "docs/evaluation.md says how, and what each figure means.\n\n"
    "  rxscan eval pages/\n"
    "  rxscan eval pages/ --results results.jsonl --json\n"
    "  rxscan eval other-pages/ --write-calibration models/mine/calibration.json",
    rx_cmd_eval};
