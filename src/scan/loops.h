/* Answers that run in a circle. */
#ifndef RX_SCAN_LOOPS_H
#define RX_SCAN_LOOPS_H

#include <stddef.h>

/* Where the repetition at the end of a text begins (its first period stays): at least `least` bytes
 * that repeat at least `times` times, with a period of at most `longest` bytes; SIZE_MAX: none. */
size_t rx_loop_start(const char *text, size_t size, size_t least, size_t times, size_t longest);

#endif
