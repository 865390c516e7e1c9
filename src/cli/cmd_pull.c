/* pull: checkpoints from the Hugging Face Hub, into the cache that Python uses too. */
#include "cli/commands.h"
#include "pali/hub.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BAR_WIDTH = 10 }; /* the line fits 80 columns */

/* The line that is shown for the file on its way. */
typedef struct display {
    const rx_options *options;
    char file[34];
    double shown_at, began_at; /* seconds */
    uint64_t began_with;       /* bytes that were there already */
} display;

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void format_time(char *out, size_t size, double seconds) {
    long s = seconds < 359999 ? (long)(seconds + 0.5) : 359999;
    if (s >= 3600)
        snprintf(out, size, "%ld:%02ld:%02ld left", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, size, "%ld:%02ld left", s / 60, s % 60);
}

/* "model-00001-of-00002.safetensors [====      ]  42 % 54.1 MB/s 1:25 left" */
static void show(const display *d, double now, uint64_t done, uint64_t total) {
    char bar[BAR_WIDTH + 1], left[32] = "";
    double share = total ? (double)done / (double)total : 0;
    size_t filled = share < 1 ? (size_t)(share * BAR_WIDTH) : BAR_WIDTH;
    memset(bar, ' ', BAR_WIDTH);
    memset(bar, '=', filled);
    bar[BAR_WIDTH] = '\0';
    double passed = now - d->began_at;
    double rate =
        passed > 0.5 && done > d->began_with ? (double)(done - d->began_with) / passed : 0;
    if (rate > 0 && total > done)
        format_time(left, sizeof left, (double)(total - done) / rate);
    if (total)
        rx_progress(d->options, "%s [%s] %3.0f %% %.1f MB/s %s", d->file, bar, 100 * share,
                    rate * 1e-6, left);
    else
        rx_progress(d->options, "%s %.1f MB", d->file, (double)done * 1e-6);
}

static bool on_transfer(void *context, const char *file, uint64_t done, uint64_t total) {
    display *d = context;
    double now = seconds_now();
    if (strncmp(d->file, file, sizeof d->file - 1) != 0 || done < d->began_with) {
        snprintf(d->file, sizeof d->file, "%s", file);
        d->began_at = now;
        d->began_with = done;
        d->shown_at = 0;
    }
    if (now - d->shown_at >= 0.1) {
        show(d, now, done, total);
        d->shown_at = now;
    }
    return !rx_interrupted();
}

/* An exit status. */
static int pull_one(const char *model, const rx_options *options) {
    display d = {.options = options};
    pali_hub_options pull = PALI_HUB_OPTIONS_INIT;
    pull.progress = on_transfer;
    pull.progress_context = &d;
    pali_error err = PALI_ERROR_INIT;
    char *directory = NULL;
    bool from_cache = false;
    pali_status status = pali_hub_pull(&directory, &from_cache, model, &pull, &err);
    rx_progress_end();
    if (status == PALI_ERROR_CANCELLED) {
        rx_note(options, "%s: stopped; the same command goes on from here", model);
        return RX_EXIT_INTERRUPTED;
    }
    if (status) {
        rx_complain("%s", err.message);
        return status == PALI_ERROR_ARGUMENT ? RX_EXIT_USAGE : RX_EXIT_SOME_FAILED;
    }
    if (from_cache)
        rx_note(options,
                "%s: the Hub was not asked (offline, or out of reach): this is the copy "
                "from before",
                model);
    printf("%s\n", directory);
    free(directory);
    return RX_EXIT_OK;
}

int rx_cmd_pull(int argc, const char **argv) {
    rx_options options;
    const char **arguments;
    int count;
    int status = rx_options_read(&options, &rx_command_pull, 0, argc, argv, &arguments, &count);
    if (status >= 0)
        return status;
    if (count < 1)
        return rx_usage_error("pull", "ORG/NAME[@REVISION]: which model?");
    rx_interrupt_install();
    status = RX_EXIT_OK;
    for (int i = 0; i < count && status != RX_EXIT_INTERRUPTED; i++) {
        int one = pull_one(arguments[i], &options);
        status = one ? one : status;
    }
    return status;
}

const rx_command rx_command_pull = {
    "pull", "ORG/NAME[@REVISION]...", "Downloads a model from the Hugging Face Hub.",
    "The files go to the cache that Python's huggingface_hub uses (HF_HOME, HF_HUB_CACHE); what "
    "is\n"
    "there already is not fetched again, and what was begun is resumed. Lengths and hashes are\n"
    "checked. A gated model needs its terms accepted on its page, and a token in HF_TOKEN or in\n"
    "the token file. Prints the model's folder.\n\n"
    "  rxscan pull google/paligemma2-3b-mix-448\n"
    "  rxscan ask --model google/paligemma2-3b-mix-448 photo.jpg \"What is prescribed?\"",
    rx_cmd_pull};
