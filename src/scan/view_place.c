/* Which line stands on which row. A reader passes over none of the rows that show, except those of
 * which an edge leaves little; lines are given to rows in order so that their lengths fit best. */
#include "scan/view_merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PEEKING = 4 };                /* letters of a row that peeks in */
static const float fits = 0.35f;          /* mean deviation of lengths */
static const float clearly_better = 0.6f; /* of two ways, one's deviation from the other's */

typedef struct placing {
    const rx_view *view;
    const rx_view_row *rows;
    size_t num_rows;
    float letter; /* its mean width */
    bool with_cut;
    float *cost; /* [count + 1, num_rows + 1]: of the lines and rows from here on */
} placing;

static float cost_of(const placing *p, size_t line, size_t row) {
    const rx_view_row *r = &p->rows[row];
    float length = (float)strlen(p->view->lines[line].text), expected = r->width / p->letter;
    if ((r->cut && !p->with_cut) || (r->peeks && length > MOST_PEEKING))
        return INFINITY;
    if (r->peeks)
        return 0;
    return fabsf(length - expected) / fmaxf(length, expected);
}

static bool may_be_passed_over(const placing *p, size_t row) {
    return p->rows[row].peeks || (p->rows[row].cut && !p->with_cut);
}

/* Mean deviation of the best way; INFINITY: there is none. */
static float solve(placing *p, bool with_cut) {
    size_t lines = p->view->count, stride = p->num_rows + 1;
    p->with_cut = with_cut;
    for (size_t i = lines + 1; i-- > 0;)
        for (size_t k = stride; k-- > 0;) {
            float *cell = &p->cost[i * stride + k];
            *cell = i == lines && k == p->num_rows ? 0 : INFINITY;
            if (i < lines && k < p->num_rows)
                *cell = cost_of(p, i, k) + cell[stride + 1];
            if (k < p->num_rows && may_be_passed_over(p, k))
                *cell = fminf(*cell, cell[1]);
        }
    return lines ? p->cost[0] / (float)lines : p->cost[0];
}

static void take(const placing *p, rx_view *view) {
    size_t stride = p->num_rows + 1, count = view->count, kept = 0;
    for (size_t i = 0, k = 0; i < count; k++) {
        const float *cell = &p->cost[i * stride + k];
        const rx_view_row *row = &p->rows[k];
        if (may_be_passed_over(p, k) && cell[0] == cell[1])
            continue;
        rx_view_line *line = &view->lines[kept];
        *line = view->lines[i++];
        if (row->peeks)
            continue;
        kept++;
        line->placed = true;
        line->y = row->y;
        line->cut = row->cut;
        line->from_left = row->from_left;
        line->to_right = row->to_right;
        float letter = row->width / (float)strlen(line->text);
        line->ink_left = row->ink_left / letter;
        line->ink_right = row->ink_right / letter;
    }
    view->count = kept;
}

/* Solves it with the better of reading the cut rows or passing over them; false if neither is clear. */
static bool decide(placing *p, const rx_view *view) {
    size_t forced = 0, cut = 0;
    for (size_t k = 0; k < p->num_rows; k++) {
        forced += !p->rows[k].cut && !p->rows[k].peeks;
        cut += p->rows[k].cut;
    }
    float without = solve(p, false), with = cut ? solve(p, true) : INFINITY;
    bool takes_with = with < without;
    float best = fminf(with, without), other = fmaxf(with, without);
    if (!takes_with)
        solve(p, false);
    if (isinf(best) || (!isinf(other) && best > clearly_better * other))
        return false;
    return best < fits || view->count == forced + (takes_with ? cut : 0);
}

pali_status rx_view_place(rx_view *view, const rx_view_row *rows, size_t num_rows,
                          pali_error *err) {
    float letters = 0, width = 0;
    for (size_t i = 0; i < view->count; i++)
        letters += (float)strlen(view->lines[i].text);
    for (size_t k = 0; k < num_rows; k++)
        width += rows[k].cut || rows[k].peeks ? 0 : rows[k].width;
    placing p = {.view = view, .rows = rows, .num_rows = num_rows};
    p.letter = letters > 0 && width > 0 ? width / letters : 1;
    size_t cells = (view->count + 1) * (num_rows + 1);
    p.cost = malloc(cells * sizeof *p.cost);
    if (!p.cost)
        return pali_fail_memory(err, cells * sizeof *p.cost, "placing lines");
    if (decide(&p, view)) {
        take(&p, view);
    } else if (view->count > 0) {
        for (size_t i = 0; i < view->count && i < num_rows && rows[i].cut; i++)
            view->lines[i].edge_above = true;
        for (size_t i = 0; i < view->count && i < num_rows && rows[num_rows - 1 - i].cut; i++)
            view->lines[view->count - 1 - i].edge_below = true;
    }
    free(p.cost);
    return PALI_OK;
}
