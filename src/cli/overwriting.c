/* What a command writes must not be what it reads, nor may two of its results be one file: the page, the
 * store or the other result would be lost without a word. */
#include "cli/cli.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool same_place(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The folder of a path and the name in it, in `copy`, which the caller frees; false without memory. */
static bool split(const char *path, char **copy, struct stat *folder, const char **name) {
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    *copy = strdup(path);
    return *copy && stat(dirname(*copy), folder) == 0;
}

/* Two files that are not there yet are the same if they have one name in one folder. */
static bool same_new_file(const char *a, const char *b) {
    char *copies[2] = {NULL, NULL};
    const char *names[2];
    struct stat folders[2];
    bool same = split(a, &copies[0], &folders[0], &names[0]) &&
                split(b, &copies[1], &folders[1], &names[1]) &&
                same_place(&folders[0], &folders[1]) && strcmp(names[0], names[1]) == 0;
    free(copies[0]);
    free(copies[1]);
    return same;
}

/* Pipes and devices may be shared: nothing of them is replaced. */
bool rx_same_file(const char *a, const char *b) {
    struct stat info[2];
    bool there[2] = {stat(a, &info[0]) == 0, stat(b, &info[1]) == 0};
    if (there[0] && there[1])
        return S_ISREG(info[0].st_mode) && same_place(&info[0], &info[1]);
    return !there[0] && !there[1] && same_new_file(a, b);
}

static bool is_written(const rx_written *file) {
    return file->path && strcmp(file->path, "-") != 0;
}

int rx_check_written(const char *command, const rx_written *files, size_t count,
                     const char *const *inputs, int num_inputs) {
    for (int i = 0; i < num_inputs; i++)
        if (!*inputs[i])
            return rx_usage_error(command, "the name of what is to be read is empty");
    for (size_t i = 0; i < count; i++) {
        if (!is_written(&files[i]))
            continue;
        if (!*files[i].path)
            return rx_usage_error(command, "%s: the file's name is empty", files[i].option);
        if (rx_inputs_hold(inputs, num_inputs, files[i].path))
            return rx_usage_error(command, "%s %s: this is what is read; name another file",
                                  files[i].option, files[i].path);
        for (size_t k = 0; k < i; k++)
            if (is_written(&files[k]) && rx_same_file(files[i].path, files[k].path))
                return rx_usage_error(command, "%s and %s name the same file: %s", files[k].option,
                                      files[i].option, files[i].path);
    }
    return -1;
}
