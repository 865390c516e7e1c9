/* Products in f32 and what surrounds them, written over simd.h and compiled for each instruction
 * set. */
#include "kernels/products.h"
#include "kernels/simd.h"
#include "kernels/weights.h"

/* ---- panels of f32 ---- */

#if !defined(PALI_PLAIN)
#include "kernels/few_rows.h"
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
tile_of(size_t rows, const float *x, const float *panel, size_t count, float *sums) {
    vf acc[ROWS][VECTORS];
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < VECTORS; v++)
        acc[r][v] = vf_set(0.0f);
    for (size_t k = 0; k < count; k++) {
        vf w[VECTORS];
        PALI_UNROLL for (size_t v = 0; v < VECTORS; v++) w[v] =
            vf_load(panel + k * PALI_PANEL + v * VF_WIDTH);
        PALI_UNROLL for (size_t r = 0; r < rows; r++) {
            vf value = vf_set(x[k * PALI_TILE_ROWS + r]);
            PALI_UNROLL for (size_t v = 0; v < VECTORS; v++) acc[r][v] =
                vf_fma(value, w[v], acc[r][v]);
        }
    }
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < VECTORS; v++)
        vf_store(sums + r * PALI_TILE_OUTPUTS + v * VF_WIDTH, acc[r][v]);
}

static void tile(const void *x, size_t rows, const void *panel, size_t pairs, size_t count,
                 float *sums) {
    (void)pairs;
    for (size_t c = 0; c < PALI_TILE_OUTPUTS; c += OUTPUTS) {
        const float *w = (const float *)panel + c, *row = x;
        size_t r = 0;
        for (; r + ROWS <= rows; r += ROWS)
            tile_of(ROWS, row + r, w, count, sums + r * PALI_TILE_OUTPUTS + c);
        for (; r + 4 <= rows; r += 4)
            tile_of(4, row + r, w, count, sums + r * PALI_TILE_OUTPUTS + c);
        for (; r < rows; r++)
            tile_of(1, row + r, w, count, sums + r * PALI_TILE_OUTPUTS + c);
    }
}

static double spin(size_t rounds) {
    enum {
        CHAINS = 12
    }; /* hide how long a product takes; they differ, or they would be computed once */
    vf acc[CHAINS], a = vf_set(0.5f), b = vf_set(0.25f), sum = vf_set(0.0f);
    PALI_UNROLL for (size_t c = 0; c < CHAINS; c++) acc[c] = vf_set((float)c);
    for (size_t i = 0; i < rounds; i++)
        PALI_UNROLL for (size_t c = 0; c < CHAINS; c++) acc[c] = vf_fma(a, b, acc[c]);
    PALI_UNROLL for (size_t c = 0; c < CHAINS; c++) sum = vf_add(sum, acc[c]);
    /* the sum is never negative, which only running can tell */
    return vf_sum(sum) < 0.0f ? 0.0 : 2.0 * CHAINS * VF_WIDTH * (double)rounds;
}

const pali_float_kernels PALI_NAME(f32_kernels) = {
    .tiling = {PALI_TILE_ROWS, PALI_TILE_OUTPUTS, PALI_BLOCK, 1},
    .pack = pack,
    .half = PALI_TILE_OUTPUTS * sizeof(float),
    .tile = tile,
    .spin = spin,
#if !defined(PALI_PLAIN)
    .few = few,
#endif
};

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
                       f->gate ? f->gate + r * PALI_TASK_OUTPUTS : NULL);
    }
}

static void scale_dots(const int32_t *dots, size_t rows, const int32_t *offsets,
                       const float *row_scales, const float *scales, float *sums) {
    for (size_t r = 0; r < rows; r++, dots += PALI_TILE_OUTPUTS, sums += PALI_TILE_OUTPUTS) {
        int32_t offset = offsets ? offsets[r] : 0;
        float row_scale = row_scales[r];
        for (size_t i = 0; i < PALI_TILE_OUTPUTS; i++)
            sums[i] = (float)(dots[i] + offset) * row_scale * scales[i];
    }
}

/* The sums of two panels as vectors: two chains of additions at least. */
enum { OUTLIER_VECTORS = PALI_TILE_OUTPUTS / VF_WIDTH };

/* Two panels, without the scales of their rows. */
typedef struct two_panels {
    const uint8_t *at;
    size_t size, scales_at; /* from one to the other; INT4: where group scales lie in one */
    float values[16];       /* INT4: of the codes */
} two_panels;

/* Of a column, vector v of 32 outputs. Four columns of 16 rows lie in 16 words: those of one column are a byte of
 * each. */
static inline vf int8_weights(const two_panels *panels, size_t column, size_t v) {
    const uint8_t *words = panels->at + column / 4 * 64;
    size_t row = v * VF_WIDTH % PALI_PANEL_ROWS, at = v * VF_WIDTH / PALI_PANEL_ROWS * panels->size;
    return vf_sub(vf_bytes_of_words(words + at + 4 * row, column % 4 * 8), vf_set(128.0f));
}

/* Eight columns of 16 rows lie in 16 words: those of one column are four bits of each. */
static inline vf int4_weights(const two_panels *panels, size_t column, size_t v) {
    size_t block = column / PALI_INT4_BLOCK, i = column % PALI_INT4_BLOCK;
    const uint8_t *words = panels->at + block * PALI_INT4_BLOCK_BYTES + i / 8 * 64;
    const uint8_t *scales = panels->at + panels->scales_at + block * PALI_PANEL_ROWS;
    size_t row = v * VF_WIDTH % PALI_PANEL_ROWS, at = v * VF_WIDTH / PALI_PANEL_ROWS * panels->size;
    vf code = vf_chosen_by_words(panels->values, words + at + 4 * row, i % 4 * 8 + i / 4 % 2 * 4);
    return vf_mul(code, vf_nibbles(scales + at + row, i / PALI_INT4_GROUP * 4));
}

static inline __attribute__((always_inline)) void
add_outliers(bool bytes, const pali_outlier *outliers, const size_t *starts, size_t rows,
             const two_panels *panels, const float *scales, float *sums) {
    for (size_t r = 0; r < rows; r++, sums += PALI_TILE_OUTPUTS) {
        if (starts[r] == starts[r + 1])
            continue;
        vf acc[OUTLIER_VECTORS];
        PALI_UNROLL for (size_t v = 0; v < OUTLIER_VECTORS; v++) acc[v] = vf_set(0.0f);
        for (size_t i = starts[r]; i < starts[r + 1]; i++) {
            vf value = vf_set(outliers[i].value);
            size_t column = outliers[i].column;
            PALI_UNROLL for (size_t v = 0; v < OUTLIER_VECTORS; v++) {
                vf weights =
                    bytes ? int8_weights(panels, column, v) : int4_weights(panels, column, v);
                acc[v] = vf_add(acc[v], vf_mul(value, weights));
            }
        }
        PALI_UNROLL for (size_t v = 0; v < OUTLIER_VECTORS; v++) {
            float *sum = sums + v * VF_WIDTH;
            vf_store(sum, vf_add(vf_load(sum), vf_mul(acc[v], vf_load(scales + v * VF_WIDTH))));
        }
    }
}

static void add_int8_outliers(const pali_outlier *outliers, const size_t *starts, size_t rows,
                              const uint8_t *panels, size_t panel_size, const float *scales,
                              float *sums) {
    two_panels both = {panels, panel_size, 0, {0}};
    add_outliers(true, outliers, starts, rows, &both, scales, sums);
}

static void add_int4_outliers(const pali_outlier *outliers, const size_t *starts, size_t rows,
                              const uint8_t *panels, size_t panel_size, size_t scales_at,
                              const float *scales, float *sums) {
    two_panels both = {panels, panel_size, scales_at, {0}};
    for (size_t i = 0; i < 16; i++)
        both.values[i] = pali_int4_values[i];
    add_outliers(false, outliers, starts, rows, &both, scales, sums);
}

const pali_activation_kernels PALI_NAME(activation_kernels) = {
    magnitude, quantize, scale_dots, add_int8_outliers, add_int4_outliers, finish,
};

/* ---- integers ---- */

#if defined(__AVX2__) || (defined(__ARM_FEATURE_DOTPROD) && !defined(PALI_PLAIN))
#include "kernels/integers.h"
#else
/* One row whose quads of inputs lie `step` bytes apart, and one panel. */
static void dots_int8(const int8_t *x, size_t step, const uint8_t *panel, size_t quads,
                      int32_t *dots) {
    int32_t acc[PALI_PANEL_ROWS] = {0};
    for (size_t k = 0; k < quads; k++, x += step, panel += 64)
        for (size_t i = 0; i < PALI_PANEL_ROWS; i++)
            acc[i] += x[0] * panel[4 * i] + x[1] * panel[4 * i + 1] + x[2] * panel[4 * i + 2] +
                      x[3] * panel[4 * i + 3];
    memcpy(dots, acc, sizeof acc);
}

static void few_int8(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t quads, int32_t *dots) {
    for (size_t p = 0; p < PALI_TILE_OUTPUTS / PALI_PANEL_ROWS; p++)
        for (size_t r = 0; r < rows; r++)
            dots_int8(x + r * stride, 4, panels + p * panel_size, quads,
                      dots + r * PALI_TILE_OUTPUTS + p * PALI_PANEL_ROWS);
}

static void tile_int8(const int8_t *x, size_t rows, const uint8_t *panels, size_t panel_size,
                      size_t num_panels, size_t quads, bool first, int32_t *dots) {
    (void)num_panels, (void)first;
    for (size_t r = 0; r < rows; r++)
        for (size_t p = 0; p < PALI_TILE_OUTPUTS / PALI_PANEL_ROWS; p++)
            dots_int8(x + 4 * r, 4 * PALI_TILE_ROWS, panels + p * panel_size, quads,
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

#endif

#if !defined(__AVX2__)
enum { UNPACKED_BLOCK = 2 * PALI_INT4_BLOCK_BYTES };

/* Some blocks at a time as INT8. The offsets are for those that keep codes unsigned. */
static void few_int4(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t blocks, const int32_t *offsets, int32_t *dots) {
    enum { TOGETHER = 16 };
    uint8_t bytes[2][TOGETHER * UNPACKED_BLOCK];
    int32_t sums[PALI_FEW_ROWS * PALI_TILE_OUTPUTS];
    size_t scales_at = blocks * PALI_INT4_BLOCK_BYTES;
    (void)offsets;
    memset(dots, 0, rows * PALI_TILE_OUTPUTS * sizeof *dots);
    for (size_t block = 0; block < blocks; block += TOGETHER) {
        size_t some = blocks - block < TOGETHER ? blocks - block : TOGETHER;
        const int8_t *inputs = x + block * PALI_INT4_BLOCK;
        for (size_t p = 0; p < 2; p++) {
            const uint8_t *panel = panels + p * panel_size;
            unpack_int4(panel + block * PALI_INT4_BLOCK_BYTES,
                        panel + scales_at + block * PALI_PANEL_ROWS, some, bytes[p]);
        }
        few_int8(inputs, stride, rows, bytes[0], sizeof bytes[0], some * UNPACKED_BLOCK / 64, sums);
        for (size_t r = 0; r < rows; r++) {
            int32_t of_x = 0;
            for (size_t k = 0; k < some * PALI_INT4_BLOCK; k++)
                of_x += inputs[r * stride + k];
            for (size_t i = r * PALI_TILE_OUTPUTS; i < (r + 1) * PALI_TILE_OUTPUTS; i++)
                dots[i] += sums[i] - 128 * of_x;
        }
    }
}

/* What the code above does where everything lies in the first cache. */
static double spin_int8(size_t rounds) {
    enum { QUADS = 16 };
    static const int8_t x[QUADS * 4 * PALI_TILE_ROWS] = {1};
    static const uint8_t panel[QUADS * 64] = {1};
    int32_t dots[PALI_TILE_ROWS * PALI_TILE_OUTPUTS], sum = 0;
    size_t calls = rounds / 256;
    for (size_t i = 0; i < calls; i++) {
        tile_int8(x, PALI_TILE_ROWS, panel, 0, 2, QUADS, true, dots);
        sum |= dots[i % PALI_TILE_OUTPUTS];
    }
    return sum < 0 ? 0.0 : 2.0 * QUADS * 4 * PALI_TILE_OUTPUTS * PALI_TILE_ROWS * (double)calls;
}
#endif

const pali_integer_kernels PALI_NAME(integer_kernels) = {
    .tiling = {PALI_TILE_ROWS, PALI_TILE_OUTPUTS, SIZE_MAX, 1},
    .tile_int8 = tile_int8,
    .few_int8 = few_int8,
    .few_int4 = few_int4,
    .unpack_int4 = unpack_int4,
    .unpacked_block = UNPACKED_BLOCK,
    .spin_int8 = spin_int8,
#if defined(__AVX2__)
    .group_offsets = group_offsets,
#else
    .group_offsets = pali_int4_offsets,
#endif
#if defined(PALI_INT4_TILES)
    .tile_int4 = tile_int4,
    .spin_int4 = spin_int4,
#else
    .spin_int4 = spin_int8,
#endif
};
