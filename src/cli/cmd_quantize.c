/* quantize: writes a smaller checkpoint that loads at once. */
#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>

static struct {
    char *to, *output;
    int threads;
} wanted;

static bool on_progress(void *context, const char *phase, size_t done, size_t total) {
    bool hash = strcmp(phase, "hash") == 0;
    rx_progress(context, "%s: %.2f of %.2f GB", hash ? "hashing the source" : "writing",
                (double)done * 1e-3, (double)total * 1e-3);
    return !rx_interrupted();
}

static int run(const rx_options *options, const char *name) {
    pali_error err = PALI_ERROR_INIT;
    char folder[8192];
    if (!rx_find_model(name, folder, sizeof folder, &err)) {
        rx_complain("%s", err.message);
        return RX_EXIT_MODEL;
    }
    pali_model_options how = PALI_MODEL_OPTIONS_INIT;
    how.weights = strcmp(wanted.to, "int8") == 0 ? PALI_WEIGHTS_INT8 : PALI_WEIGHTS_INT4;
    how.num_threads = rx_threads(options, wanted.threads);
    how.progress = on_progress;
    how.progress_context = (void *)(uintptr_t)options;
    rx_interrupt_install();
    pali_status status = pali_model_quantize(folder, wanted.output, &how, &err);
    rx_progress_end();
    if (status == PALI_ERROR_CANCELLED)
        return RX_EXIT_INTERRUPTED;
    if (status) {
        rx_complain("%s", err.message);
        return status == PALI_ERROR_ARGUMENT || status == PALI_ERROR_IO ? RX_EXIT_SOME_FAILED
                                                                        : RX_EXIT_MODEL;
    }
    rx_note(options, "%s holds the model as %s: use it with --model %s", wanted.output, wanted.to,
            wanted.output);
    return RX_EXIT_OK;
}

int rx_cmd_quantize(int argc, const char **argv) {
    rx_options options;
    const char **arguments;
    int count;
    int status = rx_options_read(&options, &rx_command_quantize, RX_TAKES_QUANTIZE, argc, argv,
                                 &arguments, &count);
    if (status < 0) {
        if (count != 1)
            status = rx_usage_error("quantize", count ? "one MODEL at a time" : "missing MODEL");
        else if (!*arguments[0])
            status = rx_usage_error("quantize", "the name of the MODEL is empty");
        else if (!wanted.to || (strcmp(wanted.to, "int8") != 0 && strcmp(wanted.to, "int4") != 0))
            status = rx_usage_error("quantize", "--to int8 or --to int4 is needed");
        else if (!wanted.output || !*wanted.output)
            status = rx_usage_error("quantize", "-o DIR is needed");
        else if (wanted.threads < 0)
            status = rx_usage_error("quantize", "--threads %d is negative", wanted.threads);
        else
            status = run(&options, arguments[0]);
    }
    free(wanted.to);
    free(wanted.output);
    return status;
}

const struct poptOption rx_quantize_table[] = {
    {"to", 0, POPT_ARG_STRING, &wanted.to, 0,
     "int8: 8 bits a weight, hardly a difference; int4: 4 bits, for models that do not fit "
     "otherwise",
     "FORMAT"},
    {"output", 'o', POPT_ARG_STRING, &wanted.output, 0,
     "the new folder; it appears when all of it is written", "DIR"},
    {"threads", 't', POPT_ARG_INT, &wanted.threads, 0,
     "number of threads (default: one for each processor)", "N"},
    POPT_TABLEEND};

const rx_command rx_command_quantize = {
    "quantize", "MODEL", "Writes a smaller checkpoint that loads at once.",
    "Matrices are converted piece by piece: a model of any size passes through a few MB of memory\n"
    "for each thread. The new folder works wherever a model is named.\n\n"
    "  rxscan quantize google/paligemma2-3b-mix-448 --to int8 -o ~/models/3b-int8\n"
    "  rxscan ask --model ~/models/3b-int8 photo.jpg \"Which medicines are recommended\"",
    rx_cmd_quantize};
