/* Parameters from a checkpoint, converted where the caller asks for another format. */
#ifndef PALI_MODEL_LOADING_H
#define PALI_MODEL_LOADING_H

#include "model/checkpoint.h"
#include "model/parameters.h"

typedef struct pali_loader {
    const pali_checkpoint *checkpoint;
    pali_weights weights; /* wanted; PALI_WEIGHTS_AUTO: as the files have them */
    pali_compute *compute;
    pali_arena *arena;
    const pali_load_progress *progress;
    bool quantised; /* set when a matrix was */
} pali_loader;

/* The source that reads `loader`, which the caller keeps. */
pali_parameter_source pali_loader_source(pali_loader *loader);

#endif
