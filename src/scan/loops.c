/* Each period is tried: how far back does the text equal itself one period earlier? */
#include "scan/loops.h"

#include <stdint.h>

size_t rx_loop_start(const char *text, size_t size, size_t least, size_t times, size_t longest) {
    for (size_t period = 1; period <= longest; period++) {
        size_t same = 0;
        while (same + period < size && text[size - 1 - same] == text[size - 1 - same - period])
            same++;
        if (same + period >= least && same + period >= times * period)
            return size - same;
    }
    return SIZE_MAX;
}
