/* An inverted index over trigrams of classes of letters: letters that handwriting confuses are one
 * class, and two letters that look like one are that one, so that the commonest errors leave the
 * trigrams alone. Two blanks are thought before a name and one behind it: a short name with an error
 * still shares its start or its end. Names are ranked by Dice's coefficient. */
#include "rx/trigrams.h"

#include "rx/name_key.h"

#include <stdlib.h>
#include <string.h>

/* Classes: the blank, then letters by their leader. */
enum { NUM_CLASSES = 27, NUM_TRIGRAMS = NUM_CLASSES * NUM_CLASSES * NUM_CLASSES };

/* The leader of each digit and letter. */
static const char LEADER_OF_DIGIT[] = "aiizasaibg"; /* 0 1 2 3 4 5 6 7 8 9 */
static const char LEADER_OF_LETTER[] = "abcdcfgbiibimnapgnsinnwxgz";

static char leader(char c) {
    return c >= '0' && c <= '9' ? LEADER_OF_DIGIT[c - '0'] : LEADER_OF_LETTER[c - 'a'];
}

/* The classes of `key`, two letters at a time where they look like one. */
static size_t skeleton(const char *key, unsigned char out[RX_MAX_KEY]) {
    static const struct {
        char two[3], one;
    } merged[] = {{"rn", 'm'}, {"nn", 'm'}, {"cl", 'd'}, {"vv", 'w'}};
    size_t n = 0;
    while (*key) {
        char c = *key;
        size_t taken = 1;
        for (size_t i = 0; i < sizeof merged / sizeof *merged; i++)
            if (key[0] == merged[i].two[0] && key[1] == merged[i].two[1]) {
                c = merged[i].one;
                taken = 2;
            }
        out[n++] = (unsigned char)(leader(c) - 'a' + 1);
        key += taken;
    }
    return n;
}

/* The trigrams of `key`; their number. */
static size_t trigrams_of(const char *key, uint32_t out[RX_MAX_KEY + 1]) {
    unsigned char classes[RX_MAX_KEY];
    size_t n = skeleton(key, classes);
    uint32_t last = 0, first = 0; /* the two classes before */
    for (size_t i = 0; i <= n; i++) {
        uint32_t next = i < n ? classes[i] : 0;
        out[i] = (first * NUM_CLASSES + last) * NUM_CLASSES + next;
        first = last;
        last = next;
    }
    return n + 1;
}

pali_status rx_trigrams_make(rx_trigrams *out, pali_arena *arena, const char *const *keys,
                             size_t num_keys, pali_error *err) {
    rx_trigrams t = {.num_keys = num_keys};
    uint32_t grams[RX_MAX_KEY + 1];
    t.start = pali_arena_alloc(arena, NUM_TRIGRAMS + 1, sizeof *t.start, "the lexicon", err);
    t.lengths = pali_arena_alloc(arena, num_keys + 1, sizeof *t.lengths, "the lexicon", err);
    if (!t.start || !t.lengths)
        return PALI_ERROR_MEMORY;
    memset(t.start, 0, (NUM_TRIGRAMS + 1) * sizeof *t.start);
    for (size_t i = 0; i < num_keys; i++) {
        size_t n = trigrams_of(keys[i], grams);
        t.lengths[i] = (uint8_t)n;
        for (size_t k = 0; k < n; k++)
            t.start[grams[k] + 1]++;
    }
    for (size_t g = 0; g < NUM_TRIGRAMS; g++)
        t.start[g + 1] += t.start[g];
    t.keys =
        pali_arena_alloc(arena, t.start[NUM_TRIGRAMS] + 1u, sizeof *t.keys, "the lexicon", err);
    if (!t.keys)
        return PALI_ERROR_MEMORY;
    uint32_t total = t.start[NUM_TRIGRAMS];
    for (size_t i = num_keys; i-- > 0;) { /* from behind: each end moves down to its beginning */
        size_t n = trigrams_of(keys[i], grams);
        for (size_t k = 0; k < n; k++)
            t.keys[--t.start[grams[k] + 1]] = (uint32_t)i;
    }
    memmove(t.start, t.start + 1, NUM_TRIGRAMS * sizeof *t.start);
    t.start[NUM_TRIGRAMS] = total;
    *out = t;
    return PALI_OK;
}

/* How much of both names is shared: 0 to 255. */
static size_t rank(size_t shared, size_t a, size_t b) {
    size_t value = 2 * shared * 255 / (a + b);
    return value < 255 ? value : 255;
}

pali_status rx_trigrams_find(const rx_trigrams *trigrams, const char *key, uint32_t *found,
                             size_t room, size_t *count, pali_error *err) {
    uint32_t grams[RX_MAX_KEY + 1];
    size_t n = trigrams_of(key, grams), ranks[256] = {0}, lowest = 256, above = 0;
    uint8_t *shared = calloc(trigrams->num_keys + 1, 1); /* at most n, which is below 256 */
    if (!shared)
        return pali_fail_memory(err, trigrams->num_keys, "a look-up");
    for (size_t k = 0; k < n; k++)
        for (uint32_t i = trigrams->start[grams[k]]; i < trigrams->start[grams[k] + 1]; i++)
            shared[trigrams->keys[i]] += shared[trigrams->keys[i]] < 255;
    for (size_t i = 0; i < trigrams->num_keys; i++)
        if (shared[i])
            ranks[rank(shared[i], n, trigrams->lengths[i])]++;
    while (lowest > 1 && above + ranks[lowest - 1] <= room)
        above += ranks[--lowest];
    *count = 0;
    for (size_t i = 0; i < trigrams->num_keys; i++)
        if (shared[i] && rank(shared[i], n, trigrams->lengths[i]) >= lowest)
            found[(*count)++] = (uint32_t)i;
    free(shared);
    return PALI_OK;
}
