/* What a lexicon holds in memory. */
#ifndef RX_LEXICON_ENTRIES_H
#define RX_LEXICON_ENTRIES_H

#include "rx/handwriting.h"
#include "rx/lexicon.h"
#include "rx/trigrams.h"

typedef struct rx_entry {
    const char *key; /* rx_name_key */
    const char *name, *generic, *strengths;
    const char *system, *code; /* "": none */
    double largest;
    uint32_t order; /* of lines and lists; a later line of the same key wins */
} rx_entry;

/* Two entries that are taken for one another; each pair is there in both directions. */
typedef struct rx_look_alike {
    uint32_t name, other;
} rx_look_alike;

/* What is short for an entry. */
typedef struct rx_abbreviation {
    const char *key; /* rx_name_key */
    const rx_entry *entry;
    uint32_t order;
} rx_abbreviation;

struct rx_lexicon {
    pali_arena arena;
    size_t num_entries;
    rx_entry *entries; /* sorted by key */
    size_t num_look_alikes;
    rx_look_alike *look_alikes; /* sorted by name */
    size_t num_abbreviations;
    rx_abbreviation *abbreviations; /* sorted by key */
    rx_trigrams trigrams;           /* over the entries' keys */
    rx_writing writing;
};

/* The entry of this key; NULL if there is none. */
const rx_entry *rx_lexicon_entry(const rx_lexicon *lexicon, const char *key);

/* The entry for which this key is short; NULL if there is none. */
const rx_entry *rx_lexicon_abbreviated(const rx_lexicon *lexicon, const char *key);

#endif
