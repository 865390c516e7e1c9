/* Candidates are looked up for every reading of the name, as a whole and word by word. */
#include "scan/name_candidates.h"

#include "rx/places.h"
#include "scan/view_align.h"

#include <string.h>

enum {
    NEAR_NAME = 10, /* entries asked for in the place of a name */
    NEAR_WORD = 3,  /* in the place of one of its words, */
    LEAST_WORD = 5, /* if that has as many bytes */
};

/* Letters that are as sure as this are believed whatever the lexicon has. */
static const float sure = 0.98f;

typedef struct search {
    const rx_lines *lines;
    const rx_page *page;
    const rx_lexicon *lexicon;
    rx_doubtful_name *names;
    size_t count;
    pali_error *err;
} search;

/* Bytes of the view's text that stand for bytes [at, at + size) of the line's. */
static pali_status project(const search *s, const rx_doubtful_name *d, const char *view_text,
                           size_t *begin, size_t *end) {
    rx_alignment al = {0};
    pali_status status = rx_align_whole(&al, s->lines->lines[d->line].text, view_text, s->err);
    *begin = *end = 0;
    bool any = false;
    for (int k = 0; k < al.num_pairs && !status; k++) {
        rx_letter_pair p = al.pairs[k];
        if (p.a == RX_NO_LETTER || p.b == RX_NO_LETTER || al.a_at[p.a] < d->at ||
            al.a_at[p.a] >= d->at + d->size)
            continue;
        if (!any)
            *begin = al.b_at[p.b];
        *end = al.b_at[p.b + 1];
        any = true;
    }
    rx_alignment_free(&al);
    return status;
}

/* The square of the view that holds all of bytes [begin, end) of its text. */
static rx_name_place find_place(const search *s, const rx_page_view *view, size_t begin,
                                size_t end) {
    for (int i = 0; i < view->num_squares; i++) {
        int index = view->first_square + i;
        const rx_square_reading *square = &s->lines->squares[index];
        if (!square->features || !square->text)
            continue;
        bool struck = square->text[0] == '~';
        size_t size = strlen(square->text) - struck;
        if (begin >= square->at && end <= square->at + size && end > begin &&
            size + RX_MAX_NAME_BYTES < RX_MAX_ANSWER_BYTES)
            return (rx_name_place){index, begin - square->at + struck, end - begin};
    }
    return (rx_name_place){.square = -1};
}

static void add_candidate(rx_doubtful_name *d, const char *text, size_t size, bool known) {
    if (size == 0 || size >= RX_MAX_NAME_BYTES)
        return;
    for (size_t i = 0; i < d->num_candidates; i++)
        if (strlen(d->candidates[i].text) == size &&
            memcmp(d->candidates[i].text, text, size) == 0) {
            d->candidates[i].known |= known;
            d->candidates[i].read |= !known;
            return;
        }
    if (d->num_candidates == RX_MAX_NAME_CANDIDATES)
        return;
    rx_name_candidate *c = &d->candidates[d->num_candidates++];
    *c = (rx_name_candidate){.known = known, .read = !known};
    memcpy(c->text, text, size);
}

static bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

/* Writes the entry's name in the case of what was read. */
static void write_alike(char *out, const char *name, const char *read, size_t read_size) {
    size_t capitals = 0, small = 0;
    for (size_t i = 0; i < read_size; i++) {
        capitals += is_upper(read[i]);
        small += is_lower(read[i]);
    }
    for (size_t i = 0; name[i]; i++) {
        bool first = i == 0 || name[i - 1] == ' ';
        bool large = capitals > small || (first && is_upper(read[0]));
        bool little = capitals == 0 || !first;
        out[i] = name[i];
        if (large && is_lower(name[i]))
            out[i] = (char)(name[i] - 'a' + 'A');
        else if (!large && little && is_upper(name[i]))
            out[i] = (char)(name[i] - 'A' + 'a');
    }
}

/* Entries in the place of bytes [at, at + size) of a reading. */
static pali_status add_near(search *s, rx_doubtful_name *d, const char *read, size_t at,
                            size_t size, size_t most) {
    rx_near near[NEAR_NAME];
    size_t count = 0, length = strlen(read);
    pali_status status = rx_lexicon_near(s->lexicon, read + at, size, near, most, &count, s->err);
    for (size_t i = 0; i < count && !status; i++) {
        char text[RX_MAX_NAME_BYTES];
        size_t name = strlen(near[i].name);
        if (length - size + name >= RX_MAX_NAME_BYTES)
            continue;
        memcpy(text, read, at);
        write_alike(text + at, near[i].name, read + at, size);
        memcpy(text + at + name, read + at + size, length - at - size);
        add_candidate(d, text, length - size + name, true);
    }
    return status;
}

/* Entries in the place of a whole reading, and of each of its longer words. */
static pali_status add_entries(search *s, rx_doubtful_name *d, const char *read) {
    pali_status status = add_near(s, d, read, 0, strlen(read), NEAR_NAME);
    for (size_t at = 0, size; read[at] && !status; at += size) {
        at += strspn(read + at, " +/&,-");
        size = strcspn(read + at, " +/&,-");
        if (size >= LEAST_WORD && size < strlen(read))
            status = add_near(s, d, read, at, size, NEAR_WORD);
    }
    return status;
}

static pali_status look_at_views(search *s, rx_doubtful_name *d) {
    pali_status status = PALI_OK;
    const char *text = s->lines->lines[d->line].text;
    add_candidate(d, text + d->at, d->size, false);
    for (int v = 0; v < RX_PAGE_VIEWS && !status; v++) {
        const rx_line_view *view = &s->lines->views[d->line][v];
        d->places[v].square = -1;
        if (!view->text || !view->finished)
            continue;
        size_t begin, end;
        status = project(s, d, view->text, &begin, &end);
        if (status)
            return status;
        d->places[v] = find_place(s, &s->page->lines[d->line].views[v], begin, end);
        if (d->places[v].square < 0)
            continue;
        d->num_places++;
        add_candidate(d, view->text + begin, end - begin, false);
    }
    size_t readings = d->num_candidates;
    for (size_t i = 0; i < readings && !status; i++) {
        char read[RX_MAX_NAME_BYTES];
        memcpy(read, d->candidates[i].text, sizeof read);
        status = add_entries(s, d, read);
    }
    return status;
}

/* Whether another medicine's name lies there: equal names are found at the first of their places. */
static bool is_taken(const search *s, size_t line, size_t at, size_t size) {
    for (size_t i = 0; i < s->count; i++) {
        const rx_doubtful_name *d = &s->names[i];
        if (d->line == line && d->at < at + size && at < d->at + d->size)
            return true;
    }
    return false;
}

/* Adds the medicine's name, if it is in doubt and its line shows it. */
static pali_status add_name(search *s, const rx_medicine *m) {
    const char *name = m->name.written.text;
    if (!name || !m->line.text || m->name.written.confidence >= sure)
        return PALI_OK;
    size_t at = 0, size = strlen(name);
    size_t line = rx_line_with(s->lines->lines, s->lines->count, m->line.text, name, &at);
    if (line == SIZE_MAX || size >= RX_MAX_NAME_BYTES || is_taken(s, line, at, size))
        return PALI_OK;
    rx_doubtful_name *d = &s->names[s->count];
    *d = (rx_doubtful_name){.line = line, .at = at, .size = size};
    pali_status status = look_at_views(s, d);
    s->count += !status && d->num_places > 0 && d->num_candidates > 1;
    return status;
}

pali_status rx_names_doubted(rx_doubtful_name **out, size_t *count, pali_arena *arena,
                             const rx_lines *lines, const rx_page *page,
                             const rx_prescription *first, const rx_lexicon *lexicon,
                             pali_error *err) {
    search s = {.lines = lines, .page = page, .lexicon = lexicon, .err = err};
    s.names = pali_arena_alloc(arena, first->num_medicines + 1, sizeof *s.names, "names", err);
    pali_status status = s.names ? PALI_OK : PALI_ERROR_MEMORY;
    for (size_t i = 0; i < first->num_medicines && !status; i++)
        status = add_name(&s, &first->medicines[i]);
    *out = s.names;
    *count = s.count;
    return status;
}
