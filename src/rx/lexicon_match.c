/* From a name as written to entries. First without any licence to change letters: the whole name,
 * then without words that name a salt or a way of release, then, for "a + b", each part for itself.
 * Only these are accepted. Otherwise the trigrams give candidates and the distance between
 * handwritings ranks them: a proposal, however near. */
#include "rx/lexicon_entries.h"

#include "rx/name_key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CANDIDATES = 256, MAX_PARTS = 6, MAX_NAME = 250 };

#define LEAST_SCORE 0.5f

typedef struct candidate {
    const rx_entry *entry;
    float score;
} candidate;

typedef struct piece {
    const char *text;
    size_t size;
} piece;

/* Candidates of one part of a name, best first. */
typedef struct ranking {
    candidate items[MAX_CANDIDATES];
    size_t count;
    float margin;
    bool accepted;
} ranking;

/* ---- equal names ---- */

/* Words behind a name that leave what it is: ways of release, and salts of an ingredient. */
static const char *const RELEASES[] = {
    "sr",  "xr",      "er",       "cr",    "mr",        "xl",     "od",     "pr",
    "sa",  "la",      "dt",       "md",    "odt",       "retard", "tablet", "tablets",
    "tab", "capsule", "capsules", "syrup", "injection", "cream",  NULL};
static const char *const SALTS[] = {
    "hydrochloride", "hcl",        "sodium",       "sod",        "potassium",
    "pot",           "calcium",    "besylate",     "maleate",    "tartrate",
    "sulphate",      "sulfate",    "phosphate",    "succinate",  "fumarate",
    "citrate",       "acetate",    "mesylate",     "nitrate",    "trihydrate",
    "dihydrate",     "bromide",    "hydrobromide", "bitartrate", "magnesium",
    "valerate",      "propionate", "dipropionate", "axetil",     "proxetil",
    "monohydrate",   "disodium",   "gluconate",    "trometamol", NULL};

static bool is_word(const char *const *words, const char *text, size_t size) {
    char key[RX_MAX_KEY];
    if (rx_name_key(key, text, size) == 0)
        return false;
    while (*words && strcmp(*words, key) != 0)
        words++;
    return *words != NULL;
}

/* Where the last word of `text` starts; 0 if it has but one. */
static size_t last_word(const char *text, size_t size) {
    size_t at = size;
    while (at > 0 && !strchr(" -", text[at - 1]))
        at--;
    return at;
}

static const rx_entry *equal_entry(const rx_lexicon *lexicon, const char *text, size_t size) {
    char key[RX_MAX_KEY];
    bool salt = false;
    for (;;) {
        if (rx_name_key(key, text, size) == 0)
            return NULL;
        const rx_entry *entry = rx_lexicon_entry(lexicon, key);
        if (entry && (!salt || strcmp(entry->name, entry->generic) == 0))
            return entry;
        size_t word = last_word(text, size);
        bool is_salt = is_word(SALTS, text + word, size - word);
        if (word == 0 || !(is_salt || is_word(RELEASES, text + word, size - word)))
            return NULL;
        salt |= is_salt;
        size = word;
        while (size > 0 && strchr(" -", text[size - 1]))
            size--;
    }
}

/* ---- near names ---- */

static int best_first(const void *a, const void *b) {
    const candidate *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return strcmp(x->entry->key, y->entry->key);
}

static pali_status find_near(const rx_lexicon *lexicon, const char *key, ranking *r,
                             pali_error *err) {
    uint32_t found[MAX_CANDIDATES];
    size_t count = 0, size = strlen(key);
    pali_status status =
        rx_trigrams_find(&lexicon->trigrams, key, found, MAX_CANDIDATES, &count, err);
    for (size_t i = 0; i < count; i++) {
        const rx_entry *entry = &lexicon->entries[found[i]];
        size_t length = strlen(entry->key);
        float longer = (float)(size > length ? size : length);
        float limit = longer * (1 - LEAST_SCORE);
        float cost = rx_writing_distance(&lexicon->writing, key, size, entry->key, length, limit);
        if (cost <= limit)
            r->items[r->count++] = (candidate){entry, 1 - cost / longer};
    }
    qsort(r->items, r->count, sizeof *r->items, best_first);
    size_t other = 1;
    while (other < r->count &&
           strcmp(r->items[other].entry->generic, r->items[0].entry->generic) == 0)
        other++;
    r->margin = r->count ? r->items[0].score : 0;
    if (other < r->count)
        r->margin -= r->items[other].score;
    return status;
}

static pali_status rank_part(const rx_lexicon *lexicon, piece part, ranking *r, pali_error *err) {
    char key[RX_MAX_KEY];
    const rx_entry *equal = equal_entry(lexicon, part.text, part.size);
    r->count = 0;
    r->margin = 0;
    r->accepted = equal != NULL;
    if (equal)
        return find_near(lexicon, equal->key, r, err);
    return rx_name_key(key, part.text, part.size) ? find_near(lexicon, key, r, err) : PALI_OK;
}

/* ---- names of several ingredients ---- */

/* Characters at `p` that part two ingredients: "+", "/", "&", ",", " and ", " with ". */
static size_t parting(const char *p) {
    if (strchr("+/&,", *p))
        return 1;
    return strncmp(p, " and ", 5) == 0 ? 5 : strncmp(p, " with ", 6) == 0 ? 6 : 0;
}

static size_t cut_parts(const char *text, piece parts[MAX_PARTS]) {
    size_t n = 0;
    for (const char *from = text, *p = text;; p++) {
        size_t gap = *p ? parting(p) : 0;
        if (*p && gap == 0)
            continue;
        if (n == MAX_PARTS)
            return 0;
        parts[n] = (piece){from, (size_t)(p - from)};
        while (parts[n].size > 0 && *parts[n].text == ' ')
            parts[n].text++, parts[n].size--;
        while (parts[n].size > 0 && parts[n].text[parts[n].size - 1] == ' ')
            parts[n].size--;
        n++;
        if (!*p)
            return n;
        p += gap - 1;
        from = p + 1;
    }
}

/* Sets `*copy` to a copy of `text`, or `*status`. */
static void keep(const char **copy, const char *text, pali_arena *arena, pali_status *status,
                 pali_error *err) {
    *copy = pali_arena_text(arena, text, strlen(text), err);
    if (!*copy)
        *status = PALI_ERROR_MEMORY;
}

static pali_status give_candidates(rx_name *name, const ranking *r, pali_arena *arena,
                                   pali_error *err) {
    size_t count = r->count < RX_MAX_MATCHES ? r->count : RX_MAX_MATCHES;
    rx_match *matches = pali_arena_alloc(arena, count + 1, sizeof *matches, "a name", err);
    pali_status status = matches ? PALI_OK : PALI_ERROR_MEMORY;
    for (size_t i = 0; i < count && !status; i++) {
        matches[i] = (rx_match){.score = r->items[i].score};
        keep(&matches[i].name, r->items[i].entry->name, arena, &status, err);
        keep(&matches[i].generic, r->items[i].entry->generic, arena, &status, err);
        if (!*r->items[i].entry->code)
            continue;
        keep(&matches[i].code, r->items[i].entry->code, arena, &status, err);
        keep(&matches[i].system, r->items[i].entry->system, arena, &status, err);
    }
    if (status)
        return status;
    name->matches = matches;
    name->num_matches = count;
    name->margin = r->margin;
    name->in_lexicon = r->accepted;
    return PALI_OK;
}

/* The best of each part as one match; as sure as the least sure of them. */
static pali_status give_parts(rx_name *name, const ranking *rankings, size_t num_parts,
                              pali_arena *arena, pali_error *err) {
    char names[MAX_PARTS * (MAX_NAME + 4)] = "", generics[MAX_PARTS * (MAX_NAME + 4)] = "";
    rx_match *match = pali_arena_alloc(arena, 1, sizeof *match, "a name", err);
    if (!match)
        return PALI_ERROR_MEMORY;
    *match = (rx_match){.score = 1};
    name->margin = 1;
    name->in_lexicon = true;
    for (size_t i = 0; i < num_parts; i++) {
        const ranking *r = &rankings[i];
        const candidate *best = &r->items[0];
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? " / " : "",
                 best->entry->name);
        snprintf(generics + strlen(generics), sizeof generics - strlen(generics), "%s%s",
                 i ? " / " : "", best->entry->generic);
        match->score = best->score < match->score ? best->score : match->score;
        name->margin = r->margin < name->margin ? r->margin : name->margin;
        name->in_lexicon &= r->accepted;
    }
    pali_status status = PALI_OK;
    keep(&match->name, names, arena, &status, err);
    keep(&match->generic, generics, arena, &status, err);
    name->matches = match;
    name->num_matches = status ? 0 : 1;
    return status;
}

/* What the whole name is short for; NULL: nothing. */
static const rx_entry *abbreviated(const rx_lexicon *lexicon, piece whole) {
    char key[RX_MAX_KEY];
    return rx_name_key(key, whole.text, whole.size) ? rx_lexicon_abbreviated(lexicon, key) : NULL;
}

static pali_status give_entry(rx_name *name, const rx_entry *entry, pali_arena *arena,
                              pali_error *err) {
    const ranking alone = {.items = {{entry, 1}}, .count = 1, .margin = 1};
    name->abbreviated = true;
    return give_candidates(name, &alone, arena, err);
}

pali_status rx_lexicon_match(const rx_lexicon *lexicon, pali_arena *arena, rx_name *name,
                             pali_error *err) {
    name->num_matches = 0;
    name->matches = NULL;
    name->margin = 0;
    name->in_lexicon = name->abbreviated = false;
    piece whole = {name->written.text, name->written.text ? strlen(name->written.text) : 0};
    piece parts[MAX_PARTS];
    if (whole.size == 0 || whole.size > MAX_NAME)
        return PALI_OK;
    const rx_entry *short_for = abbreviated(lexicon, whole);
    if (short_for)
        return give_entry(name, short_for, arena, err);
    size_t num_parts = cut_parts(whole.text, parts);
    bool several = num_parts > 1 && !equal_entry(lexicon, whole.text, whole.size);
    if (!several)
        num_parts = 1, parts[0] = whole;
    ranking *rankings = malloc(num_parts * sizeof *rankings);
    if (!rankings)
        return pali_fail_memory(err, num_parts * sizeof *rankings, "a name");
    pali_status status = PALI_OK;
    bool complete = true;
    for (size_t i = 0; i < num_parts && !status; i++) {
        status = rank_part(lexicon, parts[i], &rankings[i], err);
        complete &= rankings[i].count > 0;
    }
    if (!status && several && complete)
        status = give_parts(name, rankings, num_parts, arena, err);
    else if (!status && !several)
        status = give_candidates(name, &rankings[0], arena, err);
    free(rankings);
    return status;
}

pali_status rx_lexicon_near(const rx_lexicon *lexicon, const char *text, size_t size, rx_near *out,
                            size_t room, size_t *count, pali_error *err) {
    char key[RX_MAX_KEY];
    ranking *r = calloc(1, sizeof *r);
    if (!r)
        return pali_fail_memory(err, sizeof *r, "a name");
    pali_status status = size <= MAX_NAME && rx_name_key(key, text, size) > 0
                             ? find_near(lexicon, key, r, err)
                             : PALI_OK;
    *count = 0;
    for (size_t i = 0; i < r->count && *count < room && !status; i++)
        out[(*count)++] = (rx_near){r->items[i].entry->name, r->items[i].score};
    free(r);
    return status;
}
