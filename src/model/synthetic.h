/* Parameters made of pseudo-random numbers, of the true shapes: for measuring without the files. */
#ifndef PALI_MODEL_SYNTHETIC_H
#define PALI_MODEL_SYNTHETIC_H

#include "model/parameters.h"

typedef struct pali_synthesizer {
    pali_weights weights; /* not PALI_WEIGHTS_AUTO */
    pali_compute *compute;
    pali_arena *arena;
    uint16_t *pattern; /* BF16 numbers that a matrix is quantised from; grows */
    size_t pattern_size;
} pali_synthesizer;

/* The source that draws from `synthesizer`, which the caller keeps. */
pali_parameter_source pali_synthesizer_source(pali_synthesizer *synthesizer);

/* Gives back the pattern; what the source returned stays in the arena. */
void pali_synthesizer_free(pali_synthesizer *synthesizer);

#endif
