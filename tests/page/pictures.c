#include "pictures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

canvas blank(int width, int height, double light) {
    canvas c = {width, height, malloc((size_t)width * (size_t)height * sizeof *c.light)};
    if (!c.light)
        abort();
    for (int i = 0; i < width * height; i++)
        c.light[i] = light;
    return c;
}

void canvas_free(canvas *c) {
    free(c->light);
    c->light = NULL;
}

canvas read_page(box truth[MAX_TRUTH], int *count) {
    pali_image *image = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (pali_image_load(&image, PAGE_DATA "/page.png", NULL, &err)) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    canvas c = blank(pali_image_width(image), pali_image_height(image), 0);
    for (int i = 0; i < c.width * c.height; i++)
        c.light[i] = pali_image_pixels(image)[3 * i];
    pali_image_free(&image);
    FILE *file = fopen(PAGE_DATA "/page.txt", "r");
    if (!file)
        abort();
    box *b = truth;
    *count = 0;
    while (*count < MAX_TRUTH &&
           fscanf(file, "%lf %lf %lf %lf%*[^\n]", &b->x0, &b->y0, &b->x1, &b->y1) == 4) {
        b++;
        (*count)++;
    }
    fclose(file);
    return c;
}

pali_image *finish(canvas *c) {
    size_t pixels = (size_t)c->width * (size_t)c->height;
    uint8_t *rgb = malloc(pixels * 3);
    if (!rgb)
        abort();
    for (size_t i = 0; i < pixels; i++)
        memset(rgb + 3 * i, (int)fmin(fmax(c->light[i] + 0.5, 0), 255), 3);
    pali_image *image = NULL;
    if (pali_image_from_rgb(&image, c->width, c->height, (size_t)c->width * 3, rgb, NULL))
        abort();
    free(rgb);
    canvas_free(c);
    return image;
}

static double bilinear(const canvas *c, double x, double y, double around) {
    double u = x - 0.5, v = y - 0.5;
    int x0 = (int)floor(u), y0 = (int)floor(v);
    double sum = 0;
    for (int k = 0; k < 4; k++) {
        int px = x0 + (k & 1), py = y0 + (k >> 1);
        double weight = (k & 1 ? u - x0 : 1 - u + x0) * (k >> 1 ? v - y0 : 1 - v + y0);
        bool in = px >= 0 && py >= 0 && px < c->width && py < c->height;
        sum += weight * (in ? c->light[py * c->width + px] : around);
    }
    return sum;
}

canvas project(canvas *from, const rx_projection *to_from, int width, int height, double around,
               box *truth, int count) {
    canvas to = blank(width, height, around);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            rx_point p = rx_projection_apply(to_from, x + 0.5, y + 0.5);
            to.light[y * width + x] = bilinear(from, p.x, p.y, around);
        }
    rx_projection from_to;
    if (!rx_projection_invert(&from_to, to_from))
        abort();
    for (int i = 0; i < count; i++) {
        box b = {1e9, 1e9, -1e9, -1e9};
        for (int k = 0; k < 4; k++) {
            rx_point p = rx_projection_apply(&from_to, k & 1 ? truth[i].x1 : truth[i].x0,
                                             k & 2 ? truth[i].y1 : truth[i].y0);
            b = (box){fmin(b.x0, p.x), fmin(b.y0, p.y), fmax(b.x1, p.x), fmax(b.y1, p.y)};
        }
        truth[i] = b;
    }
    canvas_free(from);
    return to;
}

void paste(canvas *to, int x, int y, double scale, const canvas *from, int x0, int y0, int x1,
           int y1) {
    for (int v = 0; v < (int)((y1 - y0) * scale) && y + v < to->height; v++)
        for (int u = 0; u < (int)((x1 - x0) * scale) && x + u < to->width; u++)
            to->light[(y + v) * to->width + x + u] =
                bilinear(from, x0 + (u + 0.5) / scale, y0 + (v + 0.5) / scale, 255);
}

void blur(canvas *c, int radius, int times) {
    for (int pass = 0; pass < 2 * times; pass++) {
        canvas out = blank(c->width, c->height, 0);
        int step = pass & 1 ? c->width : 1, most = pass & 1 ? c->height : c->width;
        for (int y = 0; y < c->height; y++)
            for (int x = 0; x < c->width; x++) {
                double sum = 0;
                int at = pass & 1 ? y : x;
                for (int k = -radius; k <= radius; k++) {
                    int to = at + k < 0 ? 0 : at + k >= most ? most - 1 : at + k;
                    sum += c->light[y * c->width + x + (to - at) * step];
                }
                out.light[y * c->width + x] = sum / (2 * radius + 1);
            }
        canvas_free(c);
        *c = out;
    }
}

static double overlap(const box *a, const box *b) {
    double w = fmin(a->x1, b->x1) - fmax(a->x0, b->x0);
    double h = fmin(a->y1, b->y1) - fmax(a->y0, b->y0);
    double both = w > 0 && h > 0 ? w * h : 0;
    return both / ((a->x1 - a->x0) * (a->y1 - a->y0) + (b->x1 - b->x0) * (b->y1 - b->y0) - both);
}

int lines_matched(const rx_page *page, int width, int height, const box *truth, int count) {
    int matched = 0;
    for (int i = 0; i < count; i++) {
        int hits = 0;
        for (int k = 0; k < page->num_lines; k++) {
            const float *f = page->lines[k].box;
            box b = {f[0] * (double)width, f[1] * (double)height, f[2] * (double)width,
                     f[3] * (double)height};
            hits += overlap(&truth[i], &b) > 0.5;
        }
        matched += hits == 1;
    }
    return matched;
}
