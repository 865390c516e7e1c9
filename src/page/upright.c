/* The order of steps from a picture to its lines. The page is drawn from the picture anew after each
 * change of its projection, never from an earlier drawing, so that it is blurred once only. It has
 * about two million pixels whatever the picture has: the measures of everything that follows are
 * those of a page of paper. */
#include "page/upright.h"

#include "page/rules.h"
#include "page/sheet.h"
#include "page/skew.h"

#include <math.h>
#include <stdlib.h>

static const double PAGE_PIXELS = 1.92e6, LARGEST_ZOOM = 2;
static const float QUIET = 9; /* deviation of paper's darkness, of 255, that needs no smoothing */
enum { MOST_SMOOTHING = 3 };
static const double LEAST_SKEW = 0.002; /* radians worth a new drawing: 3 pixels across a page */

/* A rectangle that becomes the page, in units of the picture's pixels. */
typedef struct frame {
    double width, height;
    rx_projection to_picture;
} frame;

static frame whole(const rx_source *source) {
    return (frame){source->width, source->height, rx_projection_scale(1, 1)};
}

static pali_status find_frame(frame *out, bool *has_sheet, const rx_source *source,
                              pali_error *err) {
    rx_point q[4];
    *out = whole(source);
    pali_status status = rx_sheet_find(q, has_sheet, source, err);
    if (status || !*has_sheet)
        return status;
    double width =
        (hypot(q[1].x - q[0].x, q[1].y - q[0].y) + hypot(q[2].x - q[3].x, q[2].y - q[3].y)) / 2;
    double height =
        (hypot(q[3].x - q[0].x, q[3].y - q[0].y) + hypot(q[2].x - q[1].x, q[2].y - q[1].y)) / 2;
    rx_projection p;
    *has_sheet = rx_projection_to_quad(&p, width, height, q);
    if (*has_sheet)
        *out = (frame){width, height, p};
    return PALI_OK;
}

static frame turned(const frame *f, int turns) {
    rx_projection turn = rx_projection_turn(turns, f->width, f->height);
    return (frame){turns & 1 ? f->height : f->width, turns & 1 ? f->width : f->height,
                   rx_projection_compose(&f->to_picture, &turn)};
}

/* Turned by an angle, and as much larger as its corners need. */
static frame straightened(const frame *f, double radians) {
    double c = fabs(cos(radians)), s = fabs(sin(radians));
    frame out = {f->width * c + f->height * s, f->width * s + f->height * c, f->to_picture};
    rx_projection move = {
        {1, 0, (f->width - out.width) / 2, 0, 1, (f->height - out.height) / 2, 0, 0, 1}};
    rx_projection turn = rx_projection_rotate(radians, (rx_point){f->width / 2, f->height / 2});
    out.to_picture = rx_projection_compose(&turn, &move);
    out.to_picture = rx_projection_compose(&f->to_picture, &out.to_picture);
    return out;
}

static void forget(rx_page_work *work) {
    rx_gray_free(&work->gray);
    rx_gray_free(&work->ink);
    rx_gray_free(&work->rules);
    rx_paper_free(&work->paper);
    rx_parts_free(&work->parts);
    rx_text_lines_free(&work->lines);
}

/* Finds the paper and the ink; where the paper is noisy, on a page that is smoothed as often as it
 * takes. `work->noise` is that of the page as it came. */
static pali_status find_ink(rx_page_work *work, pali_error *err) {
    for (int times = 0;; times++) {
        rx_paper_free(&work->paper);
        rx_gray_free(&work->ink);
        pali_status status = rx_paper_find(&work->paper, &work->gray, err);
        if (!status)
            status = rx_ink_find(&work->ink, &work->gray, &work->paper, err);
        if (status)
            return status;
        work->levels = rx_ink_measure(&work->ink);
        if (times == 0)
            work->noise = work->levels.noise;
        if (times == MOST_SMOOTHING || work->levels.noise < QUIET)
            return PALI_OK;
        status = rx_gray_smooth(&work->gray, err);
        if (status)
            return status;
    }
}

/* Draws the page and finds its ink and the parts of it. */
static pali_status look(rx_page_work *work, const frame *f, pali_error *err) {
    forget(work);
    double zoom = fmin(sqrt(PAGE_PIXELS / (f->width * f->height)), LARGEST_ZOOM);
    int width = (int)fmax(round(f->width * zoom), 1);
    int height = (int)fmax(round(f->height * zoom), 1);
    rx_projection scale = rx_projection_scale(f->width / width, f->height / height);
    work->to_picture = rx_projection_compose(&f->to_picture, &scale);
    rx_point a = rx_projection_apply(&work->to_picture, width / 2.0, height / 2.0);
    rx_point b = rx_projection_apply(&work->to_picture, width / 2.0 + 1, height / 2.0 + 1);
    work->pixels_per_pixel = hypot(b.x - a.x, b.y - a.y) / sqrt(2);
    pali_status status =
        rx_source_warp(&work->gray, work->source, &work->to_picture, width, height, err);
    if (!status)
        status = find_ink(work, err);
    if (status)
        return status;
    status = rx_parts_find(&work->parts, &work->ink, work->levels.threshold, err);
    if (!status)
        work->letter_height = rx_parts_letter_height(&work->parts);
    return status;
}

/* Takes the rules out and finds the lines. */
static pali_status read_lines(rx_page_work *work, pali_error *err) {
    pali_status status =
        rx_rules_remove(&work->rules, &work->ink, work->levels.threshold, work->letter_height, err);
    rx_parts_free(&work->parts);
    if (!status)
        status = rx_parts_find(&work->parts, &work->ink, work->levels.threshold, err);
    if (status)
        return status;
    float letter_height = rx_parts_letter_height(&work->parts);
    work->letter_height = letter_height > 0 ? letter_height : work->letter_height;
    return rx_text_lines_find(&work->lines, &work->parts, &work->ink, &work->rules,
                              work->letter_height, err);
}

/* Small letters have more ink above them (b d f h k l t, capitals) than below (g j p q y): each line
 * votes with its ink outside their band. */
static bool is_upside_down(const rx_text_lines *lines) {
    double up = 0, down = 0, squares = 0;
    for (int i = 0; i < lines->count; i++) {
        const rx_text_line *l = &lines->line[i];
        if (l->end - l->begin < 3 * l->letter_height)
            continue;
        double sum = l->ink_above + l->ink_below;
        double vote = (l->ink_above - l->ink_below) / (sum + 1);
        double weight = fmin(sqrt((l->end - l->begin) / l->letter_height), 5);
        up += vote > 0 ? weight * vote : 0;
        down -= vote < 0 ? weight * vote : 0;
        squares += weight * weight * vote * vote;
    }
    return down > up && down - up > 1.5 * sqrt(squares);
}

pali_status rx_page_bring_upright(rx_page_work *work, const rx_source *source, pali_error *err) {
    frame f;
    work->source = source;
    pali_status status = find_frame(&f, &work->has_sheet, source, err);
    if (!status)
        status = look(work, &f, err);
    if (status || work->letter_height <= 0)
        return status;
    if (rx_lines_run_down(&work->parts, work->letter_height)) {
        f = turned(&f, 1);
        work->quarter_turns = 1;
        status = look(work, &f, err);
    }
    if (!status)
        status = rx_skew_measure(&work->skew, &work->parts, work->letter_height, err);
    if (!status && fabs(work->skew) > LEAST_SKEW) {
        f = straightened(&f, work->skew);
        status = look(work, &f, err);
    }
    if (!status)
        status = read_lines(work, err);
    if (!status && is_upside_down(&work->lines)) {
        f = turned(&f, 2);
        work->quarter_turns += 2;
        status = look(work, &f, err);
        if (!status)
            status = read_lines(work, err);
    }
    return status;
}

void rx_page_work_free(rx_page_work *work) {
    forget(work);
}
