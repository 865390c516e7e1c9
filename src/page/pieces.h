/* Inside the search for lines: parts cut into pieces about as wide as high. */
#ifndef RX_PAGE_PIECES_H
#define RX_PAGE_PIECES_H

#include "page/parts.h"

#include <stdbool.h>

typedef struct rx_piece {
    int part;
    float x, y;    /* centre of its ink */
    float width;   /* columns it takes */
    float ink;     /* pixels */
    float height;  /* of a letter, where it stands */
    bool is_split; /* of a part that was cut across */
    int group;     /* pieces of one line have the same; set by rx_pieces_group, as is */
    int row;       /* lines that rules divide, and that continue each other, have the same */
} rx_piece;

typedef struct rx_pieces {
    int count;
    rx_piece *piece; /* [count] */
    bool *is_split;  /* [parts->count]: the part is higher than a line and was cut across, too */
} rx_pieces;

pali_status rx_pieces_cut(rx_pieces *out, const rx_parts *parts, float letter_height,
                          pali_error *err);
void rx_pieces_free(rx_pieces *pieces);

/* Sets `group` of every piece, 0 .. *num_groups - 1, and `row`. `rules`: the page's pixels that are of rules.
 * What is left over of parts that were cut across, beside a line of more ink, is dropped. */
pali_status rx_pieces_group(rx_pieces *pieces, int *num_groups, const rx_gray *rules,
                            float letter_height, pali_error *err);

#endif
