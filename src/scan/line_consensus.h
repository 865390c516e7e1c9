/* Lines on which the views disagree: what all of the views together say. */
#ifndef RX_SCAN_LINE_CONSENSUS_H
#define RX_SCAN_LINE_CONSENSUS_H

#include "scan/line_reader.h"

/* What is better about the likeliest view's text: for rx_line_of_views. */
typedef struct rx_consensus {
    rx_line_edit *edits;
    size_t num_edits;
} rx_consensus;

/* Of each of the `lines` that is `doubtful`, every view's text is held against the pictures of all views:
 * the mean of the logarithms of its probability becomes the view's score. Where another view has something
 * else in the likeliest one's text, and the pictures are more probable with it, that is an edit in `out`
 * [lines->count]. Lines that are not doubtful have none. In `lines`' arena. */
pali_status rx_lines_consensus(rx_consensus *out, rx_lines *lines, const bool *doubtful,
                               const rx_page *page, const pali_model *model, pali_error *err);

#endif
