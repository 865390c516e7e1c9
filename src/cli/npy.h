/* Arrays for NumPy. */
#ifndef RX_CLI_NPY_H
#define RX_CLI_NPY_H

#include <stdbool.h>
#include <stddef.h>

/* Rows of float32 of one width that grow one by one. */
typedef struct rx_npy {
    float *values;
    size_t rows, width, capacity;
} rx_npy;

/* Appends a row; false for lack of memory or another width than before. */
bool rx_npy_append(rx_npy *array, const float *row, size_t width);

/* Writes [rows, width] in NumPy's format (version 1.0), whole or not at all; false after saying why. */
bool rx_npy_write(const rx_npy *array, const char *path);

void rx_npy_free(rx_npy *array);

#endif
