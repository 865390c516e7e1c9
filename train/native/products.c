#include "products.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "kernels/amx.h"
#include "kernels/transpose_avx512.h"

bool tiles_allowed(void) {
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

unsigned tiles_begin(void) {
    pali_configure_tiles(16, 16);
    return pali_flush_denormals();
}

void tiles_end(unsigned before) {
    pali_keep_denormals(before);
    _tile_release();
}

/* What is summed at once: so much of 32 columns stays in the first cache while all rows go by. */
enum { NEAR = 256 };

/* 32 rows and 32 columns, or of either 16. */
static inline __attribute__((always_inline)) void
block(size_t depth, const bf16 *left, size_t left_stride, const bf16 *right, size_t right_panel,
      float *sums, size_t stride, bool tall, bool wide, bool add) {
    size_t bytes = left_stride * sizeof *left;
    pali_load_sums(sums, stride * sizeof *sums, tall, wide, !add);
    for (size_t k = 0; k < depth; k += 32) {
        _tile_loadd(4, left + k, bytes);
        _tile_loadd(6, right + k * 16, 64);
        _tile_dpbf16ps(0, 4, 6);
        if (wide) {
            _tile_loadd(7, right + right_panel + k * 16, 64);
            _tile_dpbf16ps(1, 4, 7);
        }
        if (tall) {
            _tile_loadd(5, left + 16 * left_stride + k, bytes);
            _tile_dpbf16ps(2, 5, 6);
            if (wide)
                _tile_dpbf16ps(3, 5, 7);
        }
    }
    pali_store_sums(sums, stride * sizeof *sums, tall, wide);
}

void product(size_t rows, size_t columns, size_t depth, const bf16 *left, size_t left_stride,
             const bf16 *right, float *sums, size_t stride, bool add) {
    size_t panel = depth * 16;
    pali_settle();
    for (size_t k = 0; k < depth; k += NEAR, add = true) {
        size_t count = depth - k < NEAR ? depth - k : NEAR;
        for (size_t n = 0; n < columns; n += 32) {
            const bf16 *r = right + n * depth + k * 16;
            bool wide = n + 32 <= columns;
            for (size_t m = 0; m < rows; m += 32) {
                const bf16 *l = left + m * left_stride + k;
                float *s = sums + m * stride + n;
                bool tall = m + 32 <= rows;
                if (tall && wide)
                    block(count, l, left_stride, r, panel, s, stride, true, true, add);
                else
                    block(count, l, left_stride, r, panel, s, stride, tall, wide, add);
            }
        }
    }
    pali_settle();
}

/* 16 columns of two rows, side by side. */
static inline __m512i pair(const bf16 *upper, const bf16 *lower) {
    __m512i a = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)upper));
    __m512i b = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)lower));
    return _mm512_or_si512(a, _mm512_slli_epi32(b, 16));
}

void pack_rows(const bf16 *x, size_t x_stride, size_t rows, size_t columns, size_t first,
               size_t all_rows, bf16 *tiles) {
    for (size_t r = 0; r < rows; r += 2)
        for (size_t c = 0; c < columns; c += 16)
            _mm512_storeu_si512(tiles + c * all_rows + (first + r) * 16,
                                pair(x + r * x_stride + c, x + (r + 1) * x_stride + c));
}

void pack_columns(const bf16 *x, size_t x_stride, size_t rows, size_t columns, bf16 *tiles) {
    __m512i lines[16];
    for (size_t r = 0; r < rows; r += 16)
        for (size_t c = 0; c < columns; c += 32) {
            for (size_t i = 0; i < 16; i++)
                lines[i] = _mm512_loadu_si512(x + (r + i) * x_stride + c);
            pali_transpose_16x16(lines);
            for (size_t i = 0; i < 16; i++)
                _mm512_storeu_si512(tiles + r * columns + (c + 2 * i) * 16, lines[i]);
        }
}

void turn(const bf16 *x, size_t x_stride, size_t rows, size_t columns, bf16 *out,
          size_t out_stride) {
    __m512i lines[16];
    for (size_t r = 0; r < rows; r += 32)
        for (size_t c = 0; c < columns; c += 16) {
            for (size_t i = 0; i < 16; i++)
                lines[i] = pair(x + (r + 2 * i) * x_stride + c, x + (r + 2 * i + 1) * x_stride + c);
            pali_transpose_16x16(lines);
            for (size_t i = 0; i < 16; i++)
                _mm512_storeu_si512(out + (c + i) * out_stride + r, lines[i]);
        }
}
