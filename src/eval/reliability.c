/* Ten bins of confidence: a bar as high as the share of right ones, the diagonal where confidence
 * and share agree, and below it how many decisions each bin holds (of the fullest). */
#include "eval/reliability.h"

#include <stdlib.h>
#include <string.h>

enum {
    BINS = 10,
    SIDE = 400,   /* of the diagram */
    MARGIN = 40,  /* around it */
    COUNTS = 100, /* height of the lower part */
    GAP = 20,
    WIDTH = SIDE + 2 * MARGIN,
    HEIGHT = SIDE + COUNTS + GAP + 2 * MARGIN,
    DIGIT = 3 /* pixels of the picture for one of a digit */
};

typedef struct canvas {
    uint8_t *rgb; /* [HEIGHT, WIDTH, 3] */
} canvas;

static const uint8_t blue[3] = {0, 114, 178}, grey[3] = {150, 150, 150}, light[3] = {230, 230, 230},
                     black[3] = {0, 0, 0}, vermilion[3] = {213, 94, 0};

static void fill(canvas *c, int x0, int y0, int x1, int y1, const uint8_t colour[3]) {
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            if (x >= 0 && y >= 0 && x < WIDTH && y < HEIGHT)
                memcpy(c->rgb + ((size_t)y * WIDTH + (size_t)x) * 3, colour, 3);
}

/* "0", "1", "5" or "." as three by five dots. */
static void draw_sign(canvas *c, int x, int y, char sign) {
    static const char zero[] = "***"
                               "* *"
                               "* *"
                               "* *"
                               "***",
                      one[] = " * "
                              "** "
                              " * "
                              " * "
                              "***",
                      five[] = "***"
                               "*  "
                               "***"
                               "  *"
                               "***",
                      point[] = "            "
                                " * ";
    const char *dots = sign == '0' ? zero : sign == '1' ? one : sign == '5' ? five : point;
    for (int i = 0; i < 15; i++)
        if (dots[i] == '*')
            fill(c, x + i % 3 * DIGIT, y + i / 3 * DIGIT, x + (i % 3 + 1) * DIGIT,
                 y + (i / 3 + 1) * DIGIT, black);
}

static void draw_text(canvas *c, int x, int y, const char *text) {
    for (; *text; text++, x += 4 * DIGIT)
        draw_sign(c, x, y, *text);
}

static void draw_axes(canvas *c) {
    for (int i = 0; i <= BINS; i++) {
        int x = MARGIN + SIDE * i / BINS, y = MARGIN + SIDE * i / BINS;
        fill(c, x, MARGIN, x + 1, MARGIN + SIDE, light);
        fill(c, MARGIN, y, MARGIN + SIDE, y + 1, light);
    }
    draw_text(c, MARGIN - 5 * DIGIT, MARGIN, "1");
    draw_text(c, 0, MARGIN + SIDE / 2, "0.5");
    draw_text(c, MARGIN - 5 * DIGIT, MARGIN + SIDE - 5 * DIGIT, "0");
    draw_text(c, MARGIN, HEIGHT - MARGIN + 5, "0");
    draw_text(c, MARGIN + SIDE / 2 - 5 * DIGIT, HEIGHT - MARGIN + 5, "0.5");
    draw_text(c, MARGIN + SIDE - 3 * DIGIT, HEIGHT - MARGIN + 5, "1");
}

static void draw_bins(canvas *c, const rx_decision *d, size_t count) {
    double right[BINS] = {0}, all[BINS] = {0}, most = 1;
    for (size_t i = 0; i < count; i++) {
        int bin = (int)(d[i].confidence * BINS);
        bin = bin < 0 ? 0 : bin < BINS ? bin : BINS - 1;
        right[bin] += d[i].right;
        all[bin]++;
        most = all[bin] > most ? all[bin] : most;
    }
    for (int b = 0; b < BINS; b++) {
        int x0 = MARGIN + SIDE * b / BINS + 4, x1 = MARGIN + SIDE * (b + 1) / BINS - 3;
        int high = all[b] > 0 ? (int)(SIDE * right[b] / all[b]) : 0;
        int many = (int)(COUNTS * all[b] / most);
        fill(c, x0, MARGIN + SIDE - high, x1, MARGIN + SIDE, blue);
        fill(c, x0, HEIGHT - MARGIN - many, x1, HEIGHT - MARGIN, grey);
    }
    for (int i = 0; i < SIDE; i++)
        fill(c, MARGIN + i, MARGIN + SIDE - i - 1, MARGIN + i + 2, MARGIN + SIDE - i + 1,
             vermilion);
    fill(c, MARGIN, MARGIN + SIDE, MARGIN + SIDE, MARGIN + SIDE + 1, black);
    fill(c, MARGIN, HEIGHT - MARGIN, MARGIN + SIDE, HEIGHT - MARGIN + 1, black);
}

pali_status rx_reliability_plot(pali_image **out, const rx_decision *decisions, size_t count,
                                pali_error *err) {
    canvas c = {malloc((size_t)WIDTH * HEIGHT * 3)};
    if (!c.rgb)
        return pali_fail_memory(err, (size_t)WIDTH * HEIGHT * 3, "a diagram");
    memset(c.rgb, 255, (size_t)WIDTH * HEIGHT * 3);
    draw_axes(&c);
    draw_bins(&c, decisions, count);
    pali_status status = pali_image_from_rgb(out, WIDTH, HEIGHT, (size_t)WIDTH * 3, c.rgb, err);
    free(c.rgb);
    return status;
}
