/* A regular grid, its horizontal edges then moved to where they cut the fewest lines. */
#include "scan/tiles.h"

#include <math.h>

/* What neighbours share, in heights of small letters: a long word; two lines with their spacing. */
static const float shared_width = 14, shared_height = 6;

typedef struct axis {
    int count;
    double length, shared; /* of each part; with the next */
} axis;

static axis divide(double total, double side, double shared) {
    shared = fmin(shared, side / 3);
    axis a = {1, total, shared};
    if (total > side) {
        a.count = (int)ceil((total - shared) / (side - shared));
        a.length = (total + (a.count - 1) * shared) / a.count;
    }
    return a;
}

/* How many lines a horizontal edge cuts. */
static int lines_cut(const rx_page *page, double y, double height) {
    int cut = 0;
    for (int i = 0; i < page->num_lines; i++)
        cut += (double)page->lines[i].box[1] * height < y &&
               (double)page->lines[i].box[3] * height > y;
    return cut;
}

/* The place within `reach` of an edge at which the fewest lines are cut; of several the nearest. */
static int between_lines(const rx_page *page, double y, double reach, double height) {
    int best = lines_cut(page, round(y), height), place = (int)round(y);
    for (int d = 1; d <= (int)reach && best > 0; d++)
        for (int side = -1; side <= 1; side += 2) {
            int cut = lines_cut(page, round(y) + side * d, height);
            if (cut < best) {
                best = cut;
                place = (int)round(y) + side * d;
            }
        }
    return place;
}

static void lay_out(rx_tiles *out, const rx_page *page, axis x, axis y, int width, int height) {
    double reach = 0.4 * y.shared;
    out->columns = x.count;
    out->rows = y.count;
    for (int r = 0; r < y.count; r++) {
        double from = r * (y.length - y.shared);
        int top = r == 0 ? 0 : between_lines(page, from, reach, height);
        int bottom =
            r + 1 == y.count ? height : between_lines(page, from + y.length, reach, height);
        for (int c = 0; c < x.count; c++) {
            int left = (int)(c * (x.length - x.shared));
            int right = c + 1 == x.count ? width : (int)ceil(left + x.length);
            out->tile[r * x.count + c] = (rx_tile){left, top, right - left, bottom - top};
        }
    }
}

void rx_tiles_plan(rx_tiles *out, int width, int height, const rx_page *page, int image_size) {
    float text = page->quality.small_text_height;
    double side = fmax(image_size, image_size * (double)(text / RX_LEAST_TEXT_HEIGHT));
    axis x = {1, width, 0}, y = {1, height, 0};
    if (page->num_lines > 0 && text > 0) {
        for (;; side *= 1.05) {
            x = divide(width, side, (double)(shared_width * text));
            y = divide(height, side, (double)(shared_height * text));
            if (x.count * y.count <= RX_MAX_TILES)
                break;
        }
    }
    *out = (rx_tiles){.text_height = text,
                      .seen_height = text * (float)(image_size / fmax(x.length, y.length))};
    lay_out(out, page, x, y, width, height);
}
