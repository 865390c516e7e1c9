/* Commands that put a prompt to a model, when the model reads lines and cannot be asked: the page is
 * scanned, and what was read of it answers. */
#ifndef RX_CLI_RECORDED_H
#define RX_CLI_RECORDED_H

#include "base/buffer.h"
#include "cli/cli.h"
#include "rx/prescription.h"

/* Appends the answer to `argument` (of the command line; may be NULL). */
typedef pali_status (*rx_recorded_fn)(pali_buffer *out, const rx_prescription *page,
                                      const char *argument, pali_error *err);

/* The whole of such a command once its options are read; returns the exit status. */
int rx_recorded_run(const char *command, const rx_options *options, const char *const *inputs,
                    int count, rx_recorded_fn answer, const char *argument);

#endif
