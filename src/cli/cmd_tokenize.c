/* tokenize: the ids and pieces of a text. */
#include "cli/commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void print_line(const pali_tokenizer *tokenizer, const int32_t *ids, size_t count, bool json,
                       FILE *out) {
    if (json)
        fputc('[', out);
    for (size_t i = 0; i < count; i++) {
        if (json)
            fprintf(out, i ? ",%d" : "%d", ids[i]);
        else
            fprintf(out, "%d\t%s\n", ids[i], pali_tokenizer_piece(tokenizer, ids[i]));
    }
    fputs(json ? "]\n" : "", out);
}

static bool tokenize(const pali_tokenizer *tokenizer, const char *text, size_t size, bool json,
                     FILE *out) {
    int32_t *ids = NULL;
    size_t count = 0;
    pali_error err = PALI_ERROR_INIT;
    if (pali_tokenizer_encode(tokenizer, text, size, false, &ids, &count, &err)) {
        rx_complain("%s", err.message);
        return false;
    }
    print_line(tokenizer, ids, count, json, out);
    free(ids);
    return true;
}

/* One text a line. */
static bool tokenize_input(const pali_tokenizer *tokenizer, bool json, FILE *out) {
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    bool good = true;
    while (good && (length = getline(&line, &capacity, stdin)) >= 0) {
        size_t size = (size_t)length;
        if (size && line[size - 1] == '\n')
            size--;
        good = tokenize(tokenizer, line, size, json, out);
    }
    free(line);
    if (good && !feof(stdin)) {
        rx_complain("standard input: cannot be read: %s", strerror(errno));
        return false;
    }
    return good;
}

int rx_cmd_tokenize(int argc, const char **argv) {
    rx_options options;
    const char **arguments;
    int count;
    int status = rx_options_read(&options, &rx_command_tokenize, RX_TAKES_OUTPUT, argc, argv,
                                 &arguments, &count);
    if (status >= 0)
        return status;
    if (count < 1 || count > 2)
        return rx_usage_error("tokenize", "MODEL and at most one TEXT");
    if (!*arguments[0])
        return rx_usage_error("tokenize", "the name of the MODEL is empty");
    char folder[4096];
    pali_tokenizer *tokenizer = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (!rx_find_model(arguments[0], folder, sizeof folder, &err) ||
        pali_tokenizer_load(&tokenizer, folder, &err)) {
        rx_complain("%s", err.message);
        return RX_EXIT_MODEL;
    }
    rx_output output;
    bool json = options.parsed_format != RX_TEXT;
    options.parsed_format = RX_TEXT; /* the lines are the format */
    bool good = rx_output_open(&output, &options);
    if (good) {
        good = count == 2
                   ? tokenize(tokenizer, arguments[1], strlen(arguments[1]), json, output.stream)
                   : tokenize_input(tokenizer, json, output.stream);
        good = rx_output_close(&output) && good;
    }
    pali_tokenizer_free(&tokenizer);
    return good ? RX_EXIT_OK : RX_EXIT_SOME_FAILED;
}

const rx_command rx_command_tokenize = {
    "tokenize", "MODEL [TEXT]", "Shows the token ids and pieces of a text.",
    "Without TEXT, each line of standard input is a text. With --format json, one array a line.\n\n"
    "  rxscan tokenize google/paligemma2-3b-mix-448 \"answer en Which medicines\"",
    rx_cmd_tokenize};
