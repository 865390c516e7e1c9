/* results: what a store keeps: listed, handed out, verified, erased. */
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/report_writer.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

static struct {
    char *input, *patient;
    int verify, erase;
} wanted;

/* ---- the list: what was read and when, not what it says ---- */

typedef struct listing {
    FILE *out;
    size_t results, failures;
} listing;

static size_t to_review(const json_t *document, size_t *medicines) {
    const json_t *list = json_object_get(document, "medicines");
    size_t count = json_array_size(json_object_get(document, "review")) > 0, index;
    json_t *medicine, *reason;
    *medicines = json_array_size(list);
    json_array_foreach(list, index, medicine) {
        size_t i;
        bool doubtful = false;
        json_array_foreach(json_object_get(medicine, "review"), i, reason) {
            doubtful |= !json_is_true(json_object_get(reason, "advisory"));
        }
        count += doubtful;
    }
    return count;
}

static bool list_one(void *context, const rx_stored *stored) {
    listing *l = context;
    size_t medicines;
    size_t doubtful = to_review(stored->document, &medicines);
    fprintf(l->out, "%6lld  %s  ", (long long)stored->id, stored->time);
    if (stored->failed)
        fprintf(l->out, "%-28s  ", "could not be read");
    else
        fprintf(l->out, "%3zu medicines, %3zu to review  ", medicines, doubtful);
    rx_print_name(l->out, stored->input);
    fprintf(l->out, stored->page ? ", page %d\n" : "\n", stored->page);
    l->results += !stored->failed;
    l->failures += stored->failed;
    return !rx_interrupted();
}

static int list_all(rx_store *store, const rx_options *options, const rx_selection *select,
                    pali_error *err) {
    rx_output output;
    if (!rx_output_open_file(&output, options->output, RX_TEXT))
        return RX_EXIT_SOME_FAILED;
    listing l = {.out = output.stream};
    pali_status status = rx_store_each(store, select, list_one, &l, err);
    if (!rx_output_close(&output))
        return RX_EXIT_SOME_FAILED;
    if (!status)
        rx_note(options, "%zu results, %zu pages that could not be read", l.results, l.failures);
    return status ? -1 : RX_EXIT_OK;
}

/* ---- handing out ---- */

typedef struct handing {
    rx_report_writer writer;
    const char *path; /* of the store */
    bool failed;
} handing;

static bool hand_out_failure(handing *h, const rx_stored *stored) {
    const json_t *error = json_object_get(stored->document, "error");
    const char *code = json_string_value(json_object_get(error, "code"));
    const char *message = json_string_value(json_object_get(error, "message"));
    pali_error failure = {.code = PALI_ERROR_INTERNAL};
    for (int i = PALI_ERROR_ARGUMENT; i < PALI_ERROR_INTERNAL && code; i++)
        if (strcmp(code, pali_status_name((pali_status)i)) == 0)
            failure.code = (pali_status)i;
    snprintf(failure.message, sizeof failure.message, "%s", message ? message : "");
    return rx_report_writer_failure(&h->writer, stored->input, stored->page, &failure);
}

static bool hand_out(void *context, const rx_stored *stored) {
    handing *h = context;
    pali_error err = PALI_ERROR_INIT;
    rx_prescription read = {0};
    rx_provenance from = {0};
    bool good = true;
    if (stored->failed) {
        good = hand_out_failure(h, stored);
    } else if (rx_report_parse(&read, &from, stored->document, h->path, &err)) {
        rx_complain("%s", err.message);
        good = false;
    } else {
        read.page = stored->page;
        good = rx_report_writer_page(&h->writer, &read, &from, NULL);
    }
    pali_arena_free(&read.arena);
    h->failed |= !good;
    return !rx_interrupted();
}

static int hand_out_all(rx_store *store, const rx_options *options, const char *path,
                        const rx_selection *select, pali_error *err) {
    static const char *const forms[] = {"text", "json", "jsonl", "csv", "fhir", "html"};
    handing h = {.path = path};
    if (!rx_report_writer_open(&h.writer, options->output, options->parsed_format))
        return RX_EXIT_SOME_FAILED;
    pali_status status =
        rx_store_export(store, select, forms[options->parsed_format], hand_out, &h, err);
    bool good = rx_report_writer_close(&h.writer) && !h.failed;
    return status ? -1 : good ? RX_EXIT_OK : RX_EXIT_SOME_FAILED;
}

/* ---- verifying and erasing ---- */

static int verify(rx_store *store, pali_error *err) {
    rx_store_state state;
    if (rx_store_verify(store, &state, err))
        return -1;
    printf(
        "sound: %llu results and %llu pages that could not be read; %llu were erased or replaced\n"
        "audit trail: %llu entries, the last one sealed %s\n",
        (unsigned long long)state.results, (unsigned long long)state.failures,
        (unsigned long long)state.removed, (unsigned long long)state.entries, state.head);
    return RX_EXIT_OK;
}

static int erase(rx_store *store, const rx_options *options, const rx_selection *select,
                 pali_error *err) {
    uint64_t count = 0;
    if (rx_store_erase(store, select, &count, err))
        return -1;
    rx_note(options, "%llu pages erased", (unsigned long long)count);
    return RX_EXIT_OK;
}

/* ---- the command ---- */

/* A form was asked for, also as --json. */
static bool hands_out(const rx_options *options) {
    return options->format || options->parsed_format != RX_TEXT;
}

static int run(const rx_options *options, const char *path) {
    pali_error err = PALI_ERROR_INIT;
    rx_store *store = NULL;
    const rx_selection select = {.input = wanted.input, .patient = wanted.patient};
    int status = -1;
    if (rx_store_open(&store, path, RX_STORE_EXISTING, &err))
        ;
    else if (wanted.verify)
        status = verify(store, &err);
    else if (wanted.erase)
        status = erase(store, options, &select, &err);
    else if (hands_out(options))
        status = hand_out_all(store, options, path, &select, &err);
    else
        status = list_all(store, options, &select, &err);
    rx_store_close(&store);
    if (status < 0)
        rx_complain("%s", err.message);
    return status < 0 ? RX_EXIT_SOME_FAILED : rx_interrupted() ? RX_EXIT_INTERRUPTED : status;
}

static int check_usage(const rx_options *options, int count) {
    bool some = wanted.input || wanted.patient;
    if (count != 1)
        return rx_usage_error("results", count ? "one FILE at a time" : "missing FILE");
    if (wanted.erase && !some)
        return rx_usage_error("results", "--erase needs --patient or --input: whose pages?");
    if (wanted.erase && (wanted.verify || hands_out(options)))
        return rx_usage_error("results", "--erase goes with --patient and --input alone");
    if (wanted.verify && (some || hands_out(options)))
        return rx_usage_error("results", "--verify is about the whole store");
    return -1;
}

int rx_cmd_results(int argc, const char **argv) {
    rx_options options;
    const char **arguments;
    int count;
    int status = rx_options_read(&options, &rx_command_results, RX_TAKES_RESULTS | RX_TAKES_REPORT,
                                 argc, argv, &arguments, &count);
    if (status < 0)
        status = check_usage(&options, count);
    const rx_written file = {"-o", options.output};
    if (status < 0)
        status = rx_check_written("results", &file, 1, arguments, 1);
    if (status < 0) {
        rx_interrupt_install();
        status = run(&options, arguments[0]);
    }
    free(wanted.input);
    free(wanted.patient);
    return status;
}

const struct poptOption rx_results_table[] = {
    {"patient", 0, POPT_ARG_STRING, &wanted.patient, RX_GIVEN_ONCE,
     "only pages whose patient's name, as read, holds these words", "NAME"},
    {"input", 0, POPT_ARG_STRING, &wanted.input, RX_GIVEN_ONCE,
     "only pages of this input, named as for scan", "INPUT"},
    {"verify", 0, POPT_ARG_NONE, &wanted.verify, 0,
     "check the file, the audit trail, and every page against it", NULL},
    {"erase", 0, POPT_ARG_NONE, &wanted.erase, 0,
     "erase the pages that --patient and --input name, for good", NULL},
    POPT_TABLEEND};

const rx_command rx_command_results = {
    "results", "FILE", "Lists, hands out, verifies or erases what scan --store keeps.",
    "Without options: a list of what was read and when. With --format: the results themselves, "
    "which\n"
    "is entered in the audit trail. A name is found as it was read: pages on which it was not "
    "read\n"
    "are found by --input. List before you erase.\n\n"
    "  rxscan scan inbox/ --store inbox.db --resume\n"
    "  rxscan results inbox.db\n"
    "  rxscan results inbox.db --format csv -o inbox.csv\n"
    "  rxscan results inbox.db --verify\n"
    "  rxscan results inbox.db --patient \"Asha Verma\" --erase",
    rx_cmd_results};
