/* Products in f32 and what surrounds them, written over simd.h and compiled for each instruction
 * set. */
#include "kernels/products.h"
#include "kernels/simd.h"
#include "kernels/weights.h"

/* ---- panels of f32 ---- */

#if defined(__AVX512F__)
/* 16 numbers of a row as f32, zero beyond `count`. */
static inline __m512 load_row(const pali_matrix *weight, size_t row, size_t k, size_t count) {
    size_t at = row * weight->cols + k;
    __mmask16 mask = count >= 16 ? 0xffff : (__mmask16)((1u << count) - 1);
    if (weight->format == PALI_WEIGHTS_F32)
        return _mm512_maskz_loadu_ps(mask, (const char *)weight->data + 4 * at);
    __m256i half = _mm256_maskz_loadu_epi16(mask, (const char *)weight->data + 2 * at);
    if (weight->format == PALI_WEIGHTS_F16)
        return _mm512_cvtph_ps(half);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}

#include "kernels/transpose_avx512.h"

static void pack(const pali_matrix *weight, size_t row, size_t rows, size_t k, size_t count,
                 void *panel) {
    float *out = panel;
    for (size_t i = 0; i < count; i += 16) {
        size_t some = count - i < 16 ? count - i : 16;
        for (size_t r = 0; r < PALI_PANEL; r += 16) {
            __m512i lines[16];
            for (size_t j = 0; j < 16; j++)
                lines[j] = r + j < rows
                               ? _mm512_castps_si512(load_row(weight, row + r + j, k + i, some))
                               : _mm512_setzero_si512();
            pali_transpose_16x16(lines);
            for (size_t j = 0; j < some; j++)
                _mm512_storeu_si512(out + (i + j) * PALI_PANEL + r, lines[j]);
        }
    }
}
#else
static inline float weight_at(const pali_matrix *weight, size_t row, size_t k) {
    const char *data = weight->data;
    size_t at = row * weight->cols + k;
    if (weight->format == PALI_WEIGHTS_F32)
        return pali_f32_from_bits((uint32_t)pali_load_u16(data + 4 * at) |
                                  (uint32_t)pali_load_u16(data + 4 * at + 2) << 16);
    uint16_t half = pali_load_u16(data + 2 * at);
    return weight->format == PALI_WEIGHTS_BF16 ? pali_bf16_to_f32(half) : pali_f16_to_f32(half);
}

static void pack(const pali_matrix *weight, size_t row, size_t rows, size_t k, size_t count,
                 void *panel) {
    float *out = panel;
    for (size_t r = 0; r < PALI_PANEL; r++)
        for (size_t i = 0; i < count; i++)
            out[i * PALI_PANEL + r] = r < rows ? weight_at(weight, row + r, k + i) : 0.0f;
}
#endif

/* Rows and vectors of outputs whose sums stay in registers. */
enum { ROWS = VF_WIDTH == 16 ? 12 : 6, VECTORS = 2, OUTPUTS = VECTORS * VF_WIDTH };

static inline __attribute__((always_inline)) void
tile_of(size_t rows, const float *x, size_t stride, const float *panel, size_t count, float *sums) {
    vf acc[ROWS][VECTORS];
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < VECTORS; v++)
        acc[r][v] = vf_set(0.0f);
    for (size_t k = 0; k < count; k++) {
        vf w[VECTORS];
        PALI_UNROLL for (size_t v = 0; v < VECTORS; v++) w[v] =
            vf_load(panel + k * PALI_PANEL + v * VF_WIDTH);
        PALI_UNROLL for (size_t r = 0; r < rows; r++) {
            vf value = vf_set(x[r * stride + k]);
            PALI_UNROLL for (size_t v = 0; v < VECTORS; v++) acc[r][v] =
                vf_fma(value, w[v], acc[r][v]);
        }
    }
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < VECTORS; v++)
        vf_store(sums + r * PALI_TILE_OUTPUTS + v * VF_WIDTH, acc[r][v]);
}

static void tile(const void *x, size_t stride, size_t rows, const void *panel, size_t count,
                 float *sums) {
    for (size_t c = 0; c < PALI_TILE_OUTPUTS; c += OUTPUTS) {
        const float *w = (const float *)panel + c, *row = x;
        size_t r = 0;
        for (; r + ROWS <= rows; r += ROWS)
            tile_of(ROWS, row + r * stride, stride, w, count, sums + r * PALI_TILE_OUTPUTS + c);
        for (; r + 4 <= rows; r += 4)
            tile_of(4, row + r * stride, stride, w, count, sums + r * PALI_TILE_OUTPUTS + c);
        for (; r < rows; r++)
            tile_of(1, row + r * stride, stride, w, count, sums + r * PALI_TILE_OUTPUTS + c);
    }
}

const pali_float_kernels PALI_NAME(f32_kernels) = {NULL, pack, tile, NULL};

/* ---- activations ---- */

/* Magnitudes of finite numbers compare like their bits. */
static float magnitude(const float *x, size_t n, float threshold, size_t *outliers) {
    const int32_t *bits = (const int32_t *)(const void *)x;
    int32_t limit = (int32_t)pali_f32_bits(threshold), largest = 0, count = 0;
    for (size_t i = 0; i < n; i++) {
        int32_t m;
        memcpy(&m, bits + i, sizeof m);
        m &= 0x7fffffff;
        int32_t inside = m < limit ? m : 0;
        count += m >= limit;
        largest = inside > largest ? inside : largest;
    }
    *outliers = (size_t)count;
    return pali_f32_from_bits((uint32_t)largest);
}

static int32_t quantize(const float *x, size_t n, float factor, float threshold, int8_t *out) {
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        float inside = fabsf(x[i]) < threshold ? x[i] : 0.0f;
        float shifted = inside * factor + 12582912.0f; /* rounds to even into the low bits */
        int32_t q = (int32_t)(pali_f32_bits(shifted) - 0x4b400000u);
        sum += q;
        out[i] = (int8_t)q;
    }
    return sum;
}

static void group_offsets(const int8_t *x, size_t groups, int32_t *offsets) {
    for (size_t g = 0; g < groups; g++) {
        int32_t sum = 0;
        for (size_t k = 0; k < PALI_INT4_GROUP; k++)
            sum += x[g * PALI_INT4_GROUP + k];
        offsets[g] = -PALI_INT4_LARGEST * sum;
    }
}

static inline vf finish_one(vf sum, const pali_output *f, vf before, vf bias, vf gate) {
    if (!f->first || f->epilogue == PALI_ADD)
        sum = vf_add(before, sum);
    if (!f->last)
        return sum;
    if (f->bias)
        sum = vf_add(sum, bias);
    if (f->epilogue == PALI_GELU)
        sum = vf_gelu(sum);
    return f->gate ? vf_mul(vf_gelu(gate), sum) : sum;
}

/* One row of a block that is neither the last nor gated: y = sum, or y += sum. */
static void accumulate_row(const float *sum, size_t cols, bool add, float *y) {
    for (size_t c = 0; c < cols; c++)
        y[c] = add ? y[c] + sum[c] : sum[c];
}

static void finish_row(const float *sum, size_t cols, const pali_output *f, float *y,
                       const float *gate) {
    bool add = !f->first || f->epilogue == PALI_ADD;
    for (size_t c = 0; c < cols; c += VF_WIDTH) {
        size_t n = cols - c < VF_WIDTH ? cols - c : VF_WIDTH;
        vf before = add ? vf_load_part(y + c, n) : vf_set(0.0f);
        vf bias = f->bias ? vf_load_part(f->bias + c, n) : vf_set(0.0f);
        vf factor = gate ? vf_load_part(gate + c, n) : vf_set(0.0f);
        vf_store_part(y + c, n, finish_one(vf_load_part(sum + c, n), f, before, bias, factor));
    }
}

static void finish(const float *sums, size_t sums_stride, size_t rows, size_t cols,
                   const pali_output *f) {
    bool add = !f->first || f->epilogue == PALI_ADD;
    bool plain = !f->last || (!f->bias && !f->gate && f->epilogue != PALI_GELU);
    for (size_t r = 0; r < rows; r++) {
        float *y = f->y + r * f->stride;
        if (plain)
            accumulate_row(sums + r * sums_stride, cols, add, y);
        else
            finish_row(sums + r * sums_stride, cols, f, y,
                       f->gate ? f->gate + r * PALI_PANEL : NULL);
    }
}

static void scale_dots(const int32_t *dots, size_t n, int32_t offset, float row_scale,
                       const float *scales, float *sums) {
    for (size_t i = 0; i < n; i++)
        sums[i] = (float)(dots[i] + offset) * row_scale * scales[i];
}

/* Four columns of 16 rows lie in 16 words: those of one column are a byte of each. */
static void add_int8_outlier(const pali_outlier *outlier, const uint8_t *panel, float *sums) {
    const uint8_t *words = panel + outlier->column / 4 * 64;
    uint32_t shift = outlier->column % 4 * 8;
    for (size_t r = 0; r < PALI_PANEL_ROWS; r++) {
        uint32_t word;
        memcpy(&word, words + 4 * r, sizeof word);
        sums[r] += outlier->value * (float)((int32_t)(word >> shift & 255) - 128);
    }
}

static void add_int4_outlier(const pali_outlier *outlier, const uint8_t *panel, size_t cols,
                             float *sums) {
    size_t block = outlier->column / PALI_INT4_BLOCK, within = outlier->column % PALI_INT4_BLOCK;
    const uint8_t *codes =
        panel + block * PALI_INT4_BLOCK_BYTES + within / 8 * 64 + outlier->column % 4;
    const uint8_t *scales = panel + pali_int4_groups_at(cols) + block * PALI_PANEL_ROWS;
    int code_shift = within % 8 < 4 ? 0 : 4, scale_shift = within < PALI_INT4_GROUP ? 0 : 4;
    for (size_t r = 0; r < PALI_PANEL_ROWS; r++) {
        int value = pali_int4_values[codes[4 * r] >> code_shift & 15];
        sums[r] += outlier->value * (float)(value * (scales[r] >> scale_shift & 15));
    }
}

static void add_outliers(const pali_outlier *outliers, size_t count, pali_weights format,
                         const uint8_t *panel, size_t cols, float *sums) {
    for (size_t i = 0; i < count; i++)
        if (format == PALI_WEIGHTS_INT8)
            add_int8_outlier(outliers + i, panel, sums);
        else
            add_int4_outlier(outliers + i, panel, cols, sums);
}

const pali_activation_kernels PALI_NAME(activation_kernels) = {
    magnitude, quantize, group_offsets, scale_dots, add_outliers, finish,
};

/* ---- integers, without instructions for them ---- */

static void few_int8(const int8_t *x, size_t stride, size_t rows, const uint8_t *panel,
                     size_t quads, int32_t *dots) {
    for (size_t r = 0; r < rows; r++) {
        int32_t acc[PALI_PANEL_ROWS] = {0};
        for (size_t k = 0; k < quads; k++) {
            const uint8_t *w = panel + k * 64;
            const int8_t *a = x + r * stride + k * 4;
            for (size_t i = 0; i < PALI_PANEL_ROWS; i++)
                acc[i] += a[0] * w[4 * i] + a[1] * w[4 * i + 1] + a[2] * w[4 * i + 2] +
                          a[3] * w[4 * i + 3];
        }
        memcpy(dots + r * PALI_PANEL_ROWS, acc, sizeof acc);
    }
}

static void tile_int8(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                      size_t panel_size, size_t quads, int32_t *dots) {
    for (size_t r = 0; r < rows; r++)
        for (size_t p = 0; p < PALI_TILE_OUTPUTS / PALI_PANEL_ROWS; p++)
            few_int8(x + r * stride, stride, 1, panels + p * panel_size, quads,
                     dots + r * PALI_TILE_OUTPUTS + p * PALI_PANEL_ROWS);
}

static void unpack_int4(const uint8_t *panel, const uint8_t *scales, size_t blocks, uint8_t *out) {
    for (size_t block = 0; block < blocks; block++, scales += PALI_PANEL_ROWS)
        for (size_t j = 0; j < 4; j++, panel += 64, out += 128)
            for (size_t i = 0; i < 64; i++) {
                int scale = scales[i / 4] >> (j < 2 ? 0 : 4) & 15;
                out[i] = (uint8_t)(pali_int4_values[panel[i] & 15] * scale + 128);
                out[64 + i] = (uint8_t)(pali_int4_values[panel[i] >> 4] * scale + 128);
            }
}

/* A block at a time as INT8. The offsets are for those that keep codes unsigned. */
static void few_int4(const int8_t *x, size_t stride, size_t rows, const uint8_t *panel,
                     const uint8_t *scales, size_t blocks, const int32_t *offsets, int32_t *dots) {
    (void)offsets;
    memset(dots, 0, rows * PALI_PANEL_ROWS * sizeof *dots);
    for (size_t block = 0; block < blocks; block++) {
        uint8_t bytes[2 * PALI_INT4_BLOCK_BYTES];
        unpack_int4(panel + block * PALI_INT4_BLOCK_BYTES, scales + block * PALI_PANEL_ROWS, 1,
                    bytes);
        for (size_t r = 0; r < rows; r++) {
            const int8_t *a = x + r * stride + block * PALI_INT4_BLOCK;
            int32_t sums[PALI_PANEL_ROWS], of_x = 0;
            few_int8(a, stride, 1, bytes, PALI_INT4_BLOCK / 4, sums);
            for (size_t k = 0; k < PALI_INT4_BLOCK; k++)
                of_x += a[k];
            for (size_t i = 0; i < PALI_PANEL_ROWS; i++)
                dots[r * PALI_PANEL_ROWS + i] += sums[i] - 128 * of_x;
        }
    }
}

const pali_integer_kernels PALI_NAME(integer_kernels) = {tile_int8, few_int8, few_int4,
                                                         unpack_int4};
