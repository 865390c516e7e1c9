/* INT4 in vectors of 256 bits, over what integers_avx2.h gives.
 *
 * Codes are unsigned bytes when PALI_INT4_LARGEST is added to their values, and half a group's products with inputs
 * then fit 16 bits (vpmaddubsw). The sums are multiplied by the group's scale (vpmaddwd); so is what makes up for the
 * addition, of both groups of a block at once: their scales and offsets lie in the halves of 32 bits. */
#ifndef PALI_KERNELS_INT4_AVX2_H
#define PALI_KERNELS_INT4_AVX2_H

#include "kernels/integers_avx2.h"

/* Codes of 8 rows in 8 columns of a panel, of which `table` has the values: the first four columns, and the others. */
static inline void look_up(const uint8_t *codes, __m256i table, __m256i *first, __m256i *second) {
    const __m256i low = _mm256_set1_epi8(15);
    __m256i both = load_bytes(codes);
    *first = _mm256_shuffle_epi8(table, _mm256_and_si256(both, low));
    *second = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(both, 4), low));
}

static inline __m256i code_table(void) {
    __m128i values = _mm_loadu_si128((const void *)pali_int4_values);
    return _mm256_broadcastsi128_si256(_mm_add_epi8(values, _mm_set1_epi8(PALI_INT4_LARGEST)));
}

static void group_offsets(const int8_t *x, size_t groups, int32_t *offsets) {
    for (size_t g = 0; g < groups; g += 2, x += 2 * PALI_INT4_GROUP) {
        int32_t first = pali_int4_offset(x), second = pali_int4_offset(x + PALI_INT4_GROUP);
        offsets[g / 2] = (int32_t)(((uint32_t)first & 0xffff) | (uint32_t)second << 16);
    }
}

/* Scales of 8 rows in both groups of a block, side by side; and of one group, in both halves. */
static inline __m256i block_scales(const uint8_t *bytes) {
    __m256i both = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)bytes));
    return _mm256_or_si256(_mm256_and_si256(both, _mm256_set1_epi32(15)),
                           _mm256_slli_epi32(_mm256_srli_epi32(both, 4), 16));
}
static inline __m256i group_scales(__m256i block, size_t group) {
    const __m256i low = _mm256_set1_epi32(0xffff);
    return group ? _mm256_or_si256(_mm256_andnot_si256(low, block), _mm256_srli_epi32(block, 16))
                 : _mm256_or_si256(_mm256_and_si256(low, block), _mm256_slli_epi32(block, 16));
}

/* The same from the bytes of a block. */
static inline __m256i scales_of_group(const uint8_t *bytes, size_t group) {
    __m256i both = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)bytes));
    __m256i scale =
        group ? _mm256_srli_epi32(both, 4) : _mm256_and_si256(both, _mm256_set1_epi32(15));
    return _mm256_or_si256(scale, _mm256_slli_epi32(scale, 16));
}

/* sums + the products of four quads with inputs, in 16 bits. */
static inline __m256i add_quads(__m256i sums, const __m256i w[4], const int8_t *x,
                                size_t quad_step) {
    PALI_UNROLL for (size_t j = 0; j < 4; j++) sums =
        _mm256_add_epi16(sums, _mm256_maddubs_epi16(w[j], broadcast_word(x + j * quad_step)));
    return sums;
}

/* Rows whose sums with 16 outputs stay in registers. */
enum { FEW_INT4_ROWS = 4 };

/* dots [rows][PALI_TILE_OUTPUTS], of which one panel's 16, straight from its codes. Memory is asked for ahead: after this
 * panel comes the next. */
static inline __attribute__((always_inline)) void
few_int4_of(size_t rows, const int8_t *x, size_t stride, const uint8_t *panel, size_t panel_size,
            size_t blocks, const int32_t *offsets, int32_t *dots) {
    const __m256i table = code_table();
    size_t end = blocks * PALI_INT4_BLOCK_BYTES;
    const uint8_t *scales = panel + end;
    vi acc[FEW_INT4_ROWS][2];
    PALI_UNROLL for (size_t r = 0; r < rows; r++) acc[r][0] = acc[r][1] = vi_zero();
    for (size_t g = 0; g < 2 * blocks; g++, panel += 128, x += PALI_INT4_GROUP) {
        const uint8_t *of_block = scales + g / 2 * PALI_PANEL_ROWS;
        size_t near = g * 128 + PANEL_AHEAD;
        ask_for_lines(panel + PANEL_AHEAD + (near < end ? 0 : panel_size - end), 2);
        if (g % 8 == 0) /* a line of the next panel's scales: they lie where no stream leads */
            ask_for_lines(of_block + panel_size, 1);
        PALI_UNROLL for (size_t half = 0; half < 2; half++) {
            __m256i w[4], scale = scales_of_group(of_block + half * 8, g % 2);
            look_up(panel + 32 * half, table, &w[0], &w[1]);
            look_up(panel + 32 * half + 64, table, &w[2], &w[3]);
            PALI_UNROLL for (size_t r = 0; r < rows; r++) {
                uint32_t both = (uint32_t)offsets[r * 2 * blocks + g / 2];
                __m256i sum = _mm256_set1_epi32((int)(both >> g % 2 * 16 & 0xffff));
                sum = add_quads(sum, w, x + r * stride, 4);
                acc[r][half] = vi_add(acc[r][half], _mm256_madd_epi16(sum, scale));
            }
        }
    }
    PALI_UNROLL for (size_t r = 0; r < rows; r++)
        PALI_UNROLL for (size_t half = 0; half < 2; half++)
            vi_store(dots + r * PALI_TILE_OUTPUTS + half * 8, acc[r][half]);
}

static void few_int4_rows(size_t rows, const int8_t *x, size_t stride, const uint8_t *panel,
                          size_t panel_size, size_t blocks, const int32_t *offsets, int32_t *dots) {
    switch (rows) {
        PALI_CASE(1, few_int4_of(1, x, stride, panel, panel_size, blocks, offsets, dots))
        PALI_CASE(2, few_int4_of(2, x, stride, panel, panel_size, blocks, offsets, dots))
        PALI_CASE(3, few_int4_of(3, x, stride, panel, panel_size, blocks, offsets, dots))
        PALI_CASE(4, few_int4_of(4, x, stride, panel, panel_size, blocks, offsets, dots))
    }
}

static void few_int4(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t blocks, const int32_t *offsets, int32_t *dots) {
    for (size_t p = 0; p < 2; p++, panels += panel_size, dots += PALI_PANEL_ROWS)
        for (size_t r = 0; r < rows; r += FEW_INT4_ROWS)
            few_int4_rows(rows - r < FEW_INT4_ROWS ? rows - r : FEW_INT4_ROWS, x + r * stride,
                          stride, panels, panel_size, blocks, offsets + r * 2 * blocks,
                          dots + r * PALI_TILE_OUTPUTS);
}

#if defined(__AVXVNNI__)
/* For tiles, INT8: codes times their scales + 128. */
enum { UNPACKED_BLOCK = 2 * PALI_INT4_BLOCK_BYTES };

/* Values of 32 codes, of 8 rows, times the scales of the rows, twice in 32 bits, + 128. */
static inline __m256i scale_values(__m256i codes, __m256i table, __m256i scales) {
    const __m256i low = _mm256_set1_epi16(255), sign = _mm256_set1_epi8((char)128);
    __m256i values = _mm256_shuffle_epi8(table, _mm256_and_si256(codes, _mm256_set1_epi8(15)));
    __m256i even = _mm256_mullo_epi16(signed_even(values), scales);
    __m256i odd = _mm256_mullo_epi16(signed_odd(values), scales);
    __m256i both = _mm256_or_si256(_mm256_and_si256(even, low), _mm256_slli_epi16(odd, 8));
    return _mm256_xor_si256(both, sign);
}

static void unpack_int4(const uint8_t *panel, const uint8_t *scales, size_t blocks, uint8_t *out) {
    const __m256i table =
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)pali_int4_values));
    for (size_t i = 0; i < 4 * blocks; i++, panel += 64, out += 128)
        for (size_t half = 0; half < 2; half++) {
            __m256i scale = scales_of_group(scales + i / 4 * PALI_PANEL_ROWS + half * 8, i % 4 / 2);
            __m256i codes = load_bytes(panel + half * 32);
            __m256i first = scale_values(codes, table, scale);
            __m256i second = scale_values(_mm256_srli_epi16(codes, 4), table, scale);
            _mm256_storeu_si256((void *)(out + half * 32), first);
            _mm256_storeu_si256((void *)(out + half * 32 + 64), second);
        }
}
#else
#define PALI_INT4_TILES
/* For tiles a block is eight quads of 8 rows and their scales, and the same of the other 8. */
enum { EIGHT_BYTES = 9 * 32, UNPACKED_BLOCK = 2 * EIGHT_BYTES, TILE_INT4_ROWS = 6 };

static void unpack_int4(const uint8_t *panel, const uint8_t *scales, size_t blocks, uint8_t *out) {
    const __m256i table = code_table();
    for (size_t b = 0; b < blocks; b++, panel += PALI_INT4_BLOCK_BYTES, scales += PALI_PANEL_ROWS)
        for (size_t half = 0; half < 2; half++, out += EIGHT_BYTES) {
            for (size_t j = 0; j < 4; j++) {
                __m256i first, second;
                look_up(panel + 64 * j + 32 * half, table, &first, &second);
                _mm256_storeu_si256((void *)(out + 64 * j), first);
                _mm256_storeu_si256((void *)(out + 64 * j + 32), second);
            }
            _mm256_storeu_si256((void *)(out + 256), block_scales(scales + 8 * half));
        }
}

/* Adds to dots [rows][PALI_TILE_OUTPUTS], of which 8, the products with some unpacked blocks. A row of inputs has its offsets
 * `step` words from the last one's. */
static inline __attribute__((always_inline)) void tile_int4_of(size_t rows, const int8_t *x,
                                                               const uint8_t *eights, size_t blocks,
                                                               const int32_t *offsets, size_t step,
                                                               int32_t *dots) {
    enum { QUAD_STEP = 4 * PALI_TILE_ROWS };
    vi acc[TILE_INT4_ROWS];
    PALI_UNROLL for (size_t r = 0; r < rows; r++) acc[r] = vi_load(dots + r * PALI_TILE_OUTPUTS);
    for (size_t b = 0; b < blocks; b++, eights += UNPACKED_BLOCK) {
        __m256i scales = load_bytes(eights + 256);
        PALI_UNROLL for (size_t g = 0; g < 2; g++, x += 4 * QUAD_STEP) {
            __m256i w[4], scale = group_scales(scales, g);
            PALI_UNROLL for (size_t j = 0; j < 4; j++) w[j] = load_bytes(eights + 128 * g + 32 * j);
            PALI_UNROLL for (size_t r = 0; r < rows; r++) acc[r] = vi_add(
                acc[r], _mm256_madd_epi16(add_quads(vi_zero(), w, x + 4 * r, QUAD_STEP), scale));
        }
        PALI_UNROLL for (size_t r = 0; r < rows; r++) acc[r] =
            vi_add(acc[r], _mm256_madd_epi16(scales, broadcast_word(offsets + r * step + b)));
    }
    PALI_UNROLL for (size_t r = 0; r < rows; r++) vi_store(dots + r * PALI_TILE_OUTPUTS, acc[r]);
}

static void tile_int4_rows(size_t rows, const int8_t *x, const uint8_t *eights, size_t blocks,
                           const int32_t *offsets, size_t step, int32_t *dots) {
    switch (rows) {
        PALI_CASE(1, tile_int4_of(1, x, eights, blocks, offsets, step, dots))
        PALI_CASE(2, tile_int4_of(2, x, eights, blocks, offsets, step, dots))
        PALI_CASE(3, tile_int4_of(3, x, eights, blocks, offsets, step, dots))
        PALI_CASE(4, tile_int4_of(4, x, eights, blocks, offsets, step, dots))
        PALI_CASE(5, tile_int4_of(5, x, eights, blocks, offsets, step, dots))
        PALI_CASE(6, tile_int4_of(6, x, eights, blocks, offsets, step, dots))
    }
}

/* Some blocks at a time, so that inputs stay in the first cache for all weights that they meet. */
static void tile_int4(const int8_t *x, size_t rows, const uint8_t *panels, size_t panel_size,
                      size_t blocks, const int32_t *offsets, int32_t *dots) {
    enum { AT_ONCE = 16 };
    memset(dots, 0, rows * PALI_TILE_OUTPUTS * sizeof *dots);
    for (size_t b = 0; b < blocks; b += AT_ONCE)
        for (size_t i = 0; i < 4; i++) { /* eights of both panels */
            const uint8_t *eights = panels + i / 2 * panel_size + i % 2 * EIGHT_BYTES;
            for (size_t r = 0; r < rows; r += TILE_INT4_ROWS)
                tile_int4_rows(
                    rows - r < TILE_INT4_ROWS ? rows - r : TILE_INT4_ROWS,
                    x + b * PALI_INT4_BLOCK * PALI_TILE_ROWS + 4 * r, eights + b * UNPACKED_BLOCK,
                    blocks - b < AT_ONCE ? blocks - b : AT_ONCE, offsets + r * 2 * blocks + b,
                    2 * blocks, dots + r * PALI_TILE_OUTPUTS + i * 8);
        }
}

/* A group of 8 rows of weights and as many of inputs as a tile's. */
static double spin_int4(size_t rounds) {
    __m256i ones = _mm256_set1_epi8(1);
    vi acc[TILE_INT4_ROWS];
    PALI_UNROLL for (size_t r = 0; r < TILE_INT4_ROWS; r++) acc[r] = vi_zero();
    for (size_t i = 0; i < rounds; i++)
        PALI_UNROLL for (size_t r = 0; r < TILE_INT4_ROWS; r++) {
            __m256i sum = _mm256_maddubs_epi16(unknown(ones), ones);
            PALI_UNROLL for (size_t j = 1; j < 4; j++) sum =
                _mm256_add_epi16(sum, _mm256_maddubs_epi16(unknown(ones), ones));
            acc[r] = vi_add(acc[r], _mm256_madd_epi16(unknown(sum), ones));
        }
    double done = 2.0 * TILE_INT4_ROWS * 8 * PALI_INT4_GROUP * (double)rounds;
    return any_negative(acc, TILE_INT4_ROWS) ? 0.0 : done;
}
#endif

#endif
