/* Ctrl-C: the first cancels what is being computed, so that what is finished can be delivered; the
 * second ends the program. */
#include "cli/cli.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

static volatile sig_atomic_t interrupted;
static _Atomic(const pali_model *) watched;

static void on_signal(int signal_number) {
    (void)signal_number;
    interrupted = 1;
    const pali_model *model = atomic_load(&watched);
    if (model)
        pali_model_cancel(model);
}

void rx_interrupt_install(void) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_DFL); /* a reader that has gone ends the program quietly */
}

void rx_interrupt_watch(const pali_model *model) {
    atomic_store(&watched, model);
}

bool rx_interrupted(void) {
    return interrupted;
}
