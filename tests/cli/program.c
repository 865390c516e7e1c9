#include "program.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_ARGUMENTS = 60 };

static void redirect(int fd, const char *path, int flags) {
    int file = open(path, flags, 0666);
    if (file < 0 || dup2(file, fd) < 0)
        _exit(126);
}

pid_t start_program(const char *folder, const char *input, const char *const *arguments) {
    pid_t child = fork();
    if (child != 0)
        return child;
    char path[512];
    signal(SIGHUP, SIG_DFL); /* also where the tests run under nohup */
    redirect(0, input ? input : "/dev/null", O_RDONLY);
    snprintf(path, sizeof path, "%s/out", folder);
    redirect(1, path, O_WRONLY | O_CREAT | O_TRUNC);
    snprintf(path, sizeof path, "%s/err", folder);
    redirect(2, path, O_WRONLY | O_CREAT | O_TRUNC);
    const char *argv[MAX_ARGUMENTS + 2] = {RXSCAN};
    for (int i = 0; arguments[i] && i < MAX_ARGUMENTS; i++)
        argv[i + 1] = arguments[i];
    execv(RXSCAN, (char *const *)(void *)argv);
    _exit(127);
}

int wait_program(pid_t child) {
    int status = 0;
    if (waitpid(child, &status, 0) != child)
        return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

char *file_text(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    size_t length = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(length + 1);
    length = fread(text, 1, length, file);
    text[length] = '\0';
    fclose(file);
    if (size)
        *size = length;
    return text;
}

void write_file(const char *path, const void *data, size_t size) {
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

outcome run_program(const char *input, const char *const *arguments) {
    char folder[64], path[128];
    make_folder(folder, sizeof folder);
    outcome o = {.status = wait_program(start_program(folder, input, arguments))};
    snprintf(path, sizeof path, "%s/out", folder);
    o.out = file_text(path, NULL);
    snprintf(path, sizeof path, "%s/err", folder);
    o.err = file_text(path, NULL);
    remove_folder(folder);
    return o;
}

void outcome_free(outcome *o) {
    free(o->out);
    free(o->err);
    *o = (outcome){0};
}

void make_folder(char *path, size_t size) {
    snprintf(path, size, "/tmp/rxscan-test-XXXXXX");
    if (!mkdtemp(path))
        abort();
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where) {
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void remove_folder(const char *path) {
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}
