/* What is said to people, on standard error. */
#include "base/utf8.h"
#include "cli/cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool line_is_open;

bool rx_is_terminal(int fd) {
    const char *kind = getenv("TERM");
    return isatty(fd) && kind && *kind && strcmp(kind, "dumb") != 0;
}

void rx_progress_end(void) {
    if (line_is_open)
        fprintf(stderr, "\r\033[K");
    line_is_open = false;
}

static bool is_control(const unsigned char *c) {
    return *c < ' ' || *c == 0x7f || (*c == 0xc2 && c[1] < 0xa0);
}

void rx_print_name(FILE *stream, const char *name) {
    size_t left = strlen(name), length;
    for (; left; name += length, left -= length) {
        length = pali_utf8_length(name, left);
        if (length && !is_control((const unsigned char *)name)) {
            fwrite(name, 1, length, stream);
            continue;
        }
        fputc('?', stream);
        length = length ? length : 1;
    }
}

void rx_print_heading(FILE *stream, const char *input, int page) {
    rx_print_name(stream, input);
    if (page)
        fprintf(stream, ", page %d", page);
    fputs(":\n", stream);
}

/* Messages hold names of files, which may hold anything. */
static void say(const char *format, va_list args) {
    char *text = NULL;
    if (vasprintf(&text, format, args) < 0)
        text = NULL;
    rx_print_name(stderr, text ? text : "not enough memory");
    free(text);
}

void rx_complain(const char *format, ...) {
    va_list args;
    va_start(args, format);
    rx_progress_end();
    fprintf(stderr, "rxscan: ");
    say(format, args);
    fprintf(stderr, "\n");
    va_end(args);
}

int rx_usage_error(const char *command, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "rxscan %s: ", command);
    say(format, args);
    fprintf(stderr, "\nTry 'rxscan %s --help'.\n", command);
    va_end(args);
    return RX_EXIT_USAGE;
}

void rx_note(const rx_options *options, const char *format, ...) {
    if (options->quiet)
        return;
    va_list args;
    va_start(args, format);
    rx_progress_end();
    say(format, args);
    fprintf(stderr, "\n");
    va_end(args);
}

void rx_progress(const rx_options *options, const char *format, ...) {
    if (options->quiet || !rx_is_terminal(STDERR_FILENO))
        return;
    va_list args;
    va_start(args, format);
    fprintf(stderr, "\r\033[K");
    say(format, args);
    fflush(stderr);
    line_is_open = true;
    va_end(args);
}
