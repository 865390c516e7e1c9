/* Parts of a page that are looked at one by one, so that small text becomes large enough. */
#ifndef RX_SCAN_TILES_H
#define RX_SCAN_TILES_H

#include "page/page.h"

#include <stddef.h>

enum { RX_MAX_TILES = 24 };

/* Small letters of a picture as the model sees it are to be this many pixels high, at least: an "e"
 * is three strokes and two gaps from top to bottom, which five rows of pixels can just hold apart;
 * two more are lost where resizing lets rows run into one another. It is also half of the 14 pixels
 * of a patch, so that a letter with its ascender has a patch of its own. */
#define RX_LEAST_TEXT_HEIGHT 7.0f

typedef struct rx_tile {
    int x, y, width, height; /* pixels of the upright picture */
} rx_tile;

typedef struct rx_tiles {
    int columns, rows;          /* both 1: the page can be read as a whole */
    rx_tile tile[RX_MAX_TILES]; /* row by row */
    float text_height;          /* of small letters, in pixels of the picture */
    float seen_height;          /* the same as the model sees them in the tiles */
} rx_tiles;

/* Tiles for a model that sees pictures of `image_size` pixels a side. What neighbours share holds a
 * few words of a line or two lines; upper and lower edges go between the lines found on the page
 * where they can. `page` holds those lines; without any, there is one tile. */
void rx_tiles_plan(rx_tiles *out, int width, int height, const rx_page *page, int image_size);

#endif
