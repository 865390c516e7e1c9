/* The versions of the kernels that this machine can run, each within one process. */
#ifndef PALI_TESTS_VERSIONS_H
#define PALI_TESTS_VERSIONS_H

#include "kernels/compute.h"

/* Number 0 is the plain C one. PALI_CPU narrows the rest, as everywhere. */
size_t num_versions(void);
const char *version_name(size_t version);
const pali_kernels *version_kernels(size_t version);

/* A computation that uses this version on that many threads. Ends the claim for lack of memory. */
pali_compute *compute_with(size_t version, int num_threads);

#endif
