/* Products with the dot-product instructions of AVX-512: pairs of BF16 (vdpbf16ps) and quads of
 * bytes (vpdpbusd). */
#include "kernels/numbers.h"
#include "kernels/products.h"
#include "kernels/transpose_avx512.h"
#include "kernels/weights.h"

extern const pali_float_kernels pali_bf16_kernels_avx512;
extern const pali_integer_kernels pali_integer_kernels_vnni;

#define UNROLL _Pragma("GCC unroll 16")

/* A constant number of rows keeps the sums in registers. */
#define CASE(n, call) \
    case n:           \
        call;         \
        return;
#define UP_TO_8(function, ...)        \
    CASE(1, function(1, __VA_ARGS__)) \
    CASE(2, function(2, __VA_ARGS__)) \
    CASE(3, function(3, __VA_ARGS__)) \
    CASE(4, function(4, __VA_ARGS__)) \
    CASE(5, function(5, __VA_ARGS__)) \
    CASE(6, function(6, __VA_ARGS__)) \
    CASE(7, function(7, __VA_ARGS__)) \
    CASE(8, function(8, __VA_ARGS__))
#define UP_TO_12(function, ...)         \
    UP_TO_8(function, __VA_ARGS__)      \
    CASE(9, function(9, __VA_ARGS__))   \
    CASE(10, function(10, __VA_ARGS__)) \
    CASE(11, function(11, __VA_ARGS__)) \
    CASE(12, function(12, __VA_ARGS__))

/* ---- pairs of BF16 ---- */

/* 32 inputs of a row, zero beyond `count`. */
static inline __m512i load_pairs(const char *p, size_t count) {
    return count >= 32 ? _mm512_loadu_si512(p)
                       : _mm512_maskz_loadu_epi16((__mmask32)((1u << count) - 1), p);
}

/* Inputs [k, k + count), at most 32, of 16 rows (`rows` of which exist), transposed: lines[j] holds
 * pair j of every row. `ahead` bytes further on, memory is asked for. */
static inline __attribute__((always_inline)) void load_transposed(const pali_matrix *weight,
                                                                  size_t row, size_t rows, size_t k,
                                                                  size_t count, size_t ahead,
                                                                  __m512i lines[16]) {
    const char *p = (const char *)weight->data + 2 * (row * weight->cols + k);
    UNROLL for (size_t j = 0; j < 16; j++) {
        if (j < rows) {
            lines[j] = load_pairs(p + 2 * j * weight->cols, count);
            _mm_prefetch(p + 2 * j * weight->cols + ahead, _MM_HINT_T0);
        } else {
            lines[j] = _mm512_setzero_si512();
        }
    }
    pali_transpose_16x16(lines);
}

static void pack(const pali_matrix *weight, size_t row, size_t rows, size_t k, size_t count,
                 void *panel) {
    char *out = panel;
    for (size_t r = 0; r < PALI_PANEL; r += 16) {
        size_t some_rows = rows > r ? rows - r : 0;
        for (size_t i = 0; i < count; i += 32) {
            size_t some = count - i < 32 ? count - i : 32;
            __m512i lines[16];
            load_transposed(weight, row + r, some_rows, k + i, some, 2 * PALI_BLOCK, lines);
            for (size_t j = 0; j < (some + 1) / 2; j++)
                _mm512_storeu_si512(out + ((i / 2 + j) * PALI_PANEL + r) * 4, lines[j]);
        }
    }
}

static inline __m512bh broadcast_pair(const uint16_t *x) {
    int pair;
    memcpy(&pair, x, sizeof pair);
    return (__m512bh)_mm512_set1_epi32(pair);
}

static inline __attribute__((always_inline)) void
tile_of(size_t rows, const uint16_t *x, const char *panel, size_t count, float *sums) {
    __m512 acc[PALI_TILE_ROWS][2];
    UNROLL for (size_t r = 0; r < rows; r++) UNROLL for (size_t v = 0; v < 2; v++) acc[r][v] =
        _mm512_setzero_ps();
    for (size_t k = 0; k < count; k += 2, panel += PALI_PANEL * 4, x += 2 * PALI_TILE_ROWS) {
        __m512bh first = (__m512bh)_mm512_loadu_si512(panel);
        __m512bh second = (__m512bh)_mm512_loadu_si512(panel + 64);
        UNROLL for (size_t r = 0; r < rows; r++) {
            __m512bh value = broadcast_pair(x + 2 * r);
            acc[r][0] = _mm512_dpbf16_ps(acc[r][0], value, first);
            acc[r][1] = _mm512_dpbf16_ps(acc[r][1], value, second);
        }
    }
    UNROLL for (size_t r = 0; r < rows; r++) UNROLL for (size_t v = 0; v < 2; v++)
        _mm512_storeu_ps(sums + r * PALI_TILE_OUTPUTS + v * 16, acc[r][v]);
}

static void tile(const void *x, size_t rows, const void *panel, size_t count, float *sums) {
    switch (rows) { UP_TO_12(tile_of, x, panel, count, sums) }
}

/* 16 rows of weights for all inputs: the order of the sums is that of tile_of. */
static inline __attribute__((always_inline)) void few_of(size_t n, const pali_matrix *weight,
                                                         size_t row, size_t rows, const uint16_t *x,
                                                         size_t stride, float *sums) {
    for (size_t k = 0; k < weight->cols; k += PALI_BLOCK, sums += n * PALI_PANEL) {
        size_t end = weight->cols - k < PALI_BLOCK ? weight->cols : k + PALI_BLOCK;
        __m512 acc[PALI_FEW_ROWS];
        UNROLL for (size_t r = 0; r < n; r++) acc[r] = _mm512_setzero_ps();
        for (size_t i = k; i < end; i += 32) {
            size_t some = end - i < 32 ? end - i : 32;
            __m512i lines[16];
            load_transposed(weight, row, rows, i, some, 512, lines);
            UNROLL for (size_t j = 0; j < 16; j++) /* pairs beyond the end are zero on both sides */
                UNROLL for (size_t r = 0; r < n; r++) acc[r] = _mm512_dpbf16_ps(
                    acc[r], broadcast_pair(x + r * stride + i + 2 * j), (__m512bh)lines[j]);
        }
        UNROLL for (size_t r = 0; r < n; r++) _mm512_storeu_ps(sums + r * PALI_PANEL, acc[r]);
    }
}

static void few_rows(size_t n, const pali_matrix *weight, size_t row, size_t rows,
                     const uint16_t *x, size_t stride, float *sums) {
    switch (n) { UP_TO_8(few_of, weight, row, rows, x, stride, sums) }
}

static void few(const pali_matrix *weight, size_t row, size_t rows, const void *x, size_t stride,
                size_t n, float *sums) {
    for (size_t r = 0; r < rows; r += 16, row += 16, sums += 16) {
        size_t some = rows - r < 16 ? rows - r : 16;
        few_rows(n, weight, row, some, x, stride, sums);
    }
}

static void to_bf16(const float *x, size_t n, uint16_t *out) {
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 mask = n - i >= 16 ? 0xffff : (__mmask16)((1u << (n - i)) - 1);
        __m256bh half = _mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, x + i));
        _mm256_mask_storeu_epi16(out + i, mask, (__m256i)half);
    }
}

/* Sums of spinning: as many as hide how long an instruction takes. They differ, or the compiler
 * would see that they are the same; and the instructions are written out, since GCC 12 copies every
 * sum to another register and back. */
enum { CHAINS = 12 };

static double spin(size_t rounds) {
    __m512 acc[CHAINS], sum = _mm512_setzero_ps();
    __m512i halves = _mm512_set1_epi32(0x3f003f00); /* pairs of 0.5 */
    UNROLL for (size_t c = 0; c < CHAINS; c++) acc[c] = _mm512_set1_ps((float)c);
    for (size_t i = 0; i < rounds; i++)
        UNROLL for (size_t c = 0; c < CHAINS;
                    c++) __asm__("vdpbf16ps %1, %1, %0" : "+v"(acc[c]) : "v"(halves));
    UNROLL for (size_t c = 0; c < CHAINS; c++) sum = _mm512_add_ps(sum, acc[c]);
    /* the sum is never negative, which only running can tell */
    return _mm512_reduce_add_ps(sum) < 0.0f ? 0.0 : 2.0 * CHAINS * 32 * (double)rounds;
}

const pali_float_kernels pali_bf16_kernels_avx512 = {to_bf16, pack, tile, few, spin};

/* ---- quads of bytes ---- */

static inline __m512i broadcast_quad(const int8_t *x) {
    int quad;
    memcpy(&quad, x, sizeof quad);
    return _mm512_set1_epi32(quad);
}

static inline __attribute__((always_inline)) void tile_int8_of(size_t rows, const int8_t *x,
                                                               const uint8_t *panels,
                                                               size_t panel_size, size_t quads,
                                                               int32_t *dots) {
    __m512i acc[PALI_TILE_ROWS][2];
    UNROLL for (size_t r = 0; r < rows; r++) UNROLL for (size_t v = 0; v < 2; v++) acc[r][v] =
        _mm512_setzero_si512();
    for (size_t k = 0; k < quads; k++, x += 4 * PALI_TILE_ROWS) {
        __m512i first = _mm512_loadu_si512(panels + k * 64);
        __m512i second = _mm512_loadu_si512(panels + panel_size + k * 64);
        UNROLL for (size_t r = 0; r < rows; r++) {
            __m512i value = broadcast_quad(x + r * 4);
            acc[r][0] = _mm512_dpbusd_epi32(acc[r][0], first, value);
            acc[r][1] = _mm512_dpbusd_epi32(acc[r][1], second, value);
        }
    }
    UNROLL for (size_t r = 0; r < rows; r++) UNROLL for (size_t v = 0; v < 2; v++)
        _mm512_storeu_si512(dots + r * PALI_TILE_OUTPUTS + v * 16, acc[r][v]);
}

static void tile_int8(const int8_t *x, size_t rows, const uint8_t *panels, size_t panel_size,
                      size_t quads, int32_t *dots) {
    switch (rows) { UP_TO_12(tile_int8_of, x, panels, panel_size, quads, dots) }
}

/* Bytes that are asked for ahead, into the second cache and into the first, of panels that are read
 * from memory: hardware prefetching ends at a page and begins anew. */
enum { FAR_AHEAD = 4096, NEAR_AHEAD = 1024 };

/* Of two panels that lie `size` apart and are read up to `end`: the lines that come after those `at`.
 * After these panels come the next two. */
static inline __attribute__((always_inline)) void ask_ahead(const uint8_t *panels, size_t size,
                                                            size_t at, size_t end) {
    size_t near = at + NEAR_AHEAD, far = at + FAR_AHEAD;
    const char *first = (const char *)panels + near + (near < end ? 0 : size);
    const char *later = (const char *)panels + far + (far < end ? 0 : size);
    _mm_prefetch(first, _MM_HINT_T0);
    _mm_prefetch(first + size, _MM_HINT_T0);
    _mm_prefetch(later, _MM_HINT_T1);
    _mm_prefetch(later + size, _MM_HINT_T1);
}

static inline __attribute__((always_inline)) void few_int8_of(size_t rows, const int8_t *x,
                                                              size_t stride, const uint8_t *panels,
                                                              size_t panel_size, size_t quads,
                                                              int32_t *dots) {
    __m512i acc[PALI_FEW_ROWS][2];
    UNROLL for (size_t r = 0; r < rows; r++) acc[r][0] = acc[r][1] = _mm512_setzero_si512();
    for (size_t k = 0; k < quads; k++) {
        __m512i first = _mm512_loadu_si512(panels + k * 64);
        __m512i second = _mm512_loadu_si512(panels + panel_size + k * 64);
        ask_ahead(panels, panel_size, k * 64, quads * 64);
        UNROLL for (size_t r = 0; r < rows; r++) {
            __m512i value = broadcast_quad(x + r * stride + k * 4);
            acc[r][0] = _mm512_dpbusd_epi32(acc[r][0], first, value);
            acc[r][1] = _mm512_dpbusd_epi32(acc[r][1], second, value);
        }
    }
    UNROLL for (size_t r = 0; r < rows; r++) UNROLL for (size_t v = 0; v < 2; v++)
        _mm512_storeu_si512(dots + r * PALI_TILE_OUTPUTS + v * 16, acc[r][v]);
}

static void few_int8(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t quads, int32_t *dots) {
    switch (rows) { UP_TO_8(few_int8_of, x, stride, panels, panel_size, quads, dots) }
}

/* ---- codes of four bits ---- */

/* Values + PALI_INT4_LARGEST by code, four times. */
static inline __m512i code_table(void) {
    __m128i values = _mm_loadu_si128((const __m128i *)(const void *)pali_int4_values);
    return _mm512_broadcast_i32x4(_mm_add_epi8(values, _mm_set1_epi8(PALI_INT4_LARGEST)));
}

/* 64 bytes of codes: what is in the low and in the high halves, as values + PALI_INT4_LARGEST. */
static inline void look_up(const uint8_t *codes, __m512i table, __m512i *low, __m512i *high) {
    const __m512i mask = _mm512_set1_epi8(15);
    __m512i both = _mm512_loadu_si512(codes);
    *low = _mm512_shuffle_epi8(table, _mm512_and_si512(both, mask));
    *high = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(both, 4), mask));
}

/* Scales of the 16 rows in a group of a block, one in each lane. */
static inline __m512i group_scales(const uint8_t *scales, size_t group) {
    __m512i both = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)scales));
    return group ? _mm512_srli_epi32(both, 4) : _mm512_and_si512(both, _mm512_set1_epi32(15));
}

/* A group of two panels: w [2] [low, high, low, high], the halves of its quads, and its scales. */
static inline __attribute__((always_inline)) void
add_group(size_t rows, const int8_t *x, size_t stride, __m512i w[2][4], const __m512i scale[2],
          const int32_t *offsets, size_t groups, __m512i acc[PALI_FEW_ROWS][2]) {
    UNROLL for (size_t r = 0; r < rows; r++) {
        /* at most 16 * 127 * LARGEST, which fits 16 bits: the upper half of a lane, its sign, is
         * multiplied by zero */
        __m512i first = _mm512_set1_epi32(offsets[r * groups]), second = first;
        UNROLL for (size_t j = 0; j < 4; j++) {
            __m512i value = broadcast_quad(x + r * stride + j * 4);
            first = _mm512_dpbusd_epi32(first, w[0][j], value);
            second = _mm512_dpbusd_epi32(second, w[1][j], value);
        }
        acc[r][0] = _mm512_dpwssd_epi32(acc[r][0], first, scale[0]);
        acc[r][1] = _mm512_dpwssd_epi32(acc[r][1], second, scale[1]);
    }
}

static inline __attribute__((always_inline)) void
few_int4_of(size_t rows, const int8_t *x, size_t stride, const uint8_t *panels, size_t panel_size,
            size_t blocks, const int32_t *offsets, int32_t *dots) {
    const __m512i table = code_table();
    size_t end = blocks * PALI_INT4_BLOCK_BYTES, half = PALI_INT4_BLOCK_BYTES / 2;
    __m512i acc[PALI_FEW_ROWS][2];
    UNROLL for (size_t r = 0; r < rows; r++) acc[r][0] = acc[r][1] = _mm512_setzero_si512();
    for (size_t g = 0; g < 2 * blocks; g++) {
        __m512i w[2][4], scale[2];
        ask_ahead(panels, panel_size, g * half, end);
        ask_ahead(panels, panel_size, g * half + 64, end);
        UNROLL for (size_t p = 0; p < 2; p++) {
            const uint8_t *codes = panels + p * panel_size + g * half;
            const uint8_t *scales = panels + p * panel_size + end + g / 2 * PALI_PANEL_ROWS;
            if (g % 8 == 0) /* a line of a later panel's scales: they lie where no stream leads */
                _mm_prefetch((const char *)scales + 2 * panel_size, _MM_HINT_T0);
            look_up(codes, table, &w[p][0], &w[p][1]);
            look_up(codes + 64, table, &w[p][2], &w[p][3]);
            scale[p] = group_scales(scales, g % 2);
        }
        add_group(rows, x + g * PALI_INT4_GROUP, stride, w, scale, offsets + g, 2 * blocks, acc);
    }
    UNROLL for (size_t r = 0; r < rows; r++) UNROLL for (size_t v = 0; v < 2; v++)
        _mm512_storeu_si512(dots + r * PALI_TILE_OUTPUTS + v * 16, acc[r][v]);
}

static void few_int4(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t blocks, const int32_t *offsets, int32_t *dots) {
    switch (rows) {
        CASE(1, few_int4_of(1, x, stride, panels, panel_size, blocks, offsets, dots))
        CASE(2, few_int4_of(2, x, stride, panels, panel_size, blocks, offsets, dots))
        CASE(3, few_int4_of(3, x, stride, panels, panel_size, blocks, offsets, dots))
        CASE(4, few_int4_of(4, x, stride, panels, panel_size, blocks, offsets, dots))
        CASE(5, few_int4_of(5, x, stride, panels, panel_size, blocks, offsets, dots))
        CASE(6, few_int4_of(6, x, stride, panels, panel_size, blocks, offsets, dots))
        CASE(7, few_int4_of(7, x, stride, panels, panel_size, blocks, offsets, dots))
        CASE(8, few_int4_of(8, x, stride, panels, panel_size, blocks, offsets, dots))
    }
}

/* 64 bytes times the scale of their lane, at most 242 each; `bias` is subtracted. */
static inline __m512i scale_bytes(__m512i bytes, __m512i scale16, __m512i bias) {
    const __m512i low = _mm512_set1_epi16(255);
    __m512i even = _mm512_mullo_epi16(_mm512_and_si512(bytes, low), scale16);
    __m512i odd = _mm512_mullo_epi16(_mm512_srli_epi16(bytes, 8), scale16);
    return _mm512_sub_epi8(_mm512_or_si512(even, _mm512_slli_epi16(odd, 8)), bias);
}

static void unpack_int4(const uint8_t *panel, const uint8_t *scales, size_t blocks, uint8_t *out) {
    const __m512i table = code_table();
    for (size_t g = 0; g < 2 * blocks; g++) {
        __m512i scale = group_scales(scales + g / 2 * PALI_PANEL_ROWS, g % 2);
        __m512i scale16 = _mm512_or_si512(scale, _mm512_slli_epi32(scale, 16));
        /* (value + LARGEST) * scale - LARGEST * scale + 128, in bytes */
        __m512i bias =
            _mm512_add_epi32(_mm512_mullo_epi32(scale, _mm512_set1_epi32(PALI_INT4_LARGEST)),
                             _mm512_set1_epi32(128));
        bias = _mm512_mullo_epi32(bias, _mm512_set1_epi32(0x01010101));
        for (size_t j = 0; j < 2; j++, panel += 64, out += 128) {
            __m512i low, high;
            look_up(panel, table, &low, &high);
            _mm512_storeu_si512(out, scale_bytes(low, scale16, bias));
            _mm512_storeu_si512(out + 64, scale_bytes(high, scale16, bias));
        }
    }
}

static double spin_int8(size_t rounds) {
    __m512i acc[CHAINS], sum = _mm512_setzero_si512(), ones = _mm512_set1_epi8(1);
    UNROLL for (size_t c = 0; c < CHAINS; c++) acc[c] = _mm512_set1_epi32((int)c);
    for (size_t i = 0; i < rounds; i++)
        UNROLL for (size_t c = 0; c < CHAINS;
                    c++) __asm__("vpdpbusd %1, %1, %0" : "+v"(acc[c]) : "v"(ones));
    UNROLL for (size_t c = 0; c < CHAINS; c++) sum = _mm512_or_si512(sum, acc[c]);
    return _mm512_reduce_or_epi32(sum) < 0 ? 0.0 : 2.0 * CHAINS * 64 * (double)rounds;
}

const pali_integer_kernels pali_integer_kernels_vnni = {tile_int8, few_int8, few_int4, unpack_int4,
                                                        spin_int8};
