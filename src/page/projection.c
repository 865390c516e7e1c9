/* Plane projections. The projection of a rectangle to a quadrilateral is Heckbert's closed form
 * (Fundamentals of Texture Mapping and Image Warping, 1989, section 2.2.3). */
#include "page/projection.h"

#include <math.h>

rx_projection rx_projection_scale(double x, double y) {
    return (rx_projection){{x, 0, 0, 0, y, 0, 0, 0, 1}};
}

rx_projection rx_projection_turn(int turns, double width, double height) {
    switch (turns & 3) {
    case 1:
        return (rx_projection){{0, 1, 0, -1, 0, height, 0, 0, 1}};
    case 2:
        return (rx_projection){{-1, 0, width, 0, -1, height, 0, 0, 1}};
    case 3:
        return (rx_projection){{0, -1, width, 1, 0, 0, 0, 0, 1}};
    default:
        return rx_projection_scale(1, 1);
    }
}

rx_projection rx_projection_rotate(double radians, rx_point center) {
    double c = cos(radians), s = sin(radians);
    return (rx_projection){{c, -s, center.x - c * center.x + s * center.y, s, c,
                            center.y - s * center.x - c * center.y, 0, 0, 1}};
}

bool rx_projection_to_quad(rx_projection *out, double width, double height,
                           const rx_point quad[4]) {
    double dx1 = quad[1].x - quad[2].x, dy1 = quad[1].y - quad[2].y;
    double dx2 = quad[3].x - quad[2].x, dy2 = quad[3].y - quad[2].y;
    double sx = quad[0].x - quad[1].x + quad[2].x - quad[3].x;
    double sy = quad[0].y - quad[1].y + quad[2].y - quad[3].y;
    double det = dx1 * dy2 - dx2 * dy1;
    if (fabs(det) < 1e-9 || width <= 0 || height <= 0)
        return false;
    double g = (sx * dy2 - dx2 * sy) / det, h = (dx1 * sy - sx * dy1) / det;
    rx_projection unit = {{quad[1].x - quad[0].x + g * quad[1].x,
                           quad[3].x - quad[0].x + h * quad[3].x, quad[0].x,
                           quad[1].y - quad[0].y + g * quad[1].y,
                           quad[3].y - quad[0].y + h * quad[3].y, quad[0].y, g, h, 1}};
    rx_projection scale = rx_projection_scale(1 / width, 1 / height);
    *out = rx_projection_compose(&unit, &scale);
    return true;
}

rx_projection rx_projection_compose(const rx_projection *first, const rx_projection *second) {
    rx_projection p;
    for (int row = 0; row < 3; row++)
        for (int column = 0; column < 3; column++) {
            double sum = 0;
            for (int k = 0; k < 3; k++)
                sum += first->m[3 * row + k] * second->m[3 * k + column];
            p.m[3 * row + column] = sum;
        }
    return p;
}

bool rx_projection_invert(rx_projection *out, const rx_projection *p) {
    const double *m = p->m;
    rx_projection adjoint = {
        {m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
         m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
         m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3]}};
    double det = m[0] * adjoint.m[0] + m[1] * adjoint.m[3] + m[2] * adjoint.m[6];
    if (!(fabs(det) > 1e-30))
        return false;
    for (int i = 0; i < 9; i++)
        adjoint.m[i] /= det;
    *out = adjoint;
    return true;
}

rx_point rx_projection_apply(const rx_projection *p, double x, double y) {
    const double *m = p->m;
    double w = m[6] * x + m[7] * y + m[8];
    if (fabs(w) < 1e-12)
        w = w < 0 ? -1e-12 : 1e-12;
    return (rx_point){(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w};
}
