/* Choosing the next token from logits. */
#ifndef PALI_MODEL_SAMPLING_H
#define PALI_MODEL_SAMPLING_H

#include "kernels/kernels.h"

/* State of a pseudo-random sequence (splitmix64, Steele, Lea and Flood 2014). */
typedef struct pali_random {
    uint64_t state;
} pali_random;

/* The sequence of request `index` of a call with `seed`. */
pali_random pali_random_of(uint64_t seed, size_t index);

/* Draws from softmax(logits / temperature) cut to the smallest set of most likely entries whose
 * probability reaches `top_p`; n entries, `temperature` > 0. `order` [n] is scratch. */
int32_t pali_sample(pali_random *random, const float *logits, size_t n, float temperature,
                    float top_p, int32_t *order);

#endif
