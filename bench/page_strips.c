/* page_strips PICTURE [DIRECTORY]: what the page reader makes of a picture. Prints its measures, the
 * processor's time, and each line's box; writes the cleaned page, the sheets of squares, and every
 * square as "<stem>-LLL-V-S.png" (line, view, square of the view). */
#include "page/page.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void die(const pali_error *err) {
    fprintf(stderr, "page_strips: %s\n", err->message);
    exit(1);
}

static void print(const rx_page *page, double seconds) {
    const rx_page_quality *q = &page->quality;
    printf("turns %d, skew %.2f, sheet %d, %d lines, %d squares, %.3f s\n", page->quarter_turns,
           (double)page->skew, page->has_sheet, page->num_lines, page->num_squares, seconds);
    printf(
        "text height %.1f (small %.1f), edge width %.1f, contrast %.2f, noise %.3f, glare %.3f\n",
        (double)q->text_height, (double)q->small_text_height, (double)q->edge_width,
        (double)q->contrast, (double)q->noise, (double)q->glare);
    for (int i = 0; i < page->num_warnings; i++)
        printf("warning: %s\n", page->warnings[i]);
    for (int i = 0; i < page->num_lines; i++) {
        const rx_page_line *l = &page->lines[i];
        printf("line %d: %.4f %.4f %.4f %.4f, text height %.1f, squares %d\n", i, (double)l->box[0],
               (double)l->box[1], (double)l->box[2], (double)l->box[3], (double)l->text_height,
               l->views[0].num_squares);
    }
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: page_strips PICTURE [DIRECTORY]\n");
        return 2;
    }
    pali_error err = PALI_ERROR_INIT;
    pali_image *image = NULL;
    rx_page *page = NULL;
    if (pali_image_load(&image, argv[1], NULL, &err))
        die(&err);
    clock_t begin = clock();
    if (rx_page_read(&page, image, NULL, &err))
        die(&err);
    print(page, (double)(clock() - begin) / CLOCKS_PER_SEC);
    if (argc == 3) {
        char stem[256];
        snprintf(stem, sizeof stem, "%s", basename(argv[1]));
        if (strrchr(stem, '.'))
            *strrchr(stem, '.') = 0;
        if (rx_page_show(page, argv[2], stem, &err))
            die(&err);
        for (int i = 0; i < page->num_squares; i++) {
            char path[4096];
            int line = page->squares[i].line;
            int view = page->squares[i].view;
            snprintf(path, sizeof path, "%s/%s-%03d-%d-%d.png", argv[2], stem, line, view,
                     i - page->lines[line].views[view].first_square);
            if (pali_image_save_png(page->squares[i].image, path, &err))
                die(&err);
        }
    }
    rx_page_free(&page);
    pali_image_free(&image);
    return 0;
}
