/* NumPy's archives: a zip file of arrays. */
#ifndef PALI_TASKS_NPZ_H
#define PALI_TASKS_NPZ_H

#include "base/arena.h"

typedef struct pali_npz pali_npz;

pali_status pali_npz_open(pali_npz **out, const char *path, pali_error *err);
void pali_npz_close(pali_npz **npz);

/* Reads member `name`.npy, which must be little-endian f32 in C order of exactly this shape, into
 * the arena. */
pali_status pali_npz_read(pali_npz *npz, const char *name, size_t rank, const size_t *shape,
                          pali_arena *arena, float **out, pali_error *err);

#endif
