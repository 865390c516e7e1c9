/* Drawing strips. Every pixel is sampled once, from the picture as it came, through the line's curve
 * and the page's projection; the paper's brightness is divided out; contrast is stretched so that
 * the darkest hundredth of the strip is black. The training's renderer does the same to what it
 * draws. */
#include "page/strip.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    MARGIN = 4,    /* columns left white at both ends */
    MAX_ROWS = 32, /* the longest strip, in rows */
    STROKE = 96,   /* a pixel as dark belongs to a stroke */
};

/* From stroke to stroke, in heights of the strip. Of the pages of a calibration, lines with 7 of 32
 * pixels were read with half the mistakes when brought to 10, and wider ones equally well either way. */
static const double usual_pitch = 10.3 / 32;

/* Strip pixels for a page pixel. */
static double scale_of(const rx_text_line *line, int row_height, double zoom) {
    double core = line->core_bottom - line->core_top, ink = line->bottom - line->top;
    core = fmax(core, 0.2 * line->letter_height);
    /* In capitals and figures the band of small letters is as high as the ink. */
    double share = (core / fmax(ink, core) - 0.6) / 0.25;
    double target = 10 + 4 * fmin(fmax(share, 0), 1);
    double scale = target / 32 * row_height / core;
    double fitting = 30.0 / 32 * row_height / ink;
    if (scale > fitting)
        scale = fmax(fitting, 0.55 * scale);
    scale = zoom * fmin(scale, 3.0 / 32 * row_height);
    double length = fmax(line->end - line->begin, 1);
    return fmin(scale, (double)MAX_ROWS * row_height / length);
}

/* Whether a place of the page is ink of another line, or of a rule, with none of this line near. */
static bool is_foreign(const rx_page_work *work, int32_t owner, double x, double y) {
    int cx = (int)floor(x), cy = (int)floor(y);
    bool other = false;
    for (int v = cy - 2; v <= cy + 2; v++)
        for (int u = cx - 2; u <= cx + 2; u++) {
            if (u < 0 || v < 0 || u >= work->ink.width || v >= work->ink.height)
                continue;
            size_t at = (size_t)v * (size_t)work->ink.width + (size_t)u;
            if (work->lines.owner[at] == owner)
                return false;
            other = other || work->lines.owner[at] || work->rules.pixels[at];
        }
    return other;
}

/* Darkness in [0, 1] of each pixel. */
static void sample(float *dark, int width, int height, double scale, double stretch, double slant,
                   const rx_page_work *work, int index) {
    const rx_text_line *line = &work->lines.line[index];
    double middle = (line->top + line->bottom) / 2;
    double upright = (line->core_top + line->core_bottom) / 2; /* here the slant moves nothing */
    rx_point a = rx_projection_apply(&work->to_picture, line->x, line->y);
    rx_point b = rx_projection_apply(&work->to_picture, line->x + 1, line->y + 1);
    int level = rx_source_level(work->source, hypot(b.x - a.x, b.y - a.y) / sqrt(2) / scale);
    float visible = 2 * work->noise / 255;
    for (int column = 0; column < width; column++) {
        double t = line->begin + (column + 0.5 - MARGIN) / (scale * stretch);
        for (int row = 0; row < height; row++) {
            double x, y, v = middle + (row + 0.5 - height / 2.0) / scale;
            rx_text_line_to_page(line, t + slant * (v - upright), v, &x, &y);
            rx_point p = rx_projection_apply(&work->to_picture, x, y);
            float gray = rx_source_sample(work->source, level, p.x, p.y);
            float d = gray >= RX_GRAY_OUTSIDE ? 0 : 1 - gray / rx_paper_at(&work->paper, x, y);
            if (d > visible && is_foreign(work, index + 1, x, y))
                d = 0;
            dark[(size_t)row * (size_t)width + (size_t)column] = d;
        }
    }
}

/* The darkness that a hundredth of the pixels reach, at least an eighth. */
static float blackest(const float *dark, size_t count) {
    size_t histogram[256] = {0}, seen = 0;
    for (size_t i = 0; i < count; i++)
        if (dark[i] > 0)
            histogram[(int)(dark[i] * 255)]++;
    int level = 255;
    while (level > 32 && (seen += histogram[level]) * 100 < count)
        level--;
    return (float)level / 255;
}

pali_status rx_strip_draw(rx_gray *out, const rx_page_work *work, int line, int row_height,
                          rx_strip_shape shape, pali_error *err) {
    const rx_text_line *l = &work->lines.line[line];
    double scale = scale_of(l, row_height, shape.zoom), length = (l->end - l->begin) * scale;
    double stretch = fmin(shape.stretch, fmax((double)MAX_ROWS * row_height / length, 1));
    int width = (int)ceil(length * stretch) + 2 * MARGIN;
    size_t count = (size_t)width * (size_t)row_height;
    float *dark = malloc(count * sizeof *dark);
    if (!dark)
        return pali_fail_memory(err, count * sizeof *dark, "a line's strip");
    rx_gray strip;
    pali_status status = rx_gray_create(&strip, width, row_height, err);
    if (!status) {
        sample(dark, width, row_height, scale, stretch, shape.slant, work, line);
        float black = blackest(dark, count);
        float white = fminf(2 * work->noise / 255, 0.3f * black);
        for (size_t i = 0; i < count; i++) {
            float ink = (dark[i] - white) / (black - white);
            strip.pixels[i] = (uint8_t)(255.5f - 255 * fminf(fmaxf(ink, 0), 1));
        }
        *out = strip;
    }
    free(dark);
    return status;
}

/* Whether a stroke begins at a pixel, coming from its left. */
static bool stroke_begins(const uint8_t *pixel) {
    return pixel[0] < STROKE && pixel[-1] >= STROKE;
}

double rx_strip_stretch(const rx_gray *strip) {
    int top = strip->height * 5 / 16, bottom = strip->height * 11 / 16;
    int strokes = 0, inked = 0, empty = strip->height; /* columns since the last ink */
    for (int x = 1; x < strip->width; x++) {
        bool any = false;
        for (int y = top; y < bottom; y++) {
            const uint8_t *pixel = strip->pixels + (size_t)y * (size_t)strip->width + (size_t)x;
            strokes += stroke_begins(pixel);
            any = any || pixel[0] < STROKE;
        }
        empty = any ? 0 : empty + 1;
        inked += 16 * empty < 3 * strip->height; /* more is a gap between words */
    }
    /* Strokes to a pixel within words, a row's mean. */
    double density = strokes / fmax(inked * (bottom - top), 1);
    return fmin(fmax(usual_pitch * strip->height * density, 1), 1.6);
}
