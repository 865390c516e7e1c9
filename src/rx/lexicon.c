/* Lists become one sorted array of entries and an index. The format is text for the built-in list
 * as for a user's own: reading 2,500 lines and making the index takes a few milliseconds, and one
 * parser is easier to trust with foreign files than a binary format and its checks. */
#include "rx/lexicon_entries.h"

#include "base/checked.h"
#include "base/file.h"
#include "base/utf8.h"
#include "rx/name_key.h"
#include "rx/name_list.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_ENTRIES = 2000000, MAX_COLUMNS = 5, MAX_FIELD = 250 };

typedef struct piece {
    const char *text;
    size_t size;
} piece;

/* "!name <TAB> other name", or "?abbreviation <TAB> name". */
typedef struct name_pair {
    char mark, name[RX_MAX_KEY], other[RX_MAX_KEY];
} name_pair;

typedef struct maker {
    rx_lexicon *lexicon;
    name_pair *pairs;
    size_t num_pairs;
    const rx_name_list *list;
    size_t line; /* 1-based */
    pali_error *err;
} maker;

/* ---- lines ---- */

static pali_status wrong(maker *m, const char *what) {
    return pali_fail(m->err, PALI_ERROR_FORMAT, "%s: line %zu: %s", m->list->origin, m->line, what);
}

static piece trimmed(const char *text, size_t size) {
    while (size > 0 && strchr(" \r", text[0]))
        text++, size--;
    while (size > 0 && strchr(" \r", text[size - 1]))
        size--;
    return (piece){text, size};
}

/* Cuts a line at its tabs; the number of columns, or more than MAX_COLUMNS. */
static size_t cut_columns(piece line, piece columns[MAX_COLUMNS]) {
    for (size_t n = 0;; n++) {
        const char *tab = memchr(line.text, '\t', line.size);
        size_t size = tab ? (size_t)(tab - line.text) : line.size;
        if (n >= MAX_COLUMNS)
            return n + 1;
        columns[n] = trimmed(line.text, size);
        if (!tab)
            return n + 1;
        line.text += size + 1;
        line.size -= size + 1;
    }
}

/* "t250,500 l125.5": groups of numbers, each with at most one letter before it. */
static bool are_strengths(piece p) {
    bool digit = false;
    for (size_t i = 0; i < p.size; i++) {
        char c = p.text[i], before = i > 0 ? p.text[i - 1] : ' ';
        bool number = c >= '0' && c <= '9';
        if (!number && !(strchr("tilp", c) && c && before == ' ') && !(c == ',' && digit) &&
            !(c == '.' && digit) && !(c == ' ' && (digit || before == ',' || before == ' ')))
            return false;
        digit = number;
    }
    return p.size == 0 || digit;
}

static bool read_amount(piece p, double *value) {
    char text[32] = "", *end;
    *value = 0;
    if (p.size == 0)
        return true;
    if (p.size >= sizeof text || strspn(p.text, "0123456789.") < p.size)
        return false;
    memcpy(text, p.text, p.size);
    *value = strtod(text, &end);
    return !*end && end > text;
}

static const char *kept(maker *m, piece p) {
    return p.size == 0 ? "" : pali_arena_text(&m->lexicon->arena, p.text, p.size, m->err);
}

/* "UNII 362O9ITL9D": printable and without blanks but the one between. */
static bool cut_code(piece p, piece *system, piece *code) {
    const char *blank = p.size ? memchr(p.text, ' ', p.size) : NULL;
    size_t before = blank ? (size_t)(blank - p.text) : 0;
    for (size_t i = 0; i < p.size; i++)
        if ((p.text[i] <= ' ' && p.text + i != blank) || p.text[i] > '~')
            return false;
    *system = (piece){p.text, before};
    *code = (piece){blank ? blank + 1 : p.text, blank ? p.size - before - 1 : 0};
    return p.size == 0 || (before > 0 && code->size > 0);
}

static pali_status take_entry(maker *m, const piece columns[MAX_COLUMNS]) {
    char key[RX_MAX_KEY];
    size_t size = rx_name_key(key, columns[0].text, columns[0].size);
    piece system, code;
    rx_entry entry = {.order = (uint32_t)m->lexicon->num_entries};
    if (size == 0)
        return wrong(m, "no name in Latin letters of a length that medicines have");
    if (!are_strengths(columns[2]))
        return wrong(m, "strengths are numbers in mg, apart by commas");
    if (!read_amount(columns[3], &entry.largest))
        return wrong(m, "the largest single dose is a number in mg");
    if (!cut_code(columns[4], &system, &code))
        return wrong(m, "a code is its system, a blank and the code");
    entry.key = pali_arena_text(&m->lexicon->arena, key, size, m->err);
    entry.name = kept(m, columns[0]);
    entry.generic = kept(m, columns[1]);
    entry.strengths = kept(m, columns[2]);
    entry.system = kept(m, system);
    entry.code = kept(m, code);
    if (!entry.key || !entry.name || !entry.generic || !entry.strengths || !entry.system ||
        !entry.code)
        return PALI_ERROR_MEMORY;
    m->lexicon->entries[m->lexicon->num_entries++] = entry;
    return PALI_OK;
}

static pali_status take_pair(maker *m, char mark, piece one, piece other) {
    name_pair *new = &m->pairs[m->num_pairs];
    new->mark = mark;
    if (rx_name_key(new->name, one.text, one.size) == 0 ||
        rx_name_key(new->other, other.text, other.size) == 0)
        return wrong(
            m, "behind \"!\" are two look-alike names, behind \"?\" an abbreviation and a name");
    m->num_pairs++;
    return PALI_OK;
}

static pali_status take_line(maker *m, piece line) {
    piece columns[MAX_COLUMNS] = {{"", 0}, {"", 0}, {"", 0}, {"", 0}, {"", 0}};
    line = trimmed(line.text, line.size);
    if (line.size == 0 || line.text[0] == '#')
        return PALI_OK;
    if (!pali_is_utf8(line.text, line.size) || memchr(line.text, '\0', line.size))
        return wrong(m, "not UTF-8 text");
    char mark = line.text[0];
    bool pair = mark == '!' || mark == '?';
    if (pair)
        line = (piece){line.text + 1, line.size - 1};
    size_t count = cut_columns(line, columns);
    if (count > (pair ? 2 : MAX_COLUMNS))
        return wrong(m, "too many columns");
    for (size_t i = 0; i < MAX_COLUMNS; i++)
        if (columns[i].size > MAX_FIELD)
            return wrong(m, "too long");
    return pair ? take_pair(m, mark, columns[0], columns[1]) : take_entry(m, columns);
}

static pali_status take_list(maker *m, const rx_name_list *list) {
    const char *at = list->text, *end = list->text + list->size;
    m->list = list;
    at += pali_utf8_mark(at, list->size);
    for (m->line = 1; at < end; m->line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t size = (size_t)((stop ? stop : end) - at);
        pali_status status = take_line(m, (piece){at, size});
        if (status)
            return status;
        at += size + 1;
    }
    return PALI_OK;
}

/* ---- entries ---- */

static int by_key_then_order(const void *a, const void *b) {
    const rx_entry *x = a, *y = b;
    int keys = strcmp(x->key, y->key);
    return keys ? keys : (x->order > y->order) - (x->order < y->order);
}

/* Entries of the same key become one: the last one's fields, as far as it has them. */
static void merge(rx_lexicon *lexicon) {
    size_t n = 0;
    qsort(lexicon->entries, lexicon->num_entries, sizeof *lexicon->entries, by_key_then_order);
    for (size_t i = 0; i < lexicon->num_entries; i++) {
        rx_entry *entry = &lexicon->entries[i], *before = &lexicon->entries[n ? n - 1 : 0];
        if (n == 0 || strcmp(before->key, entry->key) != 0) {
            lexicon->entries[n++] = *entry;
            continue;
        }
        if (!*entry->generic)
            entry->generic = before->generic;
        if (!*entry->strengths)
            entry->strengths = before->strengths;
        if (entry->largest <= 0)
            entry->largest = before->largest;
        if (!*entry->code) {
            entry->system = before->system;
            entry->code = before->code;
        }
        *before = *entry;
    }
    lexicon->num_entries = n;
    for (size_t i = 0; i < n; i++)
        if (!*lexicon->entries[i].generic)
            lexicon->entries[i].generic = lexicon->entries[i].name;
}

const rx_entry *rx_lexicon_entry(const rx_lexicon *lexicon, const char *key) {
    size_t low = 0, high = lexicon->num_entries;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(lexicon->entries[middle].key, key);
        if (order == 0)
            return &lexicon->entries[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* A name without a code has that of its ingredient, where it has one alone. */
static void spread_codes(rx_lexicon *lexicon) {
    for (size_t i = 0; i < lexicon->num_entries; i++) {
        rx_entry *entry = &lexicon->entries[i];
        char key[RX_MAX_KEY];
        if (*entry->code || strstr(entry->generic, " / ") ||
            rx_name_key(key, entry->generic, strlen(entry->generic)) == 0)
            continue;
        const rx_entry *ingredient = rx_lexicon_entry(lexicon, key);
        entry->system = ingredient ? ingredient->system : "";
        entry->code = ingredient ? ingredient->code : "";
    }
}

static int by_name_then_other(const void *a, const void *b) {
    const rx_look_alike *x = a, *y = b;
    if (x->name != y->name)
        return x->name < y->name ? -1 : 1;
    return (x->other > y->other) - (x->other < y->other);
}

/* Pairs of keys become pairs of entries; a name that no list has is of no use in a pair. */
static pali_status link_pairs(maker *m) {
    rx_lexicon *lexicon = m->lexicon;
    lexicon->look_alikes = pali_arena_alloc(&lexicon->arena, 2 * m->num_pairs + 1,
                                            sizeof *lexicon->look_alikes, "the lexicon", m->err);
    if (!lexicon->look_alikes)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < m->num_pairs; i++) {
        const rx_entry *one = rx_lexicon_entry(lexicon, m->pairs[i].name),
                       *other = rx_lexicon_entry(lexicon, m->pairs[i].other);
        if (m->pairs[i].mark != '!' || !one || !other || one == other)
            continue;
        uint32_t a = (uint32_t)(one - lexicon->entries), b = (uint32_t)(other - lexicon->entries);
        lexicon->look_alikes[lexicon->num_look_alikes++] = (rx_look_alike){a, b};
        lexicon->look_alikes[lexicon->num_look_alikes++] = (rx_look_alike){b, a};
    }
    qsort(lexicon->look_alikes, lexicon->num_look_alikes, sizeof *lexicon->look_alikes,
          by_name_then_other);
    return PALI_OK;
}

static int by_short_then_order(const void *a, const void *b) {
    const rx_abbreviation *x = a, *y = b;
    int keys = strcmp(x->key, y->key);
    return keys ? keys : (x->order > y->order) - (x->order < y->order);
}

static int by_short(const void *key, const void *item) {
    return strcmp(key, ((const rx_abbreviation *)item)->key);
}

const rx_entry *rx_lexicon_abbreviated(const rx_lexicon *lexicon, const char *key) {
    const rx_abbreviation *found =
        bsearch(key, lexicon->abbreviations, lexicon->num_abbreviations, sizeof *found, by_short);
    return found ? found->entry : NULL;
}

/* Of two for the same the later one counts; what is a name of its own is short for nothing. */
static pali_status link_abbreviations(maker *m) {
    rx_lexicon *lexicon = m->lexicon;
    rx_abbreviation *all =
        pali_arena_alloc(&lexicon->arena, m->num_pairs + 1, sizeof *all, "the lexicon", m->err);
    size_t count = 0, n = 0;
    if (!all)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < m->num_pairs; i++) {
        const name_pair *p = &m->pairs[i];
        const rx_entry *entry = rx_lexicon_entry(lexicon, p->other);
        if (p->mark != '?' || !entry || rx_lexicon_entry(lexicon, p->name))
            continue;
        const char *key = pali_arena_text(&lexicon->arena, p->name, strlen(p->name), m->err);
        if (!key)
            return PALI_ERROR_MEMORY;
        all[count++] = (rx_abbreviation){key, entry, (uint32_t)i};
    }
    qsort(all, count, sizeof *all, by_short_then_order);
    for (size_t i = 0; i < count; i++) {
        n -= n > 0 && strcmp(all[n - 1].key, all[i].key) == 0;
        all[n++] = all[i];
    }
    lexicon->abbreviations = all;
    lexicon->num_abbreviations = n;
    return PALI_OK;
}

static pali_status make_index(rx_lexicon *lexicon, pali_arena *scratch, pali_error *err) {
    const char **keys =
        pali_arena_alloc(scratch, lexicon->num_entries + 1, sizeof *keys, "the lexicon", err);
    if (!keys)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < lexicon->num_entries; i++)
        keys[i] = lexicon->entries[i].key;
    return rx_trigrams_make(&lexicon->trigrams, &lexicon->arena, keys, lexicon->num_entries, err);
}

static pali_status fill(rx_lexicon *lexicon, const rx_name_list *lists, size_t num_lists,
                        pali_arena *scratch, pali_error *err) {
    maker m = {.lexicon = lexicon, .err = err};
    size_t lines = 0;
    for (size_t i = 0; i < num_lists; i++) {
        lines++;
        for (size_t k = 0; k < lists[i].size; k++)
            lines += lists[i].text[k] == '\n';
    }
    if (lines > MAX_ENTRIES)
        return pali_fail(err, PALI_ERROR_LIMIT, "a lexicon of %zu lines is too large", lines);
    lexicon->entries =
        pali_arena_alloc(&lexicon->arena, lines, sizeof *lexicon->entries, "the lexicon", err);
    m.pairs = pali_arena_alloc(scratch, lines, sizeof *m.pairs, "the lexicon", err);
    if (!lexicon->entries || !m.pairs)
        return PALI_ERROR_MEMORY;
    pali_status status = PALI_OK;
    for (size_t i = 0; i < num_lists && !status; i++)
        status = take_list(&m, &lists[i]);
    if (status)
        return status;
    merge(lexicon);
    spread_codes(lexicon);
    status = link_pairs(&m);
    if (!status)
        status = link_abbreviations(&m);
    return status ? status : make_index(lexicon, scratch, err);
}

pali_status rx_lexicon_make(rx_lexicon **out, const rx_name_list *lists, size_t num_lists,
                            pali_error *err) {
    pali_arena scratch = PALI_ARENA_INIT;
    rx_lexicon *lexicon = calloc(1, sizeof *lexicon);
    if (!lexicon)
        return pali_fail_memory(err, sizeof *lexicon, "the lexicon");
    rx_writing_init(&lexicon->writing);
    pali_status status = fill(lexicon, lists, num_lists, &scratch, err);
    pali_arena_free(&scratch);
    if (status)
        rx_lexicon_close(&lexicon);
    else
        *out = lexicon;
    return status;
}

pali_status rx_lexicon_open(rx_lexicon **out, const char *own_list, pali_error *err) {
    pali_mapped_file file = {0};
    rx_name_list lists[2] = {{RX_NAMES, RX_NAMES_SIZE, "built-in names"}};
    if (own_list) {
        pali_status status = pali_map_file(&file, own_list, err);
        if (status)
            return status;
        lists[1] = (rx_name_list){(const char *)file.data, file.size, own_list};
    }
    pali_status status = rx_lexicon_make(out, lists, own_list ? 2 : 1, err);
    pali_unmap_file(&file);
    return status;
}

void rx_lexicon_close(rx_lexicon **lexicon) {
    if (!*lexicon)
        return;
    pali_arena_free(&(*lexicon)->arena);
    free(*lexicon);
    *lexicon = NULL;
}

size_t rx_lexicon_size(const rx_lexicon *lexicon) {
    return lexicon->num_entries;
}

/* ---- what is known of an entry ---- */

static const rx_entry *named(const rx_lexicon *lexicon, const char *name) {
    char key[RX_MAX_KEY];
    return rx_name_key(key, name, strlen(name)) ? rx_lexicon_entry(lexicon, key) : NULL;
}

rx_supply rx_lexicon_supply(const rx_lexicon *lexicon, const char *name) {
    const rx_entry *entry = named(lexicon, name);
    return entry ? (rx_supply){entry->strengths, entry->largest} : (rx_supply){"", 0};
}

size_t rx_lexicon_look_alikes(const rx_lexicon *lexicon, const char *name, const char **others,
                              size_t room) {
    const rx_entry *entry = named(lexicon, name);
    size_t count = 0;
    for (size_t i = 0; entry && i < lexicon->num_look_alikes && count < room; i++)
        if (&lexicon->entries[lexicon->look_alikes[i].name] == entry)
            others[count++] = lexicon->entries[lexicon->look_alikes[i].other].name;
    return count;
}
