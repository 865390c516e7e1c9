/* Resampling equal to Pillow's to the bit.
 *
 * Method (Pillow, src/libImaging/Resample.c): the filter is laid over the input with its centre at
 * each output pixel, stretched by the factor of reduction so that it also smooths; the weights are
 * computed in double, normalised, and rounded to 22 fractional bits; each axis is a pass of its own
 * whose result is rounded to 8 bits, so that the order of the passes shows. It is horizontal first,
 * as in every Pillow up to 12.1. (12.2 turns it round for pictures more than 100 times as high as
 * wide, 13.0 for all that lose clearly more height than width: there, single pixels differ by a
 * level or two.)
 *
 * Fast by layout: the horizontal pass turns LANES rows at a time so that one weight multiplies
 * LANES neighbouring bytes, the vertical pass does the same with neighbouring columns. Sums are of
 * integers: their order is free.
 */
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

enum { FRACTION_BITS = 22, LANES = 32, COLUMNS = 192, STRIP_BYTES = 64 << 20 };

/* Weights of one axis: output i is the sum of weights[i * stride + j] * input[first[i] + j] over
 * j < count[i]. */
struct weights {
    int *first, *count;
    int32_t *weights;
    size_t stride;
};

static double bicubic(double x) {
    static const double a = -0.5;
    double t = x < 0 ? -x : x;
    if (t < 1)
        return ((a + 2) * t - (a + 3)) * t * t + 1;
    if (t < 2)
        return (((t - 5) * t + 8) * t - 4) * a;
    return 0;
}

static double bilinear(double x) {
    double t = x < 0 ? -x : x;
    return t < 1 ? 1 - t : 0;
}

static int32_t to_fixed(double weight) {
    return (int32_t)(weight * (1 << FRACTION_BITS) + (weight < 0 ? -0.5 : 0.5));
}

static void weights_free(struct weights *w) {
    free(w->first);
    free(w->count);
    free(w->weights);
    *w = (struct weights){0};
}

/* `input` pixels become `output` pixels. */
static pali_status weights_make(struct weights *w, int input, int output, pali_filter filter,
                                pali_error *err) {
    double (*function)(double) = filter == PALI_FILTER_BILINEAR ? bilinear : bicubic;
    double scale = (double)input / output;
    double stretch = scale > 1 ? scale : 1;
    double support = (filter == PALI_FILTER_BILINEAR ? 1.0 : 2.0) * stretch;
    double inverse = 1.0 / stretch;
    size_t stride = 2 * (size_t)support + 3;
    *w = (struct weights){.first = malloc((size_t)output * sizeof(int)),
                          .count = malloc((size_t)output * sizeof(int)),
                          .weights = calloc((size_t)output * stride, sizeof(int32_t)),
                          .stride = stride};
    double *exact = malloc(stride * sizeof *exact);
    if (!w->first || !w->count || !w->weights || !exact) {
        weights_free(w);
        free(exact);
        return pali_fail_memory(err, (size_t)output * stride * sizeof(int32_t),
                                "the weights of a resize");
    }
    for (int i = 0; i < output; i++) {
        double center = (i + 0.5) * scale;
        int low = (int)(center - support + 0.5);
        int high = (int)(center + support + 0.5);
        low = low < 0 ? 0 : low;
        high = high > input ? input : high;
        double sum = 0;
        for (int j = 0; j < high - low; j++) {
            exact[j] = function((j + low - center + 0.5) * inverse);
            sum += exact[j];
        }
        for (int j = 0; j < high - low; j++)
            w->weights[(size_t)i * stride + (size_t)j] =
                to_fixed(sum != 0 ? exact[j] / sum : exact[j]);
        w->first[i] = low;
        w->count[i] = high - low;
    }
    free(exact);
    return PALI_OK;
}

/* Sums are kept unsigned, where overflow is defined; Pillow's are signed and do not overflow
 * either. */
static uint8_t to_byte(uint32_t sum) {
    int32_t value = (int32_t)sum >> FRACTION_BITS;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* sums[lane] += weights[j] * bytes[j * step + lane] for all j and `lanes` lanes. */
static inline __attribute__((always_inline)) void
accumulate(uint32_t *restrict sums, const uint8_t *restrict bytes, size_t step,
           const int32_t *restrict weights, int count, size_t lanes) {
    for (size_t lane = 0; lane < lanes; lane++)
        sums[lane] = 1u << (FRACTION_BITS - 1);
    for (int j = 0; j < count; j++) {
        const uint8_t *restrict row = bytes + (size_t)j * step;
        uint32_t weight = (uint32_t)weights[j];
        for (size_t lane = 0; lane < lanes; lane++)
            sums[lane] += weight * row[lane];
    }
}

/* Rows [y, y + rows) of `in`, at most LANES of them, as turned[column * LANES + row]. */
static void turn_rows(uint8_t *restrict turned, const pali_image *in, size_t y, size_t rows) {
    size_t length = (size_t)in->width * 3;
    for (size_t row = 0; row < rows; row++) {
        const uint8_t *restrict from = in->pixels + (y + row) * length;
        for (size_t column = 0; column < length; column++)
            turned[column * LANES + row] = from[column];
    }
}

/* Output columns [x, x + columns) of every row of `in`, to `out` [height, columns, 3]. */
static pali_status pass_horizontal(uint8_t *out, size_t x, size_t columns, const pali_image *in,
                                   const struct weights *w, pali_error *err) {
    size_t height = (size_t)in->height, bytes = (size_t)in->width * 3 * LANES;
    uint8_t *turned = calloc(bytes, 1);
    if (!turned)
        return pali_fail_memory(err, bytes, "a resize");
    for (size_t y = 0; y < height; y += LANES) {
        size_t rows = height - y < LANES ? height - y : LANES;
        turn_rows(turned, in, y, rows);
        for (size_t i = 0; i < columns * 3; i++) {
            size_t column = x + i / 3, channel = i % 3;
            uint32_t sums[LANES];
            accumulate(sums, turned + ((size_t)w->first[column] * 3 + channel) * LANES, 3 * LANES,
                       w->weights + column * w->stride, w->count[column], LANES);
            for (size_t row = 0; row < rows; row++)
                out[(y + row) * columns * 3 + i] = to_byte(sums[row]);
        }
    }
    free(turned);
    return PALI_OK;
}

/* From rows of `length` bytes to `height` rows, which are `stride` bytes apart. */
static void pass_vertical(uint8_t *out, size_t stride, size_t height, const uint8_t *in,
                          size_t length, const struct weights *w) {
    for (size_t y = 0; y < height; y++) {
        const uint8_t *from = in + (size_t)w->first[y] * length;
        for (size_t i = 0; i < length; i += COLUMNS) {
            size_t columns = length - i < COLUMNS ? length - i : COLUMNS;
            uint32_t sums[COLUMNS];
            if (columns == COLUMNS) /* a constant number of lanes makes the loop fast */
                accumulate(sums, from + i, length, w->weights + y * w->stride, w->count[y],
                           COLUMNS);
            else
                accumulate(sums, from + i, length, w->weights + y * w->stride, w->count[y],
                           columns);
            for (size_t column = 0; column < columns; column++)
                out[y * stride + i + column] = to_byte(sums[column]);
        }
    }
}

/* Both passes, in strips of columns: what lies between the passes stays within STRIP_BYTES, however
 * high the picture is. */
static pali_status pass_both(pali_image *out, const pali_image *in, const struct weights *across,
                             const struct weights *down, pali_error *err) {
    size_t width = (size_t)out->width, row = (size_t)in->height * 3;
    size_t strip = row > STRIP_BYTES ? 1 : STRIP_BYTES / row;
    strip = strip < width ? strip : width;
    uint8_t *between = malloc(strip * row);
    if (!between)
        return pali_fail_memory(err, strip * row, "a resize");
    pali_status status = PALI_OK;
    for (size_t x = 0; !status && x < width; x += strip) {
        size_t columns = width - x < strip ? width - x : strip;
        status = pass_horizontal(between, x, columns, in, across, err);
        if (!status)
            pass_vertical(out->pixels + x * 3, width * 3, (size_t)out->height, between, columns * 3,
                          down);
    }
    free(between);
    return status;
}

/* An axis that keeps its length is passed over, which is exact. */
static pali_status resize(pali_image *out, const pali_image *in, pali_filter filter,
                          pali_error *err) {
    bool horizontal = in->width != out->width, vertical = in->height != out->height;
    struct weights across = {0}, down = {0};
    pali_status status = PALI_OK;
    if (horizontal)
        status = weights_make(&across, in->width, out->width, filter, err);
    if (!status && vertical)
        status = weights_make(&down, in->height, out->height, filter, err);
    if (!status && horizontal && vertical)
        status = pass_both(out, in, &across, &down, err);
    else if (!status && horizontal)
        status = pass_horizontal(out->pixels, 0, (size_t)out->width, in, &across, err);
    else if (!status)
        pass_vertical(out->pixels, (size_t)out->width * 3, (size_t)out->height, in->pixels,
                      (size_t)in->width * 3, &down);
    weights_free(&across);
    weights_free(&down);
    return status;
}

pali_status pali_image_resize(pali_image **out, const pali_image *image, int width, int height,
                              pali_filter filter, pali_error *err) {
    if (filter != PALI_FILTER_BICUBIC && filter != PALI_FILTER_BILINEAR)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "unknown resize filter %d", (int)filter);
    if (width == image->width && height == image->height)
        return pali_image_crop(out, image, 0, 0, width, height, err);
    pali_image *resized = NULL;
    pali_status status = pali_image_create(&resized, width, height, err);
    if (!status)
        status = resize(resized, image, filter, err);
    if (status)
        pali_image_free(&resized);
    else
        *out = resized;
    return status;
}
