/* Cutting parts into pieces. A word written in one stroke becomes a chain of pieces, so that a rising
 * line is followed; a part much higher than its neighbours (strokes of two lines that touch, a
 * bracket) is cut across, too, so that each line gets its share. Print that is much smaller than the
 * page's writing is told from dust by its neighbours. */
#include "page/pieces.h"

#include "page/skew.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_TEXT_PARTS = 6000, MAX_SMALL_PARTS = 3000 };

/* A part's grid of cells in the table of sums. */
typedef struct cut {
    int first, columns, rows; /* of cells; columns 0: not cut */
    float cell_width, cell_height, letter_height;
} cut;

static int larger_area(const void *a, const void *b) {
    const rx_part *const *p = a, *const *q = b;
    if ((*p)->area != (*q)->area)
        return (*p)->area < (*q)->area ? 1 : -1;
    return *p < *q ? -1 : *p > *q;
}

/* How many parts as high as `p` stand beside it, and the height of the highest of them and of it. */
static int beside(const rx_part *const *text, int count, const rx_part *p, float *highest) {
    float height = (float)rx_part_height(p);
    int alike = 0;
    *highest = height;
    for (int i = 0; i < count; i++) {
        const rx_part *q = text[i];
        float other = (float)rx_part_height(q);
        if (q == p || other < 0.55f * height || other > 1.8f * height)
            continue;
        int over = (p->y1 < q->y1 ? p->y1 : q->y1) - (p->y0 > q->y0 ? p->y0 : q->y0);
        int gap = (p->x0 > q->x0 ? p->x0 : q->x0) - (p->x1 < q->x1 ? p->x1 : q->x1);
        if ((float)over > 0.5f * height && (float)gap < 1.5f * height) {
            alike++;
            *highest = other > *highest ? other : *highest;
        }
    }
    return alike;
}

static cut plan(const rx_part *const *text, int count, const rx_part *p, float letter_height) {
    float height = (float)rx_part_height(p), width = (float)rx_part_width(p), highest;
    cut c = {.letter_height = height};
    /* Of large type others stand beside it. */
    bool tall = height > 2.3f * letter_height && beside(text, count, p, &highest) < 2;
    if (tall)
        c.letter_height = 1.1f * letter_height;
    else if (!rx_part_is_text(p, letter_height)) {
        beside(text, count, p, &highest);
        c.letter_height = highest;
    } else if (height < 0.7f * letter_height)
        c.letter_height = 0.7f * letter_height;
    else if (height > 1.5f * letter_height && height <= 2.3f * letter_height)
        c.letter_height = 1.5f * letter_height;
    c.columns = (int)(width / (1.5f * c.letter_height)) + 1;
    c.rows = tall ? (int)(height / c.letter_height) + 1 : 1;
    c.cell_width = width / (float)c.columns;
    c.cell_height = height / (float)c.rows;
    return c;
}

typedef struct sums {
    double x, y, count;
} sums;

static void add_up(const rx_parts *parts, const cut *cuts, sums *cells) {
    for (int y = 0; y < parts->height; y++)
        for (int x = 0; x < parts->width; x++) {
            int32_t label = parts->label[(size_t)y * (size_t)parts->width + (size_t)x];
            if (!label || cuts[label - 1].columns == 0)
                continue;
            const cut *c = &cuts[label - 1];
            const rx_part *p = &parts->part[label - 1];
            int column = (int)((float)(x - p->x0) / c->cell_width);
            int row = (int)((float)(y - p->y0) / c->cell_height);
            column = column < c->columns ? column : c->columns - 1;
            row = row < c->rows ? row : c->rows - 1;
            sums *cell = &cells[c->first + row * c->columns + column];
            cell->x += x + 0.5;
            cell->y += y + 0.5;
            cell->count++;
        }
}

/* Whether a part may be a letter or a word of small print: letters have others of their height on
 * both sides, or two on one. */
static bool may_be_small(const rx_part *p, float letter_height) {
    int width = rx_part_width(p), height = rx_part_height(p);
    return height >= 6 && (float)height < 0.4f * letter_height && 6 * width >= height &&
           width <= 10 * height && 8 * p->area >= height * height;
}

/* Adds small print to `text`, which has room for all parts; returns the new count. */
static int add_small_print(const rx_part **text, int count, const rx_parts *parts,
                           float letter_height) {
    int end = count;
    for (int i = 0; i < parts->count && end < count + MAX_SMALL_PARTS; i++)
        if (may_be_small(&parts->part[i], letter_height))
            text[end++] = &parts->part[i];
    bool is_print[MAX_SMALL_PARTS];
    float highest;
    for (int i = count; i < end; i++)
        is_print[i - count] = beside(text + count, end - count, text[i], &highest) >= 2;
    int kept = count;
    for (int i = count; i < end; i++)
        if (is_print[i - count])
            text[kept++] = text[i];
    return kept;
}

/* Plans of all text parts; returns the number of cells. */
static int plan_all(const rx_parts *parts, float letter_height, const rx_part **text, cut *cuts,
                    bool *is_split) {
    int count = 0, cells = 0;
    for (int i = 0; i < parts->count; i++)
        if (rx_part_is_text(&parts->part[i], letter_height))
            text[count++] = &parts->part[i];
    qsort(text, (size_t)count, sizeof *text, larger_area);
    count = count < MAX_TEXT_PARTS ? count : MAX_TEXT_PARTS;
    count = add_small_print(text, count, parts, letter_height);
    for (int i = 0; i < count; i++) {
        cut c = plan(text, count, text[i], letter_height);
        c.first = cells;
        cells += c.columns * c.rows;
        cuts[text[i] - parts->part] = c;
        is_split[text[i] - parts->part] = c.rows > 1;
    }
    return cells;
}

pali_status rx_pieces_cut(rx_pieces *out, const rx_parts *parts, float letter_height,
                          pali_error *err) {
    size_t room = (size_t)parts->count + 1;
    const rx_part **text = malloc(room * sizeof *text);
    cut *cuts = calloc(room, sizeof *cuts);
    rx_pieces pieces = {0, NULL, calloc(room, sizeof *pieces.is_split)};
    sums *cells = NULL;
    if (text && cuts && pieces.is_split) {
        int num_cells = plan_all(parts, letter_height, text, cuts, pieces.is_split);
        cells = calloc((size_t)num_cells + 1, sizeof *cells);
        pieces.piece = malloc(((size_t)num_cells + 1) * sizeof *pieces.piece);
    }
    free(text);
    if (!cells || !pieces.piece) {
        free(cells);
        free(cuts);
        rx_pieces_free(&pieces);
        return pali_fail_memory(err, room * sizeof *cuts, "pieces of lines");
    }
    add_up(parts, cuts, cells);
    for (int i = 0; i < parts->count; i++) {
        const cut *c = &cuts[i];
        for (int k = 0; k < c->columns * c->rows; k++) {
            const sums *s = &cells[c->first + k];
            if (s->count < 0.04 * c->letter_height * c->letter_height)
                continue;
            pieces.piece[pieces.count++] = (rx_piece){.part = i,
                                                      .x = (float)(s->x / s->count),
                                                      .y = (float)(s->y / s->count),
                                                      .width = c->cell_width,
                                                      .ink = (float)s->count,
                                                      .height = c->letter_height,
                                                      .is_split = c->rows > 1,
                                                      .group = -1};
        }
    }
    free(cells);
    free(cuts);
    *out = pieces;
    return PALI_OK;
}

void rx_pieces_free(rx_pieces *pieces) {
    free(pieces->piece);
    free(pieces->is_split);
    *pieces = (rx_pieces){0, NULL, NULL};
}
