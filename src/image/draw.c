/* Drawing found objects onto a picture. */
#include "image/draw.h"

#include "image/image.h"

#include <string.h>

/* Okabe and Ito's colours for all kinds of colour vision, without black: text is black. */
static const struct {
    const char *name;
    uint8_t rgb[3];
} colors[] = {
    {"blue", {0, 114, 178}},     {"vermilion", {213, 94, 0}}, {"green", {0, 158, 115}},
    {"purple", {204, 121, 167}}, {"orange", {230, 159, 0}},   {"sky blue", {86, 180, 233}},
    {"yellow", {240, 228, 66}},
};

enum { NUM_COLORS = sizeof colors / sizeof *colors };

static int clamp(int value, int low, int high) {
    return value < low ? low : value > high ? high : value;
}

static pali_box clipped(const pali_image *image, pali_box box) {
    return (pali_box){clamp(box.x0, 0, image->width), clamp(box.y0, 0, image->height),
                      clamp(box.x1, 0, image->width), clamp(box.y1, 0, image->height)};
}

static void fill(pali_image *image, pali_box box, const uint8_t color[3]) {
    box = clipped(image, box);
    for (int y = box.y0; y < box.y1; y++) {
        uint8_t *row = image->pixels + (size_t)y * (size_t)image->width * 3;
        for (int x = box.x0; x < box.x1; x++)
            memcpy(row + (size_t)x * 3, color, 3);
    }
}

void pali_draw_box(pali_image *image, pali_box box, int thickness, const uint8_t color[3]) {
    if (box.x0 >= box.x1 || box.y0 >= box.y1)
        return;
    int across = box.x1 - box.x0 < thickness ? box.x1 - box.x0 : thickness;
    int down = box.y1 - box.y0 < thickness ? box.y1 - box.y0 : thickness;
    fill(image, (pali_box){box.x0, box.y0, box.x1, box.y0 + down}, color);
    fill(image, (pali_box){box.x0, box.y1 - down, box.x1, box.y1}, color);
    fill(image, (pali_box){box.x0, box.y0, box.x0 + across, box.y1}, color);
    fill(image, (pali_box){box.x1 - across, box.y0, box.x1, box.y1}, color);
}

void pali_draw_mask(pali_image *image, pali_box box, const uint8_t *mask, const uint8_t color[3]) {
    pali_box inside = clipped(image, box);
    size_t stride = inside.x0 < inside.x1 ? (size_t)(box.x1 - box.x0) : 0;
    for (int y = inside.y0; y < inside.y1; y++) {
        uint8_t *row = image->pixels + (size_t)y * (size_t)image->width * 3;
        for (int x = inside.x0; x < inside.x1; x++) {
            if (!mask[(size_t)(y - box.y0) * stride + (size_t)(x - box.x0)])
                continue;
            for (size_t c = 0; c < 3; c++)
                row[(size_t)x * 3 + c] = (uint8_t)((row[(size_t)x * 3 + c] + color[c] + 1) / 2);
        }
    }
}

const char *pali_object_color_name(size_t index) {
    return colors[index % NUM_COLORS].name;
}

/* Visible on a photograph that is shown small, and no thicker than a letter's stroke on a page. */
static int line_thickness(const pali_image *image) {
    int side = image->width < image->height ? image->width : image->height;
    return side < 600 ? 2 : side / 300;
}

pali_status pali_image_draw_objects(pali_image **out, const pali_image *image,
                                    const pali_object *objects, const uint8_t *const *masks,
                                    size_t num_objects, pali_error *err) {
    pali_image *copy = NULL;
    pali_status status = pali_image_crop(&copy, image, 0, 0, image->width, image->height, err);
    if (status)
        return status;
    for (size_t i = 0; i < num_objects; i++) {
        const pali_object *o = &objects[i];
        const uint8_t *color = colors[i % NUM_COLORS].rgb;
        pali_box box = {o->x_min, o->y_min, o->x_max, o->y_max};
        if (masks && masks[i])
            pali_draw_mask(copy, box, masks[i], color);
        pali_draw_box(copy, box, line_thickness(copy), color);
    }
    *out = copy;
    return PALI_OK;
}
