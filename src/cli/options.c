/* The options of the commands: popt tables, from which the help text comes too. */
#include "cli/arguments.h"
#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>

static rx_options values;
static int wants_help, wants_json;
static poptContext context;

static const struct poptOption model_table[] = {
    {"model", 'm', POPT_ARG_STRING, &values.model, 0,
     "a folder in Hugging Face format, or ORG/NAME[@REVISION] from the cache (default: the "
     "embedded model; environment RXSCAN_MODEL)",
     "MODEL"},
    {"weights", 'w', POPT_ARG_STRING, &values.weights, 0,
     "how weights are held: bf16, int8, int4, f16, f32 (default: as the files have them)",
     "FORMAT"},
    {"threads", 't', POPT_ARG_INT, &values.threads, 0,
     "number of threads (default: one for each processor)", "N"},
    {"device", 0, POPT_ARG_STRING, &values.device, 0, "cpu or auto (this build has no other)",
     "DEVICE"},
    POPT_TABLEEND};

static const struct poptOption answer_table[] = {
    {"max-new-tokens", 'n', POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &values.max_new_tokens, 0,
     "longest answer, in tokens", "N"},
    {"beams", 0, POPT_ARG_INT, &values.beams, 0,
     "carry on the N likeliest beginnings of an answer instead of one: slower, likelier answers",
     "N"},
    {"temperature", 0, POPT_ARG_DOUBLE, &values.temperature, 0,
     "draw tokens at random instead of taking the most likely", "T"},
    {"top-p", 0, POPT_ARG_DOUBLE, &values.top_p, 0,
     "with --temperature: draw from the most likely tokens that add up to P", "P"},
    {"seed", 0, POPT_ARG_INT, &values.seed, 0, "with --temperature: start of the random numbers",
     "N"},
    {"logits", 0, POPT_ARG_STRING, &values.logits, 0,
     "write the logits of every generated position (float32, NumPy format)", "FILE.npy"},
    POPT_TABLEEND};

static const struct poptOption output_table[] = {
    {"format", 'f', POPT_ARG_STRING, &values.format, 0, "text, json or jsonl (default: text)",
     "FORMAT"},
    {"output", 'o', POPT_ARG_STRING, &values.output, 0,
     "write results to FILE, whole or not at all, instead of standard output", "FILE"},
    {"json", 0, POPT_ARG_NONE, &wants_json, 0, "the same as --format json", NULL},
    POPT_TABLEEND};

static const struct poptOption report_table[] = {
    {"format", 'f', POPT_ARG_STRING, &values.format, 0,
     "text, json, jsonl, csv, fhir or html (default: text)", "FORMAT"},
    {"output", 'o', POPT_ARG_STRING, &values.output, 0,
     "write results to FILE, whole or not at all, instead of standard output", "FILE"},
    {"json", 0, POPT_ARG_NONE, &wants_json, 0, "the same as --format json", NULL},
    POPT_TABLEEND};

static const struct poptOption language_table[] = {
    {"lang", 'l', POPT_ARG_STRING, &values.lang, 0, "language of the answer (default: en)", "CODE"},
    POPT_TABLEEND};

static const struct poptOption lexicon_table[] = {
    {"lexicon", 0, POPT_ARG_STRING, &values.lexicon, 0,
     "names of your own beside the built-in ones: a name a line, behind tabs its ingredients and "
     "strengths in mg; behind \"?\" an abbreviation, a tab and its name",
     "FILE"},
    POPT_TABLEEND};

static const struct poptOption preview_table[] = {
    {"preview", 0, POPT_ARG_NONE, &values.preview, 0,
     "show the picture on a terminal with 24-bit colour", NULL},
    POPT_TABLEEND};

static const struct poptOption drawing_table[] = {
    {"draw", 0, POPT_ARG_STRING, &values.draw, 0,
     "write each picture with what was found drawn on it: FILE.png, then FILE-2.png, ...",
     "FILE.png"},
    POPT_TABLEEND};

static const struct poptOption mask_table[] = {
    {"mask-decoder", 0, POPT_ARG_STRING, &values.masks, 0,
     "weights that turn segmentation tokens into masks (vae-oid.npz, published with PaliGemma)",
     "FILE.npz"},
    POPT_TABLEEND};

static const struct poptOption general_table[] = {
    {"quiet", 'q', POPT_ARG_NONE, &values.quiet, 0, "say nothing but results and errors", NULL},
    {"verbose", 'v', POPT_ARG_NONE, &values.verbose, 0, "say what is done, with time and memory",
     NULL},
    {"help", 'h', POPT_ARG_NONE, &wants_help, 0, "show this text", NULL},
    POPT_TABLEEND};

static void print_help(const rx_command *command, const struct poptOption *tables) {
    const char *argv[] = {"rxscan", NULL}; /* which popt prints before the usage */
    poptContext help = poptGetContext(NULL, 1, argv, tables, 0);
    char usage[256];
    printf("%s\n", command->summary);
    if (command->details)
        printf("\n%s\n", command->details);
    printf("\n");
    fflush(stdout);
    snprintf(usage, sizeof usage, "%s [options] %s", command->name, command->arguments);
    poptSetOtherOptionHelp(help, usage);
    poptPrintHelp(help, stdout, 0);
    poptFreeContext(help);
}

/* Tables of the groups, as one. */
static void combine(struct poptOption *out, unsigned groups) {
    static const struct {
        unsigned group;
        const struct poptOption *table;
        const char *title;
    } parts[] = {
        {RX_TAKES_BENCH, rx_bench_table, "What to measure:"},
        {RX_TAKES_QUANTIZE, rx_quantize_table, "What to write:"},
        {RX_TAKES_SCAN, rx_scan_table, "Scanning:"},
        {RX_TAKES_EVAL, rx_eval_table, "Measuring:"},
        {RX_TAKES_RESULTS, rx_results_table, "Which, and what with them:"},
        {RX_TAKES_LEXICON, lexicon_table, "Medicines:"},
        {RX_TAKES_MODEL, model_table, "Model:"},
        {RX_TAKES_ANSWER, answer_table, "Answer:"},
        {RX_TAKES_LANGUAGE, language_table, NULL},
        {RX_TAKES_PREVIEW, preview_table, NULL},
        {RX_TAKES_DRAWING, drawing_table, NULL},
        {RX_TAKES_MASKS, mask_table, NULL},
        {RX_TAKES_OUTPUT, output_table, "Results:"},
        {RX_TAKES_REPORT, report_table, "Results:"},
        {0, general_table, "General:"},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if ((groups & parts[i].group) == parts[i].group)
            *out++ = (struct poptOption){.argInfo = POPT_ARG_INCLUDE_TABLE,
                                         .arg = (void *)(uintptr_t)parts[i].table,
                                         .descrip = parts[i].title};
    *out = (struct poptOption)POPT_TABLEEND;
}

static int index_of(const char *name, const char *const *names) {
    for (int i = 0; names[i]; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}

/* What popt cannot check. */
static int check_values(const rx_command *command, unsigned groups) {
    static const char *const formats[] = {"text", "json", "jsonl", "csv", "fhir", "html", NULL};
    bool reports = groups & RX_TAKES_REPORT;
    static const char *const weights[] = {"auto", "f32", "f16", "bf16", "int8", "int4", NULL};
    if (wants_json && values.format && strcmp(values.format, "json") != 0)
        return rx_usage_error(command->name, "--json and --format %s: which?", values.format);
    int format = values.format ? index_of(values.format, formats) : wants_json ? RX_JSON : RX_TEXT;
    if (format < 0 || (format > RX_JSONL && !reports))
        return rx_usage_error(command->name, "--format %s: text, json%s are possible",
                              values.format,
                              reports ? ", jsonl, csv, fhir and html" : " and jsonl");
    int weight = values.weights ? index_of(values.weights, weights) : 0;
    if (weight < 0)
        return rx_usage_error(command->name,
                              "--weights %s: bf16, int8, int4, f16 and f32 are possible",
                              values.weights);
    if (values.device && strcmp(values.device, "cpu") != 0 && strcmp(values.device, "auto") != 0)
        return rx_usage_error(command->name, "--device %s: this build computes on the cpu only",
                              values.device);
    if (values.threads < 0)
        return rx_usage_error(command->name, "--threads %d is negative", values.threads);
    if (values.max_new_tokens < 1)
        return rx_usage_error(command->name, "--max-new-tokens %d: at least 1",
                              values.max_new_tokens);
    if (values.beams < 1 || values.beams > PALI_MAX_BEAMS)
        return rx_usage_error(command->name, "--beams %d: 1 to %d", values.beams, PALI_MAX_BEAMS);
    if (values.beams > 1 && (values.temperature > 0.0 || values.logits))
        return rx_usage_error(command->name,
                              "--beams goes with neither --temperature nor --logits");
    if (!(values.temperature >= 0.0 && values.temperature <= 100.0))
        return rx_usage_error(command->name, "--temperature: 0 to 100");
    if (!(values.top_p > 0.0 && values.top_p <= 1.0))
        return rx_usage_error(command->name, "--top-p: above 0, at most 1");
    values.parsed_format = (rx_format)format;
    values.parsed_weights = (pali_weights)weight;
    return -1;
}

int rx_options_read(rx_options *out, const rx_command *command, unsigned groups, int argc,
                    const char **argv, const char ***arguments, int *num_arguments) {
    static struct poptOption table[16];
    static const char *none[] = {NULL};
    values = (rx_options){.max_new_tokens = 100, .beams = 1, .top_p = 1.0};
    combine(table, groups);
    int status = rx_arguments_read(&context, command->name, table, argc, argv);
    if (status < 0 && wants_help) {
        print_help(command, table);
        return RX_EXIT_OK;
    }
    if (status < 0)
        status = check_values(command, groups);
    if (status >= 0)
        return status;
    *arguments = poptGetArgs(context);
    if (!*arguments)
        *arguments = none;
    for (*num_arguments = 0; (*arguments)[*num_arguments];)
        ++*num_arguments;
    *out = values;
    return -1;
}

void rx_options_free(void) {
    char *texts[] = {values.model,  values.device, values.weights, values.format, values.output,
                     values.logits, values.lang,   values.draw,    values.masks,  values.lexicon};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    values = (rx_options){0};
    if (context)
        poptFreeContext(context);
    context = NULL;
}
