/* How matrices lie in memory, and how they get there.
 *
 * INT8 follows LLM.int8 (Dettmers et al. 2022): a row's scale is its largest magnitude / 127. INT4
 * takes for every group the scale that leaves the least squared error among candidates around the
 * one that maps the largest magnitude to -8. */
#include "kernels/weights.h"

#include "base/checked.h"
#include "kernels/compute.h"
#include "kernels/numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t round_up(size_t n, size_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

size_t pali_panel_size(pali_weights format, size_t cols) {
    return format == PALI_WEIGHTS_INT8
               ? pali_int8_scales_at(cols) + PALI_PANEL_ROWS * sizeof(float)
               : round_up(cols, PALI_INT4_GROUP) / PALI_INT4_GROUP * PALI_INT4_GROUP_BYTES;
}

bool pali_matrix_size(pali_weights format, size_t rows, size_t cols, size_t *bytes) {
    if (rows > SIZE_MAX / 64 || cols > SIZE_MAX / 64)
        return false;
    size_t panels = (rows + PALI_PANEL_ROWS - 1) / PALI_PANEL_ROWS;
    switch (format) {
    case PALI_WEIGHTS_F32:
        return pali_mul_size(rows, cols * 4, bytes);
    case PALI_WEIGHTS_F16:
    case PALI_WEIGHTS_BF16:
        return pali_mul_size(rows, cols * 2, bytes);
    case PALI_WEIGHTS_INT8:
    case PALI_WEIGHTS_INT4:
        return pali_mul_size(panels, pali_panel_size(format, cols), bytes);
    default:
        return false;
    }
}

static const uint8_t *panel_of(const pali_matrix *matrix, size_t row) {
    return (const uint8_t *)matrix->data +
           row / PALI_PANEL_ROWS * pali_panel_size(matrix->format, matrix->cols);
}

float pali_panel_weight(const pali_matrix *matrix, size_t row, size_t col) {
    size_t lane = row % PALI_PANEL_ROWS;
    const uint8_t *panel = panel_of(matrix, row);
    if (matrix->format == PALI_WEIGHTS_INT8)
        return (float)panel[col / 4 * 64 + lane * 4 + col % 4] - 128.0f;
    const uint8_t *group = panel + col / PALI_INT4_GROUP * PALI_INT4_GROUP_BYTES;
    size_t within = col % PALI_INT4_GROUP;
    uint8_t byte = group[within / 8 * 64 + lane * 4 + within % 4];
    int nibble = within % 8 < 4 ? byte & 15 : byte >> 4;
    float scale = pali_f16_to_f32(pali_load_u16(group + 256 + 2 * lane));
    return (float)(nibble - 8) * scale;
}

void pali_matrix_row(const pali_matrix *matrix, size_t row, float *out) {
    const char *data = matrix->data;
    size_t cols = matrix->cols;
    switch (matrix->format) {
    case PALI_WEIGHTS_F32:
        memcpy(out, data + row * cols * 4, cols * 4);
        return;
    case PALI_WEIGHTS_F16:
        for (size_t i = 0; i < cols; i++)
            out[i] = pali_f16_to_f32(pali_load_u16(data + (row * cols + i) * 2));
        return;
    case PALI_WEIGHTS_BF16:
        for (size_t i = 0; i < cols; i++)
            out[i] = pali_bf16_to_f32(pali_load_u16(data + (row * cols + i) * 2));
        return;
    default: {
        float scale = 1.0f;
        if (matrix->format == PALI_WEIGHTS_INT8)
            memcpy(&scale,
                   panel_of(matrix, row) + pali_int8_scales_at(cols) +
                       row % PALI_PANEL_ROWS * sizeof scale,
                   sizeof scale);
        for (size_t i = 0; i < cols; i++)
            out[i] = pali_panel_weight(matrix, row, i) * scale;
    }
    }
}

/* ---- quantising ---- */

static float largest_magnitude(const float *x, size_t n) {
    float largest = 0.0f;
    for (size_t i = 0; i < n; i++)
        largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
    return largest;
}

static void quantize_int8_row(const float *row, size_t cols, uint8_t *panel, size_t lane) {
    float largest = largest_magnitude(row, cols);
    float steps = pali_int8_steps(largest);
    for (size_t i = 0; i < cols; i++)
        panel[i / 4 * 64 + lane * 4 + i % 4] = (uint8_t)(128 + (int)rintf(row[i] * steps));
    float scale = largest / 127.0f;
    memcpy(panel + pali_int8_scales_at(cols) + lane * sizeof scale, &scale, sizeof scale);
}

/* Nibbles of a group for a scale, and what squared error they leave. */
static float try_scale(const float *x, float scale, int *nibbles) {
    float inverse = scale != 0.0f ? 1.0f / scale : 0.0f, error = 0.0f;
    for (int i = 0; i < PALI_INT4_GROUP; i++) {
        float q = rintf(x[i] * inverse);
        q = q < -8.0f ? -8.0f : q > 7.0f ? 7.0f : q;
        nibbles[i] = (int)q + 8;
        error += (x[i] - q * scale) * (x[i] - q * scale);
    }
    return error;
}

static void quantize_int4_group(const float *x, uint8_t *group, size_t lane) {
    enum { CANDIDATES = 13 };
    float peak = 0.0f;
    for (int i = 0; i < PALI_INT4_GROUP; i++)
        peak = fabsf(x[i]) > fabsf(peak) ? x[i] : peak;
    int best[PALI_INT4_GROUP] = {0}, trial[PALI_INT4_GROUP];
    float best_error = INFINITY;
    uint16_t best_scale = 0;
    for (int i = 0; i < CANDIDATES; i++) { /* the peak to -8.4 ... -6, whole numbers among them */
        uint16_t half = pali_f32_to_f16(peak / -(8.4f - 0.2f * (float)i));
        float error = try_scale(x, pali_f16_to_f32(half), trial);
        if (error < best_error) {
            best_error = error;
            best_scale = half;
            memcpy(best, trial, sizeof best);
        }
    }
    for (int i = 0; i < PALI_INT4_GROUP; i += 8)
        for (int b = 0; b < 4; b++)
            group[i / 8 * 64 + (int)lane * 4 + b] = (uint8_t)(best[i + b] | best[i + 4 + b] << 4);
    memcpy(group + 256 + 2 * lane, &best_scale, sizeof best_scale);
}

typedef struct quantize_job {
    const pali_matrix *source;
    pali_matrix out;
    char *data;
    float *rows; /* one a worker, padded with zeros to whole groups */
    size_t row_stride;
} quantize_job;

static void quantize_panel(quantize_job *job, size_t index, float *row) {
    const pali_matrix *source = job->source;
    size_t cols = source->cols, size = pali_panel_size(job->out.format, cols);
    uint8_t *panel = (uint8_t *)job->data + index * size;
    bool int8 = job->out.format == PALI_WEIGHTS_INT8;
    if (int8)
        memset(panel, 128, size);
    for (size_t lane = 0; lane < PALI_PANEL_ROWS; lane++) {
        size_t at = index * PALI_PANEL_ROWS + lane;
        memset(row, 0, job->row_stride * sizeof *row);
        if (at < source->rows)
            pali_matrix_row(source, at, row);
        if (int8)
            quantize_int8_row(row, cols, panel, lane);
        else
            for (size_t i = 0; i < cols; i += PALI_INT4_GROUP)
                quantize_int4_group(row + i, panel + i / PALI_INT4_GROUP * PALI_INT4_GROUP_BYTES,
                                    lane);
    }
}

static void convert_rows(quantize_job *job, size_t index, float *row) {
    size_t cols = job->source->cols, first = index * PALI_PANEL_ROWS;
    for (size_t at = first; at < first + PALI_PANEL_ROWS && at < job->source->rows; at++) {
        pali_matrix_row(job->source, at, row);
        if (job->out.format == PALI_WEIGHTS_F32) {
            memcpy(job->data + at * cols * 4, row, cols * 4);
            continue;
        }
        uint16_t *out = (uint16_t *)(void *)job->data + at * cols;
        for (size_t i = 0; i < cols; i++)
            out[i] = job->out.format == PALI_WEIGHTS_BF16 ? pali_f32_to_bf16(row[i])
                                                          : pali_f32_to_f16(row[i]);
    }
}

static void quantize_task(void *context, size_t index, size_t worker) {
    quantize_job *job = context;
    float *row = job->rows + worker * job->row_stride;
    if (job->out.format == PALI_WEIGHTS_INT8 || job->out.format == PALI_WEIGHTS_INT4)
        quantize_panel(job, index, row);
    else
        convert_rows(job, index, row);
}

pali_status pali_matrix_quantize(pali_compute *compute, const pali_matrix *source,
                                 pali_weights format, void *data, pali_error *err) {
    quantize_job job = {
        .source = source,
        .out = {format, source->rows, source->cols, data},
        .data = data,
        .row_stride = round_up(source->cols, PALI_INT4_GROUP),
    };
    job.rows = pali_scratch(compute, 0,
                            job.row_stride * pali_pool_size(compute->pool) * sizeof(float), err);
    if (!job.rows)
        return PALI_ERROR_MEMORY;
    pali_pool_run(compute->pool, (source->rows + PALI_PANEL_ROWS - 1) / PALI_PANEL_ROWS,
                  quantize_task, &job);
    return PALI_OK;
}
