#include "own_folder.h"

#include "program.h"

#include <stdio.h>

char folder[64];

int set_up_folder(void **state) {
    (void)state;
    make_folder(folder, sizeof folder);
    return 0;
}

int tear_down_folder(void **state) {
    (void)state;
    remove_folder(folder);
    return 0;
}

char *in_folder(char path[160], const char *name) {
    snprintf(path, 160, "%s/%s", folder, name);
    return path;
}
