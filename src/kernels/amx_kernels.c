/* Products by AMX: tiles of 16 rows of 64 bytes, of which one instruction multiplies two.
 *
 * Four tiles hold the sums of 32 rows and 32 outputs. Beside them a step of 64 bytes of inputs reads two
 * tiles of activations and two of weights for four products, which is as much as the first cache gives;
 * the second gives half. So activations stay in the first while the weights of all outputs of a task
 * stream by them (`PART` steps at a time, for which sums wait in memory), and the next part of the
 * activations is asked for meanwhile. tdpbf16ps adds up even and odd inputs of a step by themselves, then
 * the sum of both; that order does not depend on which of two factors is which. */
#include "kernels/amx.h"
#include "kernels/int4_avx512.h"
#include "kernels/products.h"
#include "kernels/transpose_avx512.h"
#include "kernels/weights.h"

#include <string.h>

extern const pali_float_kernels pali_bf16_kernels_amx, pali_bf16_kernels_avx512;
extern const pali_integer_kernels pali_integer_kernels_amx, pali_integer_kernels_vbmi;

enum {
    TILE = PALI_TILE,
    STEP = PALI_STEP,
    ROWS = 32, /* of activations */
    PART = 18, /* steps whose activations stay in the first cache: 36 KB */
    UNITS = 2 * PART * STEP / 4,
    SUMS = ROWS * PALI_TILE_OUTPUTS,
    SUMS_STRIDE = PALI_TILE_OUTPUTS * 4,
};

/* What is asked for while some steps are multiplied: `lines` lines a step. */
typedef struct ahead {
    const char *next;
    size_t lines;
} ahead;

/* `steps` of x [steps][32 rows] with two columns of tiles of weights, `step` bytes from tile to tile. Weights pass
 * by the first cache. */
#define DEFINE_MULTIPLY(name, multiply_tiles)                                                     \
    static inline __attribute__((always_inline)) void name(const char *x, const char *first,      \
                                                           const char *second, size_t step,       \
                                                           size_t steps, bool both, ahead *ask) { \
        for (size_t k = 0; k < steps; k++, x += 2 * TILE, first += step, second += step) {        \
            _tile_stream_loadd(6, first, STEP);                                                   \
            _tile_loadd(4, x, STEP);                                                              \
            multiply_tiles(0, 4, 6);                                                              \
            _tile_stream_loadd(7, second, STEP);                                                  \
            multiply_tiles(1, 4, 7);                                                              \
            if (both) {                                                                           \
                _tile_loadd(5, x + TILE, STEP);                                                   \
                multiply_tiles(2, 5, 6);                                                          \
                multiply_tiles(3, 5, 7);                                                          \
            }                                                                                     \
            for (size_t i = 0; i < ask->lines; i++, ask->next += STEP)                            \
                _mm_prefetch(ask->next, _MM_HINT_T1);                                             \
        }                                                                                         \
    }
DEFINE_MULTIPLY(multiply_bytes, _tile_dpbsud)
DEFINE_MULTIPLY(multiply_bf16, _tile_dpbf16ps)

/* The part of x that comes after one of `steps`, in as many pieces as there are pairs of panels. */
static ahead part_after(const char *x, size_t steps, size_t pairs) {
    return (ahead){x + steps * 2 * TILE, (ROWS + pairs - 1) / pairs};
}

/* ---- bytes ---- */

/* The last quads of a panel, fewer than a tile has: what comes after them is multiplied by zero. */
static const char *last_quads(const uint8_t *quads, size_t count, char *space) {
    memcpy(space, quads, 4 * PALI_PANEL_ROWS * count);
    pali_settle();
    return space;
}

/* Steps [k, k + steps) of two panels, of which `rest` quads more than whole steps. */
static inline __attribute__((always_inline)) void
multiply_panels(const char *x, const uint8_t *first, const uint8_t *second, size_t steps,
                size_t rest, bool both, ahead *ask) {
    multiply_bytes(x, (const char *)first, (const char *)second, TILE, steps, both, ask);
    if (rest) {
        char spaces[2][TILE];
        multiply_bytes(x + steps * 2 * TILE, last_quads(first + steps * TILE, rest, spaces[0]),
                       last_quads(second + steps * TILE, rest, spaces[1]), TILE, 1, both, ask);
    }
}

static inline __attribute__((always_inline)) void
tile_int8_of(bool both, const char *x, const uint8_t *panels, size_t panel_size, size_t num_panels,
             size_t quads, bool first, int32_t *dots) {
    size_t whole = quads / 16, pairs = (num_panels + 1) / 2;
    for (size_t k = 0; 16 * k < quads; k += PART, x += PART * 2 * TILE) {
        size_t steps = whole - k < PART ? whole - k : PART, rest = steps < PART ? quads % 16 : 0;
        ahead ask = part_after(x, steps + (rest > 0), pairs);
        for (size_t p = 0; p < pairs; p++) {
            const uint8_t *panel = panels + 2 * p * panel_size + k * TILE;
            pali_load_sums(dots + p * SUMS, SUMS_STRIDE, both, true, first && k == 0);
            multiply_panels(x, panel, panel + (2 * p + 1 < num_panels ? panel_size : 0), steps,
                            rest, both, &ask);
            pali_store_sums(dots + p * SUMS, SUMS_STRIDE, both, true);
        }
    }
}

static void tile_int8(const int8_t *x, size_t rows, const uint8_t *panels, size_t panel_size,
                      size_t num_panels, size_t quads, bool first, int32_t *dots) {
    pali_configure_tiles(16, 16);
    if (rows > 16)
        tile_int8_of(true, (const char *)x, panels, panel_size, num_panels, quads, first, dots);
    else
        tile_int8_of(false, (const char *)x, panels, panel_size, num_panels, quads, first, dots);
    _tile_release();
}

/* Bytes that are asked for ahead of two panels that lie `size` apart and are read from memory: hardware prefetching
 * ends at a page and begins anew. After these panels come the next two. */
static inline __attribute__((always_inline)) void ask_for_tile(const uint8_t *panels, size_t size,
                                                               size_t at, size_t end) {
    enum { AHEAD = 1024 };
    const char *next = (const char *)panels + at + AHEAD + (at + AHEAD < end ? 0 : size);
    for (size_t i = 0; i < TILE; i += STEP) {
        _mm_prefetch(next + i, _MM_HINT_T0);
        _mm_prefetch(next + size + i, _MM_HINT_T0);
    }
}

/* A step of x with a tile of each of two panels, whose bytes are unsigned, or signed. */
#define DEFINE_MULTIPLY_FEW(name, multiply_tiles)                              \
    static inline void name(const int8_t *x, size_t stride, const void *first, \
                            const void *second) {                              \
        _tile_loadd(4, x, stride);                                             \
        _tile_loadd(6, first, STEP);                                           \
        _tile_loadd(7, second, STEP);                                          \
        multiply_tiles(0, 4, 6);                                               \
        multiply_tiles(1, 4, 7);                                               \
    }
DEFINE_MULTIPLY_FEW(multiply_few, _tile_dpbsud)
DEFINE_MULTIPLY_FEW(multiply_signed, _tile_dpbssd)

static void few_int8(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t quads, int32_t *dots) {
    enum { ROWS_OF_VECTORS = 4 }; /* to which memory comes faster than to tiles */
    if (rows <= ROWS_OF_VECTORS) {
        pali_integer_kernels_vbmi.few_int8(x, stride, rows, panels, panel_size, quads, dots);
        return;
    }
    size_t whole = quads / 16;
    pali_configure_tiles((uint8_t)rows, 16);
    _tile_zero(0);
    _tile_zero(1);
    for (size_t k = 0; k < whole; k++) {
        const char *at = (const char *)panels + k * TILE;
        ask_for_tile(panels, panel_size, k * TILE, quads * STEP);
        multiply_few(x + k * STEP, stride, at, at + panel_size);
    }
    if (quads % 16) {
        char spaces[2][TILE];
        const uint8_t *at = panels + whole * TILE;
        multiply_few(x + whole * STEP, stride, last_quads(at, quads % 16, spaces[0]),
                     last_quads(at + panel_size, quads % 16, spaces[1]));
    }
    _tile_stored(0, dots, SUMS_STRIDE);
    _tile_stored(1, dots + 16, SUMS_STRIDE);
    _tile_release();
}

/* ---- codes of four bits: vectors unpack them, for tiles or for a few rows ---- */

enum { UNPACKED = 2 * PALI_INT4_BLOCK_BYTES }; /* bytes of a block: half a tile */

/* The two blocks of a step of a panel as a tile; where the second is missing, what the tile holds is multiplied by
 * zero. Codes end at `end`, and scales follow. What is asked for meanwhile lies as ask_for_tile has it, but line by
 * line: together they would wait for each other. */
static inline __attribute__((always_inline)) void unpack_step(const uint8_t *panel, size_t size,
                                                              size_t at, size_t end, __m512i table,
                                                              uint8_t *tile) {
    enum { BLOCK = PALI_INT4_BLOCK_BYTES, AHEAD = 2048 };
    const uint8_t *codes = panel + at, *scales = panel + end + at / BLOCK * PALI_PANEL_ROWS;
    const uint8_t *next = codes + AHEAD + (at + AHEAD < end ? 0 : size);
    if (at % (4 * BLOCK) == 0) /* a later panel's scales: they lie where no stream leads */
        _mm_prefetch((const char *)scales + 2 * size, _MM_HINT_T0);
    unpack_block(codes, scales, table, 0, next, tile);
    if (at + BLOCK < end)
        unpack_block(codes + BLOCK, scales + PALI_PANEL_ROWS, table, 0, next + BLOCK,
                     tile + UNPACKED);
}

static void few_int4(const int8_t *x, size_t stride, size_t rows, const uint8_t *panels,
                     size_t panel_size, size_t blocks, const int32_t *offsets, int32_t *dots) {
    enum { ROWS_OF_VECTORS = 4 }; /* for which they are faster group by group */
    if (rows <= ROWS_OF_VECTORS) {
        pali_integer_kernels_vbmi.few_int4(x, stride, rows, panels, panel_size, blocks, offsets,
                                           dots);
        return;
    }
    const __m512i table = code_table();
    size_t end = blocks * PALI_INT4_BLOCK_BYTES;
    _Alignas(64) uint8_t tiles[2][TILE];
    pali_configure_tiles((uint8_t)rows, 16);
    _tile_zero(0);
    _tile_zero(1);
    for (size_t at = 0; at < end; at += UNPACKED, x += STEP) {
        unpack_step(panels, panel_size, at, end, table, tiles[0]);
        unpack_step(panels + panel_size, panel_size, at, end, table, tiles[1]);
        pali_settle();
        multiply_signed(x, stride, tiles[0], tiles[1]);
    }
    _tile_stored(0, dots, SUMS_STRIDE);
    _tile_stored(1, dots + 16, SUMS_STRIDE);
    _tile_release();
}

static void unpack_int4(const uint8_t *panel, const uint8_t *scales, size_t blocks, uint8_t *out) {
    pali_integer_kernels_vbmi.unpack_int4(panel, scales, blocks, out);
}

/* ---- BF16 ---- */

/* Inputs [k, k + count), at most 32, of 16 rows, `rows` of which exist. */
typedef struct corner {
    const char *weights;
    size_t stride, rows, count;
} corner;

static corner corner_of(const pali_matrix *weight, size_t row, size_t rows, size_t k, size_t end) {
    return (corner){(const char *)weight->data + 2 * (row * weight->cols + k), 2 * weight->cols,
                    rows < 16 ? rows : 16, end - k < 32 ? end - k : 32};
}

static void load_corner(corner c, __m512i lines[16]) {
    for (size_t j = 0; j < 16; j++)
        lines[j] = j < c.rows ? pali_load_pairs(c.weights + j * c.stride, c.count)
                              : _mm512_setzero_si512();
}

/* A panel is, for each half of its outputs, [steps][2] tiles: lines of pairs of 16 outputs. */
static void pack(const pali_matrix *weight, size_t row, size_t rows, size_t k, size_t count,
                 void *panel) {
    for (size_t r = 0; r < PALI_PANEL; r += 16) {
        char *out = (char *)panel + r / 32 * (UNITS / 16 * 2 * TILE) + r % 32 / 16 * TILE;
        for (size_t i = 0; i < count; i += 32, out += 2 * TILE) {
            __m512i lines[16];
            load_corner(corner_of(weight, row + r, rows > r ? rows - r : 0, k + i, k + count),
                        lines);
            pali_transpose_16x16(lines);
            for (size_t j = 0; j < 16; j++)
                _mm512_storeu_si512(out + j * STEP, lines[j]);
        }
    }
}

static inline __attribute__((always_inline)) void
tile_of(bool both, const char *x, const char *panel, size_t pairs, size_t all, float *sums) {
    for (size_t k = 0; k < all; k += PART, x += PART * 2 * TILE) {
        size_t steps = all - k < PART ? all - k : PART;
        ahead ask = part_after(x, steps, pairs);
        for (size_t p = 0; p < pairs; p++) {
            const char *tiles = panel + (p * (UNITS / 16) + k) * 2 * TILE;
            pali_load_sums(sums + p * SUMS, SUMS_STRIDE, both, true, k == 0);
            multiply_bf16(x, tiles, tiles + TILE, 2 * TILE, steps, both, &ask);
            pali_store_sums(sums + p * SUMS, SUMS_STRIDE, both, true);
        }
    }
}

static void tile(const void *x, size_t rows, const void *panel, size_t pairs, size_t count,
                 float *sums) {
    pali_configure_tiles(16, 16);
    if (rows > 16)
        tile_of(true, x, panel, pairs, (count + 31) / 32, sums);
    else
        tile_of(false, x, panel, pairs, (count + 31) / 32, sums);
    _tile_release();
}

/* Rows of weights that are read side by side, as the left factor of a few rows of x. Eight come faster from memory
 * than 16, but for several rows of x that is lost again, since each of their tiles is read twice as often. */
enum { LEFT_OF_ONE = 8, LEFT_OF_MORE = 16 };

typedef struct left_tile {
    const char *at;
    size_t stride;
} left_tile;

/* Weights where they are or, where some are missing, with zeros for them. */
static left_tile left_of(corner c, size_t left, char *space) {
    if (c.rows >= left && c.count == 32)
        return (left_tile){c.weights, c.stride};
    __m512i lines[16];
    load_corner(c, lines);
    memcpy(space, lines, TILE);
    pali_settle();
    return (left_tile){space, STEP};
}

/* Asks for what comes after input k of the rows: more of them or, at their end, the rows below. GCC 12 takes a
 * function that only asks for memory for one that does nothing, unless it has to be inlined. */
static inline __attribute__((always_inline)) void ask_for_rows(corner c, size_t left, size_t k) {
    enum { AHEAD = 1024 };
    const char *next = c.weights + AHEAD + (2 * k + AHEAD < c.stride ? 0 : (left - 1) * c.stride);
    PALI_UNROLL for (size_t j = 0; j < left; j++) _mm_prefetch(next + j * c.stride, _MM_HINT_T0);
}

/* sums [n][64] of a block of inputs [k, end) and `left` outputs; x [units][n] pairs. */
static inline __attribute__((always_inline)) void
few_of_block(size_t left, const pali_matrix *weight, size_t row, size_t rows, size_t k, size_t end,
             const char *x, size_t n, float *sums) {
    char space[TILE];
    float transposed[LEFT_OF_MORE * PALI_FEW_ROWS];
    _tile_zero(0);
    for (; k < end; k += 32, x += 64 * n) {
        corner c = corner_of(weight, row, rows, k, end);
        left_tile tile = left_of(c, left, space);
        ask_for_rows(c, left, k);
        _tile_loadd(4, tile.at, tile.stride);
        _tile_loadd(6, x, 4 * n);
        _tile_dpbf16ps(0, 4, 6);
    }
    _tile_stored(0, n == 1 ? sums : transposed, 4 * n);
    for (size_t j = 0; n > 1 && j < left; j++)
        for (size_t i = 0; i < n; i++)
            sums[i * PALI_PANEL + j] = transposed[j * n + i];
}

/* `left` rows from end to end, block by block, then the next: so they lie in memory. */
static inline __attribute__((always_inline)) void few_of(size_t left, const pali_matrix *weight,
                                                         size_t row, size_t rows, const char *x,
                                                         size_t n, float *sums) {
    enum { INPUTS = 2 * UNITS };
    pali_configure_tiles((uint8_t)left, (uint8_t)n);
    for (size_t r = 0; r < rows; r += left) {
        float *to = sums + r;
        for (size_t k = 0; k < weight->cols; k += INPUTS, to += n * PALI_PANEL) {
            size_t end = weight->cols - k < INPUTS ? weight->cols : k + INPUTS;
            few_of_block(left, weight, row + r, rows - r, k, end, x + 2 * k * n, n, to);
        }
    }
    _tile_release();
}

static void few(const pali_matrix *weight, size_t row, size_t rows, const void *x, size_t stride,
                size_t n, float *sums) {
    (void)stride;
    if (n == 1)
        few_of(LEFT_OF_ONE, weight, row, rows, x, 1, sums);
    else
        few_of(LEFT_OF_MORE, weight, row, rows, x, n, sums);
}

static void to_bf16(const float *x, size_t n, uint16_t *out) {
    pali_bf16_kernels_avx512.to_bf16(x, n, out);
}

/* ---- yardsticks ---- */

#define DEFINE_SPIN(name, multiply_tiles, inputs)           \
    static double name(size_t rounds) {                     \
        static const char zeros[TILE];                      \
        pali_configure_tiles(16, 16);                       \
        pali_load_sums(NULL, 0, true, true, true);          \
        _tile_loadd(4, zeros, STEP);                        \
        _tile_loadd(6, zeros, STEP);                        \
        for (size_t i = 0; i < rounds; i++) {               \
            multiply_tiles(0, 4, 6);                        \
            multiply_tiles(1, 4, 6);                        \
            multiply_tiles(2, 4, 6);                        \
            multiply_tiles(3, 4, 6);                        \
        }                                                   \
        _tile_release();                                    \
        return 4.0 * 2 * 16 * 16 * inputs * (double)rounds; \
    }
DEFINE_SPIN(spin_bytes, _tile_dpbsud, 64)
DEFINE_SPIN(spin_bf16, _tile_dpbf16ps, 32)

const pali_float_kernels pali_bf16_kernels_amx = {
    .tiling = {ROWS, PALI_TASK_OUTPUTS, UNITS, 16},
    .to_bf16 = to_bf16,
    .pack = pack,
    .half = UNITS / 16 * 2 * TILE,
    .tile = tile,
    .few = few,
    .few_by_units = true,
    .spin = spin_bf16,
};

const pali_integer_kernels pali_integer_kernels_amx = {
    .tiling = {ROWS, PALI_TASK_OUTPUTS, UNITS, 16},
    .tile_int8 = tile_int8,
    .few_int8 = few_int8,
    .few_int4 = few_int4,
    .unpack_int4 = unpack_int4,
    .unpacked_block = 2 * PALI_INT4_BLOCK_BYTES,
    .group_offsets = pali_int4_offsets,
    .spin_int8 = spin_bytes,
    .spin_int4 = spin_bytes,
};
