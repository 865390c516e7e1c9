/* Reading order by recursive cuts (Nagy and Seth's X-Y cut), on the lines' boxes: a set of lines is
 * cut at its widest gutter if that divides columns of at least three rows each, else at its first
 * horizontal gap; what cannot be cut is sorted into rows. */
#include "page/reading_order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef const rx_text_line *box;

static int by_top(const void *a, const void *b) {
    const rx_text_line *const *p = a, *const *q = b;
    float yp = (*p)->y_min + (*p)->y_max, yq = (*q)->y_min + (*q)->y_max;
    return yp != yq ? (yp < yq ? -1 : 1) : *p < *q ? -1 : *p > *q;
}

static int by_left(const void *a, const void *b) {
    const rx_text_line *const *p = a, *const *q = b;
    return (*p)->x_min != (*q)->x_min ? ((*p)->x_min < (*q)->x_min ? -1 : 1)
           : *p < *q                  ? -1
                                      : *p > *q;
}

/* Whether two lines stand in one row: half of the lower one beside the other. */
static bool one_row(box a, box b) {
    float over = fminf(a->y_max, b->y_max) - fmaxf(a->y_min, b->y_min);
    return over > 0.5f * fminf(a->y_max - a->y_min, b->y_max - b->y_min);
}

static void sort_rows(box *lines, int count) {
    qsort(lines, (size_t)count, sizeof *lines, by_top);
    for (int begin = 0; begin < count;) {
        int end = begin + 1;
        while (end < count && one_row(lines[begin], lines[end]))
            end++;
        qsort(lines + begin, (size_t)(end - begin), sizeof *lines, by_left);
        begin = end;
    }
}

static int rows_of(box *lines, int count) {
    int rows = 0;
    qsort(lines, (size_t)count, sizeof *lines, by_top);
    for (int i = 0; i < count; i++)
        rows += i == 0 || !one_row(lines[i - 1], lines[i]);
    return rows;
}

/* Whether what is beside a gutter are the cells of a table, which is read row by row: most lines of
 * the side that has fewer stand exactly beside one of the other. Columns of their own do so by
 * chance only. */
static bool is_table(const box *left, int num_left, const box *right, int num_right) {
    if (num_left < num_right)
        return is_table(right, num_right, left, num_left);
    int beside = 0;
    for (int i = 0; i < num_right; i++) {
        bool found = false;
        for (int k = 0; k < num_left && !found; k++) {
            float apart =
                fabsf(right[i]->y_min + right[i]->y_max - left[k]->y_min - left[k]->y_max);
            found = apart < fminf(right[i]->letter_height, left[k]->letter_height); /* twice */
        }
        beside += found;
    }
    return 3 * beside >= 2 * num_right;
}

/* Divides the lines at the widest gutter that no line crosses: how many lie to its left, or 0. */
static int cut_columns(box *lines, int count) {
    qsort(lines, (size_t)count, sizeof *lines, by_left);
    float right = lines[0]->x_max, widest = 0;
    int cut = 0;
    for (int i = 1; i < count; i++) {
        float gap = lines[i]->x_min - right;
        if (gap > widest && gap > 0.5f * lines[i]->letter_height) {
            widest = gap;
            cut = i;
        }
        right = fmaxf(right, lines[i]->x_max);
    }
    if (cut < 3 || count - cut < 3 || rows_of(lines, cut) < 3 ||
        rows_of(lines + cut, count - cut) < 3)
        return 0;
    return is_table(lines, cut, lines + cut, count - cut) ? 0 : cut;
}

static void order(box *lines, int count, int depth) {
    if (count < 2)
        return;
    int cut = depth < 8 ? cut_columns(lines, count) : 0;
    if (cut > 0) {
        order(lines, cut, depth + 1);
        order(lines + cut, count - cut, depth + 1);
        return;
    }
    /* The widest empty band across: above and below are read apart. */
    qsort(lines, (size_t)count, sizeof *lines, by_top);
    float bottom = lines[0]->y_max, widest = 0;
    for (int i = 1; i < count && depth < 8; i++) {
        float gap = lines[i]->y_min - bottom;
        if (gap > widest && gap > 0.6f * lines[i]->letter_height) {
            bool clear = true;
            for (int k = i; k < count && clear; k++)
                clear = lines[k]->y_min >= bottom;
            if (clear) {
                widest = gap;
                cut = i;
            }
        }
        bottom = fmaxf(bottom, lines[i]->y_max);
    }
    if (cut > 0) {
        order(lines, cut, depth + 1);
        order(lines + cut, count - cut, depth + 1);
    } else {
        sort_rows(lines, count);
    }
}

pali_status rx_reading_order(rx_text_lines *lines, pali_error *err) {
    size_t count = (size_t)lines->count;
    box *sorted = malloc((count + 1) * sizeof *sorted);
    rx_text_line *line = malloc((count + 1) * sizeof *line);
    int32_t *now = calloc(count + 1, sizeof *now);
    if (!sorted || !line || !now) {
        free(sorted);
        free(line);
        free(now);
        return pali_fail_memory(err, count * sizeof *line, "the order of lines");
    }
    for (size_t i = 0; i < count; i++)
        sorted[i] = &lines->line[i];
    order(sorted, lines->count, 0);
    for (size_t i = 0; i < count; i++) {
        line[i] = *sorted[i];
        now[sorted[i] - lines->line + 1] = (int32_t)i + 1;
    }
    for (size_t i = 0; i < (size_t)lines->width * (size_t)lines->height; i++)
        lines->owner[i] = now[lines->owner[i]];
    free(lines->line);
    lines->line = line;
    free(sorted);
    free(now);
    return PALI_OK;
}
