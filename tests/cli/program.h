/* Runs the program as a user runs it. */
#ifndef TESTS_CLI_PROGRAM_H
#define TESTS_CLI_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What a run left behind; texts are malloc'ed. */
typedef struct outcome {
    int status; /* as the shell tells it: 128 + signal when killed by one */
    char *out, *err;
} outcome;

/* Runs RXSCAN with `arguments` (NULL at the end) and standard input from `input` (NULL: empty). */
outcome run_program(const char *input, const char *const *arguments);
void outcome_free(outcome *o);

/* The same in steps: output goes to the files out and err of `folder`. */
pid_t start_program(const char *folder, const char *input, const char *const *arguments);
int wait_program(pid_t child);

/* The whole of a file, malloc'ed and NUL-terminated; NULL if there is none. */
char *file_text(const char *path, size_t *size);
void write_file(const char *path, const void *data, size_t size);

/* A new empty folder; removed with all that it holds by remove_folder. */
void make_folder(char *path, size_t size);
void remove_folder(const char *path);

#define RUN(...) run_program(NULL, (const char *const[]){__VA_ARGS__, NULL})

#endif
