/* Matrices of numbers whose values are known without the code under test, and their products in
 * double. */
#ifndef PALI_TESTS_PRODUCTS_REFERENCE_H
#define PALI_TESTS_PRODUCTS_REFERENCE_H

#include "versions.h"

/* What a matrix or the activations are made of. LARGEST: all the same, and the largest that is
 * quantised; SMALLEST: its negative; ALTERNATING: the one and the other by turns, so that
 * every product of two such has the same sign; OUTLIERS: random, and in every row some of 6, -6.5
 * and 10,000 (activations only). */
typedef enum pattern { RANDOM, ZEROS, LARGEST, SMALLEST, ALTERNATING, DENORMALS, OUTLIERS } pattern;

extern const pali_weights weight_formats[5];
const char *format_name(pali_weights format);

/* All of it is guarded memory. */
typedef struct known_matrix {
    pali_matrix matrix;
    double *values; /* [rows, cols] */
} known_matrix;

/* F32, F16 and BF16 lie at an odd address and their values are decoded from their bits; INT8 and
 * INT4 are quantised from F32, and their values are what pali_matrix_row says. */
known_matrix make_matrix(pali_weights format, size_t rows, size_t cols, pattern p);

/* [n, in] */
float *make_activations(size_t n, size_t in, pattern p);

/* What the product is defined to do to activations before it multiplies: nothing; rounding to BF16,
 * where this version does that; one scale for each row and 127 steps to both sides, with magnitudes
 * of 6 and more left as they are (INT8, INT4). */
double *prepared_activations(const pali_kernels *kernels, pali_weights format, const float *x,
                             size_t n, size_t in);

/* y = x w^T, and the sum of the magnitudes of its terms, of which an error budget is a share. */
typedef struct exact_product {
    double *y, *magnitudes; /* [n, out] */
} exact_product;

exact_product multiply(const double *x, size_t n, size_t in, const known_matrix *w);

/* Share of the magnitudes that rounding may cost: a sum in f32 for every input of a block and one
 * for every block; for quantised weights, whose sums are integers, one for every group of 32 and
 * for every outlier. Each rounds twice in the plain version. */
double rounding_budget(pali_weights format, size_t in);

/* Where denormal numbers are taken for zero. */
double denormal_budget(size_t in);

#endif
