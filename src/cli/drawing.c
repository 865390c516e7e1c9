/* What was found, drawn on a picture. */
#include "cli/drawing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rx_drawing {
    int width, height;
    uint8_t pixels[]; /* [height, width, 3] */
};

/* Colours that differ in lightness as well as in hue (Okabe and Ito 2008). */
static const uint8_t colours[][3] = {{213, 94, 0},   {0, 114, 178}, {0, 158, 115}, {204, 121, 167},
                                     {86, 180, 233}, {230, 159, 0}, {0, 0, 0}};
enum { NUM_COLOURS = sizeof colours / sizeof *colours };

rx_drawing *rx_drawing_new(const pali_image *image) {
    size_t size = (size_t)pali_image_width(image) * (size_t)pali_image_height(image) * 3;
    rx_drawing *drawing = malloc(sizeof *drawing + size);
    if (drawing) {
        drawing->width = pali_image_width(image);
        drawing->height = pali_image_height(image);
        memcpy(drawing->pixels, pali_image_pixels(image), size);
    }
    return drawing;
}

void rx_drawing_free(rx_drawing *drawing) {
    free(drawing);
}

static uint8_t *pixel(rx_drawing *drawing, int x, int y) {
    return drawing->pixels + ((size_t)y * (size_t)drawing->width + (size_t)x) * 3;
}

static int clamp(int value, int limit) {
    return value < 0 ? 0 : value > limit ? limit : value;
}

static void fill(rx_drawing *drawing, int x0, int y0, int x1, int y1, const uint8_t *colour) {
    for (int y = clamp(y0, drawing->height); y < clamp(y1, drawing->height); y++)
        for (int x = clamp(x0, drawing->width); x < clamp(x1, drawing->width); x++)
            memcpy(pixel(drawing, x, y), colour, 3);
}

void rx_drawing_box(rx_drawing *drawing, const pali_object *object, size_t number) {
    const uint8_t *colour = colours[number % NUM_COLOURS];
    int longest = drawing->width > drawing->height ? drawing->width : drawing->height;
    int line = longest / 300 + 1;
    fill(drawing, object->x_min, object->y_min, object->x_max, object->y_min + line, colour);
    fill(drawing, object->x_min, object->y_max - line, object->x_max, object->y_max, colour);
    fill(drawing, object->x_min, object->y_min, object->x_min + line, object->y_max, colour);
    fill(drawing, object->x_max - line, object->y_min, object->x_max, object->y_max, colour);
}

void rx_drawing_mask(rx_drawing *drawing, const pali_object *object, const uint8_t *mask,
                     size_t number) {
    const uint8_t *colour = colours[number % NUM_COLOURS];
    int width = object->x_max - object->x_min;
    for (int y = object->y_min; y < object->y_max && y < drawing->height; y++)
        for (int x = object->x_min; x < object->x_max && x < drawing->width; x++) {
            if (!mask[(size_t)(y - object->y_min) * (size_t)width + (size_t)(x - object->x_min)])
                continue;
            uint8_t *p = pixel(drawing, x, y);
            for (int c = 0; c < 3; c++)
                p[c] = (uint8_t)((p[c] + colour[c]) / 2);
        }
}

void rx_drawing_name(char *out, size_t size, const char *path, size_t number) {
    const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    int stem = dot && (!slash || dot > slash) ? (int)(dot - path) : (int)strlen(path);
    if (number > 1)
        snprintf(out, size, "%.*s-%zu%s", stem, path, number, path + stem);
    else
        snprintf(out, size, "%s", path);
}

pali_status rx_drawing_save(const rx_drawing *drawing, const char *path, pali_error *err) {
    pali_image *image = NULL;
    pali_status status = pali_image_from_rgb(&image, drawing->width, drawing->height,
                                             (size_t)drawing->width * 3, drawing->pixels, err);
    if (!status)
        status = pali_image_save_png(image, path, err);
    pali_image_free(&image);
    return status;
}
