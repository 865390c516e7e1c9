/* Time of opening the lexicon and of looking up misread names: the median and the slowest of all its
 * names, each with two letters changed. */
#include "rx/lexicon.h"
#include "rx/name_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_TIMES = 10000, NUM_OPENINGS = 21 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double look_up(const rx_lexicon *lexicon, const char *text, size_t size) {
    char misread[256];
    pali_arena arena = PALI_ARENA_INIT;
    snprintf(misread, sizeof misread, "%.*s", (int)size, text);
    misread[size / 3] = 'k';
    misread[2 * size / 3] = 'e';
    rx_name name = {.written.text = misread};
    double start = now();
    if (rx_lexicon_match(lexicon, &arena, &name, NULL))
        exit(1);
    double time = now() - start;
    pali_arena_free(&arena);
    return time;
}

int main(void) {
    static double times[MAX_TIMES];
    rx_lexicon *lexicon = NULL;
    for (size_t i = 0; i < NUM_OPENINGS; i++) {
        rx_lexicon_close(&lexicon);
        double start = now();
        if (rx_lexicon_open(&lexicon, NULL, NULL))
            return 1;
        times[i] = now() - start;
    }
    qsort(times, NUM_OPENINGS, sizeof *times, by_size);
    printf("%zu names opened in %.2f ms (median of %d)\n", rx_lexicon_size(lexicon),
           times[NUM_OPENINGS / 2], NUM_OPENINGS);
    size_t count = 0;
    for (const char *at = RX_NAMES; *at && count < MAX_TIMES; at = strchr(at, '\n') + 1)
        if (*at != '!')
            times[count++] = look_up(lexicon, at, strcspn(at, "\t\n"));
    qsort(times, count, sizeof *times, by_size);
    printf("%zu misread names looked up: median %.3f ms, slowest %.3f ms\n", count,
           times[count / 2], times[count - 1]);
    rx_lexicon_close(&lexicon);
    return 0;
}
