/* What was found, drawn on a picture. */
#ifndef RX_CLI_DRAWING_H
#define RX_CLI_DRAWING_H

#include "pali/pali.h"

typedef struct rx_drawing rx_drawing;

/* A copy of the picture; NULL for lack of memory. */
rx_drawing *rx_drawing_new(const pali_image *image);
void rx_drawing_free(rx_drawing *drawing);

/* The outline of an object in the colour of its number. */
void rx_drawing_box(rx_drawing *drawing, const pali_object *object, size_t number);

/* The pixels of an object's mask (pali_mask_decoder_run), tinted in the colour of its number. */
void rx_drawing_mask(rx_drawing *drawing, const pali_object *object, const uint8_t *mask,
                     size_t number);

/* "out.png" for the first picture, "out-2.png" for the second. */
void rx_drawing_name(char *out, size_t size, const char *path, size_t number);

/* Writes a PNG. */
pali_status rx_drawing_save(const rx_drawing *drawing, const char *path, pali_error *err);

#endif
