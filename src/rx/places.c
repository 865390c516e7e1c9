#include "rx/places.h"

#include <stdint.h>
#include <string.h>

/* The first line that has `text`, of those that are within `within`, or, with `part`, have all of it. */
static size_t find(const rx_line *lines, size_t count, const char *within, const char *text,
                   bool part, size_t *at) {
    for (size_t i = 0; i < count; i++) {
        const char *line = lines[i].text, *from = part ? strstr(line, within) : line;
        const char *found = from ? strstr(from, text) : NULL;
        if (!found || lines[i].struck_out || !line[0] || (within && !part && !strstr(within, line)))
            continue;
        *at = (size_t)(found - line);
        return i;
    }
    return SIZE_MAX;
}

size_t rx_line_with(const rx_line *lines, size_t count, const char *within, const char *text,
                    size_t *at) {
    size_t line = find(lines, count, within, text, false, at);
    return line < SIZE_MAX || !within ? line : find(lines, count, within, text, true, at);
}
