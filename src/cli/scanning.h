/* What scan and eval share: a model that reads pages, and where its results come from. */
#ifndef RX_CLI_SCANNING_H
#define RX_CLI_SCANNING_H

#include "cli/read_ahead.h"
#include "rx/provenance.h"

typedef struct rx_scanning {
    pali_model *model;
    rx_calibration *calibration;
    rx_lexicon *lexicon;
    rx_scanner scanner;
    rx_provenance provenance; /* points into this struct */
    char program[32], model_sha256[RX_DIGEST_SIZE], settings[256], time[32];
} rx_scanning;

/* Opens the lexicon with the names of the options, loads the model of the options and what belongs to it; with `raw`, confidences stay as the model
 * gives them. Returns -1, or the exit status after saying why. rx_scanning_close in any case. */
int rx_scanning_open(rx_scanning *s, const rx_options *options, bool raw);
void rx_scanning_close(rx_scanning *s);

/* Sets what differs from page to page: the input's digest and the time. */
void rx_scanning_stamp(rx_scanning *s, const rx_ready_page *page);

#endif
