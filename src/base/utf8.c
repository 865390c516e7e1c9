/* UTF-8 as RFC 3629 has it. */
#include "base/utf8.h"

#include <string.h>

size_t pali_utf8_length(const char *text, size_t size) {
    const unsigned char *p = (const unsigned char *)text;
    unsigned char c = p[0];
    size_t length = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (length == 0 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) || (c == 0xf0 && p[1] < 0x90) ||
        (c == 0xf4 && p[1] > 0x8f))
        return 0;
    return length;
}

bool pali_is_utf8(const char *text, size_t size) {
    for (size_t i = 0, length; i < size; i += length) {
        length = pali_utf8_length(text + i, size - i);
        if (length == 0)
            return false;
    }
    return true;
}

size_t pali_utf8_mark(const char *text, size_t size) {
    static const char mark[] = {'\xef', '\xbb', '\xbf'};
    return size >= sizeof mark && memcmp(text, mark, sizeof mark) == 0 ? sizeof mark : 0;
}
