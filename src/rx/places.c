#include "rx/places.h"

#include <stdint.h>
#include <string.h>

size_t rx_line_with(const rx_line *lines, size_t count, const char *within, const char *text,
                    size_t *at) {
    for (size_t i = 0; i < count; i++) {
        const char *line = lines[i].text, *part = within ? strstr(line, within) : NULL;
        const char *found = strstr(part ? part : line, text);
        if (!found || lines[i].struck_out || !line[0] || (within && !part && !strstr(within, line)))
            continue;
        *at = (size_t)(found - line);
        return i;
    }
    return SIZE_MAX;
}
