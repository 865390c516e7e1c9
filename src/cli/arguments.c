/* The arguments of a command line. popt finds the options; their values are taken here, since popt takes
 * 010 for eight and loses the memory of a text that is given twice. */
#include "cli/arguments.h"

#include "cli/cli.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

enum { MAX_OPTIONS = 64 };

/* The options of all tables in one row, and the same as popt is to see them: what is given comes back as
 * text, with the option's place, counted from 1. */
typedef struct option_row {
    const struct poptOption *options[MAX_OPTIONS];
    struct poptOption shown[MAX_OPTIONS + 1];
} option_row;

static bool takes_value(const struct poptOption *option) {
    return (option->argInfo & POPT_ARG_MASK) != POPT_ARG_NONE;
}

static void line_up(option_row *row, const struct poptOption *tables) {
    int count = 0;
    for (; tables->arg; tables++)
        for (const struct poptOption *o = tables->arg; o->longName && count < MAX_OPTIONS; o++) {
            row->options[count] = o;
            row->shown[count++] = (struct poptOption){
                .longName = o->longName,
                .shortName = o->shortName,
                .argInfo = takes_value(o) ? POPT_ARG_STRING : POPT_ARG_NONE,
            };
            row->shown[count - 1].val = count;
        }
    row->shown[count] = (struct poptOption)POPT_TABLEEND;
}

/* Decimal, and nothing else; false with errno ERANGE for one that no int holds. */
static bool read_int(int *out, const char *text) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (value < INT_MIN || value > INT_MAX)
        errno = ERANGE;
    *out = (int)value;
    return !errno && end != text && !*end && !isspace((unsigned char)*text);
}

static bool read_double(double *out, const char *text) {
    char *end;
    errno = 0;
    *out = strtod(text, &end);
    return !errno && end != text && !*end && !isspace((unsigned char)*text);
}

static int refuse_number(const char *command, const struct poptOption *option, const char *text) {
    return rx_usage_error(command, "--%s %s: %s", option->longName, text,
                          errno == ERANGE ? "too large or too small" : "not a number");
}

/* Puts a value where the option wants it; the last one counts, as everywhere, unless the option says
 * RX_GIVEN_ONCE. Takes `text`, which is NULL for a switch. */
static int take(const char *command, const struct poptOption *option, char *text) {
    int status = -1;
    switch (option->argInfo & POPT_ARG_MASK) {
    case POPT_ARG_STRING: {
        char **place = option->arg;
        if (*place && option->val == RX_GIVEN_ONCE)
            status = rx_usage_error(command, "--%s is given twice: which one?", option->longName);
        free(*place);
        *place = text;
        return status;
    }
    case POPT_ARG_INT:
        if (!read_int(option->arg, text))
            status = refuse_number(command, option, text);
        break;
    case POPT_ARG_DOUBLE:
        if (!read_double(option->arg, text))
            status = refuse_number(command, option, text);
        break;
    default:
        *(int *)option->arg = 1;
    }
    free(text);
    return status;
}

int rx_arguments_read(poptContext *context, const char *command, const struct poptOption *tables,
                      int argc, const char **argv) {
    static option_row row; /* popt keeps a pointer to it */
    line_up(&row, tables);
    *context = poptGetContext("rxscan", argc, argv, row.shown, 0);
    int code, status = -1;
    while (status < 0 && (code = poptGetNextOpt(*context)) > 0)
        status = take(command, row.options[code - 1], poptGetOptArg(*context));
    if (status < 0 && code < -1)
        status = rx_usage_error(command, "%s: %s", poptBadOption(*context, POPT_BADOPTION_NOALIAS),
                                poptStrerror(code));
    return status;
}
