/* Folding. The training folds its strips by the same rules. */
#include "page/strip_fold.h"

#include <stdlib.h>
#include <string.h>

/* Ink of each column, in pixels: 255 a pixel that is black. */
static int *column_ink(const rx_gray *strip) {
    int *ink = calloc((size_t)strip->width, sizeof *ink);
    for (int y = 0; ink && y < strip->height; y++)
        for (int x = 0; x < strip->width; x++)
            ink[x] += 255 - strip->pixels[(size_t)y * (size_t)strip->width + (size_t)x];
    return ink;
}

/* The column of begin .. end - 1 with the least ink; of equals, the last. */
static int quietest(const int *ink, int begin, int end) {
    int best = end - 1;
    for (int x = end - 2; x >= begin; x--)
        if (ink[x] < ink[best])
            best = x;
    return best;
}

/* The middle of the widest run of empty columns, and its width. */
static int widest_gap(const int *ink, int begin, int end, int *width) {
    int middle = quietest(ink, begin, end);
    *width = 0;
    for (int x = begin; x < end; x++) {
        int first = x;
        while (x < end && ink[x] < 64)
            x++;
        if (x - first > *width) {
            *width = x - first;
            middle = (first + x) / 2;
        }
    }
    return middle;
}

pali_status rx_fold_strip(rx_fold_row **rows, int *num_rows, const rx_gray *strip, int side,
                          pali_error *err) {
    int height = strip->height, per_square = side / height, count = 0;
    /* A row is at least a quarter of the side long. */
    size_t room = (size_t)strip->width / (size_t)(side / 4) + 1;
    int *ink = column_ink(strip);
    rx_fold_row *made = malloc(room * sizeof *made);
    if (!ink || !made) {
        free(ink);
        free(made);
        return pali_fail_memory(err, room * sizeof *made, "the rows of a line");
    }
    for (int x = 0; x < strip->width; count++) {
        rx_fold_row row = {count / per_square, x, strip->width, false};
        if (strip->width - x > side) {
            int gap = 0;
            if (count % per_square == per_square - 1)
                row.end = widest_gap(ink, x + side / 4, x + side, &gap);
            else
                row.end = quietest(ink, x + side - side * 5 / 16, x + side);
            row.at_gap = 8 * gap >= height;
        }
        made[count] = row;
        x = row.end;
    }
    free(ink);
    *rows = made;
    *num_rows = count;
    return PALI_OK;
}

pali_status rx_fold_draw(pali_image **out, const rx_gray *strip, const rx_fold_row *rows,
                         int num_rows, int square, int side, pali_error *err) {
    rx_gray picture;
    pali_status status = rx_gray_create(&picture, side, side, err);
    if (status)
        return status;
    memset(picture.pixels, 255, (size_t)side * (size_t)side);
    int top = 0;
    for (int i = 0; i < num_rows; i++) {
        if (rows[i].square != square)
            continue;
        for (int y = 0; y < strip->height; y++)
            memcpy(picture.pixels + (size_t)(top + y) * (size_t)side,
                   strip->pixels + (size_t)y * (size_t)strip->width + rows[i].begin,
                   (size_t)(rows[i].end - rows[i].begin));
        top += strip->height;
    }
    status = rx_gray_to_image(out, &picture, err);
    rx_gray_free(&picture);
    return status;
}
