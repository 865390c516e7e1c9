/* Decoders that are programs of their own: a file goes in, files come out, and nothing that the
 * file does to the program reaches this process. */
#ifndef PALI_IMAGE_HELPER_PROCESS_H
#define PALI_IMAGE_HELPER_PROCESS_H

#include "base/buffer.h"

/* A private temporary folder (in TMPDIR or /tmp) that is gone, with its files, when it is left. */
typedef struct pali_work_folder {
    char *path;
    const char *subject; /* whom messages name: the file that is decoded */
} pali_work_folder;

pali_status pali_work_folder_enter(pali_work_folder *out, const char *subject, pali_error *err);
void pali_work_folder_leave(pali_work_folder *folder);

/* A new file in it. */
pali_status pali_work_folder_write(const pali_work_folder *folder, const char *name,
                                   const void *bytes, size_t size, pali_error *err);

/* Appends a file of it to `out`; PALI_ERROR_NOT_FOUND if there is none. */
pali_status pali_work_folder_read(const pali_work_folder *folder, const char *name,
                                  pali_buffer *out, pali_error *err);

/* How a program is run. */
typedef struct pali_helper {
    const char *const *arguments; /* the program, looked up in PATH, and its arguments; NULL ends */
    const char *package;          /* Debian package that has it, for a message */
    const char *subject;          /* whom messages name: the file that is decoded */
    uint64_t max_memory;          /* bytes of address space */
    uint64_t max_file;            /* bytes of a file that it writes */
    int timeout_seconds;
} pali_helper;

/* What came of it. Texts are cut after 64 KiB and NUL-terminated. */
typedef struct pali_helper_outcome {
    int exit_code;    /* if it ended by itself, else -1 */
    int signal;       /* that ended it, else 0 */
    char *output;     /* stdout */
    char *complaints; /* stderr */
} pali_helper_outcome;

/* Runs the program in the folder and waits for it. A program that is missing is
 * PALI_ERROR_UNSUPPORTED and names the package; one that takes too long is killed:
 * PALI_ERROR_LIMIT. Any end of its own is PALI_OK: the outcome tells. Nothing of the process is
 * left behind. Free the outcome after PALI_OK. */
pali_status pali_helper_run(const pali_helper *helper, const pali_work_folder *folder,
                            pali_helper_outcome *outcome, pali_error *err);
void pali_helper_outcome_free(pali_helper_outcome *outcome);

/* PALI_OK if the program ended with 0. Else an error made of what it complained of, for instance
 * "scan.pdf: pdftoppm: Syntax Error: Couldn't read xref table". */
pali_status pali_helper_check(const pali_helper *helper, const pali_helper_outcome *outcome,
                              pali_error *err);

#endif
