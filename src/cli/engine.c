/* Which model, and loading it. */
#include "cli/cli.h"
#include "pali/hub.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYNTHETIC "synthetic:"

/* The embedded model beside the program: in the source tree (build/rxscan) or installed
 * (bin/rxscan). */
static const char *embedded_model(char *path, size_t size) {
    static const char *const places[] = {"../models/rxscan-lines",
                                         "../share/rxscan/models/rxscan-lines"};
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return NULL;
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (!slash)
        return NULL;
    *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct stat info;
        char config[4608];
        snprintf(path, size, "%s/%s", program, places[i]);
        snprintf(config, sizeof config, "%.4300s/config.json", path);
        if (stat(config, &info) == 0)
            return path;
    }
    return NULL;
}

static const char *wanted_model(const rx_options *options) {
    const char *model = options->model ? options->model : getenv("RXSCAN_MODEL");
    return model && *model ? model : NULL;
}

bool rx_engine_is_synthetic(const rx_options *options) {
    const char *model = wanted_model(options);
    return model && strncmp(model, SYNTHETIC, strlen(SYNTHETIC)) == 0;
}

/* Threads beyond a few for each processor only wait for one another: with 999 of them on two processors
 * a page takes minutes. Results are the same on any number. */
int rx_threads(const rx_options *options, int wanted) {
    enum { LEAST = 8, FOR_EACH = 4 };
    cpu_set_t set;
    int processors = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    int most = processors * FOR_EACH > LEAST ? processors * FOR_EACH : LEAST;
    if (wanted <= most)
        return wanted;
    rx_note(options, "--threads %d: %d are started, as many as %d processor%s can use", wanted,
            most, processors, processors == 1 ? "" : "s");
    return most;
}

static bool on_load(void *context, const char *phase, size_t done, size_t total) {
    (void)phase;
    rx_progress(context, "loading the model: %zu %%", 100 * done / total);
    return !rx_interrupted();
}

/* "synthetic:3b-448" */
static pali_status synthesize(pali_model **out, const char *name, const pali_model_options *options,
                              pali_error *err) {
    char size[16];
    int resolution, used = 0;
    if (sscanf(name, SYNTHETIC "%15[^-]-%d%n", size, &resolution, &used) != 2 || name[used]) {
        err->code = PALI_ERROR_ARGUMENT;
        snprintf(err->message, sizeof err->message,
                 "%.100s: synthetic:SIZE-RESOLUTION, for instance synthetic:3b-448", name);
        return err->code;
    }
    return pali_model_synthesize(out, size, resolution, options, err);
}

bool rx_find_model(const char *name, char *folder, size_t size, pali_error *err) {
    struct stat info;
    if (stat(name, &info) == 0) {
        snprintf(folder, size, "%s", name);
        return true;
    }
    char *found = NULL;
    if (pali_hub_find(&found, name, err))
        return false;
    snprintf(folder, size, "%s", found);
    free(found);
    return true;
}

/* The name that the options give, or the embedded model's folder in `path`; NULL after saying why. */
static const char *name_of_model(const rx_options *options, char path[RX_PATH_SIZE]) {
    const char *name = wanted_model(options);
    if (!name)
        name = embedded_model(path, RX_PATH_SIZE);
    if (!name)
        rx_complain("no model: name one with --model FOLDER or --model ORG/NAME "
                    "(rxscan pull google/paligemma2-3b-mix-448 gets it), or set RXSCAN_MODEL");
    return name;
}

int rx_engine_find(char folder[RX_PATH_SIZE], const rx_options *options) {
    char path[RX_PATH_SIZE];
    folder[0] = '\0';
    const char *name = name_of_model(options, path);
    if (!name)
        return RX_EXIT_MODEL;
    pali_error err = PALI_ERROR_INIT;
    if (rx_engine_is_synthetic(options) || rx_find_model(name, folder, RX_PATH_SIZE, &err))
        return -1;
    rx_complain("%s", err.message);
    return RX_EXIT_MODEL;
}

int rx_engine_load(pali_model **out, char folder[RX_PATH_SIZE], const rx_options *options) {
    char path[RX_PATH_SIZE], own_folder[RX_PATH_SIZE];
    folder = folder ? folder : own_folder;
    folder[0] = '\0';
    const char *name = name_of_model(options, path);
    if (!name)
        return RX_EXIT_MODEL;
    pali_model_options load = PALI_MODEL_OPTIONS_INIT;
    load.weights = options->parsed_weights;
    load.num_threads = rx_threads(options, options->threads);
    load.progress = on_load;
    load.progress_context = (void *)(uintptr_t)options;
    pali_error err = PALI_ERROR_INIT;
    pali_status status = PALI_OK;
    if (rx_engine_is_synthetic(options))
        status = synthesize(out, name, &load, &err);
    else if (rx_find_model(name, folder, RX_PATH_SIZE, &err))
        status = pali_model_load(out, folder, &load, &err);
    else
        status = err.code;
    rx_progress_end();
    if (status == PALI_ERROR_CANCELLED)
        return RX_EXIT_INTERRUPTED;
    if (status) {
        rx_complain("%s", err.message);
        return RX_EXIT_MODEL;
    }
    rx_interrupt_watch(*out);
    pali_model_info info;
    pali_model_describe(*out, &info);
    if (info.converted)
        rx_note(options,
                "the weights were converted to %s while loading; 'rxscan quantize %s --to %s -o "
                "FOLDER' saves them so",
                info.weights, name, info.weights);
    if (rx_engine_is_synthetic(options))
        rx_note(options,
                "%s: the weights are random numbers of the true shapes. The answer means nothing; "
                "time and memory do.",
                name);
    return -1;
}

uint64_t rx_peak_memory(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}
