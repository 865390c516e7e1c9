/* For compare_tokenizer.py: reads texts from standard input, each behind its size (u32,
 * little-endian), and prints the ids of each on a line. */
#include "pali/pali.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    pali_tokenizer *tokenizer = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (argc != 3 || pali_tokenizer_load(&tokenizer, argv[1], &err)) {
        fprintf(stderr, "%s\n",
                argc == 3 ? err.message : "usage: tokenize_lines FILE special|text");
        return 1;
    }
    bool special = strcmp(argv[2], "special") == 0; /* control tokens are recognised */
    uint32_t size;
    int status = 0;
    while (!status && fread(&size, sizeof size, 1, stdin) == 1) {
        char *text = malloc(size + 1u);
        int32_t *ids = NULL;
        size_t count = 0;
        if (!text || fread(text, 1, size, stdin) != size ||
            pali_tokenizer_encode(tokenizer, text, size, special, &ids, &count, &err))
            status = 1;
        for (size_t i = 0; i < count; i++)
            printf(i ? " %d" : "%d", ids[i]);
        printf("\n");
        free(ids);
        free(text);
    }
    pali_tokenizer_free(&tokenizer);
    return status;
}
