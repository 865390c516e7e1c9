/* Finding a sheet: the picture at about 400 pixels is split into bright and dark by Otsu's threshold;
 * the largest bright part gives four corners (its extremes along the diagonals); each side between
 * them is fitted by a line through the outermost bright pixels. It is a sheet only if it fills the
 * quadrilateral, stands out against what surrounds it, and has all sides inside the picture: a page
 * whose dark letterhead reaches the picture's edge must not be taken for its lower part. */
#include "page/sheet.h"

#include "page/parts.h"

#include <math.h>
#include <stdlib.h>

enum { SIDE = 400, PROBES = 40 };

static int otsu(const rx_gray *gray) {
    double histogram[256] = {0}, total = 0, sum = 0;
    for (int i = 0; i < gray->width * gray->height; i++)
        histogram[gray->pixels[i]]++;
    for (int v = 0; v < 256; v++) {
        total += histogram[v];
        sum += v * histogram[v];
    }
    double below = 0, below_sum = 0, best = -1;
    int threshold = 0;
    for (int v = 0; v < 255; v++) {
        below += histogram[v];
        below_sum += v * histogram[v];
        if (below == 0 || below == total)
            continue;
        double difference = below_sum / below - (sum - below_sum) / (total - below);
        double score = below * (total - below) * difference * difference;
        if (score > best) {
            best = score;
            threshold = v + 1;
        }
    }
    return threshold;
}

/* Extremes of the part along the diagonals. */
static void rough_corners(const rx_parts *parts, int index, rx_point quad[4]) {
    double best[4] = {1e9, 1e9, 1e9, 1e9};
    const rx_part *p = &parts->part[index];
    for (int y = p->y0; y < p->y1; y++)
        for (int x = p->x0; x < p->x1; x++) {
            if (parts->label[y * parts->width + x] != index + 1)
                continue;
            double cost[4] = {x + y, y - x, -x - y, x - y};
            for (int k = 0; k < 4; k++)
                if (cost[k] < best[k]) {
                    best[k] = cost[k];
                    quad[k] = (rx_point){x + 0.5, y + 0.5};
                }
        }
}

/* A line as a point and a direction. */
typedef struct side {
    rx_point at, along;
} side;

/* Walks inwards from outside the side a-b until the part begins. */
static rx_point probe(const rx_parts *parts, int label, rx_point a, rx_point b, double t) {
    double length = hypot(b.x - a.x, b.y - a.y);
    rx_point inward = {-(b.y - a.y) / length, (b.x - a.x) / length};
    rx_point p = {a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)};
    for (double d = -0.08 * SIDE; d < 0.08 * SIDE; d += 0.5) {
        int x = (int)floor(p.x + d * inward.x), y = (int)floor(p.y + d * inward.y);
        if (x >= 0 && y >= 0 && x < parts->width && y < parts->height &&
            parts->label[y * parts->width + x] == label)
            return (rx_point){p.x + d * inward.x, p.y + d * inward.y};
    }
    return p;
}

/* Least squares (principal axis) through the probes, twice: the second time without those that are
 * far from the first line. Returns their mean distance. */
static double fit_side(const rx_parts *parts, int label, rx_point a, rx_point b, side *out) {
    rx_point points[PROBES];
    for (int i = 0; i < PROBES; i++)
        points[i] = probe(parts, label, a, b, 0.06 + 0.88 * i / (PROBES - 1));
    double limit = 1e9, error = 0;
    for (int round = 0; round < 2; round++) {
        double n = 0, mx = 0, my = 0, xx = 0, xy = 0, yy = 0;
        for (int i = 0; i < PROBES; i++) {
            double off = round ? fabs((points[i].x - out->at.x) * out->along.y -
                                      (points[i].y - out->at.y) * out->along.x)
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
        *out = (side){{mx, my}, {cos(angle), sin(angle)}};
        error = 0;
        for (int i = 0; i < PROBES; i++)
            error += fabs((points[i].x - mx) * sin(angle) - (points[i].y - my) * cos(angle));
        error /= PROBES;
        limit = 2 * error + 0.5;
    }
    return error;
}

static bool meet(const side *a, const side *b, rx_point *out) {
    double det = a->along.x * b->along.y - a->along.y * b->along.x;
    if (fabs(det) < 0.3)
        return false;
    double t = ((b->at.x - a->at.x) * b->along.y - (b->at.y - a->at.y) * b->along.x) / det;
    *out = (rx_point){a->at.x + t * a->along.x, a->at.y + t * a->along.y};
    return true;
}

static double quad_area(const rx_point q[4]) {
    double area = 0;
    for (int i = 0; i < 4; i++)
        area += q[i].x * q[(i + 1) & 3].y - q[(i + 1) & 3].x * q[i].y;
    return area / 2;
}

static bool in_quad(const rx_point q[4], double x, double y) {
    for (int i = 0; i < 4; i++) {
        rx_point a = q[i], b = q[(i + 1) & 3];
        if ((b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x) < 0)
            return false;
    }
    return true;
}

/* The quadrilateral is full of the part, there is little of it elsewhere, and the rest of the
 * picture is clearly darker. */
static bool stands_out(const rx_parts *parts, int label, const rx_gray *gray,
                       const rx_point quad[4]) {
    double in = 0, in_part = 0, out = 0, out_part = 0, light = 0, dark = 0;
    for (int y = 0; y < parts->height; y++)
        for (int x = 0; x < parts->width; x++) {
            int i = y * parts->width + x;
            bool is_part = parts->label[i] == label;
            if (in_quad(quad, x + 0.5, y + 0.5)) {
                in++;
                in_part += is_part;
                light += is_part ? gray->pixels[i] : 0;
            } else {
                out++;
                out_part += is_part;
                dark += gray->pixels[i];
            }
        }
    return in > 0.2 * (in + out) && out > 0.03 * (in + out) && in_part > 0.75 * in &&
           out_part < 0.1 * out && dark / out < 0.8 * light / in_part;
}

/* Corners in pixels of `gray`. */
static bool find_in(const rx_parts *parts, const rx_gray *gray, rx_point quad[4]) {
    int largest = -1;
    for (int i = 0; i < parts->count; i++)
        if (largest < 0 || parts->part[i].area > parts->part[largest].area)
            largest = i;
    if (largest < 0 || parts->part[largest].area < gray->width * gray->height / 6)
        return false;
    rx_point rough[4];
    rough_corners(parts, largest, rough);
    side sides[4];
    double least = gray->width < gray->height ? gray->width : gray->height;
    for (int i = 0; i < 4; i++) {
        rx_point a = rough[i], b = rough[(i + 1) & 3];
        if (hypot(b.x - a.x, b.y - a.y) < 0.3 * least ||
            fit_side(parts, largest + 1, a, b, &sides[i]) > 0.012 * SIDE)
            return false;
        double margin = 1.5; /* a side along the picture's edge is no edge of the sheet */
        if (sides[i].at.x < margin || sides[i].at.y < margin ||
            sides[i].at.x > gray->width - margin || sides[i].at.y > gray->height - margin)
            return false;
    }
    for (int i = 0; i < 4; i++) {
        if (!meet(&sides[(i + 3) & 3], &sides[i], &quad[i]))
            return false;
        double slack = 0.03 * SIDE;
        if (quad[i].x < -slack || quad[i].y < -slack || quad[i].x > gray->width + slack ||
            quad[i].y > gray->height + slack)
            return false;
    }
    return quad_area(quad) > 0 && stands_out(parts, largest + 1, gray, quad);
}

pali_status rx_sheet_find(rx_point corners[4], bool *found, const rx_source *source,
                          pali_error *err) {
    *found = false;
    double longest = source->width > source->height ? source->width : source->height;
    double step = longest / SIDE;
    int width = (int)(source->width / step), height = (int)(source->height / step);
    if (width < 40 || height < 40)
        return PALI_OK;
    rx_projection to_picture = rx_projection_scale(source->width / width, source->height / height);
    rx_gray gray = {0, 0, NULL};
    rx_parts parts = {0, 0, 0, NULL, NULL};
    pali_status status = rx_source_warp(&gray, source, &to_picture, width, height, err);
    if (!status)
        status = rx_parts_find(&parts, &gray, otsu(&gray), err);
    rx_point quad[4];
    if (!status && find_in(&parts, &gray, quad)) {
        *found = true;
        for (int i = 0; i < 4; i++)
            corners[i] = rx_projection_apply(&to_picture, quad[i].x, quad[i].y);
    }
    rx_parts_free(&parts);
    rx_gray_free(&gray);
    return status;
}
