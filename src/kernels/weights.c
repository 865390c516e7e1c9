/* How matrices lie in memory, and how they get there.
 *
 * INT8 follows LLM.int8 (Dettmers et al. 2022): a row's scale is its largest magnitude / 127. INT4
 * tries a few row scales, and for each the group scales around the one that reaches the group's
 * largest magnitude, and keeps what leaves the least squared error. */
#include "kernels/weights.h"

#include "base/checked.h"
#include "kernels/compute.h"
#include "kernels/numbers.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const int8_t pali_int4_values[16] = {-11, -8, -6, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 9, 11};

size_t pali_panel_size(pali_weights format, size_t cols) {
    return pali_panel_scales_at(format, cols) + PALI_PANEL_ROWS * sizeof(float);
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

int pali_panel_weight(const pali_matrix *matrix, size_t row, size_t col) {
    size_t lane = row % PALI_PANEL_ROWS;
    const uint8_t *panel = panel_of(matrix, row);
    if (matrix->format == PALI_WEIGHTS_INT8)
        return panel[col / 4 * 64 + lane * 4 + col % 4] - 128;
    size_t block = col / PALI_INT4_BLOCK, within = col % PALI_INT4_BLOCK;
    uint8_t codes = panel[block * PALI_INT4_BLOCK_BYTES + within / 8 * 64 + lane * 4 + within % 4];
    uint8_t scales = panel[pali_int4_groups_at(matrix->cols) + block * PALI_PANEL_ROWS + lane];
    return pali_int4_values[within % 8 < 4 ? codes & 15 : codes >> 4] *
           (within < PALI_INT4_GROUP ? scales & 15 : scales >> 4);
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
        float scale;
        size_t at =
            pali_panel_scales_at(matrix->format, cols) + row % PALI_PANEL_ROWS * sizeof scale;
        memcpy(&scale, panel_of(matrix, row) + at, sizeof scale);
        for (size_t i = 0; i < cols; i++)
            out[i] = (float)pali_panel_weight(matrix, row, i) * scale;
    }
    }
}

/* ---- quantising ---- */

static void set_row_scale(uint8_t *panel, pali_weights format, size_t cols, size_t lane,
                          float scale) {
    memcpy(panel + pali_panel_scales_at(format, cols) + lane * sizeof scale, &scale, sizeof scale);
}

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
    set_row_scale(panel, PALI_WEIGHTS_INT8, cols, lane, largest / 127.0f);
}

static void store_int4_row(uint8_t *panel, size_t cols, size_t lane, const uint8_t *codes,
                           const uint8_t *scales) {
    for (size_t block = 0; block < pali_int4_blocks(cols); block++, codes += PALI_INT4_BLOCK) {
        uint8_t *out = panel + block * PALI_INT4_BLOCK_BYTES + lane * 4;
        for (size_t i = 0; i < PALI_INT4_BLOCK; i += 8)
            for (size_t b = 0; b < 4; b++)
                out[i / 8 * 64 + b] = (uint8_t)(codes[i + b] | codes[i + 4 + b] << 4);
        panel[pali_int4_groups_at(cols) + block * PALI_PANEL_ROWS + lane] =
            (uint8_t)(scales[2 * block] | scales[2 * block + 1] << 4);
    }
}

/* `row` is padded with zeros to whole blocks; `work` holds two trials of the groups' scales, and codes. Row scales at
 * which the largest magnitude can just be expressed, and smaller ones, at which it is clipped for the sake of the
 * others. */
static void quantize_int4_row(const pali_quantize_kernels *kernels, const float *row, size_t cols,
                              uint8_t *panel, size_t lane, uint8_t *work) {
    static const float reaches[] = {1.0f, 0.86f, 0.73f, 0.6f, 0.45f};
    size_t groups = 2 * pali_int4_blocks(cols), padded = groups * PALI_INT4_GROUP;
    uint8_t *best = work, *trial = work + groups, *codes = trial + groups;
    float largest = largest_magnitude(row, cols), best_error = INFINITY, scale = 0.0f;
    memset(best, 0, groups);
    memset(codes, 7, padded); /* the code of 0 */
    for (size_t i = 0; largest > 1e-36f && i < sizeof reaches / sizeof *reaches; i++) {
        float unit = largest * reaches[i] / (PALI_INT4_LARGEST * PALI_INT4_MAX_SCALE);
        float error = kernels->choose_scales(row, groups, 1.0f / unit, trial);
        if (!(error < best_error))
            continue;
        uint8_t *swap = best;
        best = trial;
        trial = swap;
        best_error = error;
        scale = unit;
    }
    if (scale > 0.0f)
        kernels->choose_codes(row, groups, 1.0f / scale, best, codes);
    store_int4_row(panel, cols, lane, codes, best);
    set_row_scale(panel, PALI_WEIGHTS_INT4, cols, lane, scale);
}

/* What a worker needs for one row. */
typedef struct quantize_scratch {
    float *row;    /* padded with zeros to whole blocks */
    uint8_t *work; /* quantize_int4_row */
} quantize_scratch;

typedef struct quantize_job {
    const pali_quantize_kernels *kernels;
    const pali_matrix *source;
    pali_matrix out;
    char *data;
    char *workers;
    size_t row_stride, worker_size;
} quantize_job;

static quantize_scratch scratch_of(const quantize_job *job, size_t worker) {
    char *memory = job->workers + worker * job->worker_size;
    size_t row_size = job->row_stride * sizeof(float);
    return (quantize_scratch){(float *)(void *)memory, (uint8_t *)memory + row_size};
}

/* What is not a number has no place among whole numbers. */
static void read_row(const quantize_job *job, size_t at, float *row) {
    size_t cols = job->source->cols;
    memset(row + cols, 0, (job->row_stride - cols) * sizeof *row);
    if (at >= job->source->rows) {
        memset(row, 0, cols * sizeof *row);
        return;
    }
    pali_matrix_row(job->source, at, row);
    for (size_t i = 0; i < cols; i++)
        row[i] = fabsf(row[i]) <= FLT_MAX ? row[i] : 0.0f;
}

static void quantize_panel(const quantize_job *job, size_t index, quantize_scratch scratch) {
    size_t cols = job->source->cols, size = pali_panel_size(job->out.format, cols);
    uint8_t *panel = (uint8_t *)job->data + index * size;
    memset(panel, job->out.format == PALI_WEIGHTS_INT8 ? 128 : 0, size);
    for (size_t lane = 0; lane < PALI_PANEL_ROWS; lane++) {
        read_row(job, index * PALI_PANEL_ROWS + lane, scratch.row);
        if (job->out.format == PALI_WEIGHTS_INT8)
            quantize_int8_row(scratch.row, cols, panel, lane);
        else
            quantize_int4_row(job->kernels, scratch.row, cols, panel, lane, scratch.work);
    }
}

static void convert_rows(const quantize_job *job, size_t index, float *row) {
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
    const quantize_job *job = context;
    quantize_scratch scratch = scratch_of(job, worker);
    if (job->out.format == PALI_WEIGHTS_INT8 || job->out.format == PALI_WEIGHTS_INT4)
        quantize_panel(job, index, scratch);
    else
        convert_rows(job, index, scratch.row);
}

pali_status pali_matrix_quantize(pali_compute *compute, const pali_matrix *source,
                                 pali_weights format, void *data, pali_error *err) {
    quantize_job job = {
        .kernels = compute->kernels->products.quantize,
        .source = source,
        .out = {format, source->rows, source->cols, data},
        .data = data,
        .row_stride = pali_round_up(source->cols, PALI_INT4_BLOCK),
    };
    /* a row; a code a column, and two trials of a scale a group */
    job.worker_size = pali_round_up(
        job.row_stride * (sizeof(float) + 1) + 2 * job.row_stride / PALI_INT4_GROUP, 64);
    job.workers = pali_scratch(compute, 0, job.worker_size * pali_pool_size(compute->pool), err);
    if (!job.workers)
        return PALI_ERROR_MEMORY;
    pali_pool_run(compute->pool, (source->rows + PALI_PANEL_ROWS - 1) / PALI_PANEL_ROWS,
                  quantize_task, &job);
    return PALI_OK;
}
