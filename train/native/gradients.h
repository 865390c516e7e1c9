/* The loss of a small PaliGemma 2 (model.py) on a batch of squares, and its derivative by every parameter: what autograd
 * gives, several times as fast, on a processor with AMX. Called from cpu.py. */
#ifndef TRAIN_NATIVE_GRADIENTS_H
#define TRAIN_NATIVE_GRADIENTS_H

#include <stddef.h>
#include <stdint.h>

typedef struct shapes {
    int64_t vision_blocks, vision_heads, vision_width, vision_mlp, patch, side;
    int64_t blocks, heads, kv_heads, head_width, width, mlp, vocabulary;
    float theta, cap; /* of the rotation; of the scores */
} shapes;

typedef struct learner learner;

/* NULL where memory, or AMX, is not to be had, or where the products do not take the widths: multiples of 32, a head's of
 * 16 and at most 64, patches' of 16 pixels. */
learner *learner_new(const shapes *of, int threads);
void learner_free(learner *l);

/* The mean loss of a token that is not `pad`, of those that come after the first `prefix`; NaN where memory is out.
 *
 *     parameters, gradients  pointers to f32, in the order of `cpu.ORDER`; gradients are written
 *     pixels                 [batch, side, side], grey
 *     tokens                 [batch, length] */
double learner_step(learner *l, const float *const *parameters, float *const *gradients,
                    const uint8_t *pixels, const int64_t *tokens, int64_t batch, int64_t length,
                    int64_t prefix, int64_t pad);

#endif
