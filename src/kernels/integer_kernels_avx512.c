/* Products of quads of bytes (vpdpbusd), compiled twice: with VBMI, vpermb looks codes of four bits up
 * without a mask before it. */
#include "kernels/int4_avx512.h"
#include "kernels/products.h"
#include "kernels/row_counts.h"
#include "kernels/simd.h"
#include "kernels/weights.h"

#include <string.h>

extern const pali_integer_kernels PALI_NAME(integer_kernels);

/* Sums of spinning, as many as hide how long an instruction takes; written out, since GCC 12 copies every
 * sum to another register and back. */
enum { CHAINS = 12 };

static inline __m512i broadcast_quad(const int8_t *x) {
    int quad;
    memcpy(&quad, x, sizeof quad);
    return _mm512_set1_epi32(quad);
}

/* Bytes that a tile asks for ahead, of its activations and of each panel: with many inputs they lie in
 * the second cache, and the hardware asks for them too late. */
enum { TILE_AHEAD = 32 * 4 * PALI_TILE_ROWS, PANEL_AHEAD = 1024 };

static inline __attribute__((always_inline)) void tile_int8_of(size_t rows, const int8_t *x,
                                                               const uint8_t *panels,
                                                               size_t panel_size, size_t quads,
                                                               int32_t *dots) {
    __m512i acc[PALI_TILE_ROWS][2];
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < 2; v++)
        acc[r][v] = _mm512_setzero_si512();
    for (size_t k = 0; k < quads; k++, x += 4 * PALI_TILE_ROWS) {
        __m512i first = _mm512_loadu_si512(panels + k * 64);
        __m512i second = _mm512_loadu_si512(panels + panel_size + k * 64);
        _mm_prefetch(x + TILE_AHEAD, _MM_HINT_T0);
        _mm_prefetch(panels + k * 64 + PANEL_AHEAD, _MM_HINT_T0);
        _mm_prefetch(panels + panel_size + k * 64 + PANEL_AHEAD, _MM_HINT_T0);
        PALI_UNROLL for (size_t r = 0; r < rows; r++) {
            __m512i value = broadcast_quad(x + r * 4);
            acc[r][0] = _mm512_dpbusd_epi32(acc[r][0], first, value);
            acc[r][1] = _mm512_dpbusd_epi32(acc[r][1], second, value);
        }
    }
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < 2; v++)
        _mm512_storeu_si512(dots + r * PALI_TILE_OUTPUTS + v * 16, acc[r][v]);
}

static void tile_int8(const int8_t *x, size_t rows, const uint8_t *panels, size_t panel_size,
                      size_t num_panels, size_t quads, bool first, int32_t *dots) {
    (void)num_panels, (void)first;
    switch (rows) { PALI_UP_TO_12(tile_int8_of, x, panels, panel_size, quads, dots) }
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
    PALI_UNROLL for (size_t r = 0; r < rows; r++) acc[r][0] = acc[r][1] = _mm512_setzero_si512();
    for (size_t k = 0; k < quads; k++) {
        __m512i first = _mm512_loadu_si512(panels + k * 64);
        __m512i second = _mm512_loadu_si512(panels + panel_size + k * 64);
        ask_ahead(panels, panel_size, k * 64, quads * 64);
        PALI_UNROLL for (size_t r = 0; r < rows; r++) {
            __m512i value = broadcast_quad(x + r * stride + k * 4);
            acc[r][0] = _mm512_dpbusd_epi32(acc[r][0], first, value);
            acc[r][1] = _mm512_dpbusd_epi32(acc[r][1], second, value);
        }
    }
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < 2; v++)
        _mm512_storeu_si512(dots + r * PALI_TILE_OUTPUTS + v * 16, acc[r][v]);
}

static void few_int8(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t quads, int32_t *dots) {
    switch (rows) { PALI_UP_TO_8(few_int8_of, x, stride, panels, panel_size, quads, dots) }
}

/* ---- codes of four bits ---- */

/* A group of two panels: w [2] [low, high, low, high], the halves of its quads, and its scales. */
static inline __attribute__((always_inline)) void
add_group(size_t rows, const int8_t *x, size_t stride, __m512i w[2][4], const __m512i scale[2],
          const int32_t *offsets, size_t groups, __m512i acc[PALI_FEW_ROWS][2]) {
    PALI_UNROLL for (size_t r = 0; r < rows; r++) {
        /* at most 16 * 127 * LARGEST, which fits 16 bits: the upper half of a lane, its sign, is
         * multiplied by zero */
        __m512i first = _mm512_set1_epi32(offsets[r * groups]), second = first;
        PALI_UNROLL for (size_t j = 0; j < 4; j++) {
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
    size_t end = blocks * PALI_INT4_BLOCK_BYTES;
    __m512i acc[PALI_FEW_ROWS][2];
    PALI_UNROLL for (size_t r = 0; r < rows; r++) acc[r][0] = acc[r][1] = _mm512_setzero_si512();
    for (size_t b = 0; b < blocks; b++, x += PALI_INT4_BLOCK, offsets += 2) {
        size_t at = b * PALI_INT4_BLOCK_BYTES;
        __m512i scales[2][2];
        PALI_UNROLL for (size_t p = 0; p < 2; p++) {
            const uint8_t *bytes = panels + p * panel_size + end + b * PALI_PANEL_ROWS;
            if (b % 4 == 0) /* a line of a later panel's scales: they lie where no stream leads */
                _mm_prefetch((const char *)bytes + 2 * panel_size, _MM_HINT_T0);
            group_scales(bytes, scales[p]);
        }
        PALI_UNROLL for (size_t g = 0; g < 2; g++, at += PALI_INT4_BLOCK_BYTES / 2) {
            __m512i w[2][4], scale[2] = {scales[0][g], scales[1][g]};
            ask_ahead(panels, panel_size, at, end);
            ask_ahead(panels, panel_size, at + 64, end);
            PALI_UNROLL for (size_t p = 0; p < 2; p++) {
                const uint8_t *codes = panels + p * panel_size + at;
                look_up(codes, table, &w[p][0], &w[p][1]);
                look_up(codes + 64, table, &w[p][2], &w[p][3]);
            }
            add_group(rows, x + g * PALI_INT4_GROUP, stride, w, scale, offsets + g, 2 * blocks,
                      acc);
        }
    }
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t v = 0; v < 2; v++)
        _mm512_storeu_si512(dots + r * PALI_TILE_OUTPUTS + v * 16, acc[r][v]);
}

static void few_int4(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t blocks, const int32_t *offsets, int32_t *dots) {
    switch (rows) {
        PALI_UP_TO_8(few_int4_of, x, stride, panels, panel_size, blocks, offsets, dots)
    }
}

static void unpack_int4(const uint8_t *panel, const uint8_t *scales, size_t blocks, uint8_t *out) {
    const __m512i table = code_table();
    for (size_t b = 0; b < blocks; b++, panel += PALI_INT4_BLOCK_BYTES, out += 512)
        unpack_block(panel, scales + b * PALI_PANEL_ROWS, table, 128, NULL, out);
}

static double spin_int8(size_t rounds) {
    __m512i acc[CHAINS], sum = _mm512_setzero_si512(), ones = _mm512_set1_epi8(1);
    PALI_UNROLL for (size_t c = 0; c < CHAINS; c++) acc[c] = _mm512_set1_epi32((int)c);
    for (size_t i = 0; i < rounds; i++)
        PALI_UNROLL for (size_t c = 0; c < CHAINS;
                         c++) __asm__("vpdpbusd %1, %1, %0" : "+v"(acc[c]) : "v"(ones));
    PALI_UNROLL for (size_t c = 0; c < CHAINS; c++) sum = _mm512_or_si512(sum, acc[c]);
    return _mm512_reduce_or_epi32(sum) < 0 ? 0.0 : 2.0 * CHAINS * 64 * (double)rounds;
}

const pali_integer_kernels PALI_NAME(integer_kernels) = {
    .tiling = {PALI_TILE_ROWS, PALI_TILE_OUTPUTS, SIZE_MAX, 1},
    .tile_int8 = tile_int8,
    .few_int8 = few_int8,
    .few_int4 = few_int4,
    .unpack_int4 = unpack_int4,
    .unpacked_block = 2 * PALI_INT4_BLOCK_BYTES,
    .group_offsets = pali_int4_offsets,
    .spin_int8 = spin_int8,
    .spin_int4 = spin_int8,
};
