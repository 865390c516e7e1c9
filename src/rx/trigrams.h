/* Which names share pieces of three letters with a name as written. */
#ifndef RX_TRIGRAMS_H
#define RX_TRIGRAMS_H

#include "base/arena.h"

typedef struct rx_trigrams {
    size_t num_keys;
    uint32_t *start; /* [trigrams + 1]: where the keys of a trigram begin in `keys` */
    uint32_t *keys;
    uint8_t *lengths; /* [num_keys]: trigrams of each key */
} rx_trigrams;

/* `keys` are from rx_name_key; fewer than 2^25 of them. */
pali_status rx_trigrams_make(rx_trigrams *out, pali_arena *arena, const char *const *keys,
                             size_t num_keys, pali_error *err);

/* Writes to `found` the keys (their places in the list) that share most with `key`, in the order of
 * the list: at most `room`, and never only some of those that share equally much. */
pali_status rx_trigrams_find(const rx_trigrams *trigrams, const char *key, uint32_t *found,
                             size_t room, size_t *count, pali_error *err);

#endif
