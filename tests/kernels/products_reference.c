/* Matrices of numbers whose values are known without the code under test, and their products in
 * double. */
#include "products_reference.h"

#include "claims.h"

#include <math.h>
#include <string.h>

const pali_weights weight_formats[5] = {PALI_WEIGHTS_F32, PALI_WEIGHTS_F16, PALI_WEIGHTS_BF16,
                                        PALI_WEIGHTS_INT8, PALI_WEIGHTS_INT4};

const char *format_name(pali_weights format) {
    static const char *const names[] = {"auto", "f32", "f16", "bf16", "int8", "int4"};
    return names[format];
}

static bool quantised(pali_weights format) {
    return format == PALI_WEIGHTS_INT8 || format == PALI_WEIGHTS_INT4;
}

/* ---- numbers by their bits ---- */

typedef struct layout {
    size_t bytes;
    int exponent_bits, fraction_bits;
} layout;

static layout layout_of(pali_weights format) {
    return format == PALI_WEIGHTS_F16    ? (layout){2, 5, 10}
           : format == PALI_WEIGHTS_BF16 ? (layout){2, 8, 7}
                                         : (layout){4, 8, 23};
}

static uint32_t pattern_bits(layout l, pattern p, bool odd) {
    uint32_t bias = (1u << (l.exponent_bits - 1)) - 1, ones = (1u << l.fraction_bits) - 1;
    uint32_t sign = 1u << (l.exponent_bits + l.fraction_bits);
    uint32_t random = (uint32_t)random_bits();
    switch (p) {
    case ZEROS:
        return random & sign;
    case LARGEST:
        return bias << l.fraction_bits | ones;
    case SMALLEST:
        return sign | bias << l.fraction_bits | ones;
    case ALTERNATING:
        return (odd ? sign : 0) | bias << l.fraction_bits | ones;
    case DENORMALS:
        return (random & sign) | (random & ones);
    default: /* below 1, over four binades */
        return (random & sign) | (bias - 1 - (random >> 24) % 4) << l.fraction_bits |
               (random & ones);
    }
}

static double decode(layout l, uint32_t bits) {
    int bias = (1 << (l.exponent_bits - 1)) - 1;
    uint32_t fraction = bits & ((1u << l.fraction_bits) - 1);
    int exponent = (int)(bits >> l.fraction_bits & ((1u << l.exponent_bits) - 1));
    if (exponent > 0)
        fraction |= 1u << l.fraction_bits;
    else
        exponent = 1;
    double magnitude = ldexp((double)fraction, exponent - bias - l.fraction_bits);
    return bits >> (l.exponent_bits + l.fraction_bits) & 1 ? -magnitude : magnitude;
}

/* ---- matrices ---- */

static known_matrix make_plain(pali_weights format, size_t rows, size_t cols, pattern p) {
    layout l = layout_of(format);
    char *data = guarded(rows * cols * l.bytes + 1, 1); /* one byte more: an odd address */
    known_matrix m = {{format, rows, cols, data}, guarded(rows * cols * sizeof(double), 8)};
    for (size_t i = 0; i < rows * cols; i++) {
        uint32_t bits = pattern_bits(l, p, (i / cols + i % cols) % 2 != 0);
        m.values[i] = decode(l, bits);
        memcpy(data + i * l.bytes, &bits, l.bytes); /* little-endian */
    }
    return m;
}

known_matrix make_matrix(pali_weights format, size_t rows, size_t cols, pattern p) {
    known_matrix m = make_plain(quantised(format) ? PALI_WEIGHTS_F32 : format, rows, cols, p);
    if (!quantised(format))
        return m;
    size_t bytes;
    REQUIRE(pali_matrix_size(format, rows, cols, &bytes), "%zu x %zu", rows, cols);
    void *data = guarded(bytes, 64);
    pali_compute *compute = compute_with(0, 1);
    REQUIRE(pali_matrix_quantize(compute, &m.matrix, format, data, NULL) == PALI_OK, "quantize");
    pali_compute_free(&compute);
    m.matrix = (pali_matrix){format, rows, cols, data};
    float *row = guarded(cols * sizeof *row, 4);
    for (size_t r = 0; r < rows; r++) {
        pali_matrix_row(&m.matrix, r, row);
        for (size_t c = 0; c < cols; c++)
            m.values[r * cols + c] = row[c];
    }
    return m;
}

float *make_activations(size_t n, size_t in, pattern p) {
    const float outliers[] = {6.0f, -6.5f, 10000.0f};
    float *x = guarded(n * in * sizeof *x, 4);
    for (size_t i = 0; i < n * in; i++) {
        bool odd = (i / in + i % in) % 2 != 0;
        switch (p) {
        case ZEROS:
            x[i] = odd ? -0.0f : 0.0f;
            break;
        case LARGEST:
            x[i] = 5.9f;
            break;
        case SMALLEST:
            x[i] = -5.9f;
            break;
        case ALTERNATING:
            x[i] = odd ? -5.9f : 5.9f;
            break;
        case DENORMALS:
            x[i] = random_float() * 1e-39f;
            break;
        default:
            x[i] = random_float() * 3.0f;
        }
    }
    for (size_t i = 0; p == OUTLIERS && i < n; i++)
        for (size_t k = 0; k < 3; k++)
            x[i * in + (i * 5 + k * 7) % in] = outliers[(i + k) % 3];
    return x;
}

/* ---- products ---- */

/* Eight significant bits, ties to even; denormals are zero. */
static double round_to_bf16(float x) {
    int exponent;
    double fraction = frexp((double)x, &exponent);
    return fabsf(x) < 0x1p-126f ? 0.0 : ldexp(rint(ldexp(fraction, 8)), exponent - 8);
}

static void quantise_row(const float *x, size_t in, double *out) {
    float largest = 0.0f;
    for (size_t k = 0; k < in; k++)
        if (fabsf(x[k]) < 6.0f && fabsf(x[k]) > largest)
            largest = fabsf(x[k]);
    for (size_t k = 0; k < in; k++) {
        double step = (double)(largest / 127.0f);
        float steps = largest > 1e-30f ? rintf(x[k] * (127.0f / largest)) : 0.0f;
        out[k] = fabsf(x[k]) < 6.0f ? (double)steps * step : (double)x[k];
    }
}

double *prepared_activations(const pali_kernels *kernels, pali_weights format, const float *x,
                             size_t n, size_t in) {
    bool to_bf16 = format == PALI_WEIGHTS_BF16 && kernels->products.bf16->to_bf16;
    double *out = guarded(n * in * sizeof *out, 8);
    if (quantised(format))
        for (size_t i = 0; i < n; i++)
            quantise_row(x + i * in, in, out + i * in);
    else
        for (size_t i = 0; i < n * in; i++)
            out[i] = to_bf16 ? round_to_bf16(x[i]) : (double)x[i];
    return out;
}

exact_product multiply(const double *x, size_t n, size_t in, const known_matrix *w) {
    size_t out = w->matrix.rows;
    exact_product product = {guarded(n * out * sizeof(double), 8),
                             guarded(n * out * sizeof(double), 8)};
    for (size_t i = 0; i < n; i++)
        for (size_t o = 0; o < out; o++) {
            double sum = 0.0, magnitude = 0.0;
            for (size_t k = 0; k < in; k++) {
                double term = x[i * in + k] * w->values[o * in + k];
                sum += term;
                magnitude += fabs(term);
            }
            product.y[i * out + o] = sum;
            product.magnitudes[i * out + o] = magnitude;
        }
    return product;
}

double rounding_budget(pali_weights format, size_t in) {
    double sums = quantised(format) ? (double)in / 32.0 + 4.0
                                    : (double)(in < 512 ? in : 512) + (double)in / 512.0;
    return (sums + 8.0) * 0x1p-23;
}

double denormal_budget(size_t in) {
    return (double)in * 0x1p-110;
}
