#include "png_file.h"

#include "program.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void put_number(unsigned char *at, uint32_t number) {
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(number >> (24 - 8 * i));
}

static size_t put_chunk(unsigned char *at, const char *type, const void *data, size_t size) {
    put_number(at, (uint32_t)size);
    memcpy(at + 4, type, 4);
    if (size > 0)
        memcpy(at + 8, data, size);
    put_number(at + 8 + size, (uint32_t)crc32(0, at + 4, (uInt)size + 4));
    return size + 12;
}

void write_png(const char *path, uint32_t width, uint32_t height, const void *pixels, size_t size) {
    unsigned char header[13] = {0}, *png = malloc(size + 128);
    if (!png)
        abort();
    put_number(header, width);
    put_number(header + 4, height);
    header[8] = 8;
    memcpy(png, "\x89PNG\r\n\x1a\n", 8);
    size_t used = 8;
    used += put_chunk(png + used, "IHDR", header, sizeof header);
    used += put_chunk(png + used, "IDAT", pixels, size);
    used += put_chunk(png + used, "IEND", NULL, 0);
    write_file(path, png, used);
    free(png);
}
