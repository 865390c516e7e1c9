/* What is said to people, on standard error. */
#include "cli/cli.h"

#include <stdarg.h>
#include <unistd.h>

static bool line_is_open;

void rx_progress_end(void) {
    if (line_is_open)
        fprintf(stderr, "\r\033[K");
    line_is_open = false;
}

void rx_complain(const char *format, ...) {
    va_list args;
    va_start(args, format);
    rx_progress_end();
    fprintf(stderr, "rxscan: ");
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
}

void rx_note(const rx_options *options, const char *format, ...) {
    if (options->quiet)
        return;
    va_list args;
    va_start(args, format);
    rx_progress_end();
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
}

void rx_progress(const rx_options *options, const char *format, ...) {
    if (options->quiet || !isatty(STDERR_FILENO))
        return;
    va_list args;
    va_start(args, format);
    fprintf(stderr, "\r\033[K");
    vfprintf(stderr, format, args);
    fflush(stderr);
    line_is_open = true;
    va_end(args);
}
