/* Sampling the picture: bilinear, from the halved copy whose pixels are about as far apart as the
 * samples, so that nothing is lost between them. */
#include "page/source.h"

#include <math.h>

enum { MAX_PIXELS = 24000000 };

/* The picture's channels at about 400 pixels: means of up to 4 x 4 pixels spread over each block. */
static pali_status make_small(rx_gray small[3], const pali_image *picture, pali_error *err) {
    int width = pali_image_width(picture), height = pali_image_height(picture);
    double step = fmax(fmax(width, height) / (double)RX_SOURCE_SMALL, 1);
    int small_width = (int)fmax(width / step, 1), small_height = (int)fmax(height / step, 1);
    const uint8_t *rgb = pali_image_pixels(picture);
    for (int c = 0; c < 3; c++) {
        pali_status status = rx_gray_create(&small[c], small_width, small_height, err);
        if (status)
            return status;
    }
    for (int y = 0; y < small_height; y++)
        for (int x = 0; x < small_width; x++) {
            unsigned sum[3] = {0, 0, 0};
            for (int k = 0; k < 16; k++) {
                size_t u = (size_t)((x + (k % 4 + 0.5) / 4) * width / small_width);
                size_t v = (size_t)((y + (k / 4 + 0.5) / 4) * height / small_height);
                const uint8_t *pixel = rgb + (v * (size_t)width + u) * 3;
                for (int c = 0; c < 3; c++)
                    sum[c] += pixel[c];
            }
            for (int c = 0; c < 3; c++)
                small[c].pixels[y * small_width + x] = (uint8_t)(sum[c] / 16);
        }
    return PALI_OK;
}

pali_status rx_source_create(rx_source *out, const pali_image *picture, pali_error *err) {
    double width = pali_image_width(picture), height = pali_image_height(picture);
    int reduce = 1;
    while (width * height / reduce / reduce > MAX_PIXELS)
        reduce++;
    rx_source source = {.width = width, .height = height, .reduced = reduce};
    pali_status status = rx_gray_from_image(&source.level[0], picture, reduce, err);
    if (status)
        return status;
    for (source.num_levels = 1; source.num_levels < RX_SOURCE_LEVELS; source.num_levels++) {
        const rx_gray *last = &source.level[source.num_levels - 1];
        if (last->width < 32 || last->height < 32)
            break;
        status = rx_gray_halve(&source.level[source.num_levels], last, err);
        if (status) {
            rx_source_free(&source);
            return status;
        }
    }
    status = make_small(source.small, picture, err);
    if (status)
        rx_source_free(&source);
    else
        *out = source;
    return status;
}

void rx_source_free(rx_source *source) {
    for (int i = 0; i < source->num_levels; i++)
        rx_gray_free(&source->level[i]);
    for (int c = 0; c < 3; c++)
        rx_gray_free(&source->small[c]);
    source->num_levels = 0;
}

int rx_source_level(const rx_source *source, double step) {
    int level = 0;
    for (step /= source->reduced; step > 1.5 && level + 1 < source->num_levels; step /= 2)
        level++;
    return level;
}

static inline float bilinear(const rx_gray *gray, float x, float y) {
    x = x < 0 ? 0 : x > (float)(gray->width - 1) ? (float)(gray->width - 1) : x;
    y = y < 0 ? 0 : y > (float)(gray->height - 1) ? (float)(gray->height - 1) : y;
    int x0 = (int)x, y0 = (int)y;
    float fx = x - (float)x0, fy = y - (float)y0;
    const uint8_t *a = gray->pixels + (size_t)y0 * (size_t)gray->width + x0;
    const uint8_t *b = y0 + 1 < gray->height ? a + gray->width : a;
    int right = x0 + 1 < gray->width;
    float above = (float)a[0] + fx * (float)(a[right] - a[0]);
    float below = (float)b[0] + fx * (float)(b[right] - b[0]);
    return above + fy * (below - above);
}

float rx_source_sample(const rx_source *source, int level, double x, double y) {
    if (!(x >= 0 && y >= 0 && x <= source->width && y <= source->height))
        return RX_GRAY_OUTSIDE;
    double scale = 1 / (source->reduced * (1 << level));
    return bilinear(&source->level[level], (float)(x * scale - 0.5), (float)(y * scale - 0.5));
}

pali_status rx_source_warp(rx_gray *out, const rx_source *source, const rx_projection *to_picture,
                           int width, int height, pali_error *err) {
    rx_gray page;
    pali_status status = rx_gray_create(&page, width, height, err);
    if (status)
        return status;
    rx_point a = rx_projection_apply(to_picture, 0, 0);
    rx_point c = rx_projection_apply(to_picture, width, height);
    int level = rx_source_level(source, hypot(c.x - a.x, c.y - a.y) / hypot(width, height));
    const double *m = to_picture->m;
    for (int y = 0; y < height; y++) {
        double x_sum = m[1] * (y + 0.5) + m[2], y_sum = m[4] * (y + 0.5) + m[5];
        double w_sum = m[7] * (y + 0.5) + m[8];
        uint8_t *row = page.pixels + (size_t)y * (size_t)width;
        for (int x = 0; x < width; x++) {
            double w = 1 / (m[6] * (x + 0.5) + w_sum);
            row[x] = (uint8_t)(rx_source_sample(source, level, (m[0] * (x + 0.5) + x_sum) * w,
                                                (m[3] * (x + 0.5) + y_sum) * w) +
                               0.5f);
        }
    }
    *out = page;
    return PALI_OK;
}
