/* The lines of a picture, and what is answered about it, by a model that reads whole pages. */
#ifndef RX_SCAN_PAGE_READER_H
#define RX_SCAN_PAGE_READER_H

#include "rx/agreement.h"
#include "scan/asker.h"
#include "scan/line_reader.h"
#include "scan/tiles.h"

enum { RX_NUM_QUESTIONS = 6 };

typedef struct rx_page_said {
    rx_lines lines;                     /* their boxes are empty: where they stand is not known */
    rx_reply replies[RX_NUM_QUESTIONS]; /* in the arena of `lines` */
    size_t num_unended;                 /* replies that did not come to an end */
    size_t
        num_unplaced; /* tiles of which it is not known on which rows their lines stand: there were
                            more or fewer than were found on the page */
} rx_page_said;

/* How many pictures rx_page_lines_read asks about. */
size_t rx_num_views(const rx_tiles *tiles);

/* Asks for the text of the upright `image`, of its tiles if there are several, and puts the fixed
 * questions about all of it, in one batch. On failure `*out` is left alone; the caller gives
 * `out->lines` to rx_lines_free. */
pali_status rx_page_lines_read(rx_page_said *out, const rx_asker *asker, const pali_image *image,
                               const rx_page *page, const rx_tiles *tiles, pali_error *err);

#endif
