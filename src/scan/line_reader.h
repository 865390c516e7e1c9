/* The lines of a page, read by a model that was trained on folded lines. */
#ifndef RX_SCAN_LINE_READER_H
#define RX_SCAN_LINE_READER_H

#include "page/page.h"
#include "scan/line_views.h"

/* What the model saw and said of one square of the page. */
typedef struct rx_square_reading {
    pali_features *features; /* NULL: it was not read */
    const char *text;        /* the answer as it is, with the mark of a line that is struck out */
    size_t at;               /* byte of the view's text where it stands, without that mark */
} rx_square_reading;

typedef struct rx_lines {
    pali_arena arena;
    size_t count;
    rx_line *lines;      /* as the page has them, from top to bottom */
    rx_choices *choices; /* of each line */
    /* Of pages read line by line; else NULL. */
    rx_line_view (*views)[RX_PAGE_VIEWS]; /* of each line; `text` is NULL where it was not read */
    rx_square_reading *squares;           /* [page->num_squares] */
    size_t num_squares;
    size_t num_unfinished;  /* lines where an answer ran in a circle or did not end: confidence 0 */
    size_t num_half_struck; /* lines of which only a part seems struck out: confidence 0 */
} rx_lines;

/* Reads the page's squares in batches: of the first two views all, of the third those of lines on which these
 * disagree, of the others those of lines on which no two of the three agree. `progress` (may be NULL) is told
 * the phase "lines" in squares. On failure `*out` is left alone; the caller gives it to rx_lines_free. */
pali_status rx_lines_read(rx_lines *out, const pali_model *model, const rx_page *page,
                          pali_progress_fn progress, void *context, pali_error *err);
void rx_lines_free(rx_lines *lines);

#endif
