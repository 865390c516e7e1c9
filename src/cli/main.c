/* rxscan: the program. Finds the command and runs it. */
#include "cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const rx_command *const commands[] = {
    &rx_command_scan,    &rx_command_results,  &rx_command_ask,    &rx_command_ocr,
    &rx_command_caption, &rx_command_describe, &rx_command_detect, &rx_command_segment,
    &rx_command_run,     &rx_command_pull,     &rx_command_models, &rx_command_quantize,
    &rx_command_info,    &rx_command_tokenize, &rx_command_eval,   &rx_command_bench,
};
enum { NUM_COMMANDS = sizeof commands / sizeof *commands };

static void print_usage(FILE *stream) {
    fprintf(stream, "rxscan reads medical prescriptions on this machine, with PaliGemma 2.\n\n"
                    "Usage: rxscan COMMAND [options] ...\n\n");
    for (size_t i = 0; i < NUM_COMMANDS; i++)
        fprintf(stream, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(stream,
            "\n'rxscan COMMAND --help' tells more, with examples. 'rxscan --version' tells the "
            "version.\n\n"
            "  rxscan ask photo.jpg \"Which medicines are recommended in the prescription\"\n");
}

static const rx_command *find(const char *name) {
    for (size_t i = 0; i < NUM_COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* Number of letters to change, insert or drop (Levenshtein), for names of up to 15 letters. */
static size_t distance(const char *a, const char *b) {
    size_t row[17], n = strlen(b);
    if (strlen(a) > 15 || n > 15)
        return 99;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t change = corner + (a[i] != b[j]);
            size_t drop = row[j + 1] + 1, insert = row[j] + 1;
            corner = row[j + 1];
            size_t least = drop < insert ? drop : insert;
            row[j + 1] = change < least ? change : least;
        }
    }
    return row[n];
}

static int unknown_command(const char *name) {
    const char *nearest = NULL;
    size_t least = 3;
    for (size_t i = 0; i < NUM_COMMANDS; i++) {
        size_t d = distance(name, commands[i]->name);
        if (d < least) {
            least = d;
            nearest = commands[i]->name;
        }
    }
    fprintf(stderr, "rxscan: there is no command '");
    rx_print_name(stderr, name);
    fprintf(stderr, "'");
    if (nearest)
        fprintf(stderr, "; did you mean '%s'?", nearest);
    fprintf(stderr, "\nTry 'rxscan --help'.\n");
    return RX_EXIT_USAGE;
}

/* A status of success holds only if what was printed could be written: the disk may be full. */
static int all_written(int status) {
    if (status != RX_EXIT_OK || (fflush(stdout) == 0 && !ferror(stdout)))
        return status;
    rx_complain("standard output: cannot write: %s", strerror(errno));
    return RX_EXIT_SOME_FAILED;
}

/* A file beyond the user's limit (ulimit -f) is an error, named like any other. */
static void go_on(int signal_number) {
    (void)signal_number;
}

/* Where a standard stream is closed, the next file to be opened would take its number: complaints would go into results.
 * Something that can be neither read nor written stands there instead. */
static void occupy_standard_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, const char **argv) {
    occupy_standard_streams();
    signal(SIGXFSZ, go_on);
    if (argc < 2) {
        print_usage(stderr);
        return RX_EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--version") == 0) {
        printf("rxscan %s\n", pali_version());
        return all_written(RX_EXIT_OK);
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
        (strcmp(name, "help") == 0 && argc == 2)) {
        print_usage(stdout);
        return all_written(RX_EXIT_OK);
    }
    if (strcmp(name, "help") == 0) {
        const rx_command *command = find(argv[2]);
        const char *help[] = {argv[2], "--help", NULL};
        return command ? all_written(command->run(2, help)) : unknown_command(argv[2]);
    }
    const rx_command *command = find(name);
    int status = command ? command->run(argc - 1, argv + 1) : unknown_command(name);
    rx_options_free();
    return all_written(status);
}
