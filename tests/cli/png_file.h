/* PNG files that no encoder would write. */
#ifndef TESTS_CLI_PNG_FILE_H
#define TESTS_CLI_PNG_FILE_H

#include <stddef.h>
#include <stdint.h>

/* A grey PNG that declares these sides and holds `pixels` as its compressed rows. */
void write_png(const char *path, uint32_t width, uint32_t height, const void *pixels, size_t size);

#endif
