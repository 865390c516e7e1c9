/* Arrays for NumPy: magic, version, header size, a Python dictionary padded to 64 bytes, raw
 * numbers (numpy.lib.format). */
#include "cli/npy.h"

#include "cli/cli.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool rx_npy_append(rx_npy *array, const float *row, size_t width) {
    if (array->rows && width != array->width)
        return false;
    if (array->rows == array->capacity) {
        size_t capacity = array->capacity ? array->capacity * 2 : 8;
        float *grown = realloc(array->values, capacity * width * sizeof *grown);
        if (!grown)
            return false;
        array->values = grown;
        array->capacity = capacity;
    }
    array->width = width;
    memcpy(array->values + array->rows++ * width, row, width * sizeof *row);
    return true;
}

/* What cannot be written is told when the file is closed. */
static void write_array(const rx_npy *array, FILE *file) {
    char header[128];
    int length = snprintf(header + 10, sizeof header - 10,
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (%zu, %zu), }",
                          array->rows, array->width);
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    uint16_t size = sizeof header - 10;
    memcpy(header + 8, &size, sizeof size);
    memset(header + 10 + length, ' ', sizeof header - 10 - (size_t)length);
    header[sizeof header - 1] = '\n';
    size_t count = array->rows * array->width;
    fwrite(header, sizeof header, 1, file);
    fwrite(array->values, sizeof *array->values, count, file);
}

bool rx_npy_write(const rx_npy *array, const char *path) {
    rx_output output;
    if (!rx_output_open_file(&output, path, RX_TEXT))
        return false;
    write_array(array, output.stream);
    return rx_output_close(&output);
}

void rx_npy_free(rx_npy *array) {
    free(array->values);
    *array = (rx_npy){0};
}
