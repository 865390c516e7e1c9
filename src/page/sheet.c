/* Finding a sheet: at about 400 pixels, what is darker and narrower than a line of writing is closed,
 * so that the paper is plain. A side of the sheet is a straight line along which it becomes brighter
 * inwards, as a ratio: light that falls off over the page changes nothing. The best lines of each
 * side are combined to the quadrilateral that has the most such edge around it; one side may lie
 * outside of the picture. Then each side is fitted through the steepest places near it. Edges are
 * asked for rather than brightness, in each colour: no threshold parts paper from table when a shadow lies on both. */
#include "page/sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CLOSE = 4, REACH = 3, STRIDE = 3, CANDIDATES = 6, PROBES = 40 };

static const float LEAST_STEP = 0.1f, MOST_STEP = 0.5f; /* of the logarithm to base 2 */
static const double MOST_SLOPE = 0.35;

/* For each side, clockwise from the top: how much brighter it becomes inwards at place u along the
 * side (clockwise) and v inwards from the picture's edge: step[side][u * depth + v]. */
typedef struct edges {
    int width, height;
    float *step[4];
} edges;

static int length_of(const edges *e, int side) {
    return side & 1 ? e->height : e->width;
}

static int depth_of(const edges *e, int side) {
    return side & 1 ? e->width : e->height;
}

static rx_point to_xy(const edges *e, int side, double u, double v) {
    switch (side) {
    case 0:
        return (rx_point){u, v};
    case 1:
        return (rx_point){e->width - v, u};
    case 2:
        return (rx_point){e->width - u, e->height - v};
    default:
        return (rx_point){v, e->height - u};
    }
}

static float step_at(const edges *e, int side, rx_point p) {
    double u = side == 0 ? p.x : side == 1 ? p.y : side == 2 ? e->width - p.x : e->height - p.y;
    double v = side == 0 ? p.y : side == 1 ? e->width - p.x : side == 2 ? e->height - p.y : p.x;
    if (!(u >= 0 && v >= 0 && u < length_of(e, side) && v < depth_of(e, side)))
        return 0;
    return e->step[side][(size_t)u * (size_t)depth_of(e, side) + (size_t)v];
}

/* ---- the picture ---- */

/* Extreme of 2 CLOSE + 1 neighbours along rows, then columns. `spare` has as many pixels. */
static void extreme(uint8_t *pixels, uint8_t *spare, int width, int height, bool brightest) {
    for (int pass = 0; pass < 2; pass++) {
        const uint8_t *in = pass ? spare : pixels;
        uint8_t *out = pass ? pixels : spare;
        int length = pass ? height : width, step = pass ? width : 1;
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) {
                int at = y * width + x, place = pass ? y : x;
                uint8_t best = in[at];
                for (int k = -CLOSE; k <= CLOSE; k++) {
                    if (place + k < 0 || place + k >= length)
                        continue;
                    uint8_t other = in[at + k * step];
                    if (brightest ? other > best : other < best)
                        best = other;
                }
                out[at] = best;
            }
    }
}

/* Adds a channel's steps: the channel in which paper and table differ most counts. */
static void find_steps(edges *e, const uint8_t *closed) {
    float logarithm[256];
    for (int i = 0; i < 256; i++)
        logarithm[i] = log2f((float)i + 8);
    for (int side = 0; side < 4; side++) {
        int length = length_of(e, side), depth = depth_of(e, side);
        for (int u = 0; u < length; u++)
            for (int v = 2; v + REACH < depth; v++) {
                int reach = v < REACH ? v : REACH;
                float in = 0, out = 0;
                for (int k = 0; k < reach; k++) {
                    rx_point a = to_xy(e, side, u + 0.5, v + k + 1.5);
                    rx_point b = to_xy(e, side, u + 0.5, v - k - 0.5);
                    in += logarithm[closed[(int)a.y * e->width + (int)a.x]];
                    out += logarithm[closed[(int)b.y * e->width + (int)b.x]];
                }
                float *step = &e->step[side][(size_t)u * (size_t)depth + (size_t)v];
                *step = fminf(fmaxf(*step, (in - out) / (float)reach), MOST_STEP);
            }
    }
}

static void edges_free(edges *e) {
    for (int side = 0; side < 4; side++)
        free(e->step[side]);
}

static pali_status edges_find(edges *e, const rx_gray channels[3], pali_error *err) {
    size_t pixels = (size_t)channels[0].width * (size_t)channels[0].height;
    uint8_t *closed = malloc(2 * pixels);
    bool enough = closed != NULL;
    *e = (edges){.width = channels[0].width, .height = channels[0].height};
    for (int side = 0; side < 4; side++) {
        e->step[side] = calloc(pixels, sizeof *e->step[side]);
        enough = enough && e->step[side];
    }
    for (int c = 0; c < 3 && enough; c++) {
        memcpy(closed, channels[c].pixels, pixels);
        extreme(closed, closed + pixels, e->width, e->height, true);
        extreme(closed, closed + pixels, e->width, e->height, false);
        find_steps(e, closed);
    }
    free(closed);
    return enough ? PALI_OK : pali_fail_memory(err, pixels * 4 * sizeof(float), "edges");
}

/* ---- lines of a side ---- */

/* v = first at u = 0, v = last at u = length; or nowhere to be seen. */
typedef struct candidate {
    float first, last, score;
} candidate;

/* The most that a run of the line's places adds to its score. */
static float score_line(const edges *e, int side, float first, float last) {
    int length = length_of(e, side), depth = depth_of(e, side);
    float best = 0, sum = 0, v = first, slope = (last - first) * STRIDE / (float)length;
    for (int u = 0; u < length; u += STRIDE, v += slope) {
        sum += e->step[side][(size_t)u * (size_t)depth + (size_t)v] - LEAST_STEP;
        sum = sum > 0 ? sum : 0;
        best = sum > best ? sum : best;
    }
    return best;
}

/* Keeps the best lines that are not nearly the same. */
static int keep(candidate *kept, int count, candidate c) {
    for (int i = 0; i < count; i++)
        if (fabsf(kept[i].first - c.first) + fabsf(kept[i].last - c.last) < 16) {
            if (kept[i].score >= c.score)
                return count;
            memmove(kept + i, kept + i + 1, (size_t)(--count - i) * sizeof *kept);
            i--;
        }
    int at = count;
    while (at > 0 && kept[at - 1].score < c.score)
        at--;
    if (at == CANDIDATES)
        return count;
    count = count < CANDIDATES ? count + 1 : count;
    memmove(kept + at + 1, kept + at, (size_t)(count - at - 1) * sizeof *kept);
    kept[at] = c;
    return count;
}

static int find_candidates(const edges *e, int side, candidate kept[CANDIDATES]) {
    int depth = depth_of(e, side), length = length_of(e, side), count = 0;
    float least = 0.15f * LEAST_STEP * (float)length / STRIDE;
    for (int first = 1; first < depth; first += STRIDE)
        for (int last = 1; last < depth; last += STRIDE) {
            if (abs(last - first) > MOST_SLOPE * length)
                continue;
            float score = score_line(e, side, (float)first, (float)last);
            if (score > least)
                count = keep(kept, count, (candidate){(float)first, (float)last, score});
        }
    return count;
}

/* ---- quadrilaterals ---- */

/* A line as a point and a direction of length 1. */
typedef struct side_line {
    rx_point at, along;
} side_line;

static side_line line_of(const edges *e, int side, const candidate *c) {
    rx_point a = to_xy(e, side, 0, c->first + 0.5);
    rx_point b = to_xy(e, side, length_of(e, side), c->last + 0.5);
    double length = hypot(b.x - a.x, b.y - a.y);
    return (side_line){a, {(b.x - a.x) / length, (b.y - a.y) / length}};
}

static bool meet(const side_line *a, const side_line *b, rx_point *out) {
    double det = a->along.x * b->along.y - a->along.y * b->along.x;
    if (fabs(det) < 0.5)
        return false;
    double t = ((b->at.x - a->at.x) * b->along.y - (b->at.y - a->at.y) * b->along.x) / det;
    *out = (rx_point){a->at.x + t * a->along.x, a->at.y + t * a->along.y};
    return true;
}

/* The side that nobody sees: parallel to the one opposite, as far out as the picture goes. */
static side_line unseen(const edges *e, const side_line sides[4], int missing) {
    const side_line *opposite = &sides[missing ^ 2];
    rx_point along = {-opposite->along.x, -opposite->along.y}, far = {0, 0};
    double most = -1e9;
    for (int i = 0; i < 4; i++) {
        rx_point corner = {i & 1 ? e->width : 0, i & 2 ? e->height : 0};
        /* Clockwise, inwards lies to the right of the direction. */
        double away = corner.x * along.y - corner.y * along.x;
        if (away > most) {
            most = away;
            far = corner;
        }
    }
    return (side_line){far, along};
}

static double quad_area(const rx_point q[4]) {
    double area = 0;
    for (int i = 0; i < 4; i++)
        area += q[i].x * q[(i + 1) & 3].y - q[(i + 1) & 3].x * q[i].y;
    return area / 2;
}

/* Corners of four sides; false if they are no sheet's. */
static bool corners_of(const edges *e, const side_line sides[4], rx_point quad[4]) {
    for (int i = 0; i < 4; i++)
        if (!meet(&sides[(i + 3) & 3], &sides[i], &quad[i]))
            return false;
    double length[4], slack = 0.1 * RX_SOURCE_SMALL;
    for (int i = 0; i < 4; i++) {
        length[i] = hypot(quad[(i + 1) & 3].x - quad[i].x, quad[(i + 1) & 3].y - quad[i].y);
        if (quad[i].x < -slack || quad[i].y < -slack || quad[i].x > e->width + slack ||
            quad[i].y > e->height + slack)
            return false;
    }
    for (int i = 0; i < 2; i++)
        if (length[i] > 2 * length[i + 2] || length[i + 2] > 2 * length[i])
            return false;
    return quad_area(quad) > 0.25 * e->width * e->height;
}

/* What the edge between two corners is worth; `*seen` is the share of it where there is one. */
static double worth(const edges *e, int side, rx_point a, rx_point b, double *seen) {
    double sum = 0, count = 0;
    for (int i = 0; i < PROBES; i++) {
        double t = (i + 0.5) / PROBES;
        float step = step_at(e, side, (rx_point){a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)});
        sum += step - LEAST_STEP;
        count += step > LEAST_STEP;
    }
    *seen = count / PROBES;
    return sum / PROBES * hypot(b.x - a.x, b.y - a.y);
}

static double score_quad(const edges *e, const rx_point quad[4], int missing) {
    double score = 0, seen, all_seen = 0;
    for (int side = 0; side < 4; side++) {
        if (side == missing)
            continue;
        score += worth(e, side, quad[side], quad[(side + 1) & 3], &seen);
        if (seen < 0.5)
            return 0;
        all_seen += seen;
    }
    return all_seen > (missing < 0 ? 2.8 : 2.3) ? score : 0;
}

/* The best of all combinations, one side missing at most. */
static bool find_quad(const edges *e, side_line best_sides[4], int *best_missing) {
    candidate found[4][CANDIDATES];
    int count[4], total = 1;
    double best = 0;
    for (int side = 0; side < 4; side++) {
        count[side] = find_candidates(e, side, found[side]) + 1; /* with none */
        total *= count[side];
    }
    for (int k = 0; k < total; k++) {
        side_line sides[4];
        rx_point quad[4];
        int rest = k, missing = -1, misses = 0;
        for (int side = 0; side < 4; side++) {
            int choice = rest % count[side] - 1;
            rest /= count[side];
            if (choice >= 0) {
                sides[side] = line_of(e, side, &found[side][choice]);
            } else {
                missing = side;
                misses++;
            }
        }
        if (misses > 1)
            continue;
        if (misses == 1)
            sides[missing] = unseen(e, sides, missing);
        if (!corners_of(e, sides, quad))
            continue;
        double score = score_quad(e, quad, missing);
        if (score > best) {
            best = score;
            memcpy(best_sides, sides, sizeof sides);
            *best_missing = missing;
        }
    }
    return best > 0;
}

/* ---- fitting ---- */

/* The steepest place near a side, on the way from outside inwards. */
static rx_point probe(const edges *e, int side, rx_point a, rx_point b, double t) {
    double length = hypot(b.x - a.x, b.y - a.y), weight = 0, sum = 0;
    rx_point inward = {-(b.y - a.y) / length, (b.x - a.x) / length};
    rx_point p = {a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)};
    for (double d = -6; d <= 6; d += 0.5) {
        float step = step_at(e, side, (rx_point){p.x + d * inward.x, p.y + d * inward.y});
        double w = (double)step * step * step;
        weight += w;
        sum += w * d;
    }
    double d = weight > 0 ? sum / weight : 0;
    return (rx_point){p.x + d * inward.x, p.y + d * inward.y};
}

/* Least squares (principal axis) through the probes, twice: the second time without those that are
 * far from the first line. */
static side_line fit_side(const edges *e, int side, rx_point a, rx_point b) {
    rx_point points[PROBES];
    for (int i = 0; i < PROBES; i++)
        points[i] = probe(e, side, a, b, 0.04 + 0.92 * i / (PROBES - 1));
    side_line out = {a, {0, 0}};
    double limit = 1e9;
    for (int round = 0; round < 2; round++) {
        double n = 0, mx = 0, my = 0, xx = 0, xy = 0, yy = 0, error = 0;
        for (int i = 0; i < PROBES; i++) {
            double off = round ? fabs((points[i].x - out.at.x) * out.along.y -
                                      (points[i].y - out.at.y) * out.along.x)
                               : 0;
            if (off > limit)
                continue;
            n++;
            mx += points[i].x;
            my += points[i].y;
            xx += points[i].x * points[i].x;
            xy += points[i].x * points[i].y;
            yy += points[i].y * points[i].y;
        }
        mx /= n;
        my /= n;
        double angle = 0.5 * atan2(2 * (xy / n - mx * my), xx / n - mx * mx - yy / n + my * my);
        rx_point along = {cos(angle), sin(angle)};
        if (along.x * (b.x - a.x) + along.y * (b.y - a.y) < 0)
            along = (rx_point){-along.x, -along.y};
        out = (side_line){{mx, my}, along};
        for (int i = 0; i < PROBES; i++)
            error += fabs((points[i].x - mx) * along.y - (points[i].y - my) * along.x) / PROBES;
        limit = 2 * error + 0.5;
    }
    return out;
}

/* Corners in pixels of the small picture. */
static bool find_corners(const edges *e, rx_point quad[4]) {
    side_line sides[4], fitted[4];
    int missing = -1;
    if (!find_quad(e, sides, &missing) || !corners_of(e, sides, quad))
        return false;
    for (int side = 0; side < 4; side++)
        if (side != missing)
            fitted[side] = fit_side(e, side, quad[side], quad[(side + 1) & 3]);
    if (missing >= 0)
        fitted[missing] = unseen(e, fitted, missing);
    return corners_of(e, fitted, quad);
}

pali_status rx_sheet_find(rx_point corners[4], bool *found, const rx_source *source,
                          pali_error *err) {
    *found = false;
    int width = source->small[0].width, height = source->small[0].height;
    if (width < 40 || height < 40)
        return PALI_OK;
    edges e = {0};
    pali_status status = edges_find(&e, source->small, err);
    rx_point quad[4];
    if (!status && find_corners(&e, quad)) {
        *found = true;
        for (int i = 0; i < 4; i++)
            corners[i] =
                (rx_point){quad[i].x * source->width / width, quad[i].y * source->height / height};
    }
    edges_free(&e);
    return status;
}
