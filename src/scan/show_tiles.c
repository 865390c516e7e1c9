/* Resized as the engine does it by default (bicubic). */
#include "scan/show_tiles.h"

#include "base/buffer.h"

static pali_status show(const pali_image *image, const rx_tile *tile, int size,
                        const char *directory, const char *stem, int number, pali_error *err) {
    pali_image *part = NULL, *seen = NULL;
    pali_buffer path;
    pali_buffer_init(&path, 1 << 16);
    pali_status status =
        pali_image_crop(&part, image, tile->x, tile->y, tile->width, tile->height, err);
    if (!status)
        status = pali_image_resize(&seen, part, size, size, PALI_FILTER_BICUBIC, err);
    if (!status)
        status = pali_buffer_printf(&path, err, "%s/%s-view-%d.png", directory, stem, number);
    if (!status)
        status = pali_image_save_png(seen, path.data, err);
    pali_buffer_free(&path);
    pali_image_free(&part);
    pali_image_free(&seen);
    return status;
}

pali_status rx_tiles_show(const rx_tiles *tiles, const pali_image *image, int image_size,
                          const char *directory, const char *stem, pali_error *err) {
    int count = tiles->columns * tiles->rows;
    rx_tile whole = {0, 0, pali_image_width(image), pali_image_height(image)};
    pali_status status = show(image, &whole, image_size, directory, stem, 1, err);
    for (int i = 0; i < count && count > 1 && !status; i++)
        status = show(image, &tiles->tile[i], image_size, directory, stem, i + 2, err);
    return status;
}
