/* Ctrl-C: the first cancels what is being computed, so that what is finished can be delivered; the
 * second ends the program. A lost terminal or a polite kill does the same. Files that are not whole yet
 * hold what pages say: whichever signal ends the program, they go with it. */
#include "cli/cli.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

enum { MAX_TEMPORARIES = 8 };

static volatile sig_atomic_t interrupted;
static _Atomic(const pali_model *) watched;
static _Atomic(const char *) temporaries[MAX_TEMPORARIES];

void rx_interrupt_removes(const char *path) {
    for (size_t i = 0; i < MAX_TEMPORARIES; i++) {
        const char *none = NULL;
        if (atomic_compare_exchange_strong(&temporaries[i], &none, path))
            return;
    }
}

void rx_interrupt_leaves(const char *path) {
    for (size_t i = 0; i < MAX_TEMPORARIES; i++) {
        const char *same = path;
        atomic_compare_exchange_strong(&temporaries[i], &same, NULL);
    }
}

/* Only what a signal handler may do. */
static void end(int signal_number) {
    for (size_t i = 0; i < MAX_TEMPORARIES; i++) {
        const char *path = atomic_load(&temporaries[i]);
        if (path)
            unlink(path);
    }
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void on_signal(int signal_number) {
    if (interrupted) {
        end(signal_number);
        return;
    }
    interrupted = 1;
    const pali_model *model = atomic_load(&watched);
    if (model)
        pali_model_cancel(model);
}

void rx_interrupt_install(void) {
    struct sigaction action = {.sa_handler = on_signal}, before;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* nohup */
        sigaction(SIGHUP, &action, NULL);
    action.sa_handler = end; /* a reader that has gone ends the program quietly */
    sigaction(SIGPIPE, &action, NULL);
}

void rx_interrupt_watch(const pali_model *model) {
    atomic_store(&watched, model);
}

bool rx_interrupted(void) {
    return interrupted;
}
