/* Products over threads: the driver of the product kernels.
 *
 * A task is one panel of 64 outputs for all rows of activations. Its weights are read once; its
 * activations come from the cache that the cores share. Every output has one accumulator a block of
 * inputs, and blocks are added in order, so a row's result depends neither on the other rows nor on
 * the threads. Activations are rounded (BF16) or quantised (INT8, INT4) once, before the tasks.
 *
 * Quantised products follow LLM.int8 (Dettmers et al. 2022) row by row: each row of activations has
 * one scale, taken over magnitudes below 6; larger ones are left out of the integer sum and
 * multiplied in f32 with the dequantised weight. (The original leaves out whole columns of a call,
 * which would make a row depend on its neighbours.) */
#include "kernels/compute.h"
#include "kernels/weights.h"

#include <stdlib.h>
#include <string.h>

#define OUTLIER_THRESHOLD 6.0f

enum { X_SLOT = 0, WORKER_SLOT = 1, ROW_SLOT = 2, OUTLIER_SLOT = 3, CACHE_LINE = 64 };

/* One call: x in the form that the weights want, and the products. */
typedef struct job {
    const pali_kernels *kernels;
    const pali_linear *products;
    size_t count;
    const pali_matrix *gate; /* of a gated product: one panel more in each task */
    const float *x;          /* [n, in] */
    size_t n, in;
    pali_weights format;
    const pali_float_kernels *floats; /* NULL for quantised weights */
    char *workers;                    /* scratch of each worker */
    size_t worker_size, panel_size;   /* of that, for a panel or for the sums of a few rows */
    /* rounded or quantised activations */
    uint16_t *x_bf16; /* [n, x_stride], zero beyond `in` */
    int8_t *x_int8;
    size_t x_stride;
    float *row_scales;      /* [n] */
    int32_t *offsets;       /* [n]: -128 times the sum of a row, which INT8's unsigned bytes add */
    int32_t *group_offsets; /* [n, groups]: the same of INT4's codes, for a few rows; else NULL */
    size_t groups;
    size_t *outlier_starts; /* [n + 1] */
    pali_outlier *outliers;
} job;

static size_t round_up(size_t n, size_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

/* ---- activations ---- */

enum { ROWS_OF_A_TASK = 8 };

static void round_rows(void *context, size_t index, size_t worker) {
    (void)worker;
    job *j = context;
    for (size_t i = index * ROWS_OF_A_TASK; i < (index + 1) * ROWS_OF_A_TASK && i < j->n; i++) {
        uint16_t *out = j->x_bf16 + i * j->x_stride;
        j->floats->to_bf16(j->x + i * j->in, j->in, out);
        memset(out + j->in, 0, (j->x_stride - j->in) * sizeof *out);
    }
}

static void quantize_rows(void *context, size_t index, size_t worker) {
    (void)worker;
    job *j = context;
    const pali_activation_kernels *kernels = j->kernels->products.activations;
    for (size_t i = index * ROWS_OF_A_TASK; i < (index + 1) * ROWS_OF_A_TASK && i < j->n; i++) {
        const float *x = j->x + i * j->in;
        int8_t *out = j->x_int8 + i * j->x_stride;
        float largest = kernels->magnitude(x, j->in, OUTLIER_THRESHOLD, &j->outlier_starts[i + 1]);
        int32_t sum = kernels->quantize(x, j->in, pali_int8_steps(largest), OUTLIER_THRESHOLD, out);
        memset(out + j->in, 0, j->x_stride - j->in);
        j->row_scales[i] = largest / 127.0f;
        j->offsets[i] = -128 * sum;
        if (j->group_offsets)
            kernels->group_offsets(out, j->groups, j->group_offsets + i * j->groups);
    }
}

/* Turns the counts into places and fills them. Few rows have any. */
static pali_status collect_outliers(job *j, pali_compute *compute, pali_error *err) {
    j->outlier_starts[0] = 0;
    for (size_t i = 0; i < j->n; i++)
        j->outlier_starts[i + 1] += j->outlier_starts[i];
    size_t total = j->outlier_starts[j->n];
    if (total == 0)
        return PALI_OK;
    j->outliers = pali_scratch(compute, OUTLIER_SLOT, total * sizeof *j->outliers, err);
    if (!j->outliers)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < j->n; i++) {
        size_t at = j->outlier_starts[i];
        if (at == j->outlier_starts[i + 1])
            continue;
        for (size_t k = 0; k < j->in; k++) {
            float value = j->x[i * j->in + k];
            if (!(value < OUTLIER_THRESHOLD && value > -OUTLIER_THRESHOLD))
                j->outliers[at++] = (pali_outlier){(uint32_t)k, value};
        }
    }
    return PALI_OK;
}

static pali_status prepare_bf16(job *j, pali_compute *compute, pali_error *err) {
    j->x_stride = round_up(j->in, 32);
    j->x_bf16 = pali_scratch(compute, X_SLOT, j->n * j->x_stride * sizeof *j->x_bf16, err);
    if (!j->x_bf16)
        return PALI_ERROR_MEMORY;
    pali_pool_run(compute->pool, (j->n + ROWS_OF_A_TASK - 1) / ROWS_OF_A_TASK, round_rows, j);
    return PALI_OK;
}

static pali_status prepare_int8(job *j, pali_compute *compute, pali_error *err) {
    j->x_stride = round_up(j->in, 64);
    bool by_group = j->format == PALI_WEIGHTS_INT4 && j->n <= PALI_FEW_ROWS;
    j->groups = by_group ? 2 * pali_int4_blocks(j->in) : 0;
    j->x_int8 = pali_scratch(compute, X_SLOT, j->n * j->x_stride, err);
    size_t per_row =
        sizeof *j->outlier_starts + sizeof *j->row_scales + (1 + j->groups) * sizeof *j->offsets;
    char *rows = pali_scratch(compute, ROW_SLOT, (j->n + 1) * per_row, err);
    if (!j->x_int8 || !rows)
        return PALI_ERROR_MEMORY;
    j->outlier_starts = (size_t *)(void *)rows;
    j->row_scales = (float *)(void *)(j->outlier_starts + j->n + 1);
    j->offsets = (int32_t *)(void *)(j->row_scales + j->n);
    j->group_offsets = by_group ? j->offsets + j->n : NULL;
    pali_pool_run(compute->pool, (j->n + ROWS_OF_A_TASK - 1) / ROWS_OF_A_TASK, quantize_rows, j);
    return collect_outliers(j, compute, err);
}

/* ---- panels ---- */

/* Outputs [row, row + rows) of one weight for all rows of x; `gate` [n, 64] or NULL as in
 * pali_output. */
typedef struct panel {
    const pali_matrix *weight;
    size_t row, rows;
    const float *bias;
    float *y; /* of output `row` */
    size_t stride;
    const float *gate;
    pali_epilogue epilogue;
} panel;

/* Stores sums [count][stride] of rows `first` ... and outputs `output` ... of the panel. */
static void finish(const job *j, const panel *p, size_t first, size_t count, size_t output,
                   size_t outputs, const float *sums, size_t stride, bool first_block,
                   bool last_block) {
    pali_output o = {
        .y = p->y + first * p->stride + output,
        .stride = p->stride,
        .bias = p->bias ? p->bias + p->row + output : NULL,
        .gate = p->gate ? p->gate + first * PALI_PANEL + output : NULL,
        .first = first_block,
        .last = last_block,
        .epilogue = p->epilogue,
    };
    j->kernels->products.activations->finish(sums, stride, count, outputs, &o);
}

static void run_few_rows(const job *j, const panel *p, float *sums) {
    j->floats->few(p->weight, p->row, p->rows, j->x_bf16, j->x_stride, j->n, sums);
    for (size_t k = 0; k < j->in; k += PALI_BLOCK, sums += j->n * PALI_PANEL)
        finish(j, p, 0, j->n, 0, p->rows, sums, PALI_PANEL, k == 0, k + PALI_BLOCK >= j->in);
}

/* Inputs [k, k + count) of outputs [output, output + 32) of a packed panel, for all rows of x. */
static void run_float_part(const job *j, const panel *p, const char *packed, size_t k, size_t count,
                           size_t output) {
    float sums[PALI_TILE_ROWS * PALI_TILE_OUTPUTS];
    size_t outputs = p->rows - output < PALI_TILE_OUTPUTS ? p->rows - output : PALI_TILE_OUTPUTS;
    const char *part = packed + output * 4; /* a float, or a pair of BF16 */
    for (size_t i = 0; i < j->n; i += PALI_TILE_ROWS) {
        size_t rows = j->n - i < PALI_TILE_ROWS ? j->n - i : PALI_TILE_ROWS;
        const void *x = j->x_bf16 ? (const void *)(j->x_bf16 + i * j->x_stride + k)
                                  : (const void *)(j->x + i * j->in + k);
        j->floats->tile(x, j->x_bf16 ? j->x_stride : j->in, rows, part, count, sums);
        finish(j, p, i, rows, output, outputs, sums, PALI_TILE_OUTPUTS, k == 0, k + count == j->in);
    }
}

static void run_float_panel(const job *j, const panel *p, char *packed) {
    for (size_t k = 0; k < j->in; k += PALI_BLOCK) {
        size_t count = j->in - k < PALI_BLOCK ? j->in - k : PALI_BLOCK;
        j->floats->pack(p->weight, p->row, p->rows, k, count, packed);
        for (size_t output = 0; output < p->rows; output += PALI_TILE_OUTPUTS)
            run_float_part(j, p, packed, k, count, output);
    }
}

/* Outputs of one or two panels of 16 of quantised weights, for all rows of x. */
typedef struct integer_part {
    const panel *p;
    size_t output, outputs;   /* within p */
    const uint8_t *panels[2]; /* as they are stored */
} integer_part;

static integer_part part_of(const job *j, const panel *p, size_t output, size_t width) {
    size_t size = pali_panel_size(j->format, j->in);
    const uint8_t *first =
        (const uint8_t *)p->weight->data + (p->row + output) / PALI_PANEL_ROWS * size;
    size_t outputs = p->rows - output < width ? p->rows - output : width;
    /* The last 16 outputs of a matrix have no second panel: the first is read twice. */
    return (integer_part){
        p, output, outputs, {first, outputs > PALI_PANEL_ROWS ? first + size : first}};
}

/* From dots [count][stride] of rows `row` ... to the result. */
static void finish_dots(const job *j, const integer_part *part, size_t row, size_t count,
                        const int32_t *dots, size_t stride, bool add_offset) {
    const pali_activation_kernels *kernels = j->kernels->products.activations;
    float sums[PALI_TILE_ROWS * PALI_TILE_OUTPUTS], scales[PALI_TILE_OUTPUTS];
    size_t at = pali_panel_scales_at(j->format, j->in), half = sizeof scales / 2;
    memcpy(scales, part->panels[0] + at, half);
    memcpy(scales + PALI_PANEL_ROWS, part->panels[1] + at, half);
    for (size_t r = 0; r < count; r++) {
        float *out = sums + r * stride;
        kernels->scale_dots(dots + r * stride, part->outputs, add_offset ? j->offsets[row + r] : 0,
                            j->row_scales[row + r], scales, out);
        size_t first = j->outlier_starts[row + r];
        size_t outliers = j->outlier_starts[row + r + 1] - first;
        for (size_t o = 0; outliers && o < part->outputs; o += PALI_PANEL_ROWS) {
            float parts[PALI_PANEL_ROWS] = {0};
            kernels->add_outliers(j->outliers + first, outliers, j->format,
                                  part->panels[o / PALI_PANEL_ROWS], j->in, parts);
            for (size_t i = 0; i < PALI_PANEL_ROWS; i++)
                out[o + i] += parts[i] * scales[o + i];
        }
    }
    finish(j, part->p, row, count, part->output, part->outputs, sums, stride, true, true);
}

/* A panel at a time, from end to end, so that memory is read in the order in which it lies. */
static void run_few_integer_rows(const job *j, const panel *p) {
    const pali_integer_kernels *kernels = j->kernels->products.integer;
    int32_t dots[PALI_FEW_ROWS * PALI_PANEL_ROWS];
    for (size_t output = 0; output < p->rows; output += PALI_PANEL_ROWS) {
        integer_part part = part_of(j, p, output, PALI_PANEL_ROWS);
        if (j->format == PALI_WEIGHTS_INT8)
            kernels->few_int8(j->x_int8, j->x_stride, j->n, part.panels[0], (j->in + 3) / 4, dots);
        else
            kernels->few_int4(j->x_int8, j->x_stride, j->n, part.panels[0],
                              part.panels[0] + pali_int4_groups_at(j->in), pali_int4_blocks(j->in),
                              j->group_offsets, dots);
        finish_dots(j, &part, 0, j->n, dots, PALI_PANEL_ROWS, j->format == PALI_WEIGHTS_INT8);
    }
}

static void run_integer_part(const job *j, const integer_part *part, char *scratch) {
    const pali_integer_kernels *kernels = j->kernels->products.integer;
    const uint8_t *first = part->panels[0];
    size_t quads = (j->in + 3) / 4, step = (size_t)(part->panels[1] - part->panels[0]);
    if (j->format == PALI_WEIGHTS_INT4) {
        size_t blocks = pali_int4_blocks(j->in);
        quads = blocks * PALI_INT4_BLOCK / 4;
        for (size_t i = 0; i < (step ? 2 : 1); i++)
            kernels->unpack_int4(part->panels[i], part->panels[i] + pali_int4_groups_at(j->in),
                                 blocks, (uint8_t *)scratch + i * quads * 64);
        first = (const uint8_t *)scratch;
        step = step ? quads * 64 : 0;
    }
    int32_t dots[PALI_TILE_ROWS * PALI_TILE_OUTPUTS];
    for (size_t i = 0; i < j->n; i += PALI_TILE_ROWS) {
        size_t rows = j->n - i < PALI_TILE_ROWS ? j->n - i : PALI_TILE_ROWS;
        kernels->tile_int8(j->x_int8 + i * j->x_stride, j->x_stride, rows, first, step, quads,
                           dots);
        finish_dots(j, part, i, rows, dots, PALI_TILE_OUTPUTS, true);
    }
}

static void run_integer_panel(const job *j, const panel *p, char *scratch) {
    for (size_t output = 0; output < p->rows; output += PALI_TILE_OUTPUTS) {
        integer_part part = part_of(j, p, output, PALI_TILE_OUTPUTS);
        run_integer_part(j, &part, scratch);
    }
}

static void run_panel(const job *j, const panel *p, char *scratch) {
    if (j->floats && j->floats->few && j->n <= PALI_FEW_ROWS)
        run_few_rows(j, p, (float *)(void *)scratch);
    else if (j->floats)
        run_float_panel(j, p, scratch);
    else if (j->n <= PALI_FEW_ROWS)
        run_few_integer_rows(j, p);
    else
        run_integer_panel(j, p, scratch);
}

/* ---- calls ---- */

static size_t panels_of(const pali_matrix *weight) {
    return (weight->rows + PALI_PANEL - 1) / PALI_PANEL;
}

static void product_task(void *context, size_t index, size_t worker) {
    const job *j = context;
    const pali_linear *product = j->products;
    for (; index >= panels_of(product->weight); product++)
        index -= panels_of(product->weight);
    size_t row = index * PALI_PANEL, out = product->weight->rows;
    panel p = {
        .weight = product->weight,
        .row = row,
        .rows = out - row < PALI_PANEL ? out - row : PALI_PANEL,
        .bias = product->bias,
        .y = product->y + row,
        .stride = out,
        .epilogue = product->epilogue,
    };
    char *scratch = j->workers + worker * j->worker_size;
    if (j->gate) {
        float *gated = (float *)(void *)(scratch + j->panel_size);
        panel gate = p;
        gate.weight = j->gate;
        gate.y = gated;
        gate.stride = PALI_PANEL;
        run_panel(j, &gate, scratch);
        p.gate = gated;
    }
    run_panel(j, &p, scratch);
}

static pali_status run(pali_compute *compute, const float *x, size_t n, const pali_linear *products,
                       size_t count, const pali_matrix *gate, pali_error *err) {
    const pali_matrix *weight = products[0].weight;
    job j = {.kernels = compute->kernels,
             .products = products,
             .count = count,
             .gate = gate,
             .x = x,
             .n = n,
             .in = weight->cols,
             .format = weight->format};
    bool quantised = j.format == PALI_WEIGHTS_INT8 || j.format == PALI_WEIGHTS_INT4;
    if (!quantised)
        j.floats =
            j.format == PALI_WEIGHTS_BF16 ? j.kernels->products.bf16 : j.kernels->products.f32;
    pali_status status = PALI_OK;
    if (quantised)
        status = prepare_int8(&j, compute, err);
    else if (j.floats->to_bf16)
        status = prepare_bf16(&j, compute, err);
    if (status)
        return status;
    size_t blocks = (j.in + PALI_BLOCK - 1) / PALI_BLOCK;
    size_t of_panel = PALI_BLOCK * PALI_PANEL * sizeof(float);
    size_t of_few_rows = blocks * PALI_FEW_ROWS * PALI_PANEL * sizeof(float);
    size_t of_unpacked = j.format == PALI_WEIGHTS_INT4 && n > PALI_FEW_ROWS
                             ? pali_int4_blocks(j.in) * PALI_INT4_BLOCK * PALI_TILE_OUTPUTS
                             : 0;
    j.panel_size = quantised ? of_unpacked : of_panel > of_few_rows ? of_panel : of_few_rows;
    j.worker_size = j.panel_size + (gate ? n * PALI_PANEL * sizeof(float) : 0) + CACHE_LINE;
    j.workers =
        pali_scratch(compute, WORKER_SLOT, j.worker_size * pali_pool_size(compute->pool), err);
    if (!j.workers)
        return PALI_ERROR_MEMORY;
    size_t tasks = 0;
    for (size_t i = 0; i < count; i++)
        tasks += panels_of(products[i].weight);
    pali_pool_run(compute->pool, tasks, product_task, &j);
    return PALI_OK;
}

pali_status pali_linear_run(pali_compute *compute, const float *x, size_t n,
                            const pali_linear *products, size_t count, pali_error *err) {
    size_t done = 0;
    while (done < count) { /* neighbours of one format share what is done to x */
        size_t same = 1;
        while (done + same < count &&
               products[done + same].weight->format == products[done].weight->format)
            same++;
        pali_status status = run(compute, x, n, products + done, same, NULL, err);
        if (status)
            return status;
        done += same;
    }
    return PALI_OK;
}

pali_status pali_linear_gated(pali_compute *compute, const float *x, size_t n,
                              const pali_matrix *gate, const pali_matrix *up, float *y,
                              pali_error *err) {
    pali_linear product = {up, NULL, y, PALI_STORE};
    return run(compute, x, n, &product, 1, gate, err);
}
