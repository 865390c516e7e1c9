/* Plane projections (homographies), 3 x 3, row by row: (x, y, 1) -> (X, Y, W), that is (X/W, Y/W).
 * Places are continuous: pixel i covers [i, i + 1). */
#ifndef RX_PAGE_PROJECTION_H
#define RX_PAGE_PROJECTION_H

#include <stdbool.h>

typedef struct rx_point {
    double x, y;
} rx_point;

typedef struct rx_projection {
    double m[9];
} rx_projection;

rx_projection rx_projection_scale(double x, double y);

/* `turns` quarter turns clockwise of a picture of width x height: from the turned picture's places
 * to the picture's. */
rx_projection rx_projection_turn(int turns, double width, double height);

/* By `radians` about a centre; positive turns x towards y (clockwise on a screen). */
rx_projection rx_projection_rotate(double radians, rx_point center);

/* Corners of [0, width] x [0, height], clockwise from the upper left, to four points. False if three
 * of them lie on a line. */
bool rx_projection_to_quad(rx_projection *out, double width, double height, const rx_point quad[4]);

/* First `second`, then `first`: first * second. */
rx_projection rx_projection_compose(const rx_projection *first, const rx_projection *second);

bool rx_projection_invert(rx_projection *out, const rx_projection *p);

rx_point rx_projection_apply(const rx_projection *p, double x, double y);

#endif
