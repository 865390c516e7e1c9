/* A picture on a terminal: each character is an upper half block, whose colour is one pixel and whose
 * background is the pixel below it. Any terminal with 24-bit colour shows that, over any connection;
 * the protocols that carry whole pictures are understood by few. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MAX_COLUMNS = 80, MAX_ROWS = 40, LINES_LEFT = 4 };

/* The convention by which terminals tell that they have 24-bit colour. */
static bool can_show(void) {
    const char *color = getenv("COLORTERM");
    return rx_is_terminal(STDERR_FILENO) && color &&
           (strcmp(color, "truecolor") == 0 || strcmp(color, "24bit") == 0);
}

static int within(long value, int most) {
    return value < 1 ? 1 : value > most ? most : (int)value;
}

/* As large as the terminal allows, in pixels: one a column, two a row. */
static void fit(const pali_image *image, int *width, int *height) {
    struct winsize size = {0};
    ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    int columns = within(size.ws_col ? size.ws_col - 1 : MAX_COLUMNS, MAX_COLUMNS);
    int lines = 2 * within(size.ws_row ? size.ws_row - LINES_LEFT : MAX_ROWS, MAX_ROWS);
    long w = pali_image_width(image), h = pali_image_height(image);
    *width = within(w * lines < h * columns ? w * lines / h : columns, columns);
    *height = within(w * lines < h * columns ? lines : h * columns / w, lines);
}

static void print_rows(const pali_image *small) {
    int width = pali_image_width(small), height = pali_image_height(small);
    const uint8_t *pixels = pali_image_pixels(small);
    for (int y = 0; y < height; y += 2) {
        for (int x = 0; x < width; x++) {
            const uint8_t *p = pixels + ((size_t)y * (size_t)width + (size_t)x) * 3;
            const uint8_t *below = y + 1 < height ? p + (size_t)width * 3 : NULL;
            fprintf(stderr, "\033[38;2;%d;%d;%dm", p[0], p[1], p[2]);
            if (below)
                fprintf(stderr, "\033[48;2;%d;%d;%dm", below[0], below[1], below[2]);
            fputs("\xe2\x96\x80", stderr); /* U+2580 */
        }
        fputs("\033[0m\n", stderr);
    }
}

void rx_preview(const rx_options *options, const pali_image *image) {
    if (!options->preview)
        return;
    if (!can_show()) {
        rx_note(options, "no preview: standard error is no terminal with 24-bit colour "
                         "(COLORTERM=truecolor)");
        return;
    }
    int width, height;
    pali_image *small = NULL;
    fit(image, &width, &height);
    rx_progress_end();
    if (pali_image_resize(&small, image, width, height, PALI_FILTER_BICUBIC, NULL))
        rx_complain("not enough memory for a preview");
    else
        print_rows(small);
    pali_image_free(&small);
}
