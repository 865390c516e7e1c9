/* From pieces to lines: each group becomes a line with a curve; small parts (dots, dashes, commas)
 * join the line they are nearest to; then every pixel of ink gets its owner, and the line is measured
 * along its curve. */
#include "page/text_lines.h"

#include "page/pieces.h"
#include "page/reading_order.h"
#include "page/skew.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BINS = 512 }; /* of a profile across a line */

void rx_text_line_to_frame(const rx_text_line *line, double x, double y, float *t, float *v) {
    double dx = x - line->x, dy = y - line->y;
    double along = dx * line->cosine + dy * line->sine;
    double knot = along / line->knot_step;
    knot = knot < 0 ? 0 : knot > line->num_knots - 1 ? line->num_knots - 1 : knot;
    int k = (int)knot < line->num_knots - 1 ? (int)knot : line->num_knots - 2;
    double part = knot - k;
    *t = (float)along;
    *v = (float)(dy * line->cosine - dx * line->sine - line->offset[k] * (1 - part) -
                 line->offset[k + 1] * part);
}

void rx_text_line_to_page(const rx_text_line *line, double t, double v, double *x, double *y) {
    double knot = t / line->knot_step;
    knot = knot < 0 ? 0 : knot > line->num_knots - 1 ? line->num_knots - 1 : knot;
    int k = (int)knot < line->num_knots - 1 ? (int)knot : line->num_knots - 2;
    double part = knot - k;
    v += line->offset[k] * (1 - part) + line->offset[k + 1] * part;
    *x = line->x + t * line->cosine - v * line->sine;
    *y = line->y + t * line->sine + v * line->cosine;
}

/* Weighted straight line through pieces: weight (1 - (d / reach)^2)^2 around `center`, or 1 for all
 * where reach is 0. `ridge` holds the slope back. Value at `center`, and slope. */
static void fit(const rx_piece *const *piece, int count, double center, double reach, double ridge,
                double *value, double *slope) {
    double n = 0, mx = 0, my = 0, xx = 0, xy = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < count; i++) {
            double d = reach > 0 ? (piece[i]->x - center) / reach : 0;
            double w = fabs(d) < 1 ? (1 - d * d) * (1 - d * d) * piece[i]->width : 0;
            if (pass == 0) {
                n += w;
                mx += w * piece[i]->x;
                my += w * piece[i]->y;
            } else {
                xx += w * (piece[i]->x - mx) * (piece[i]->x - mx);
                xy += w * (piece[i]->x - mx) * (piece[i]->y - my);
            }
        }
        if (pass == 0 && n > 0) {
            mx /= n;
            my /= n;
        }
    }
    *slope = n > 0 ? xy / (xx + n * ridge * ridge) : 0;
    *value = my + *slope * (center - mx);
}

/* The frame and the curve of a line. */
static pali_status bend(rx_text_line *line, const rx_piece *const *piece, int count,
                        pali_error *err) {
    double x0 = 1e9, x1 = -1e9, height = 0, value, slope;
    for (int i = 0; i < count; i++) {
        x0 = fmin(x0, piece[i]->x - piece[i]->width / 2);
        x1 = fmax(x1, piece[i]->x + piece[i]->width / 2);
        height += piece[i]->height / count;
    }
    fit(piece, count, x0, 0, 1.5 * height, &value, &slope);
    double length = hypot(1, slope);
    line->x = x0;
    line->y = value;
    line->cosine = 1 / length;
    line->sine = slope / length;
    line->row = piece[0]->row;
    line->letter_height = (float)height;
    line->knot_step = (float)(1.5 * height);
    line->num_knots = (int)((x1 - x0) * length / line->knot_step) + 2;
    line->offset = calloc((size_t)line->num_knots, sizeof *line->offset);
    if (!line->offset)
        return pali_fail_memory(err, (size_t)line->num_knots * sizeof *line->offset, "a line");
    double before = 0;
    for (int k = 0; k < line->num_knots; k++) {
        double x = x0 + k * line->knot_step * line->cosine, at, local;
        fit(piece, count, x, 9 * height, 4 * height, &at, &local);
        double off = (at - (value + slope * (x - x0))) * line->cosine;
        if (at == 0) /* no piece within reach */
            off = before;
        line->offset[k] = (float)off;
        before = off;
    }
    return PALI_OK;
}

/* Lines of the groups, in the order of the groups. */
static pali_status bend_all(rx_text_lines *lines, const rx_pieces *pieces, int num_groups,
                            pali_error *err) {
    lines->line = calloc((size_t)num_groups + 1, sizeof *lines->line);
    const rx_piece **sorted = malloc(((size_t)pieces->count + 1) * sizeof *sorted);
    int *first = calloc((size_t)num_groups + 2, sizeof *first);
    pali_status status = PALI_OK;
    if (!lines->line || !sorted || !first) {
        status = pali_fail_memory(err, (size_t)pieces->count * sizeof *sorted, "lines");
    } else {
        for (int i = 0; i < pieces->count; i++)
            first[pieces->piece[i].group + 2]++;
        for (int g = 0; g < num_groups; g++)
            first[g + 1] += first[g];
        for (int i = 0; i < pieces->count; i++)
            sorted[first[pieces->piece[i].group + 1]++] = &pieces->piece[i];
        for (int g = 0; g < num_groups && !status; g++) {
            status = bend(&lines->line[g], sorted + first[g], first[g + 1] - first[g], err);
            lines->count += !status;
        }
    }
    free(sorted);
    free(first);
    return status;
}

/* How far a small part is from a line: its height above or below the curve, in letter heights, and a
 * share of the way beyond its ends. Dust is as small as a dot: it counts only close by. */
static float distance(const rx_text_line *line, float x0, float x1, const rx_part *p) {
    float t, v, height = line->letter_height;
    rx_text_line_to_frame(line, p->x, p->y, &t, &v);
    float beyond = fmaxf(fmaxf(x0 - (float)p->x1, (float)p->x0 - x1), 0);
    bool is_dust = (float)p->area < 0.02f * height * height;
    if (beyond > (is_dust ? 0.5f : 2.2f) * height || fabsf(v) > (is_dust ? 0.9f : 1.1f) * height)
        return 1e9f;
    return (fabsf(v) + 0.25f * beyond) / height;
}

/* The line of each part by its pieces, 1 + index; small parts by distance. */
static pali_status assign(int32_t *line_of, const rx_text_lines *lines, const rx_pieces *pieces,
                          const rx_parts *parts, float letter_height, pali_error *err) {
    float(*span)[2] = malloc(((size_t)lines->count + 1) * sizeof *span);
    if (!span)
        return pali_fail_memory(err, (size_t)lines->count * sizeof *span, "lines");
    for (int i = 0; i < lines->count; i++)
        span[i][0] = 1e9f, span[i][1] = -1e9f;
    for (int i = 0; i < pieces->count; i++) {
        const rx_piece *p = &pieces->piece[i];
        span[p->group][0] = fminf(span[p->group][0], p->x - p->width / 2);
        span[p->group][1] = fmaxf(span[p->group][1], p->x + p->width / 2);
        line_of[p->part] = p->group + 1; /* of several, the last; split parts go by pixels */
    }
    int budget = 20000000; /* pairs: noise may have a hundred thousand specks */
    for (int i = 0; i < parts->count && budget > 0; i++) {
        const rx_part *p = &parts->part[i];
        if (line_of[i] || p->area < 4 || (float)rx_part_height(p) > 3 * letter_height)
            continue;
        float best = 1.3f;
        for (int k = 0; k < lines->count; k++) {
            const rx_text_line *line = &lines->line[k];
            if ((float)rx_part_height(p) > 1.6f * line->letter_height)
                continue;
            float d = distance(line, span[k][0], span[k][1], p);
            if (d < best) {
                best = d;
                line_of[i] = k + 1;
            }
        }
        budget -= lines->count;
    }
    free(span);
    return PALI_OK;
}

/* The nearest line that holds a pixel of a split part between its ends. */
static int32_t nearest_line(const rx_text_lines *lines, double x, double y, int32_t otherwise) {
    float best = 2;
    for (int k = 0; k < lines->count; k++) {
        const rx_text_line *line = &lines->line[k];
        float t, v, height = line->letter_height;
        rx_text_line_to_frame(line, x, y, &t, &v);
        float end = line->knot_step * (float)(line->num_knots - 1);
        if (t < -height || t > end + height)
            continue;
        if (fabsf(v) / height < best) {
            best = fabsf(v) / height;
            otherwise = k + 1;
        }
    }
    return otherwise;
}

static void own(rx_text_lines *lines, const rx_parts *parts, const int32_t *line_of,
                const bool *is_split) {
    for (int y = 0; y < parts->height; y++)
        for (int x = 0; x < parts->width; x++) {
            size_t at = (size_t)y * (size_t)parts->width + (size_t)x;
            int32_t label = parts->label[at];
            if (!label)
                lines->owner[at] = 0;
            else if (is_split[label - 1])
                lines->owner[at] = nearest_line(lines, x + 0.5, y + 0.5, line_of[label - 1]);
            else
                lines->owner[at] = line_of[label - 1];
        }
}

/* What is counted of a line's pixels. */
typedef struct profile {
    uint32_t across[BINS]; /* by v, a bin a 24th of a letter height, 0 in the middle */
    uint32_t darkness[256], count;
} profile;

static int bin_of(const rx_text_line *line, float v) {
    int bin = (int)floorf(v / line->letter_height * 24) + BINS / 2;
    return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
}

static float place_of(const rx_text_line *line, int bin) {
    return (float)(bin - BINS / 2) / 24 * line->letter_height;
}

static void count_pixels(rx_text_lines *lines, const rx_gray *ink, profile *profiles) {
    for (int i = 0; i < lines->count; i++) {
        lines->line[i].begin = lines->line[i].x_min = lines->line[i].y_min = 1e9f;
        lines->line[i].end = lines->line[i].x_max = lines->line[i].y_max = -1e9f;
    }
    for (int y = 0; y < ink->height; y++)
        for (int x = 0; x < ink->width; x++) {
            size_t at = (size_t)y * (size_t)ink->width + (size_t)x;
            if (!lines->owner[at])
                continue;
            rx_text_line *line = &lines->line[lines->owner[at] - 1];
            profile *p = &profiles[lines->owner[at] - 1];
            float t, v;
            rx_text_line_to_frame(line, x + 0.5, y + 0.5, &t, &v);
            line->begin = fminf(line->begin, t - 0.5f);
            line->end = fmaxf(line->end, t + 0.5f);
            line->x_min = fminf(line->x_min, (float)x);
            line->x_max = fmaxf(line->x_max, (float)x + 1);
            line->y_min = fminf(line->y_min, (float)y);
            line->y_max = fmaxf(line->y_max, (float)y + 1);
            p->across[bin_of(line, v)]++;
            p->darkness[ink->pixels[at]]++;
            p->count++;
        }
}

static void extend(const double full[BINS], double least, int *top, int *bottom) {
    while (*top > 0 && full[*top - 1] > least)
        --*top;
    while (*bottom < BINS - 1 && full[*bottom + 1] > least)
        ++*bottom;
}

/* The band of small letters: around the fullest height, as far as it is nearly half as full; then
 * once more, against the mean of that band, which a single heavy stroke does not sway. */
static void find_core(rx_text_line *line, const profile *p) {
    double full[BINS] = {0}, most = 0;
    int peak = BINS / 2;
    for (int i = 3; i < BINS - 3; i++) {
        for (int k = -3; k <= 3; k++)
            full[i] += p->across[i + k];
        if (full[i] > most) {
            most = full[i];
            peak = i;
        }
    }
    int top = peak, bottom = peak;
    extend(full, 0.42 * most, &top, &bottom);
    double sum = 0;
    for (int i = top; i <= bottom; i++)
        sum += full[i];
    most = sum / (bottom - top + 1);
    top = bottom = peak;
    extend(full, 0.6 * most, &top, &bottom);
    line->core_top = place_of(line, top);
    line->core_bottom = place_of(line, bottom + 1);
    for (int i = 0; i < BINS; i++) {
        line->ink_above += i < top ? (float)p->across[i] : 0;
        line->ink_below += i > bottom ? (float)p->across[i] : 0;
    }
}

static void measure(rx_text_line *line, const profile *p) {
    find_core(line, p);
    uint32_t outliers = p->count / 500, seen = 0;
    int top = 0, bottom = BINS - 1, dark = 255;
    while (top < BINS - 1 && seen + p->across[top] <= outliers)
        seen += p->across[top++];
    for (seen = 0; bottom > top && seen + p->across[bottom] <= outliers; bottom--)
        seen += p->across[bottom];
    line->top = place_of(line, top);
    line->bottom = place_of(line, bottom + 1);
    for (seen = 0; dark > 0 && (seen += p->darkness[dark]) * 5 < p->count; dark--) {
    }
    line->darkness = (float)dark;
}

/* Drops lines without ink, and specks that no line took. */
static pali_status drop_empty(rx_text_lines *lines, const profile *profiles, pali_error *err) {
    int32_t *now = malloc(((size_t)lines->count + 1) * sizeof *now);
    if (!now)
        return pali_fail_memory(err, (size_t)lines->count * sizeof *now, "lines");
    int kept = 0;
    now[0] = 0;
    for (int i = 0; i < lines->count; i++) {
        rx_text_line *line = &lines->line[i];
        float area = 0.1f * line->letter_height * line->letter_height;
        bool keep = (float)profiles[i].count > area &&
                    line->bottom - line->top > 0.25f * line->letter_height;
        now[i + 1] = keep ? kept + 1 : 0;
        if (keep)
            lines->line[kept++] = *line;
        else
            free(line->offset);
    }
    lines->count = kept;
    for (size_t i = 0; i < (size_t)lines->width * (size_t)lines->height; i++)
        lines->owner[i] = now[lines->owner[i]];
    free(now);
    return PALI_OK;
}

static pali_status measure_all(rx_text_lines *lines, const rx_gray *ink, pali_error *err) {
    profile *profiles = calloc((size_t)lines->count + 1, sizeof *profiles);
    if (!profiles)
        return pali_fail_memory(err, (size_t)lines->count * sizeof *profiles, "profiles of lines");
    count_pixels(lines, ink, profiles);
    for (int i = 0; i < lines->count; i++)
        measure(&lines->line[i], &profiles[i]);
    pali_status status = drop_empty(lines, profiles, err);
    free(profiles);
    return status;
}

pali_status rx_text_lines_find(rx_text_lines *out, const rx_parts *parts, const rx_gray *ink,
                               const rx_gray *rules, float letter_height, pali_error *err) {
    size_t pixels = (size_t)parts->width * (size_t)parts->height;
    rx_text_lines lines = {.width = parts->width, .height = parts->height};
    rx_pieces pieces;
    int num_groups = 0;
    pali_status status = rx_pieces_cut(&pieces, parts, letter_height, err);
    if (status)
        return status;
    int32_t *line_of = calloc((size_t)parts->count + 1, sizeof *line_of);
    lines.owner = malloc(pixels * sizeof *lines.owner);
    if (!line_of || !lines.owner)
        status = pali_fail_memory(err, pixels * sizeof *lines.owner, "owners of ink");
    if (!status)
        status = rx_pieces_group(&pieces, &num_groups, rules, letter_height, err);
    if (!status)
        status = bend_all(&lines, &pieces, num_groups, err);
    if (!status)
        status = assign(line_of, &lines, &pieces, parts, letter_height, err);
    if (!status) {
        own(&lines, parts, line_of, pieces.is_split);
        status = measure_all(&lines, ink, err);
    }
    if (!status)
        status = rx_reading_order(&lines, err);
    free(line_of);
    rx_pieces_free(&pieces);
    if (status)
        rx_text_lines_free(&lines);
    else
        *out = lines;
    return status;
}

void rx_text_lines_free(rx_text_lines *lines) {
    for (int i = 0; lines->line && i < lines->count; i++)
        free(lines->line[i].offset);
    free(lines->line);
    free(lines->owner);
    *lines = (rx_text_lines){0};
}
