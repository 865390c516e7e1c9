/* Tiles of AMX: 16 rows of 64 bytes. What its products (amx_kernels.c) and its attention (amx_attention.c) share. */
#ifndef PALI_KERNELS_AMX_H
#define PALI_KERNELS_AMX_H

#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PALI_TILE = 1024, /* bytes */
    PALI_STEP = 64,   /* bytes of a row: 64 inputs of a byte, or 32 of BF16 */
};

/* What is written to memory until here, tiles read: the compiler does not know that they do. */
static inline void pali_settle(void) {
    __asm__ volatile("" ::: "memory");
}

typedef struct pali_tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} pali_tile_config;

/* Tiles 0 to 3 hold sums, 4 and 5 the left factors, 6 and 7 the right ones. Until _tile_release the thread has them. */
static inline void pali_configure_tiles(uint8_t left_rows, uint8_t right_columns) {
    pali_tile_config config = {.palette = 1};
    for (size_t t = 0; t < 8; t++) {
        bool left = t == 4 || t == 5;
        config.rows[t] = t < 4 || left ? left_rows : 16;
        config.row_bytes[t] = left ? PALI_STEP : (uint16_t)(4 * right_columns);
    }
    pali_settle();
    _tile_loadconfig(&config);
}

/* Sums of 32 rows and 32 columns: tiles 0 and 1, below them 2 and 3. Not `tall`: of 16 rows; not `wide`: of 16
 * columns. `stride` bytes from row to row. */
static inline void pali_load_sums(const void *sums, size_t stride, bool tall, bool wide,
                                  bool zero) {
    const char *upper = sums, *lower = upper + 16 * stride;
    if (zero) {
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        return;
    }
    _tile_loadd(0, upper, stride);
    if (wide)
        _tile_loadd(1, upper + PALI_STEP, stride);
    if (tall)
        _tile_loadd(2, lower, stride);
    if (tall && wide)
        _tile_loadd(3, lower + PALI_STEP, stride);
}

static inline void pali_store_sums(void *sums, size_t stride, bool tall, bool wide) {
    char *upper = sums, *lower = upper + 16 * stride;
    _tile_stored(0, upper, stride);
    if (wide)
        _tile_stored(1, upper + PALI_STEP, stride);
    if (tall)
        _tile_stored(2, lower, stride);
    if (tall && wide)
        _tile_stored(3, lower + PALI_STEP, stride);
}

/* Tiles take denormals for zero, before and after; vectors do so when they are told to. What is computed between both
 * stays between them as it goes from memory to memory. */
static inline unsigned pali_flush_denormals(void) {
    enum { FLUSHED_AND_ZERO = 0x8040 };
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | FLUSHED_AND_ZERO);
    pali_settle();
    return before;
}

static inline void pali_keep_denormals(unsigned before) {
    pali_settle();
    _mm_setcsr(before);
}

#endif
