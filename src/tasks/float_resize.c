/* Resizing fields of floats, as Pillow does it (Resample.c, precompute_coeffs and the 32-bit
 * passes): each output is a weighted sum of the inputs under a triangle that is as wide as one
 * output when shrinking. */
#include "tasks/float_resize.h"

#include <math.h>
#include <stdlib.h>

/* Weights of output `index`: `*first` is the first input; returns how many. `weights` has room for
 * support_of() entries. */
static int weights_of(int index, int in, int out, double *weights, int *first) {
    double scale = (double)in / out, stretch = scale > 1.0 ? scale : 1.0;
    double center = (index + 0.5) * scale, sum = 0.0;
    int low = (int)(center - stretch + 0.5), high = (int)(center + stretch + 0.5);
    low = low < 0 ? 0 : low;
    high = high > in ? in : high;
    for (int i = low; i < high; i++) {
        double distance = fabs((i - center + 0.5) * (1.0 / stretch));
        weights[i - low] = distance < 1.0 ? 1.0 - distance : 0.0;
        sum += weights[i - low];
    }
    for (int i = 0; i < high - low; i++)
        if (sum != 0.0)
            weights[i] /= sum;
    *first = low;
    return high - low;
}

/* One pass: `lines` lines of `in` values to `out` values. Value k of line l is x[l * line + k *
 * step]. */
static void pass(const float *x, int in, int in_line, int in_step, float *y, int out, int out_line,
                 int out_step, int lines, double *weights) {
    for (int o = 0; o < out; o++) {
        int first, count = weights_of(o, in, out, weights, &first);
        for (int l = 0; l < lines; l++) {
            double sum = 0.0;
            for (int i = 0; i < count; i++)
                sum +=
                    (double)x[(size_t)l * (size_t)in_line + (size_t)(first + i) * (size_t)in_step] *
                    weights[i];
            y[(size_t)l * (size_t)out_line + (size_t)o * (size_t)out_step] = (float)sum;
        }
    }
}

pali_status pali_float_resize(const float *in, int width, int height, float *out, int new_width,
                              int new_height, pali_error *err) {
    size_t longest = (size_t)(width > height ? width : height);
    double *weights = malloc((longest + 2) * sizeof *weights);
    float *middle = malloc((size_t)new_width * (size_t)height * sizeof *middle);
    pali_status status = PALI_OK;
    if (!weights || !middle) {
        status = pali_fail_memory(err, (size_t)new_width * (size_t)height * sizeof *middle,
                                  "a resized field");
    } else {
        pass(in, width, width, 1, middle, new_width, new_width, 1, height, weights);
        pass(middle, height, 1, new_width, out, new_height, 1, new_width, new_width, weights);
    }
    free(weights);
    free(middle);
    return status;
}
