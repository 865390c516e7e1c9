/* Bringing a page into order: flat, upright, straight, its ink found and its lines. */
#ifndef RX_PAGE_UPRIGHT_H
#define RX_PAGE_UPRIGHT_H

#include "page/flatten.h"
#include "page/source.h"
#include "page/text_lines.h"

/* What a page is while it is read. All zero: nothing is known yet. */
typedef struct rx_page_work {
    const rx_source *source;
    rx_projection to_picture; /* from places of the page to places of the picture */
    double pixels_per_pixel;  /* of the picture along one of the page, in the middle */
    int quarter_turns;
    double skew; /* radians */
    bool has_sheet;
    rx_gray gray, ink, rules; /* the page, its darkness, the rules taken out of it */
    rx_paper paper;
    rx_ink_levels levels;
    float noise;         /* deviation of the paper's darkness before any smoothing, of 255 */
    float letter_height; /* 0: no text */
    rx_parts parts;
    rx_text_lines lines;
} rx_page_work;

/* Fills `work` from the source, which must outlive it; to be freed on failure, too. */
pali_status rx_page_bring_upright(rx_page_work *work, const rx_source *source, pali_error *err);
void rx_page_work_free(rx_page_work *work);

#endif
