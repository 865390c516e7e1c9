/* The whole way from a picture to squares. */
#include "page/page.h"

#include "page/page_quality.h"
#include "page/strip.h"
#include "page/strip_fold.h"

#include <math.h>
#include <stdlib.h>

static pali_status check(const rx_page_options *o, pali_error *err) {
    if (o->row_height < 8 || o->square_size < o->row_height || o->square_size > 1024 ||
        o->square_size % o->row_height != 0 || o->max_lines < 1 || o->max_lines > 10000)
        return pali_fail(err, PALI_ERROR_ARGUMENT,
                         "rows of %d pixels in squares of %d, at most %d lines", o->row_height,
                         o->square_size, o->max_lines);
    return PALI_OK;
}

/* The page without rules, its paper white. */
static pali_status clean(pali_image **out, const rx_page_work *work, pali_error *err) {
    rx_gray white;
    pali_status status = rx_gray_create(&white, work->ink.width, work->ink.height, err);
    if (status)
        return status;
    size_t count = (size_t)white.width * (size_t)white.height;
    for (size_t i = 0; i < count; i++)
        white.pixels[i] = (uint8_t)(255 - work->ink.pixels[i]);
    status = rx_gray_to_image(out, &white, err);
    rx_gray_free(&white);
    return status;
}

static float fraction(double place, double size) {
    return (float)(place < 0 ? 0 : place > size ? 1 : place / size);
}

/* Boxes of a line on the cleaned page and on the upright picture. */
static void place(rx_page_line *out, const rx_page_work *work, const rx_text_line *l) {
    const rx_source *s = work->source;
    float box[4] = {l->x_min, l->y_min, l->x_max, l->y_max};
    double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
    rx_projection turn = rx_projection_turn(work->quarter_turns, s->width, s->height), back;
    if (!rx_projection_invert(&back, &turn))
        back = rx_projection_scale(1, 1);
    for (int i = 0; i < 4; i++) {
        rx_point p = rx_projection_apply(&work->to_picture, box[i & 1 ? 2 : 0], box[i & 2 ? 3 : 1]);
        p = rx_projection_apply(&back, p.x, p.y);
        x0 = fmin(x0, p.x);
        y0 = fmin(y0, p.y);
        x1 = fmax(x1, p.x);
        y1 = fmax(y1, p.y);
    }
    double width = work->quarter_turns & 1 ? s->height : s->width;
    double height = work->quarter_turns & 1 ? s->width : s->height;
    out->box[0] = fraction(x0, width);
    out->box[1] = fraction(y0, height);
    out->box[2] = fraction(x1, width);
    out->box[3] = fraction(y1, height);
    for (int i = 0; i < 4; i++)
        out->cleaned_box[i] = fraction(box[i], i & 1 ? work->ink.height : work->ink.width);
    out->row = l->row;
    out->text_height = (float)((l->core_bottom - l->core_top) * work->pixels_per_pixel);
}

/* Adds the squares of a strip. */
static pali_status add_squares(rx_page *page, const rx_gray *strip, int line, int view, int side,
                               pali_error *err) {
    rx_fold_row *rows;
    int num_rows;
    pali_status status = rx_fold_strip(&rows, &num_rows, strip, side, err);
    if (status)
        return status;
    int squares = num_rows > 0 ? rows[num_rows - 1].square + 1 : 0;
    rx_page_square *more =
        realloc(page->squares, ((size_t)page->num_squares + (size_t)squares + 1) * sizeof *more);
    if (!more) {
        free(rows);
        return pali_fail_memory(err, (size_t)squares * sizeof *more, "squares");
    }
    page->squares = more;
    page->lines[line].views[view] = (rx_page_view){page->num_squares, squares};
    for (int i = 0; i < squares && !status; i++) {
        rx_page_square square = {.line = line, .view = view};
        for (int r = 0; r < num_rows; r++)
            if (rows[r].square == i - 1)
                square.space_before = rows[r].at_gap;
        status = rx_fold_draw(&square.image, strip, rows, num_rows, i, side, err);
        if (!status)
            page->squares[page->num_squares++] = square;
    }
    free(rows);
    return status;
}

/* Of those tried on generated pages, zooms of 0.85 to 1.35, the ones that read best together. At larger zooms
 * than 1 tall letters may lose their tips, and yet cursive hands are read better. The last two stand
 * letters up that lean to the right, as most hands' do. */
static const rx_strip_shape shapes[RX_PAGE_VIEWS] = {
    {1, 1, 0}, {1.16, 1, 0}, {1.25, 1, 0}, {1.25, 1, -0.15}, {1.35, 1, -0.15}};

static pali_status add_views(rx_page *page, const rx_page_work *work, int line,
                             const rx_page_options *o, pali_error *err) {
    rx_gray strip;
    pali_status status = rx_strip_draw(&strip, work, line, o->row_height, shapes[0], err);
    if (status)
        return status;
    double stretch = rx_strip_stretch(&strip);
    rx_gray_free(&strip);
    for (int view = 0; view < RX_PAGE_VIEWS && !status; view++) {
        rx_strip_shape shape = shapes[view];
        shape.stretch = stretch;
        status = rx_strip_draw(&strip, work, line, o->row_height, shape, err);
        if (!status) {
            status = add_squares(page, &strip, line, view, o->square_size, err);
            rx_gray_free(&strip);
        }
    }
    return status;
}

static pali_status add_lines(rx_page *page, const rx_page_work *work, const rx_page_options *o,
                             pali_error *err) {
    int count = work->lines.count;
    if (count > o->max_lines) {
        rx_page_warn(page, "only the first %d of %d lines are read", o->max_lines, count);
        count = o->max_lines;
    }
    page->lines = calloc((size_t)count + 1, sizeof *page->lines);
    if (!page->lines)
        return pali_fail_memory(err, (size_t)count * sizeof *page->lines, "lines");
    pali_status status = PALI_OK;
    for (int i = 0; i < count && !status; i++) {
        place(&page->lines[i], work, &work->lines.line[i]);
        status = add_views(page, work, i, o, err);
        page->num_lines += !status;
    }
    return status;
}

pali_status rx_page_read(rx_page **out, const pali_image *picture, const rx_page_options *options,
                         pali_error *err) {
    rx_page_options defaults = RX_PAGE_OPTIONS_INIT;
    const rx_page_options *o = options ? options : &defaults;
    pali_status status = check(o, err);
    if (status)
        return status;
    rx_page *page = calloc(1, sizeof *page);
    if (!page)
        return pali_fail_memory(err, sizeof *page, "a page");
    rx_source source = {0};
    rx_page_work work = {0};
    status = rx_source_create(&source, picture, err);
    if (!status)
        status = rx_page_bring_upright(&work, &source, err);
    if (!status)
        status = clean(&page->cleaned, &work, err);
    if (!status)
        status = add_lines(page, &work, o, err);
    if (!status) {
        page->quarter_turns = work.quarter_turns;
        page->skew = (float)(work.skew * 180 / 3.14159265358979323846);
        page->has_sheet = work.has_sheet;
        page->quality = rx_page_quality_measure(&work);
        rx_page_quality_warn(page);
        *out = page;
    } else {
        rx_page_free(&page);
    }
    rx_page_work_free(&work);
    rx_source_free(&source);
    return status;
}

void rx_page_free(rx_page **page) {
    if (!page || !*page)
        return;
    for (int i = 0; i < (*page)->num_squares; i++)
        pali_image_free(&(*page)->squares[i].image);
    pali_image_free(&(*page)->cleaned);
    free((*page)->squares);
    free((*page)->lines);
    free(*page);
    *page = NULL;
}

pali_status rx_page_upright(pali_image **out, const pali_image *picture, int quarter_turns,
                            pali_error *err) {
    int width = pali_image_width(picture), height = pali_image_height(picture);
    int turns = quarter_turns & 3;
    int new_width = turns & 1 ? height : width, new_height = turns & 1 ? width : height;
    const uint8_t *from = pali_image_pixels(picture);
    size_t size = (size_t)width * (size_t)height * 3;
    uint8_t *rgb = malloc(size), *to = rgb;
    if (!rgb)
        return pali_fail_memory(err, size, "a turned picture");
    for (int y = 0; y < new_height; y++)
        for (int x = 0; x < new_width; x++, to += 3) {
            int u = turns == 0 ? x : turns == 1 ? y : turns == 2 ? width - 1 - x : width - 1 - y;
            int v = turns == 0 ? y : turns == 1 ? height - 1 - x : turns == 2 ? height - 1 - y : x;
            const uint8_t *pixel = from + ((size_t)v * (size_t)width + (size_t)u) * 3;
            to[0] = pixel[0];
            to[1] = pixel[1];
            to[2] = pixel[2];
        }
    pali_status status =
        pali_image_from_rgb(out, new_width, new_height, (size_t)new_width * 3, rgb, err);
    free(rgb);
    return status;
}
