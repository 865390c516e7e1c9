/* Almost every name is plain ASCII and needs no memory; the rest goes through the folding of lines. */
#include "rx/name_key.h"

#include "rx/fold.h"

/* Appends what counts of `text`; false if the key is full or a letter is not Latin. */
static bool append(char key[RX_MAX_KEY], size_t *length, const char *text, size_t size) {
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == RX_FOLD_LETTER || *length + 1 >= RX_MAX_KEY)
            return false;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            key[(*length)++] = c;
    }
    return true;
}

size_t rx_name_key(char key[RX_MAX_KEY], const char *text, size_t size) {
    size_t length = 0;
    bool ascii = true, fits;
    for (size_t i = 0; i < size; i++)
        ascii &= (unsigned char)text[i] < RX_FOLD_LETTER;
    if (ascii) {
        fits = append(key, &length, text, size);
    } else {
        pali_arena arena = PALI_ARENA_INIT;
        rx_folded folded;
        fits = size <= 8 * RX_MAX_KEY && !rx_fold(&folded, &arena, text, size, NULL) &&
               append(key, &length, folded.text, folded.size);
        pali_arena_free(&arena);
    }
    length = fits ? length : 0;
    key[length] = '\0';
    return length;
}
