/* What a server answers: a status and the headers that matter here. */
#ifndef PALI_HUB_ANSWER_H
#define PALI_HUB_ANSWER_H

#include "base/status.h"

/* Texts are "" and numbers -1 where the header is absent or unusable. */
typedef struct pali_answer {
    int status;
    int64_t content_length, linked_size;
    int64_t range_start, range_total;             /* Content-Range: bytes START-END/TOTAL */
    int64_t retry_after;                          /* seconds */
    char commit[72], etag[136], linked_etag[136]; /* etags without W/ and quotes */
    char error_code[64], error_message[256];      /* printable ASCII */
    char location[8192];
} pali_answer;

void pali_answer_clear(pali_answer *answer);

/* Takes one header line, with or without its line end. A status line begins a new answer. */
void pali_answer_header(pali_answer *answer, const char *line, size_t size);

#endif
