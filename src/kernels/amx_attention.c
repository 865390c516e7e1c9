/* Attention by AMX, for calls that may round to BF16: queries, keys, weights and values are rounded, sums are f32.
 *
 * A block of keys or values is laid out as tiles for all query rows of a task. That is not worth while for one or two,
 * as there are while decoding: vectors give them the bits that tiles would. Heads wider than WIDEST are left to
 * vectors as they are elsewhere. */
#include "kernels/amx.h"
#include "kernels/simd.h"
#include "kernels/tables.h"

#include <string.h>

extern const pali_attention_kernels pali_attention_kernels_amx, pali_attention_kernels_avx512;

enum { QUERY_ROWS = 128, WIDEST = 256, MOST_STEPS = WIDEST / 32, GROUPS = PALI_KEY_BLOCK / 16 };

/* Pairs of 16 numbers each, (a0, b0), (a1, b1) ..., of what lies as a0 ... a15 b0 ... b15. */
static inline __m512i interleave(__m512i halves) {
    const __m512i order =
        _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6,
                         21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_permutexvar_epi16(order, halves);
}

/* Numbers [at, at + 16) of an array as BF16. */
static inline __m256i sixteen(const void *data, pali_weights format, size_t at) {
    if (format == PALI_WEIGHTS_F32)
        return (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps((const float *)data + at));
    return _mm256_loadu_si256((const __m256i *)(const void *)((const uint16_t *)data + at));
}

static inline __m512i pairs_of(__m256i first, __m256i second) {
    return interleave(_mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1));
}

/* Keys of a block as right factors: [GROUPS][steps] tiles of pairs of components of 16 positions. */
static void lay_keys_out(const void *keys, pali_weights format, size_t head_dim, char *tiles) {
    size_t lines = (head_dim + 31) / 32 * 16;
    for (size_t g = 0; g < GROUPS; g++)
        for (size_t u = 0; u < lines; u++, tiles += PALI_STEP) {
            size_t c = 2 * u, at = (g * head_dim + c) * PALI_KEYS_TOGETHER;
            __m256i none = _mm256_setzero_si256();
            __m256i first = c < head_dim ? sixteen(keys, format, at) : none;
            __m256i second =
                c + 1 < head_dim ? sixteen(keys, format, at + PALI_KEYS_TOGETHER) : none;
            _mm512_store_si512(tiles, pairs_of(first, second));
        }
}

/* Queries as left factors: [rows / 16][steps] tiles. */
static void lay_queries_out(const float *const *q, size_t rows, size_t head_dim, char *tiles) {
    size_t steps = (head_dim + 31) / 32;
    for (size_t r = 0; r < rows; r++) {
        char *line = tiles + (r / 16 * steps * 16 + r % 16) * PALI_STEP;
        for (size_t c = 0; c < head_dim; c += 16) {
            size_t some = head_dim - c < 16 ? head_dim - c : 16;
            __m512 x = _mm512_maskz_loadu_ps((__mmask16)((1u << some) - 1), q[r] + c);
            _mm256_storeu_si256((__m256i *)(void *)(line + c / 32 * PALI_TILE + c % 32 * 2),
                                (__m256i)_mm512_cvtneps_pbh(x));
        }
        if ((head_dim + 15) / 16 % 2) /* the last step has but half a line */
            memset(line + head_dim / 32 * PALI_TILE + 32, 0, 32);
    }
}

/* Sums of one or two tiles of rows and of columns over `steps` steps: `row_step` bytes from one tile of rows to the
 * other, and so on. The sums lie in `sums`, `stride` bytes from row to row. */
typedef struct square {
    const char *rows, *columns;
    size_t row_step, column_step, steps;
    float *sums;
    size_t stride;
    bool tall, wide;
} square;

static void multiply(const square *s, bool zero) {
    pali_load_sums(s->sums, s->stride, s->tall, s->wide, zero);
    for (size_t k = 0; k < s->steps; k++) {
        const char *row = s->rows + k * PALI_TILE, *column = s->columns + k * PALI_TILE;
        _tile_loadd(4, row, PALI_STEP);
        _tile_loadd(6, column, PALI_STEP);
        _tile_dpbf16ps(0, 4, 6);
        if (s->tall) {
            _tile_loadd(5, row + s->row_step, PALI_STEP);
            _tile_dpbf16ps(2, 5, 6);
        }
        if (s->wide) {
            _tile_loadd(7, column + s->column_step, PALI_STEP);
            _tile_dpbf16ps(1, 4, 7);
        }
        if (s->tall && s->wide)
            _tile_dpbf16ps(3, 5, 7);
    }
    pali_store_sums(s->sums, s->stride, s->tall, s->wide);
}

/* ---- a few rows ---- */

enum { FEW_ROWS = 2 };

static inline __m512 widened(__m256i halves) {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

static void round_numbers(const float *x, size_t n, float *out) {
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 some = n - i < 16 ? (__mmask16)((1u << (n - i)) - 1) : 0xffff;
        __m256i halves = (__m256i)_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(some, x + i));
        _mm512_mask_storeu_ps(out + i, some, widened(halves));
    }
}

/* Factors that stand in lines of 16 numbers, `size` numbers from one to the next; further columns of lines, `column`
 * numbers from one to the next. The next block's are asked for meanwhile, `block` numbers ahead. */
typedef struct factor_lines {
    const void *data;
    pali_weights format;
    size_t at, size, column, count, block;
} factor_lines;

enum { COLUMNS = 4 };

/* parts [rows][columns] += number i of each row of x [rows][WIDEST] times line i */
static inline __attribute__((always_inline)) void
add_line(size_t rows, size_t columns, const float *x, factor_lines lines, size_t i, __m512 *parts) {
    size_t element = lines.format == PALI_WEIGHTS_F32 ? sizeof(float) : sizeof(uint16_t);
    PALI_UNROLL for (size_t c = 0; c < columns; c++) {
        size_t at = lines.at + i * lines.size + c * lines.column;
        __m512 line = widened(sixteen(lines.data, lines.format, at));
        _mm_prefetch((const char *)lines.data + (at + lines.block) * element, _MM_HINT_T1);
        PALI_UNROLL for (size_t r = 0; r < rows; r++) parts[r * columns + c] =
            _mm512_fmadd_ps(_mm512_set1_ps(x[r * WIDEST + i]), line, parts[r * columns + c]);
    }
}

/* sums [rows][columns] += x [rows][WIDEST] . lines, in steps of 32 lines as tdpbf16ps adds them up. Steps that have no
 * lines add zero, which takes the sign of a zero. */
static inline __attribute__((always_inline)) void add_lines(size_t rows, size_t columns,
                                                            const float *x, factor_lines lines,
                                                            size_t steps, __m512 *sums) {
    for (size_t first = 0; first < 32 * steps; first += 32) {
        size_t end = lines.count < first + 32 ? lines.count : first + 32, i = first;
        __m512 even[FEW_ROWS * COLUMNS], odd[FEW_ROWS * COLUMNS];
        PALI_UNROLL for (size_t c = 0; c < rows * columns; c++) even[c] = odd[c] =
            _mm512_setzero_ps();
        for (; i + 2 <= end; i += 2) {
            add_line(rows, columns, x, lines, i, even);
            add_line(rows, columns, x, lines, i + 1, odd);
        }
        if (i < end)
            add_line(rows, columns, x, lines, i, even);
        PALI_UNROLL for (size_t c = 0; c < rows * columns; c++) sums[c] =
            _mm512_add_ps(sums[c], _mm512_add_ps(even[c], odd[c]));
    }
}

static inline __attribute__((always_inline)) void few_scores_of(size_t rows, const float *const *q,
                                                                const void *keys,
                                                                pali_weights format,
                                                                size_t head_dim, float *out) {
    float x[FEW_ROWS * WIDEST];
    enum { columns = PALI_KEY_BLOCK / 16 };
    __m512 sums[FEW_ROWS * COLUMNS];
    for (size_t r = 0; r < rows; r++)
        round_numbers(q[r], head_dim, x + r * WIDEST);
    PALI_UNROLL for (size_t c = 0; c < rows * columns; c++) sums[c] = _mm512_setzero_ps();
    add_lines(
        rows, columns, x,
        (factor_lines){keys, format, 0, 16, 16 * head_dim, head_dim, PALI_KEY_BLOCK * head_dim},
        (head_dim + 31) / 32, sums);
    PALI_UNROLL for (size_t c = 0; c < rows * columns; c++) _mm512_storeu_ps(out + 16 * c, sums[c]);
}

static void few_scores(const float *const *q, size_t rows, const void *keys, pali_weights format,
                       size_t head_dim, float *out) {
    unsigned before = pali_flush_denormals();
    if (rows == 1)
        few_scores_of(1, q, keys, format, head_dim, out);
    else
        few_scores_of(2, q, keys, format, head_dim, out);
    pali_keep_denormals(before);
}

/* 16 * columns components of the outputs. */
static inline __attribute__((always_inline)) void accumulate_columns(size_t rows, size_t columns,
                                                                     const float *x,
                                                                     factor_lines values,
                                                                     size_t width, float *out) {
    __m512 sums[FEW_ROWS * COLUMNS];
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t c = 0; c < columns; c++)
        sums[r * columns + c] = _mm512_loadu_ps(out + r * width + 16 * c);
    add_lines(rows, columns, x, values, PALI_KEY_BLOCK / 32, sums);
    PALI_UNROLL for (size_t r = 0; r < rows; r++) PALI_UNROLL for (size_t c = 0; c < columns; c++)
        _mm512_storeu_ps(out + r * width + 16 * c, sums[r * columns + c]);
}

static inline __attribute__((always_inline)) void
few_accumulated_of(size_t rows, const float *weights, const void *values, pali_weights format,
                   size_t count, size_t width, float *out) {
    float x[FEW_ROWS * WIDEST];
    for (size_t r = 0; r < rows; r++)
        round_numbers(weights + r * PALI_KEY_BLOCK, PALI_KEY_BLOCK, x + r * WIDEST);
    size_t c = 0;
    for (; c + 16 * COLUMNS <= width; c += 16 * COLUMNS)
        accumulate_columns(
            rows, COLUMNS, x,
            (factor_lines){values, format, c, width, 16, count, PALI_KEY_BLOCK * width}, width,
            out + c);
    for (; c < width; c += 16)
        accumulate_columns(
            rows, 1, x, (factor_lines){values, format, c, width, 16, count, PALI_KEY_BLOCK * width},
            width, out + c);
}

static void accumulate_few(const float *weights, size_t rows, const void *values,
                           pali_weights format, size_t count, size_t width, float *out) {
    unsigned before = pali_flush_denormals();
    if (rows == 1)
        few_accumulated_of(1, weights, values, format, count, width, out);
    else
        few_accumulated_of(2, weights, values, format, count, width, out);
    pali_keep_denormals(before);
}

/* ---- any number of rows ---- */

static void scores(const float *const *q, size_t rows, const void *keys, pali_weights format,
                   size_t head_dim, float *out) {
    if (head_dim > WIDEST) {
        pali_attention_kernels_avx512.scores(q, rows, keys, format, head_dim, out);
        return;
    }
    if (rows <= FEW_ROWS) {
        few_scores(q, rows, keys, format, head_dim, out);
        return;
    }
    _Alignas(64) char columns[GROUPS * MOST_STEPS * PALI_TILE],
        lines[QUERY_ROWS / 16 * MOST_STEPS * PALI_TILE];
    size_t steps = (head_dim + 31) / 32, size = steps * PALI_TILE;
    lay_keys_out(keys, format, head_dim, columns);
    lay_queries_out(q, rows, head_dim, lines);
    pali_configure_tiles(16, 16);
    for (size_t r = 0; r < rows; r += 32)
        for (size_t g = 0; g < GROUPS; g += 2) {
            square s = {lines + r / 16 * size,
                        columns + g * size,
                        size,
                        size,
                        steps,
                        out + r * PALI_KEY_BLOCK + g * 16,
                        PALI_KEY_BLOCK * sizeof *out,
                        rows - r > 16,
                        true};
            multiply(&s, true);
        }
    _tile_release();
}

/* Values of a block as right factors: [width / 16][2] tiles of pairs of positions; those from `count` on are zero. */
static void lay_values_out(const void *values, pali_weights format, size_t count, size_t width,
                           char *tiles) {
    __m256i none = _mm256_setzero_si256();
    for (size_t c = 0; c < width; c += 16)
        for (size_t j = 0; j < PALI_KEY_BLOCK; j += 2, tiles += PALI_STEP) {
            __m256i first = j < count ? sixteen(values, format, j * width + c) : none;
            __m256i second = j + 1 < count ? sixteen(values, format, (j + 1) * width + c) : none;
            _mm512_store_si512(tiles, pairs_of(first, second));
        }
}

/* Weights as left factors: [rows / 16][2] tiles. */
static void lay_weights_out(const float *weights, size_t rows, char *tiles) {
    for (size_t r = 0; r < rows; r++, weights += PALI_KEY_BLOCK)
        for (size_t j = 0; j < PALI_KEY_BLOCK; j += 32) {
            char *line = tiles + (r / 16 * 32 + j / 32 * 16 + r % 16) * PALI_STEP;
            _mm512_store_si512(line, (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(weights + j + 16),
                                                                  _mm512_loadu_ps(weights + j)));
        }
}

static void scale_row(float factor, size_t width, float *row) {
    for (size_t c = 0; c < width; c += 16)
        _mm512_storeu_ps(row + c, _mm512_mul_ps(_mm512_loadu_ps(row + c), _mm512_set1_ps(factor)));
}

static void accumulate(const float *weights, const float *factors, size_t rows, const void *values,
                       pali_weights format, size_t count, size_t width, float *out) {
    if (width > WIDEST) {
        pali_attention_kernels_avx512.accumulate(weights, factors, rows, values, format, count,
                                                 width, out);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        if (factors[r] != 1.0f)
            scale_row(factors[r], width, out + r * width);
    if (rows <= FEW_ROWS) {
        accumulate_few(weights, rows, values, format, count, width, out);
        return;
    }
    enum { size = 2 * PALI_TILE };
    _Alignas(64) char columns[WIDEST / 16 * size], lines[QUERY_ROWS / 16 * size];
    lay_values_out(values, format, count, width, columns);
    lay_weights_out(weights, rows, lines);
    pali_configure_tiles(16, 16);
    for (size_t r = 0; r < rows; r += 32)
        for (size_t c = 0; c < width; c += 32) {
            square s = {
                lines + r / 16 * size, columns + c / 16 * size, size,          size,          2,
                out + r * width + c,   width * sizeof *out,     rows - r > 16, width - c > 16};
            multiply(&s, false);
        }
    _tile_release();
}

static float scale_and_cap(float *x, size_t n, float scale, float softcap) {
    return pali_attention_kernels_avx512.scale_and_cap(x, n, scale, softcap);
}

static float exponentials(float *x, size_t n, float largest) {
    return pali_attention_kernels_avx512.exponentials(x, n, largest);
}

const pali_attention_kernels pali_attention_kernels_amx = {QUERY_ROWS, scores, scale_and_cap,
                                                           exponentials, accumulate};
