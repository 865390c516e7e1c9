/* Arbitrary bytes as the pixels of a small picture: two bytes give its width, the rest its rows, each
 * pixel a few bits of a byte so that strokes and noise both come about. */
#include "page/page.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_SIDE = 400 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 4)
        return 0;
    int width = 1 + (data[0] | data[1] << 8) % MAX_SIDE, zoom = 1 + data[2] % 8, mode = data[3] & 3;
    data += 4;
    size -= 4;
    size_t cells = mode & 1 ? size * 8 : size; /* a bit or a byte a cell */
    int columns = (width + zoom - 1) / zoom;
    size_t rows = (cells + (size_t)columns - 1) / (size_t)columns * (size_t)zoom;
    int height = rows < 1 ? 1 : rows > MAX_SIDE ? MAX_SIDE : (int)rows;
    uint8_t *rgb = malloc((size_t)width * (size_t)height * 3);
    if (!rgb)
        return 0;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            size_t cell = (size_t)(y / zoom) * (size_t)columns + (size_t)(x / zoom);
            uint8_t light = 255;
            if (cell < cells)
                light = mode & 1 ? (data[cell / 8] >> cell % 8 & 1 ? 30 : 240) : data[cell];
            uint8_t *pixel = rgb + ((size_t)y * (size_t)width + (size_t)x) * 3;
            pixel[0] = light;
            pixel[1] = mode & 2 ? (uint8_t)(light / 2 + 90) : light;
            pixel[2] = light;
        }
    pali_image *image = NULL;
    rx_page *page = NULL;
    if (!pali_image_from_rgb(&image, width, height, (size_t)width * 3, rgb, NULL) &&
        !rx_page_read(&page, image, NULL, NULL)) {
        for (int i = 0; i < page->num_lines; i++)
            for (int k = 0; k < 4; k++)
                if (!(page->lines[i].box[k] >= 0 && page->lines[i].box[k] <= 1))
                    __builtin_trap();
        if (page->num_lines > 0 && page->num_squares < RX_PAGE_VIEWS * page->num_lines)
            __builtin_trap();
    }
    rx_page_free(&page);
    pali_image_free(&image);
    free(rgb);
    return 0;
}
