/* The commands that put one prompt to every page: what they share. */
#ifndef RX_CLI_READING_H
#define RX_CLI_READING_H

#include "cli/recorded.h"

/* What a command does with an answer. */
typedef struct rx_answer {
    const rx_input *page;
    const char *prompt;
    const pali_result *result;
    size_t number; /* of the answer, 1-based */
} rx_answer;

typedef struct rx_reading {
    const rx_command *command;
    unsigned groups; /* options besides the model's, the answer's and the results' */
    /* The prompt from the command's last argument (NULL if it takes none); malloc'ed. */
    char *(*prompt)(const rx_options *options, const char *argument);
    bool takes_argument;
    bool streams;   /* text is printed as it comes */
    bool any_model; /* the prompt is the user's own business: also for a model that reads lines */
    rx_recorded_fn recorded; /* what such a model's scan answers; NULL: it cannot */
    /* May be NULL. Prints (text) or adds members (JSON); false if it failed, after saying why. */
    bool (*text)(const rx_options *options, const rx_answer *answer, FILE *stream);
    bool (*json)(const rx_options *options, const rx_answer *answer, json_t *object);
} rx_reading;

/* The whole of such a command; returns the exit status. */
int rx_reading_run(const rx_reading *reading, int argc, const char **argv);

#endif
