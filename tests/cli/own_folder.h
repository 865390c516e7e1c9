/* The folder of a test: new for each, removed with all that it holds. */
#ifndef TESTS_CLI_OWN_FOLDER_H
#define TESTS_CLI_OWN_FOLDER_H

extern char folder[64];

/* For cmocka. */
int set_up_folder(void **state);
int tear_down_folder(void **state);

/* Writes the path of what is in it; returns `path`. */
char *in_folder(char path[160], const char *name);

#endif
