/* The decoder of segmentation tokens: sixteen codes of a vector-quantised autoencoder to a 64 x 64
 * mask (big_vision, paligemma segmentation), resized into the object's box with Pillow's bilinear
 * filter in float and cut at 0.
 *
 * Layers: codebook [128, 512]; 1x1 convolution to 128, ReLU; two residual blocks (3x3, ReLU, 3x3,
 * ReLU, 1x1); four transposed 4x4 convolutions of stride 2 to 128, 64, 32, 16 channels, each with
 * ReLU; a 1x1 convolution to one channel. Arrays are [channels, height, width]. */
#include "base/status.h"
#include "tasks/float_resize.h"
#include "tasks/npz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NUM_CODES = 16,
    CODEBOOK = 128,
    CODE_WIDTH = 512,
    SIDE = 4,
    MASK_SIDE = 64,
    UPSAMPLINGS = 4
};

typedef struct convolution {
    const float *weight, *bias; /* [out, in, k, k], or [in, out, 4, 4] where transposed; [out] */
    size_t out, in;
} convolution;

struct pali_mask_decoder {
    pali_arena arena;
    const float *codebook;
    convolution first, residual[2][3], up[UPSAMPLINGS], last;
};

/* ---- loading ---- */

static pali_status read_pair(pali_npz *npz, pali_mask_decoder *d, const char *name, size_t out,
                             size_t in, size_t kernel, bool transposed, convolution *c,
                             pali_error *err) {
    char full[96];
    size_t shape[] = {transposed ? in : out, transposed ? out : in, kernel, kernel};
    float *weight = NULL, *bias = NULL;
    snprintf(full, sizeof full, "%s.weight", name);
    pali_status status = pali_npz_read(npz, full, 4, shape, &d->arena, &weight, err);
    snprintf(full, sizeof full, "%s.bias", name);
    if (!status)
        status = pali_npz_read(npz, full, 1, &out, &d->arena, &bias, err);
    *c = (convolution){weight, bias, out, in};
    return status;
}

static pali_status read_all(pali_npz *npz, pali_mask_decoder *d, pali_error *err) {
    static const size_t widths[] = {128, 128, 64, 32, 16};
    size_t codebook[] = {CODEBOOK, CODE_WIDTH};
    float *codes = NULL;
    pali_status status =
        pali_npz_read(npz, "_vq_vae._embedding", 2, codebook, &d->arena, &codes, err);
    d->codebook = codes;
    if (!status)
        status = read_pair(npz, d, "decoder.0", 128, CODE_WIDTH, 1, false, &d->first, err);
    char name[32];
    for (int block = 0; block < 2; block++)
        for (int i = 0; i < 3 && !status; i++) {
            snprintf(name, sizeof name, "decoder.%d.net.%d", block + 2, 2 * i);
            status = read_pair(npz, d, name, 128, 128, i < 2 ? 3 : 1, false, &d->residual[block][i],
                               err);
        }
    for (int i = 0; i < UPSAMPLINGS && !status; i++) {
        snprintf(name, sizeof name, "decoder.%d", 4 + 2 * i);
        status = read_pair(npz, d, name, widths[i + 1], widths[i], 4, true, &d->up[i], err);
    }
    return status
               ? status
               : read_pair(npz, d, "decoder.12", 1, widths[UPSAMPLINGS], 1, false, &d->last, err);
}

pali_status pali_mask_decoder_load(pali_mask_decoder **out, const char *npz_path, pali_error *err) {
    pali_npz *npz = NULL;
    pali_status status = pali_npz_open(&npz, npz_path, err);
    if (status)
        return status;
    pali_mask_decoder *decoder = calloc(1, sizeof *decoder);
    status = decoder ? read_all(npz, decoder, err)
                     : pali_fail_memory(err, sizeof *decoder, "the mask decoder");
    pali_npz_close(&npz);
    if (status)
        pali_mask_decoder_free(&decoder);
    else
        *out = decoder;
    return status;
}

void pali_mask_decoder_free(pali_mask_decoder **decoder) {
    if (!*decoder)
        return;
    pali_arena_free(&(*decoder)->arena);
    free(*decoder);
    *decoder = NULL;
}

/* ---- layers: x [in, side, side] to y [out, side, side] ---- */

/* kernel 1 or 3, padded with zeros */
static void convolve(const convolution *c, size_t kernel, const float *x, size_t side, float *y) {
    size_t area = side * side, pad = kernel / 2;
    for (size_t o = 0; o < c->out; o++)
        for (size_t row = 0; row < side; row++)
            for (size_t col = 0; col < side; col++) {
                float sum = c->bias[o];
                for (size_t i = 0; i < c->in; i++)
                    for (size_t ky = 0; ky < kernel; ky++)
                        for (size_t kx = 0; kx < kernel; kx++) {
                            size_t py = row + ky - pad, px = col + kx - pad;
                            if (py < side && px < side) /* wraps below 0 */
                                sum += c->weight[((o * c->in + i) * kernel + ky) * kernel + kx] *
                                       x[i * area + py * side + px];
                        }
                y[o * area + row * side + col] = sum;
            }
}

/* 4 x 4, stride 2, padding 1: y [out, 2 side, 2 side] */
static void convolve_up(const convolution *c, const float *x, size_t side, float *y) {
    size_t large = 2 * side, area = large * large;
    for (size_t o = 0; o < c->out; o++)
        for (size_t i = 0; i < area; i++)
            y[o * area + i] = c->bias[o];
    for (size_t i = 0; i < c->in; i++)
        for (size_t row = 0; row < side; row++)
            for (size_t col = 0; col < side; col++) {
                float value = x[(i * side + row) * side + col];
                for (size_t o = 0; o < c->out; o++)
                    for (size_t k = 0; k < 16; k++) {
                        size_t py = 2 * row + k / 4 - 1, px = 2 * col + k % 4 - 1;
                        if (py < large && px < large)
                            y[o * area + py * large + px] +=
                                value * c->weight[(i * c->out + o) * 16 + k];
                    }
            }
}

static void rectify(float *x, size_t n) {
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] > 0.0f ? x[i] : 0.0f;
}

/* x += block(x) */
static void add_residual(const convolution block[3], float *x, float *a, float *b) {
    size_t n = 128 * SIDE * SIDE;
    convolve(&block[0], 3, x, SIDE, a);
    rectify(a, n);
    convolve(&block[1], 3, a, SIDE, b);
    rectify(b, n);
    convolve(&block[2], 1, b, SIDE, a);
    for (size_t i = 0; i < n; i++)
        x[i] += a[i];
}

/* mask [64, 64]; work: three areas of 16 * 64 * 64 */
static void decode(const pali_mask_decoder *d, const uint8_t codes[NUM_CODES], float *mask,
                   float *work) {
    size_t area = (size_t)16 * MASK_SIDE * MASK_SIDE;
    float *x = work, *y = work + area, *z = work + 2 * area;
    for (size_t t = 0; t < NUM_CODES; t++)
        for (size_t c = 0; c < CODE_WIDTH; c++)
            y[c * NUM_CODES + t] = d->codebook[codes[t] * CODE_WIDTH + c];
    convolve(&d->first, 1, y, SIDE, x);
    rectify(x, 128 * SIDE * SIDE);
    add_residual(d->residual[0], x, y, z);
    add_residual(d->residual[1], x, y, z);
    for (size_t i = 0, side = SIDE; i < UPSAMPLINGS; i++, side *= 2) {
        convolve_up(&d->up[i], x, side, y);
        rectify(y, d->up[i].out * side * side * 4);
        float *swap = x;
        x = y;
        y = swap;
    }
    convolve(&d->last, 1, x, MASK_SIDE, mask);
}

pali_status pali_mask_decoder_run(const pali_mask_decoder *decoder, const pali_object *object,
                                  uint8_t **mask, pali_error *err) {
    int width = object->x_max - object->x_min, height = object->y_max - object->y_min;
    if (!object->has_mask_codes)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "the object has no mask codes");
    for (size_t i = 0; i < NUM_CODES; i++)
        if (object->mask_codes[i] >= CODEBOOK)
            return pali_fail(err, PALI_ERROR_ARGUMENT, "mask code %d", object->mask_codes[i]);
    if (width <= 0 || height <= 0) {
        *mask = NULL;
        return PALI_OK;
    }
    pali_arena arena = PALI_ARENA_INIT;
    size_t count = (size_t)width * (size_t)height, area = (size_t)16 * MASK_SIDE * MASK_SIDE;
    float *work = pali_arena_alloc(&arena, 3 * area, sizeof *work, "a mask", err);
    float *small = pali_arena_alloc(&arena, MASK_SIDE * MASK_SIDE, sizeof *small, "a mask", err);
    float *large = pali_arena_alloc(&arena, count, sizeof *large, "a mask", err);
    uint8_t *out = malloc(count);
    pali_status status =
        !work || !small || !large || !out ? pali_fail_memory(err, count, "a mask") : PALI_OK;
    if (!status) {
        decode(decoder, object->mask_codes, small, work);
        status = pali_float_resize(small, MASK_SIDE, MASK_SIDE, large, width, height, err);
    }
    for (size_t i = 0; i < count && !status; i++)
        out[i] = large[i] > 0.0f;
    pali_arena_free(&arena);
    if (status)
        free(out);
    else
        *mask = out;
    return status;
}
