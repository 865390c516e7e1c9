/* Products over threads: the driver of the product kernels.
 *
 * A task is one to four panels of 64 outputs for all rows of activations. Its weights are packed
 * once and stay in the core's own cache; of the activations, a tile of rows at a time passes by all of them.
 * Every output has one accumulator a block of inputs, and blocks are added in order, so a row's
 * result depends neither on the other rows nor on the threads. Activations are rounded (BF16) or
 * quantised (INT8, INT4) once, before the tasks, and laid out as tiles read them.
 *
 * Quantised products follow LLM.int8 (Dettmers et al. 2022) row by row: each row of activations has
 * one scale, taken over magnitudes below 6; larger ones are left out of the integer sum and
 * multiplied in f32 with the dequantised weight. (The original leaves out whole columns of a call,
 * which would make a row depend on its neighbours.) */
#include "base/checked.h"
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
    const pali_matrix *gate; /* of a gated product: as many panels more in each task */
    const float *x;          /* [n, in] */
    size_t n, in;
    pali_weights format;
    const pali_float_kernels *floats; /* NULL for quantised weights */
    const pali_tiling *tiling;
    size_t width;                   /* outputs of a task */
    char *workers;                  /* scratch of each worker */
    size_t worker_size, panel_size; /* of that, for panels or for the sums of a few rows */
    /* activations: of a few rows as rows, of more as tiles (products.h) */
    const char *rows; /* [n], row_size bytes from one to the next; or [units][n] words */
    char *tiles;      /* of num_tiles * tiling->rows rows, or row_size bytes a row */
    size_t num_tiles;
    size_t row_size, units; /* a unit: what a word of 4 bytes holds of a row */
    float *row_scales;      /* [n] */
    int32_t *offsets;       /* [n]: -128 times the sum of a row, which INT8's unsigned bytes add */
    int32_t *group_offsets; /* [n, groups]: the same of INT4's codes, where wanted; else NULL */
    size_t groups;
    size_t *outlier_starts; /* [n + 1] */
    pali_outlier *outliers;
} job;

/* Whether x stays in rows, and weights are not packed. */
static bool is_few(const job *j) {
    return j->n <= PALI_FEW_ROWS && (!j->floats || j->floats->few);
}

/* ---- activations ---- */

static void round_row(const job *j, size_t i, char *to) {
    uint16_t *out = (uint16_t *)(void *)to;
    j->floats->to_bf16(j->x + i * j->in, j->in, out);
    memset(out + j->in, 0, j->row_size - j->in * sizeof *out);
}

static void quantize_row(const job *j, size_t i, char *to) {
    const pali_activation_kernels *kernels = j->kernels->products.activations;
    const float *x = j->x + i * j->in;
    int8_t *out = (int8_t *)to;
    float largest = kernels->magnitude(x, j->in, OUTLIER_THRESHOLD, &j->outlier_starts[i + 1]);
    int32_t sum = kernels->quantize(x, j->in, pali_int8_steps(largest), OUTLIER_THRESHOLD, out);
    memset(out + j->in, 0, j->row_size - j->in);
    j->row_scales[i] = largest / 127.0f;
    j->offsets[i] = -128 * sum;
    if (j->group_offsets)
        j->kernels->products.integer->group_offsets(out, j->groups,
                                                    j->group_offsets + i * j->groups);
}

/* Row i in its form, which may be written to `to`. */
static const char *form_row(const job *j, size_t i, char *to) {
    if (!j->floats)
        quantize_row(j, i, to);
    else if (j->floats->to_bf16)
        round_row(j, i, to);
    else
        return (const char *)(j->x + i * j->in);
    return to;
}

static void form_few_rows(void *context, size_t index, size_t worker) {
    (void)worker;
    const job *j = context;
    form_row(j, index, j->tiles + index * j->row_size);
}

static size_t units_from(const job *j, size_t unit) {
    return j->units - unit < j->tiling->units ? j->units - unit : j->tiling->units;
}

/* Tile number `index` of the block that begins with `unit`. */
static char *tile_at(const job *j, size_t index, size_t unit) {
    size_t rows = j->tiling->rows;
    return j->tiles + 4 * rows * (unit * j->num_tiles + index * units_from(j, unit));
}

/* Words of some rows from `unit` on, 16 units at a time so that what is written lies together. */
static void pack_words(const char *const *rows, size_t count, size_t unit, size_t units,
                       size_t rows_of_tile, char *tile) {
    for (size_t first = 0; first < units; first += 16)
        for (size_t r = 0; r < count; r++)
            for (size_t u = first; u < first + 16 && u < units; u++)
                memcpy(tile + 4 * (u * rows_of_tile + r), rows[r] + 4 * (unit + u), 4);
}

/* The same by lines of some words. */
static void pack_lines(const char *const *rows, size_t count, size_t unit, size_t units,
                       const pali_tiling *tiling, char *tile) {
    size_t line = 4 * tiling->together;
    for (size_t u = 0; u < units; u += tiling->together)
        for (size_t r = 0; r < count; r++)
            memcpy(tile + 4 * u * tiling->rows + r * line, rows[r] + 4 * (unit + u), line);
}

static void form_tile(void *context, size_t index, size_t worker) {
    const job *j = context;
    char *space = j->workers + worker * j->worker_size;
    const char *rows[PALI_MOST_TILE_ROWS];
    size_t first = index * j->tiling->rows, count = 0;
    for (; count < j->tiling->rows && first + count < j->n; count++)
        rows[count] = form_row(j, first + count, space + count * j->row_size);
    for (size_t unit = 0; unit < j->units; unit += j->tiling->units) {
        char *tile = tile_at(j, index, unit);
        if (j->tiling->together == 1)
            pack_words(rows, count, unit, units_from(j, unit), j->tiling->rows, tile);
        else
            pack_lines(rows, count, unit, units_from(j, unit), j->tiling, tile);
    }
}

/* Whether the few rows of x lie unit by unit. One row does anyway. */
static bool is_by_units(const job *j) {
    return is_few(j) && j->n > 1 && j->floats && j->floats->few_by_units;
}

static void arrange_by_units(job *j) {
    const char *rows[PALI_FEW_ROWS];
    char *units = j->tiles + j->n * j->row_size;
    for (size_t i = 0; i < j->n; i++)
        rows[i] = j->rows + i * j->row_size;
    pack_words(rows, j->n, 0, j->units, j->n, units);
    j->rows = units;
}

/* x in its form, as rows or as tiles. */
static pali_status form_activations(job *j, pali_compute *compute, pali_error *err) {
    bool as_it_is = j->floats && !j->floats->to_bf16;
    j->num_tiles = (j->n + j->tiling->rows - 1) / j->tiling->rows;
    j->rows = (const char *)j->x;
    if (is_few(j) && as_it_is)
        return PALI_OK;
    size_t num_rows = is_few(j) ? (is_by_units(j) ? 2 : 1) * j->n : j->num_tiles * j->tiling->rows;
    j->tiles = pali_scratch(compute, X_SLOT, num_rows * j->row_size, err);
    j->worker_size = is_few(j) || as_it_is ? 0 : j->tiling->rows * j->row_size + CACHE_LINE;
    j->workers =
        pali_scratch(compute, WORKER_SLOT, j->worker_size * pali_pool_size(compute->pool), err);
    if (!j->tiles || !j->workers)
        return PALI_ERROR_MEMORY;
    if (is_few(j))
        j->rows = j->tiles;
    pali_pool_run(compute->pool, is_few(j) ? j->n : j->num_tiles,
                  is_few(j) ? form_few_rows : form_tile, j);
    if (is_by_units(j))
        arrange_by_units(j);
    return PALI_OK;
}

/* Every number is written where the next outlier belongs, which leaves nothing for the processor to
 * guess. */
static void collect_row(void *context, size_t row, size_t worker) {
    (void)worker;
    const job *j = context;
    const float *x = j->x + row * j->in;
    pali_outlier *out = j->outliers + j->outlier_starts[row];
    const pali_outlier *end = j->outliers + j->outlier_starts[row + 1];
    for (size_t k = 0; k < j->in && out < end; k++) {
        *out = (pali_outlier){(uint32_t)k, x[k]};
        out += !(x[k] < OUTLIER_THRESHOLD && x[k] > -OUTLIER_THRESHOLD);
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
    pali_pool_run(compute->pool, j->n, collect_row, j);
    return PALI_OK;
}

/* What INT8 and INT4 want to know of each row. */
static pali_status reserve_row_facts(job *j, pali_compute *compute, pali_error *err) {
    bool by_group =
        j->format == PALI_WEIGHTS_INT4 && (is_few(j) || j->kernels->products.integer->tile_int4);
    j->groups = by_group ? 2 * pali_int4_blocks(j->in) : 0;
    size_t per_row =
        sizeof *j->outlier_starts + sizeof *j->row_scales + (1 + j->groups) * sizeof *j->offsets;
    char *facts = pali_scratch(compute, ROW_SLOT, (j->n + 1) * per_row, err);
    if (!facts)
        return PALI_ERROR_MEMORY;
    j->outlier_starts = (size_t *)(void *)facts;
    j->row_scales = (float *)(void *)(j->outlier_starts + j->n + 1);
    j->offsets = (int32_t *)(void *)(j->row_scales + j->n);
    j->group_offsets = by_group ? j->offsets + j->n : NULL;
    return PALI_OK;
}

static pali_status prepare(job *j, pali_compute *compute, pali_error *err) {
    if (!j->floats)
        j->row_size = pali_round_up(j->in, 64);
    else
        j->row_size = j->floats->to_bf16 ? 2 * pali_round_up(j->in, 32) : 4 * j->in;
    j->units = j->row_size / 4;
    if (j->floats)
        return form_activations(j, compute, err);
    pali_status status = reserve_row_facts(j, compute, err);
    if (!status)
        status = form_activations(j, compute, err);
    if (!status && pali_pool_cancelled(compute->pool)) /* not every row has its count of outliers */
        status = pali_fail(err, PALI_ERROR_CANCELLED, "cancelled");
    return status ? status : collect_outliers(j, compute, err);
}

/* ---- panels ---- */

/* Outputs [row, row + rows) of one weight, at most those of a task, for all rows of x; `gate` as in
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
        .gate = p->gate ? p->gate + first * PALI_TASK_OUTPUTS + output : NULL,
        .first = first_block,
        .last = last_block,
        .epilogue = p->epilogue,
    };
    j->kernels->products.activations->finish(sums, stride, count, outputs, &o);
}

/* Inputs of a block of floating-point weights. */
static size_t block_of(const job *j) {
    return j->tiling->units * (j->floats->to_bf16 ? 2 : 1);
}

static void run_few_rows(const job *j, const panel *p, float *sums) {
    size_t stride = j->row_size / (j->floats->to_bf16 ? sizeof(uint16_t) : sizeof(float));
    size_t block = block_of(j);
    j->floats->few(p->weight, p->row, p->rows, j->rows, stride, j->n, sums);
    for (size_t k = 0; k < j->in; k += block, sums += j->n * PALI_PANEL)
        finish(j, p, 0, j->n, 0, p->rows, sums, PALI_PANEL, k == 0, k + block >= j->in);
}

static size_t rows_from(const job *j, size_t i) {
    return j->n - i < j->tiling->rows ? j->n - i : j->tiling->rows;
}

/* Sums [pairs][tiling->rows][PALI_TILE_OUTPUTS] of a tile. */
typedef union tile_sums {
    float floats[PALI_TASK_OUTPUTS * PALI_MOST_TILE_ROWS];
    int32_t dots[PALI_TASK_OUTPUTS * PALI_MOST_TILE_ROWS];
} tile_sums;

static size_t outputs_from(const panel *p, size_t output, size_t most) {
    return p->rows - output < most ? p->rows - output : most;
}

/* Bytes of a packed panel: a word for each unit and output. */
static size_t packed_size(const job *j) {
    return 4 * j->tiling->units * PALI_PANEL;
}

/* Inputs [k, k + count) of packed outputs from `output` on, for the tile of rows from i. */
static void run_float_tile(const job *j, const panel *p, const char *packed, size_t k, size_t count,
                           size_t i, size_t output, float *sums) {
    const pali_float_kernels *kernels = j->floats;
    size_t some = outputs_from(p, output, j->tiling->outputs), rows = rows_from(j, i);
    size_t unit = kernels->to_bf16 ? k / 2 : k;
    size_t pairs = pali_round_up(some, PALI_TILE_OUTPUTS) / PALI_TILE_OUTPUTS;
    const char *part =
        packed + output / PALI_PANEL * packed_size(j) + (output % PALI_PANEL ? kernels->half : 0);
    kernels->tile(tile_at(j, i / j->tiling->rows, unit), rows, part, pairs, count, sums);
    for (size_t o = 0; o < some;
         o += PALI_TILE_OUTPUTS, sums += j->tiling->rows * PALI_TILE_OUTPUTS)
        finish(j, p, i, rows, output + o, outputs_from(p, output + o, PALI_TILE_OUTPUTS), sums,
               PALI_TILE_OUTPUTS, k == 0, k + count == j->in);
}

static void run_float_panels(const job *j, const panel *p, char *packed) {
    tile_sums sums;
    for (size_t k = 0, block = block_of(j); k < j->in; k += block) {
        size_t count = j->in - k < block ? j->in - k : block;
        for (size_t r = 0; r < p->rows; r += PALI_PANEL)
            j->floats->pack(p->weight, p->row + r, p->rows - r, k, count,
                            packed + r / PALI_PANEL * packed_size(j));
        for (size_t i = 0; i < j->n; i += j->tiling->rows)
            for (size_t output = 0; output < p->rows; output += j->tiling->outputs)
                run_float_tile(j, p, packed, k, count, i, output, sums.floats);
    }
}

/* Outputs of two panels of 16 of quantised weights, for all rows of x. */
typedef struct integer_part {
    const panel *p;
    size_t output, outputs;   /* within p */
    const uint8_t *panels[2]; /* as they are stored */
} integer_part;

static integer_part part_of(const job *j, const panel *p, size_t output) {
    size_t size = pali_panel_size(j->format, j->in);
    const uint8_t *first =
        (const uint8_t *)p->weight->data + (p->row + output) / PALI_PANEL_ROWS * size;
    size_t outputs = outputs_from(p, output, PALI_TILE_OUTPUTS);
    /* The last 16 outputs of a matrix have no second panel: the first is read twice. */
    return (integer_part){
        p, output, outputs, {first, outputs > PALI_PANEL_ROWS ? first + size : first}};
}

/* Units of a block of INT4 columns. */
enum { INT4_UNITS = PALI_INT4_BLOCK / 4 };

/* Bytes of a panel of 16 of INT4 when a block of it is unpacked for tiles. */
static size_t unpacked_size(const job *j) {
    size_t blocks = pali_int4_blocks(j->in), most = j->tiling->units / INT4_UNITS;
    return (blocks < most ? blocks : most) * j->kernels->products.integer->unpacked_block;
}

/* What a worker keeps of the dots of all rows, from block to block. */
static size_t dots_size(const job *j) {
    return j->units > j->tiling->units ? j->num_tiles * j->tiling->rows * j->width * sizeof(int32_t)
                                       : 0;
}

/* sums [count][PALI_TILE_OUTPUTS] of rows `row` ... += what their outliers add. */
static void add_outliers(const job *j, const integer_part *part, size_t row, size_t count,
                         const float *scales, float *sums) {
    const pali_activation_kernels *kernels = j->kernels->products.activations;
    const size_t *starts = j->outlier_starts + row;
    const uint8_t *panels = part->panels[0];
    size_t step = (size_t)(part->panels[1] - panels);
    if (starts[0] == starts[count])
        return;
    if (j->format == PALI_WEIGHTS_INT8)
        kernels->add_int8_outliers(j->outliers, starts, count, panels, step, scales, sums);
    else
        kernels->add_int4_outliers(j->outliers, starts, count, panels, step,
                                   pali_int4_groups_at(j->in), scales, sums);
}

/* From dots [count][PALI_TILE_OUTPUTS] of rows `row` ... to the result. */
static void finish_dots(const job *j, const integer_part *part, size_t row, size_t count,
                        const int32_t *dots, bool add_offset) {
    float sums[PALI_MOST_TILE_ROWS * PALI_TILE_OUTPUTS], scales[PALI_TILE_OUTPUTS];
    size_t at = pali_panel_scales_at(j->format, j->in), half = sizeof scales / 2;
    memcpy(scales, part->panels[0] + at, half);
    memcpy(scales + PALI_PANEL_ROWS, part->panels[1] + at, half);
    j->kernels->products.activations->scale_dots(dots, count, add_offset ? j->offsets + row : NULL,
                                                 j->row_scales + row, scales, sums);
    add_outliers(j, part, row, count, scales, sums);
    finish(j, part->p, row, count, part->output, part->outputs, sums, PALI_TILE_OUTPUTS, true,
           true);
}

/* Two panels at a time, from end to end, so that memory is read in the order in which it lies and x
 * half as often. */
static void run_few_integer_rows(const job *j, const panel *p) {
    const pali_integer_kernels *kernels = j->kernels->products.integer;
    const int8_t *x = (const int8_t *)j->rows;
    bool bytes = j->format == PALI_WEIGHTS_INT8;
    int32_t dots[PALI_FEW_ROWS * PALI_TILE_OUTPUTS];
    for (size_t output = 0; output < p->rows; output += PALI_TILE_OUTPUTS) {
        integer_part part = part_of(j, p, output);
        const uint8_t *first = part.panels[0];
        size_t step = (size_t)(part.panels[1] - first);
        if (bytes)
            kernels->few_int8(x, j->row_size, j->n, first, step, (j->in + 3) / 4, dots);
        else
            kernels->few_int4(x, j->row_size, j->n, first, step, pali_int4_blocks(j->in),
                              j->group_offsets, dots);
        finish_dots(j, &part, 0, j->n, dots, bytes);
    }
}

/* A block of inputs of the panels of a task as tiles read them: as they are stored, or INT4 unpacked. */
typedef struct tile_panels {
    const uint8_t *first;
    size_t step, count; /* from panel to panel, in bytes; panels */
    size_t unit, quads; /* with which the block begins; of it */
} tile_panels;

static tile_panels panels_of_block(const job *j, const panel *p, size_t unit, uint8_t *scratch) {
    const pali_integer_kernels *kernels = j->kernels->products.integer;
    const uint8_t *stored = part_of(j, p, 0).panels[0];
    size_t stored_size = pali_panel_size(j->format, j->in), units = units_from(j, unit);
    size_t count = (p->rows + PALI_PANEL_ROWS - 1) / PALI_PANEL_ROWS;
    if (j->format == PALI_WEIGHTS_INT8) {
        size_t quads = (j->in + 3) / 4 - unit;
        return (tile_panels){stored + unit * 4 * PALI_PANEL_ROWS, stored_size, count, unit,
                             quads < units ? quads : units};
    }
    size_t first = unit / INT4_UNITS, blocks = pali_int4_blocks(j->in) - first;
    blocks = blocks < units / INT4_UNITS ? blocks : units / INT4_UNITS;
    tile_panels out = {scratch, blocks * kernels->unpacked_block, count, unit, blocks * INT4_UNITS};
    for (size_t i = 0; i < count; i++, stored += stored_size)
        kernels->unpack_int4(stored + first * PALI_INT4_BLOCK_BYTES,
                             stored + pali_int4_groups_at(j->in) + first * PALI_PANEL_ROWS, blocks,
                             scratch + i * out.step);
    return out;
}

/* Dots of outputs from `output` on, for the tile of rows from i. */
static void multiply_integers(const job *j, const tile_panels *panels, size_t i, size_t output,
                              int32_t *dots) {
    const pali_integer_kernels *kernels = j->kernels->products.integer;
    const int8_t *x = (const int8_t *)tile_at(j, i / j->tiling->rows, panels->unit);
    const uint8_t *first = panels->first + output / PALI_PANEL_ROWS * panels->step;
    size_t count = panels->count - output / PALI_PANEL_ROWS, rows = rows_from(j, i);
    size_t step = count > 1 ? panels->step : 0; /* the last panel is read twice */
    if (j->group_offsets)
        kernels->tile_int4(x, rows, first, step, panels->quads / INT4_UNITS,
                           j->group_offsets + i * j->groups, dots);
    else
        kernels->tile_int8(x, rows, first, step, count, panels->quads, panels->unit == 0, dots);
}

/* From dots [panels / 2][tiling->rows][PALI_TILE_OUTPUTS] to the result. */
static void finish_integers(const job *j, const panel *p, size_t i, size_t output,
                            const int32_t *dots) {
    size_t rows = rows_from(j, i), end = output + outputs_from(p, output, j->tiling->outputs);
    for (; output < end; output += PALI_TILE_OUTPUTS) {
        integer_part part = part_of(j, p, output);
        finish_dots(j, &part, i, rows, dots, !j->group_offsets);
        dots += j->tiling->rows * PALI_TILE_OUTPUTS;
    }
}

/* Where there is more than one block, `scratch` has dots of all rows before the unpacked panels. */
static void run_integer_panels(const job *j, const panel *p, char *scratch) {
    tile_sums sums;
    int32_t *kept = (int32_t *)(void *)scratch;
    for (size_t unit = 0; unit < j->units; unit += j->tiling->units) {
        bool last = unit + units_from(j, unit) == j->units;
        tile_panels panels = panels_of_block(j, p, unit, (uint8_t *)scratch + dots_size(j));
        for (size_t i = 0; i < j->n; i += j->tiling->rows)
            for (size_t output = 0; output < p->rows; output += j->tiling->outputs) {
                int32_t *dots =
                    dots_size(j) ? kept + i * j->width + output * j->tiling->rows : sums.dots;
                multiply_integers(j, &panels, i, output, dots);
                if (last)
                    finish_integers(j, p, i, output, dots);
            }
    }
}

static void run_panels(const job *j, const panel *p, char *scratch) {
    if (is_few(j) && j->floats)
        run_few_rows(j, p, (float *)(void *)scratch);
    else if (j->floats)
        run_float_panels(j, p, scratch);
    else if (is_few(j))
        run_few_integer_rows(j, p);
    else
        run_integer_panels(j, p, scratch);
}

/* ---- calls ---- */

static size_t tasks_of(const job *j, const pali_matrix *weight) {
    return (weight->rows + j->width - 1) / j->width;
}

static void product_task(void *context, size_t index, size_t worker) {
    const job *j = context;
    const pali_linear *product = j->products;
    for (; index >= tasks_of(j, product->weight); product++)
        index -= tasks_of(j, product->weight);
    size_t row = index * j->width, out = product->weight->rows;
    panel p = {
        .weight = product->weight,
        .row = row,
        .rows = out - row < j->width ? out - row : j->width,
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
        gate.stride = PALI_TASK_OUTPUTS;
        run_panels(j, &gate, scratch);
        p.gate = gated;
    }
    run_panels(j, &p, scratch);
}

/* Where tiles take all outputs of a task at once, the more the better: the width with which the
 * busiest thread is done first, if each task costs as much as OVERHEAD outputs beside its own. */
static size_t wide_width_of(size_t outputs, size_t threads) {
    enum { OVERHEAD = 32 };
    size_t best = PALI_PANEL, least = SIZE_MAX;
    for (size_t width = PALI_PANEL; width <= PALI_TASK_OUTPUTS; width += PALI_PANEL) {
        size_t tasks = (outputs + width - 1) / width;
        size_t cost = (tasks + threads - 1) / threads * (width + OVERHEAD);
        if (cost <= least) {
            least = cost;
            best = width;
        }
    }
    return best;
}

/* Panels of a task: as many as the core's cache holds, but few enough for every thread to get some
 * tasks, so that a slow core does not keep the others waiting. */
static size_t width_of(const job *j, size_t threads) {
    enum { TASKS_A_THREAD = 8, CACHED_BYTES = 3 << 18 };
    size_t outputs = 0, width = PALI_PANEL;
    for (size_t i = 0; i < j->count; i++)
        outputs += j->products[i].weight->rows;
    if (j->tiling->outputs == PALI_TASK_OUTPUTS && !is_few(j))
        return wide_width_of(outputs, threads);
    size_t of_panel = is_few(j) ? 0 : j->floats ? packed_size(j) : PALI_PANEL * j->in;
    while (!is_few(j) && width < PALI_TASK_OUTPUTS &&
           2 * width / PALI_PANEL * of_panel <= CACHED_BYTES &&
           2 * width * TASKS_A_THREAD * threads <= outputs)
        width *= 2;
    return width;
}

/* Scratch of a worker for its panels, or for the sums of a few rows. */
static size_t panel_size_of(const job *j) {
    if (!j->floats && is_few(j))
        return 0;
    if (!j->floats)
        return dots_size(j) +
               (j->format == PALI_WEIGHTS_INT4
                    ? pali_round_up(j->width, PALI_PANEL_ROWS) / PALI_PANEL_ROWS * unpacked_size(j)
                    : 0);
    size_t blocks = (j->in + block_of(j) - 1) / block_of(j);
    return is_few(j) ? blocks * PALI_FEW_ROWS * PALI_PANEL * sizeof(float)
                     : j->width / PALI_PANEL * packed_size(j);
}

static pali_status run(pali_compute *compute, const float *x, size_t n, const pali_linear *products,
                       size_t count, const pali_matrix *gate, pali_error *err) {
    const pali_matrix *weight = products[0].weight;
    const pali_product_kernels *kernels = &compute->kernels->products;
    size_t threads = pali_pool_size(compute->pool);
    job j = {.kernels = compute->kernels,
             .products = products,
             .count = count,
             .gate = gate,
             .x = x,
             .n = n,
             .in = weight->cols,
             .format = weight->format};
    if (j.format != PALI_WEIGHTS_INT8 && j.format != PALI_WEIGHTS_INT4)
        j.floats = j.format == PALI_WEIGHTS_BF16 ? kernels->bf16 : kernels->f32;
    j.tiling = j.floats ? &j.floats->tiling : &kernels->integer->tiling;
    pali_status status = prepare(&j, compute, err);
    if (status)
        return status;
    j.width = width_of(&j, threads);
    j.panel_size = panel_size_of(&j);
    j.worker_size = j.panel_size + (gate ? n * PALI_TASK_OUTPUTS * sizeof(float) : 0) + CACHE_LINE;
    j.workers = pali_scratch(compute, WORKER_SLOT, j.worker_size * threads, err);
    if (!j.workers)
        return PALI_ERROR_MEMORY;
    size_t tasks = 0;
    for (size_t i = 0; i < count; i++)
        tasks += tasks_of(&j, products[i].weight);
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
