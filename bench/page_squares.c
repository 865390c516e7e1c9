/* page_squares: what the page reader shows the line reader, for training and measuring. Reads paths of
 * pictures, one a line, and answers each at once, little-endian: u32 index of the picture, u32
 * quarter_turns, u32 number of squares; then for each square f32[4] box of its line, u32 number of the
 * line, u32 squares of that line at that size, u8[128 * 128] grey. A picture that cannot be read has no squares. */
#include "page/page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(const void *data, size_t size) {
    if (fwrite(data, 1, size, stdout) != size) {
        perror("page_squares: standard output");
        exit(1);
    }
}

static void put_number(uint32_t value) {
    put(&value, sizeof value);
}

static void put_page(const rx_page *page) {
    put_number((uint32_t)page->quarter_turns);
    put_number((uint32_t)page->num_squares);
    for (int i = 0; i < page->num_squares; i++) {
        const rx_page_line *line = &page->lines[page->squares[i].line];
        put(line->box, sizeof line->box);
        put_number((uint32_t)page->squares[i].line);
        put_number((uint32_t)line->views[page->squares[i].view].num_squares);
        const pali_image *image = page->squares[i].image;
        const uint8_t *rgb = pali_image_pixels(image);
        size_t pixels = (size_t)pali_image_width(image) * (size_t)pali_image_height(image);
        for (size_t p = 0; p < pixels; p++)
            put(rgb + 3 * p, 1);
    }
}

static void answer(const char *path) {
    pali_error err = PALI_ERROR_INIT;
    pali_image *image = NULL;
    rx_page *page = NULL;
    if (pali_image_load(&image, path, NULL, &err) == PALI_OK &&
        rx_page_read(&page, image, NULL, &err) == PALI_OK) {
        put_page(page);
    } else {
        fprintf(stderr, "page_squares: %s\n", err.message);
        put_number(0);
        put_number(0);
    }
    rx_page_free(&page);
    pali_image_free(&image);
}

int main(void) {
    char path[4096];
    for (uint32_t index = 0; fgets(path, sizeof path, stdin); index++) {
        path[strcspn(path, "\n")] = 0;
        put_number(index);
        answer(path);
        if (fflush(stdout))
            return 1;
    }
    return 0;
}
