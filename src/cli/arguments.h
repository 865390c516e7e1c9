/* Options of popt tables, read from a command line. */
#ifndef RX_CLI_ARGUMENTS_H
#define RX_CLI_ARGUMENTS_H

#include <popt.h>

/* As an option's `val`: a second text is refused, where dropping one of the two would do something else
 * than was asked. */
enum { RX_GIVEN_ONCE = 1 };

/* Reads the options of `tables`, which are included tables of texts, numbers and switches, and stores what is given in
 * their `arg`; texts are malloc'ed. `context` holds the other arguments, and is the caller's to free.
 * Returns -1, or the exit status after saying what is wrong. */
int rx_arguments_read(poptContext *context, const char *command, const struct poptOption *tables,
                      int argc, const char **argv);

#endif
