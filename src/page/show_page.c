/* What the model saw, as PNG: for people who wonder why a line was misread. */
#include "page/page.h"

#include "base/buffer.h"
#include "base/file.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

static pali_status save(const pali_image *image, const char *directory, const char *name,
                        pali_error *err) {
    char *path;
    pali_status status = pali_join_path(&path, directory, name, err);
    if (status)
        return status;
    status = pali_image_save_png(image, path, err);
    free(path);
    return status;
}

static void outline(uint8_t *rgb, int width, int height, const float box[4],
                    const uint8_t color[3]) {
    int x0 = (int)(box[0] * (float)(width - 1)), x1 = (int)(box[2] * (float)(width - 1));
    int y0 = (int)(box[1] * (float)(height - 1)), y1 = (int)(box[3] * (float)(height - 1));
    for (int x = x0; x <= x1; x++) {
        memcpy(rgb + ((size_t)y0 * (size_t)width + (size_t)x) * 3, color, 3);
        memcpy(rgb + ((size_t)y1 * (size_t)width + (size_t)x) * 3, color, 3);
    }
    for (int y = y0; y <= y1; y++) {
        memcpy(rgb + ((size_t)y * (size_t)width + (size_t)x0) * 3, color, 3);
        memcpy(rgb + ((size_t)y * (size_t)width + (size_t)x1) * 3, color, 3);
    }
}

/* The cleaned page; the lines' boxes change their colour from one to the next. */
static pali_status show_lines(const rx_page *page, const char *directory, const char *name,
                              pali_error *err) {
    static const uint8_t colors[][3] = {
        {0, 114, 178}, {213, 94, 0}, {0, 158, 115}, {204, 121, 167}};
    int width = pali_image_width(page->cleaned), height = pali_image_height(page->cleaned);
    size_t size = (size_t)width * (size_t)height * 3;
    uint8_t *rgb = malloc(size);
    if (!rgb)
        return pali_fail_memory(err, size, "a picture of the page");
    memcpy(rgb, pali_image_pixels(page->cleaned), size);
    for (int i = 0; i < page->num_lines; i++)
        outline(rgb, width, height, page->lines[i].cleaned_box, colors[i % 4]);
    pali_image *image = NULL;
    pali_status status = pali_image_from_rgb(&image, width, height, (size_t)width * 3, rgb, err);
    free(rgb);
    if (!status)
        status = save(image, directory, name, err);
    pali_image_free(&image);
    return status;
}

enum { COLUMNS = 8, ROWS = 8, GAP = 4 };

/* Squares first, first + 1, ... as far as a sheet has room. */
static pali_status show_squares(const rx_page *page, int first, const char *directory,
                                const char *name, pali_error *err) {
    static const uint8_t new_line[3] = {0, 114, 178};
    int side = pali_image_width(page->squares[0].image), step = side + GAP;
    int count =
        page->num_squares - first < COLUMNS * ROWS ? page->num_squares - first : COLUMNS * ROWS;
    int width = (count < COLUMNS ? count : COLUMNS) * step + GAP;
    int height = (count + COLUMNS - 1) / COLUMNS * step + GAP;
    size_t row = (size_t)width * 3;
    uint8_t *rgb = malloc(row * (size_t)height);
    if (!rgb)
        return pali_fail_memory(err, row * (size_t)height, "a sheet of squares");
    memset(rgb, 200, row * (size_t)height);
    for (int i = 0; i < count; i++) {
        const rx_page_square *square = &page->squares[first + i];
        uint8_t *to =
            rgb + (size_t)(i / COLUMNS * step + GAP) * row + (size_t)(i % COLUMNS * step + GAP) * 3;
        bool begins = page->lines[square->line].views[square->view].first_square == first + i;
        for (int y = 0; y < side; y++) {
            memcpy(to + (size_t)y * row,
                   pali_image_pixels(square->image) + (size_t)y * (size_t)side * 3,
                   (size_t)side * 3);
            for (int x = 2; begins && x <= GAP; x++) /* a bar beside the start of a view */
                memcpy(to + (size_t)y * row - (size_t)x * 3 + 3, new_line, 3);
        }
    }
    pali_image *image = NULL;
    pali_status status = pali_image_from_rgb(&image, width, height, row, rgb, err);
    free(rgb);
    if (!status)
        status = save(image, directory, name, err);
    pali_image_free(&image);
    return status;
}

pali_status rx_page_show(const rx_page *page, const char *directory, const char *stem,
                         pali_error *err) {
    pali_buffer name;
    pali_buffer_init(&name, 4096);
    pali_status status = pali_buffer_printf(&name, err, "%s-page.png", stem);
    if (!status)
        status = show_lines(page, directory, name.data, err);
    for (int first = 0; first < page->num_squares && !status; first += COLUMNS * ROWS) {
        pali_buffer_free(&name);
        pali_buffer_init(&name, 4096);
        status =
            pali_buffer_printf(&name, err, "%s-squares-%d.png", stem, first / (COLUMNS * ROWS) + 1);
        if (!status)
            status = show_squares(page, first, directory, name.data, err);
    }
    pali_buffer_free(&name);
    return status;
}
