/* Pictures of the synthetic page, changed as cameras and people change them. */
#ifndef TESTS_PAGE_PICTURES_H
#define TESTS_PAGE_PICTURES_H

#include "page/page.h"
#include "page/projection.h"

typedef struct box {
    double x0, y0, x1, y1;
} box;

/* A grey picture being made, [height, width], malloc'ed. */
typedef struct canvas {
    int width, height;
    double *light; /* 0 .. 255 */
} canvas;

enum { MAX_TRUTH = 64 };

/* The page of make_page.py and its lines. */
canvas read_page(box truth[MAX_TRUTH], int *count);

canvas blank(int width, int height, double light);
void canvas_free(canvas *c);
pali_image *finish(canvas *c); /* frees the canvas */

/* `from` as seen through a projection of the new picture's places to its own; `around` outside. The
 * boxes become those of the turned lines. */
canvas project(canvas *from, const rx_projection *to_from, int width, int height, double around,
               box *truth, int count);

/* Part x0 .. x1, y0 .. y1 of a picture, `scale` times as large, put at (x, y). */
void paste(canvas *to, int x, int y, double scale, const canvas *from, int x0, int y0, int x1,
           int y1);

void blur(canvas *c, int radius, int times);

/* How many of the true lines are matched by exactly one line found, with an intersection over union
 * above one half, and by no other. Boxes are in pixels of the upright picture. */
int lines_matched(const rx_page *page, int width, int height, const box *truth, int count);

#endif
