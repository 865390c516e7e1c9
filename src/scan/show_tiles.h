/* What a model that reads whole pages saw, for people to look at. */
#ifndef RX_SCAN_SHOW_TILES_H
#define RX_SCAN_SHOW_TILES_H

#include "scan/tiles.h"

/* Writes "<stem>-view-1.png", the upright picture as resized for the model, and "<stem>-view-2.png",
 * ... for each of several tiles, into an existing directory. */
pali_status rx_tiles_show(const rx_tiles *tiles, const pali_image *image, int image_size,
                          const char *directory, const char *stem, pali_error *err);

#endif
