/* Grouping pieces into lines. Each piece is smeared into a flat Gaussian hump of its own size; the
 * humps of a line add up to a ridge that follows it, however it bends, and that hardly notices a
 * missing letter. A piece belongs to the ridge that it reaches uphill. Smearing every piece by its
 * own size keeps large letterheads and small print apart, which one filter for the whole page does
 * not. Groups are cut at wide gaps, where a rule comes down between two pieces, and where other lines
 * begin behind a lesser gap, so that two columns do not become one line; what a ridge lost is joined again
 * where one group continues another. */
#include "page/pieces.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const float WIDE_GAP = 3.2f;                   /* letter heights at which a line ends */
static const float RULED_GAP = 0.15f;                 /* and where a rule comes down in it */
static const float COLUMN_GAP = 1.0f;                 /* and where lines around begin behind it */
static const float FLOOR = 0.02f;                     /* height of a ridge that counts */
static const float SPREAD_X = 1.1f, SPREAD_Y = 0.27f; /* deviations, in letter heights */

enum { MOST_GROUPS = 2000 }; /* more is noise, not text */

/* The landscape of humps: pixels of `scale` page pixels. */
typedef struct landscape {
    int width, height;
    float scale;
    float *hill;    /* [height, width] */
    int32_t *ridge; /* [height, width]: 1 + number of the ridge whose crest is there, or 0 */
} landscape;

static void smear(landscape *land, const rx_piece *p) {
    float sx = SPREAD_X * p->height / land->scale, sy = SPREAD_Y * p->height / land->scale;
    float x = p->x / land->scale - 0.5f, y = p->y / land->scale - 0.5f;
    float weight = (p->width < p->height ? p->width : p->height) / p->height;
    int x0 = (int)floorf(x - 2.6f * sx), x1 = (int)ceilf(x + 2.6f * sx);
    int y0 = (int)floorf(y - 3 * sy), y1 = (int)ceilf(y + 3 * sy);
    x0 = x0 < 0 ? 0 : x0;
    y0 = y0 < 0 ? 0 : y0;
    for (int v = y0; v <= y1 && v < land->height; v++) {
        float across = weight * expf(-0.5f * ((float)v - y) * ((float)v - y) / (sy * sy));
        for (int u = x0; u <= x1 && u < land->width; u++) {
            float d = ((float)u - x) / sx;
            float fall = 1 - d * d / 6.8f; /* its cube is nearly exp(-d * d / 2) */
            if (fall > 0)
                land->hill[v * land->width + u] += across * fall * fall * fall;
        }
    }
}

/* Crests of column x continue those of column x - 1. */
static void trace(landscape *land) {
    int32_t ridges = 0;
    for (int x = 0; x < land->width; x++)
        for (int y = 0; y < land->height; y++) {
            const float *h = land->hill + y * land->width + x;
            float above = y > 0 ? h[-land->width] : 0;
            float below = y + 1 < land->height ? h[land->width] : 0;
            if (!(*h > FLOOR && *h > above && *h >= below))
                continue;
            static const int order[] = {0, -1, 1, -2, 2};
            int32_t *mine = land->ridge + y * land->width + x;
            for (int k = 0; k < 5 && x > 0 && !*mine; k++)
                if (y + order[k] >= 0 && y + order[k] < land->height)
                    *mine = mine[order[k] * land->width - 1];
            if (!*mine)
                *mine = ++ridges;
        }
}

static int ridge_of(const landscape *land, const rx_piece *p) {
    int x = (int)(p->x / land->scale), y = (int)(p->y / land->scale);
    x = x < land->width ? x : land->width - 1;
    y = y < land->height ? y : land->height - 1;
    for (;;) {
        const float *h = land->hill + y * land->width + x;
        if (y > 0 && h[-land->width] >= *h)
            y--;
        else if (y + 1 < land->height && h[land->width] > *h)
            y++;
        else
            return land->ridge[y * land->width + x];
    }
}

/* A group: pieces first .. first + count - 1 of the sorted array. */
typedef struct group {
    int first, count;
    int next, before; /* in its row, or -1 */
    bool begins;      /* a line: nothing is before it, or a rule is between */
    float x0, x1, height;
    float left_y, right_y, left_slope, right_slope; /* at its ends */
} group;

static int by_group_and_x(const void *a, const void *b) {
    const rx_piece *p = a, *q = b;
    if (p->group != q->group)
        return p->group < q->group ? -1 : 1;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return p->y < q->y ? -1 : p->y > q->y;
}

/* Height and slope of a line through the pieces of a group within `reach` of x. */
static void end_of(const rx_piece *piece, int count, float x, float reach, float *y, float *slope) {
    double n = 0, mx = 0, my = 0, xx = 0, xy = 0;
    for (int i = 0; i < count; i++)
        if (fabsf(piece[i].x - x) <= reach) {
            n++;
            mx += piece[i].x;
            my += piece[i].y;
        }
    if (n == 0) {
        *y = piece[0].y;
        *slope = 0;
        return;
    }
    mx /= n;
    my /= n;
    for (int i = 0; i < count; i++)
        if (fabsf(piece[i].x - x) <= reach) {
            xx += (piece[i].x - mx) * (piece[i].x - mx);
            xy += (piece[i].x - mx) * (piece[i].y - my);
        }
    /* A short end has no slope to speak of: the page is level. */
    float s = (float)(xy / (xx + 0.5 * reach * reach));
    *slope = s > 0.35f ? 0.35f : s < -0.35f ? -0.35f : s;
    *y = (float)my + *slope * (x - (float)mx);
}

static void measure(group *g, const rx_piece *piece) {
    double height = 0;
    g->x0 = 1e9f;
    g->x1 = -1e9f;
    for (int i = g->first; i < g->first + g->count; i++) {
        height += piece[i].height;
        g->x0 = fminf(g->x0, piece[i].x - piece[i].width / 2);
        g->x1 = fmaxf(g->x1, piece[i].x + piece[i].width / 2);
    }
    g->height = (float)(height / g->count);
    float reach = 5 * g->height;
    end_of(piece + g->first, g->count, g->x0, reach, &g->left_y, &g->left_slope);
    end_of(piece + g->first, g->count, g->x1, reach, &g->right_y, &g->right_slope);
}

/* Whether row y has a pixel of a rule in columns [x0, x1). */
static bool is_crossed(const rx_gray *rules, int x0, int x1, int y) {
    return x0 < x1 && memchr(rules->pixels + (size_t)y * (size_t)rules->width + x0, 255,
                             (size_t)(x1 - x0)) != NULL;
}

/* Whether a rule comes down between x0 and x1, over two heights of a letter around y. */
static bool is_ruled(const rx_gray *rules, float x0, float x1, float y, float height) {
    if (x1 - x0 < RULED_GAP * height)
        return false;
    int left = x0 < 0 ? 0 : (int)x0, right = (int)fminf(x1 + 1, (float)rules->width);
    int top = (int)fmaxf(y - height, 0), bottom = (int)fminf(y + height, (float)rules->height);
    int crossed = 0;
    for (int row = top; row < bottom; row++)
        crossed += is_crossed(rules, left, right, row);
    return bottom > top && crossed >= 0.8f * (float)(bottom - top);
}

/* What divides lines: rules, and columns, which show by the groups that begin at them. */
typedef struct dividers {
    const rx_gray *rules;
    const group *starts;
    int num_starts;
} dividers;

/* Whether behind the gap from x0 to x1 stands the column of a table: lines above or below begin there, too. What is
 * left of it begins at `begin`; a number before the text of a list is no column. */
static bool is_column(const dividers *by, float begin, float x0, float x1, float y, float height) {
    enum { ENOUGH = 2 };
    if (x1 - x0 < COLUMN_GAP * height || x0 - begin < 4 * height)
        return false;
    int alike = 0;
    for (int i = 0; i < by->num_starts && alike < ENOUGH; i++) {
        float away = fabsf(by->starts[i].left_y - y);
        alike += fabsf(by->starts[i].x0 - x1) < 0.5f * height && away > 0.7f * height &&
                 away < 12 * height;
    }
    return alike == ENOUGH;
}

/* Pieces sorted by ridge and x, cut at wide gaps, at rules and between columns; what those two divide stays in one
 * row. */
static int cut_groups(group *groups, rx_piece *piece, int count, const dividers *by) {
    int num_groups = 0;
    bool divided = false;
    for (int i = 0; i < count;) {
        group g = {.first = i, .next = -1, .before = divided ? num_groups - 1 : -1, .begins = true};
        float right = piece[i].x + piece[i].width / 2, begin = piece[i].x - piece[i].width / 2;
        divided = false;
        for (i++; i < count && piece[i].group == piece[g.first].group; i++) {
            float height = fmaxf(piece[i].height, piece[i - 1].height);
            float left = piece[i].x - piece[i].width / 2, y = (piece[i].y + piece[i - 1].y) / 2;
            bool wide = left - right > WIDE_GAP * height;
            divided = !wide && (is_ruled(by->rules, right, left, y, height) ||
                                is_column(by, begin, right, left, y, height));
            if (wide || divided)
                break;
            right = fmaxf(right, piece[i].x + piece[i].width / 2);
        }
        g.count = i - g.first;
        g.next = divided ? num_groups + 1 : -1;
        measure(&g, piece);
        groups[num_groups++] = g;
    }
    return num_groups;
}

/* How badly `b` continues `a`: 1 and more is not at all. */
static float misfit(const group *a, const group *b) {
    float height = fmaxf(a->height, b->height), low = fminf(a->height, b->height);
    float gap = b->x0 - a->x1;
    if (gap > WIDE_GAP * height || gap < -1.0f * height || height > 2.2f * low ||
        a->x0 + a->x1 >= b->x0 + b->x1)
        return 2;
    float middle = a->x1 + gap / 2;
    float ya = a->right_y + a->right_slope * (middle - a->x1);
    float yb = b->left_y + b->left_slope * (middle - b->x0);
    float straight = fabsf(a->right_y - b->left_y), along = fabsf(ya - yb);
    return fminf(straight, along) / (0.45f * height) + 0.1f * fmaxf(gap, 0) / height;
}

typedef struct joint {
    float misfit;
    int from, to;
} joint;

static int better(const void *a, const void *b) {
    const joint *p = a, *q = b;
    if (p->misfit != q->misfit)
        return p->misfit < q->misfit ? -1 : 1;
    return p->from != q->from ? p->from - q->from : p->to - q->to;
}

/* Joins groups, best fit first, each at most once on either side. Rows run from left to right; rules
 * divide them into lines. */
static pali_status chain(group *groups, int count, const dividers *by, pali_error *err) {
    size_t num_joints = 0, room = 0;
    joint *joints = NULL;
    for (int i = 0; i < count; i++)
        for (int k = 0; k < count; k++) {
            float m = misfit(&groups[i], &groups[k]);
            if (m >= 1)
                continue;
            if (num_joints == room) {
                room = 2 * room + 64;
                joint *more = realloc(joints, room * sizeof *joints);
                if (!more) {
                    free(joints);
                    return pali_fail_memory(err, room * sizeof *joints, "pieces of lines");
                }
                joints = more;
            }
            joints[num_joints++] = (joint){m, i, k};
        }
    if (num_joints > 0)
        qsort(joints, num_joints, sizeof *joints, better);
    for (size_t i = 0; i < num_joints; i++) {
        group *from = &groups[joints[i].from], *to = &groups[joints[i].to];
        if (from->next >= 0 || to->before >= 0)
            continue;
        from->next = joints[i].to;
        to->before = joints[i].from;
        float y = (from->right_y + to->left_y) / 2, height = fmaxf(from->height, to->height);
        to->begins = is_ruled(by->rules, from->x1, to->x0, y, height) ||
                     is_column(by, from->x0, from->x1, to->x0, y, height);
    }
    free(joints);
    return PALI_OK;
}

/* A line as a whole. */
typedef struct line_sums {
    double ink, y, x0, x1, height, count;
    bool is_split; /* all of it comes from parts that were cut across */
} line_sums;

/* The leftmost group of a row stands for it. */
static int row_of(const group *groups, int i) {
    while (groups[i].before >= 0)
        i = groups[i].before;
    return i;
}

static int number(group *groups, int count, rx_piece *piece, line_sums *lines) {
    int num_lines = 0;
    for (int i = 0; i < count; i++) {
        if (!groups[i].begins)
            continue;
        line_sums c = {.x0 = 1e9, .x1 = -1e9, .is_split = true};
        int row = row_of(groups, i);
        for (int g = i; g >= 0 && (g == i || !groups[g].begins); g = groups[g].next)
            for (int k = groups[g].first; k < groups[g].first + groups[g].count; k++) {
                rx_piece *p = &piece[k];
                p->group = num_lines;
                p->row = row;
                c.ink += p->ink;
                c.y += p->y * p->ink;
                c.height += p->height;
                c.count++;
                c.is_split = c.is_split && p->is_split;
                c.x0 = fmin(c.x0, p->x - p->width / 2);
                c.x1 = fmax(c.x1, p->x + p->width / 2);
            }
        c.y /= c.ink;
        c.height /= c.count;
        lines[num_lines++] = c;
    }
    return num_lines;
}

/* Whether `a` is no line of its own but the upper or lower end of the strokes of line `b`, or a few
 * dots and accents of its larger type. */
static bool is_left_over(const line_sums *a, const line_sums *b) {
    double over = fmin(a->x1, b->x1) - fmax(a->x0, b->x0), width = a->x1 - a->x0;
    double away = fabs(a->y - b->y);
    if (b->ink < 2 * a->ink || over < 0.6 * width)
        return false;
    bool is_end = a->is_split && away < 1.6 * a->height;
    bool is_dots = a->height < 0.65 * b->height && width < 2 * b->height && away < 0.9 * b->height;
    return is_end || is_dots;
}

/* Drops what is left over and numbers the rest anew; returns how many remain. */
static int drop_left_over(rx_pieces *pieces, const line_sums *lines, int count, int *now) {
    int kept = 0;
    for (int i = 0; i < count; i++) {
        bool drop = false;
        for (int k = 0; k < count && !drop; k++)
            drop = k != i && is_left_over(&lines[i], &lines[k]);
        now[i] = drop ? -1 : kept++;
    }
    int left = 0;
    for (int i = 0; i < pieces->count; i++) {
        rx_piece p = pieces->piece[i];
        p.group = now[p.group];
        if (p.group >= 0)
            pieces->piece[left++] = p;
    }
    pieces->count = left;
    return kept;
}

pali_status rx_pieces_group(rx_pieces *pieces, int *num_groups, const rx_gray *rules,
                            float letter_height, pali_error *err) {
    float low = letter_height; /* the lowest hump must keep its shape */
    for (int i = 0; i < pieces->count; i++)
        low = pieces->piece[i].height < low ? pieces->piece[i].height : low;
    landscape land = {.scale = low / 5 > 1 ? low / 5 : 1};
    land.width = (int)((float)rules->width / land.scale) + 1;
    land.height = (int)((float)rules->height / land.scale) + 1;
    size_t cells = (size_t)land.width * (size_t)land.height;
    land.hill = calloc(cells, sizeof *land.hill);
    land.ridge = calloc(cells, sizeof *land.ridge);
    size_t room = (size_t)pieces->count + 1;
    group *groups = malloc(room * sizeof *groups), *starts = malloc(room * sizeof *starts);
    line_sums *lines = malloc(room * sizeof *lines);
    int *now = malloc(room * sizeof *now);
    pali_status status = PALI_OK;
    if (!land.hill || !land.ridge || !groups || !starts || !lines || !now) {
        status = pali_fail_memory(err, cells * sizeof *land.hill, "the page's ridges");
    } else {
        for (int i = 0; i < pieces->count; i++)
            smear(&land, &pieces->piece[i]);
        trace(&land);
        for (int i = 0; i < pieces->count; i++)
            pieces->piece[i].group = ridge_of(&land, &pieces->piece[i]);
        qsort(pieces->piece, (size_t)pieces->count, sizeof *pieces->piece, by_group_and_x);
        dividers by = {rules, starts, 0};
        int count = cut_groups(starts, pieces->piece, pieces->count, &by);
        by.num_starts = count <= MOST_GROUPS ? count : 0;
        count = cut_groups(groups, pieces->piece, pieces->count, &by);
        if (count <= MOST_GROUPS)
            status = chain(groups, count, &by, err);
        count = number(groups, count, pieces->piece, lines);
        *num_groups = drop_left_over(pieces, lines, count, now);
    }
    free(land.hill);
    free(land.ridge);
    free(groups);
    free(starts);
    free(lines);
    free(now);
    return status;
}
