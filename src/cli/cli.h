/* What the commands share. The program uses the engine through its public headers only. */
#ifndef RX_CLI_H
#define RX_CLI_H

#include "pali/pali.h"

#include <jansson.h>
#include <popt.h>
#include <stdio.h>

/* Exit statuses: part of the program's contract. */
enum {
    RX_EXIT_OK = 0,
    RX_EXIT_SOME_FAILED = 1, /* the rest was delivered, each failure was named */
    RX_EXIT_USAGE = 2,
    RX_EXIT_MODEL = 3, /* it cannot be loaded */
    RX_EXIT_INTERRUPTED = 130,
};

typedef enum rx_format { RX_TEXT, RX_JSON, RX_JSONL, RX_CSV, RX_FHIR, RX_HTML } rx_format;

enum { RX_PATH_SIZE = 8192 };

/* Values of the common options; strings belong to the argument vector or are constants. */
typedef struct rx_options {
    char *model, *device, *weights, *format, *output, *logits, *lang, *draw, *masks, *lexicon;
    int threads, max_new_tokens, beams, seed;
    double temperature, top_p;
    int preview, quiet, verbose;
    rx_format parsed_format;
    pali_weights parsed_weights;
} rx_options;

typedef int (*rx_command_fn)(int argc, const char **argv);

typedef struct rx_command {
    const char *name;
    const char *arguments; /* "INPUT... QUESTION" */
    const char *summary;   /* one line */
    const char *details;   /* paragraphs and examples for --help */
    rx_command_fn run;
} rx_command;

/* ---- options.c ---- */

/* Groups of options that a command takes. */
enum {
    RX_TAKES_MODEL = 1 << 0,    /* --model --weights --threads --device */
    RX_TAKES_ANSWER = 1 << 1,   /* --max-new-tokens --beams --temperature --top-p --seed --logits */
    RX_TAKES_OUTPUT = 1 << 2,   /* --format --output */
    RX_TAKES_LANGUAGE = 1 << 3, /* --lang */
    RX_TAKES_DRAWING = 1 << 4,  /* --draw */
    RX_TAKES_MASKS = 1 << 5,    /* --mask-decoder */
    RX_TAKES_BENCH = 1 << 6,    /* cmd_bench.c */
    RX_TAKES_QUANTIZE = 1 << 7, /* cmd_quantize.c */
    RX_TAKES_REPORT = 1 << 8,   /* --format, with those of reports, --output */
    RX_TAKES_SCAN = 1 << 9,     /* cmd_scan.c */
    RX_TAKES_EVAL = 1 << 10,    /* cmd_eval.c */
    RX_TAKES_RESULTS = 1 << 11, /* cmd_results.c */
    RX_TAKES_PREVIEW = 1 << 12, /* --preview */
    RX_TAKES_LEXICON = 1 << 13, /* --lexicon */
};

/* Reads the options of `command` into `out` and leaves the other arguments in `*arguments` (NULL at
 * the end, valid until rx_options_free). Returns -1 to go on, or the exit status to end with:
 * --help was printed, or what is wrong. */
int rx_options_read(rx_options *out, const rx_command *command, unsigned groups, int argc,
                    const char **argv, const char ***arguments, int *num_arguments);
void rx_options_free(void);

/* ---- terminal.c ---- */

/* Whether what is written there reaches a terminal that obeys control sequences. */
bool rx_is_terminal(int fd);

/* A name of the user's, with "?" for control characters, which a terminal would obey, and for what is
 * not UTF-8. */
void rx_print_name(FILE *stream, const char *name);

/* "page.jpg:" or "paper.pdf, page 2:" above an answer. */
void rx_print_heading(FILE *stream, const char *input, int page);

/* "rxscan: message" on standard error, after removing the progress line. */
void rx_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "rxscan COMMAND: message" and where to find help; returns RX_EXIT_USAGE. */
int rx_usage_error(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A note for people; nothing with --quiet. */
void rx_note(const rx_options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One line on a terminal that is rewritten; nothing elsewhere, or with --quiet. */
void rx_progress(const rx_options *options, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void rx_progress_end(void);

/* ---- preview.c ---- */

/* With --preview: the picture on standard error, if that is a terminal that can show it. */
void rx_preview(const rx_options *options, const pali_image *image);

/* ---- interrupt.c ---- */

/* From now on the first Ctrl-C (or SIGTERM, SIGHUP) cancels the model and lets the command finish in
 * order; a second one ends the program at once. */
void rx_interrupt_install(void);
void rx_interrupt_watch(const pali_model *model); /* NULL: none */
bool rx_interrupted(void);
/* A file that is not whole yet, to be removed if a signal ends the program; and that no longer. The path
 * is kept until then. */
void rx_interrupt_removes(const char *path);
void rx_interrupt_leaves(const char *path);

/* ---- engine.c ---- */

/* The folder of a model that the user names: a folder, or ORG/NAME[@REVISION] in the cache. */
bool rx_find_model(const char *name, char *folder, size_t size, pali_error *err);

/* The folder of the model of the options, "" for one without files. Returns -1, or the exit status
 * after saying why. */
int rx_engine_find(char folder[RX_PATH_SIZE], const rx_options *options);

/* Finds and loads the model of the options, with progress. Its folder ("" for one without files) is
 * written to `folder` unless that is NULL. Returns -1, or the exit status. */
int rx_engine_load(pali_model **out, char folder[RX_PATH_SIZE], const rx_options *options);

/* How many threads to start of the `wanted` ones (0: the engine decides). */
int rx_threads(const rx_options *options, int wanted);

/* Whether the options name a model of random weights. */
bool rx_engine_is_synthetic(const rx_options *options);

/* Peak memory of this process in bytes. */
uint64_t rx_peak_memory(void);

/* ---- inputs.c ---- */

/* One page to be read. */
typedef struct rx_input {
    const char
        *input; /* as the user named it, a URL without its password; or the file in a folder */
    int page;   /* 1-based; 0 where the input is a single picture */
    const void *bytes; /* of the whole input, all of its pages; NULL if it could not be read */
    size_t size;
    pali_image *image; /* of rx_input_decode; who wants to keep it takes it and leaves NULL */
    pali_error error;  /* why there are no bytes, or no picture */
} rx_input;

/* Decodes the page's picture into `image`; on failure `error` says why. */
pali_status rx_input_decode(rx_input *page);

/* Called for each page; false ends the walk. What it points to is freed afterwards. */
typedef bool (*rx_input_fn)(void *context, rx_input *page);

/* Opens the inputs one after the other: files, folders (their pictures in order of name), "-",
 * http(s) URLs; every page of a PDF or TIFF. What cannot be opened is handed on as a page with an
 * error. */
void rx_inputs_walk(const char *const *inputs, int count, rx_input_fn fn, void *context);

/* How many inputs were named or found: whether results need headings. */
bool rx_inputs_many(const char *const *inputs, int count);

/* Files and URLs that a walk will open, as far as can be told before: the pages of a document are
 * not counted. */
size_t rx_inputs_count(const char *const *inputs, int count);

/* Whether a walk will open this file, by its name or in a folder. */
bool rx_inputs_hold(const char *const *inputs, int count, const char *path);

/* ---- overwriting.c ---- */

/* A file that an option names to be written; `path` NULL: none. */
typedef struct rx_written {
    const char *option, *path;
} rx_written;

/* Whether both are one regular file, or will be. */
bool rx_same_file(const char *a, const char *b);

/* -1 if all that is read and written has a name, and each written file is one of its own that is not read;
 * otherwise RX_EXIT_USAGE after saying which. */
int rx_check_written(const char *command, const rx_written *files, size_t count,
                     const char *const *inputs, int num_inputs);

/* ---- output.c ---- */

/* Results: to standard output as they come, or to a file that is written whole at the end. */
typedef struct rx_output {
    const char *path; /* NULL: standard output */
    rx_format format;
    FILE *stream;
    char *target;    /* where it will be: what `path` is a link to, or the same */
    char *temporary; /* its name until it is whole; NULL for standard output and what is no file */
    size_t count;    /* JSON results so far */
} rx_output;

/* A JSON string; where the text is not UTF-8 (as a file name may be), "?" for what is not ASCII. */
json_t *rx_json_text(const char *text);
/* {"input", "page"}: what every result about a page starts with; a single picture is page 1. */
json_t *rx_json_page(const char *input, int page);
/* {"code", "message"} */
json_t *rx_json_error(const pali_error *err);

/* As the options say. False after saying why. */
bool rx_output_open(rx_output *output, const rx_options *options);
/* `path` NULL or "-": standard output. */
bool rx_output_open_file(rx_output *output, const char *path, rx_format format);
/* One result of a JSON format; the reference is taken. */
void rx_output_json(rx_output *output, json_t *result);
/* Writes what is left; false after saying why. */
bool rx_output_close(rx_output *output);

#endif
