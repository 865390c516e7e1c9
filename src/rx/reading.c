/* From lines to a prescription. Each line is taken apart as if it were a medicine, and points are
 * given for what was found: a form before the name, a strength, a frequency. Headings and words
 * that start other kinds of lines (tests, advice, vital signs, the clinic's address) decide
 * against; a line of directions without a name continues the medicine above it. */
#include "rx/reading.h"

#include "rx/checks.h"
#include "rx/dates.h"
#include "rx/group_doubts.h"
#include "rx/headings.h"
#include "rx/line_breaks.h"
#include "rx/lines_below.h"
#include "rx/misread.h"
#include "rx/no_medicine.h"
#include "rx/page_fields.h"
#include "rx/review.h"
#include "rx/rows.h"
#include "rx/sliding_scale.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { ENOUGH_POINTS = 3, MAX_DISEASE_WORDS = 5 };

typedef enum section {
    SECTION_NONE,
    SECTION_RX,
    SECTION_TESTS,
    SECTION_ADVICE,
    SECTION_DIAGNOSIS,
    SECTION_STOPPED /* medicines that are not prescribed now: stopped, given before, not to be taken */
} section;

typedef struct reader {
    rx_prescription *page;
    const rx_lexicon *lexicon;
    section section;
    rx_group *groups;
    bool *aside; /* [num_lines]: what a medicine is made of, below it: no part of its directions */
    size_t num_groups;
    bool open;       /* the next line may continue the last group */
    int heads;       /* of columns, on this line and those right above it */
    int number;      /* of the list's last entry whose number stood alone on a line; 0: none yet */
    size_t doubtful; /* the last line with a name and too few points: directions may follow it */
    int doubtful_points;
    size_t stacked;    /* lines up to that one, below each other, with names of the lexicon */
    bool allergies;    /* the section of stopped medicines is a field of allergies */
    bool complaints;   /* "C/O" was the last key: symptoms below it are no diagnoses */
    bool listing;      /* the line lists diagnoses under their head, and may go on */
    bool listed;       /* the line above did */
    bool known;        /* the name on the line is in the lexicon, or nearly */
    bool listed_name;  /* to the letter */
    unsigned above;    /* RX_ABOVE_*: what the last directions below no medicine say */
    size_t above_line; /* behind it; 0: none */
    size_t form_line;  /* behind the last line that is a form of the medicine below; 0: none */
    bool marked;       /* such a number stands before the next line */
    pali_error *err;
} reader;

static rx_source source_of(const rx_line *line) {
    return (rx_source){line->text, line->confidence, strlen(line->text)};
}

static pali_status copy_lines(rx_prescription *page, const rx_line *lines, size_t num_lines,
                              pali_error *err) {
    if (num_lines > RX_MAX_LINES)
        return pali_fail(err, PALI_ERROR_LIMIT, "%zu lines on one page are too many", num_lines);
    rx_line *copies = pali_arena_alloc(&page->arena, num_lines + 1, sizeof *copies, "lines", err);
    if (!copies)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < num_lines; i++) {
        copies[i] = lines[i];
        bool struck = lines[i].text[0] == '~';
        copies[i].struck_out |= struck;
        size_t size = strlen(lines[i].text) - struck;
        float *confidence = NULL;
        copies[i].text = pali_arena_text(&page->arena, lines[i].text + struck, size, err);
        if (lines[i].joint)
            copies[i].joint =
                pali_arena_text(&page->arena, lines[i].joint, strlen(lines[i].joint), err);
        if (lines[i].confidence) {
            confidence = pali_arena_alloc(&page->arena, size + 1, sizeof *confidence, "lines", err);
            if (confidence)
                memcpy(confidence, lines[i].confidence + struck, size * sizeof *confidence);
        }
        if (!copies[i].text || (lines[i].confidence && !confidence) ||
            (lines[i].joint && !copies[i].joint))
            return PALI_ERROR_MEMORY;
        copies[i].confidence = confidence;
    }
    page->lines = copies;
    page->num_lines = num_lines;
    return PALI_OK;
}

/* ---- what a line is ---- */

/* The next number of a list, alone on its line: the first column of a table. */
static bool take_entry_number(reader *r, const rx_tokens *tokens) {
    const rx_token *number = rx_token_at(tokens, 0);
    if (tokens->count > 2 || number->kind != RX_TOKEN_NUMBER || number->value != r->number + 1 ||
        (tokens->count == 2 && !rx_token_is(rx_token_at(tokens, 1), ")")))
        return false;
    r->number++;
    r->marked = true;
    r->open = false;
    return true;
}

/* Whether the line is a medicine's name in the lexicon: "Meclizine", no misread "Medicine". */
static bool is_listed_name(reader *r, const rx_tokens *tokens) {
    rx_name name = {.written = {.text = tokens->source, .confidence = 1}};
    return r->lexicon && rx_lexicon_match(r->lexicon, &r->page->arena, &name, r->err) == PALI_OK &&
           name.in_lexicon;
}

/* Opens the section of what is not prescribed, or ends it, where a line that the table does not know whole is the heading. */
static bool take_stop_heading(reader *r, const rx_tokens *tokens) {
    bool stopped = rx_heads_stopped(tokens);
    bool food = r->allergies && rx_speaks_of_life(tokens); /* below "Avoid" */
    bool ends =
        r->section == SECTION_STOPPED && (food || rx_heads_taken(tokens) || rx_says_none(tokens));
    if (!stopped && !ends)
        return false;
    r->section = stopped ? SECTION_STOPPED : SECTION_NONE;
    r->allergies = stopped && rx_heads_allergies(tokens);
    r->open = false;
    return true;
}

/* Opens a section where the line is its heading; whether the line is nothing but that. A table of
 * medicines needs no other heading than its columns'. */
static bool take_heading(reader *r, const rx_tokens *tokens) {
    int heads = rx_count_heads(tokens);
    r->heads = heads ? r->heads + heads : 0;
    if (r->heads >= 2) {
        r->section = SECTION_RX;
        r->open = false;
        return true;
    }
    if (take_stop_heading(r, tokens)) /* "Medicines stopped:" is no "Medicines" */
        return true;
    static const struct {
        uint64_t kind;
        section section;
    } headings[] = {{RX_KIND(HEADING_STOPPED), SECTION_STOPPED}, /* "Drug history" is no "Drug" */
                    {RX_KIND(HEADING_RX), SECTION_RX},
                    {RX_KIND(HEADING_TESTS), SECTION_TESTS},
                    {RX_KIND(HEADING_ADVICE), SECTION_ADVICE},
                    {RX_KIND(KEY_DIAGNOSIS), SECTION_DIAGNOSIS}};
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++) {
        rx_found heading = rx_find_head(tokens, headings[i].kind);
        if (!heading.phrase ||
            (!rx_find_phrase(tokens, 0, headings[i].kind).phrase && is_listed_name(r, tokens)))
            continue;
        size_t behind = heading.count;
        const rx_token *next = rx_token_at(tokens, behind);
        bool colon = rx_token_is(next, ":") || rx_token_is(next, "-");
        bool alone = behind + colon >= tokens->count;
        if (!alone && !colon && headings[i].section != SECTION_RX)
            continue;
        if (!alone &&
            (headings[i].section == SECTION_DIAGNOSIS || headings[i].section == SECTION_STOPPED))
            continue;
        r->section = headings[i].section;
        r->allergies = rx_heads_allergies(tokens);
        r->open = false;
        return alone || r->section == SECTION_TESTS || r->section == SECTION_ADVICE;
    }
    return false;
}

/* "as directed". */
static bool is_directed(const rx_tokens *tokens) {
    for (size_t i = 1; i < tokens->count; i++)
        if (rx_find_phrase(tokens, i, RX_KIND(DIRECTED)).phrase)
            return true;
    return false;
}

static int points(const reader *r, const rx_medicine *m, const rx_tokens *tokens) {
    int sum = 0;
    size_t start = rx_list_marker(tokens);
    bool form_first = m->form.written.text && m->name.written.text &&
                      rx_find_phrase(tokens, start, RX_KIND(FORM)).phrase;
    bool letter = m->form.value && rx_token_at(tokens, start)->text[1] == '\0'; /* "T. Dolo" */
    bool directed = m->strength.written.text || m->frequency.written.text || m->dose.written.text;
    sum += (form_first && !letter) || (letter && directed) ? 3
           : letter                                        ? 2
           : m->form.written.text                          ? 1
                                                           : 0;
    sum += m->strength.unit || m->strength.num_parts ? 2 : m->strength.written.text ? 1 : 0;
    sum += m->frequency.written.text ? 2 : 0;
    sum += m->dose.written.text ? 1 : 0;
    sum += m->duration.written.text || m->quantity.written.text ? 1 : 0;
    sum += m->as_needed || m->route.written.text ? 1 : 0;
    sum += r->section == SECTION_RX ? 1 : 0;
    sum += start > 0 || r->marked ? 1 : 0;
    sum += r->known ? 2 : 0;
    sum += rx_starts_fluid(tokens) ? 2 : 0;
    sum += is_directed(tokens) ? 1 : 0;
    return sum;
}

/* Whether the line is made of directions alone. */
static bool continues(const rx_medicine *m, const rx_tokens *tokens) {
    if ((rx_find_phrase(tokens, 0, RX_KIND(SPAN)).phrase && tokens->count <= 3) ||
        (rx_find_phrase(tokens, 0, RX_KIND(UNIT)).phrase && rx_token_at(tokens, 0)->text[1]))
        return true; /* "x 90" on one line, "days" on the next; "500", then "mg" */
    if (rx_starts_limit(tokens))
        return true;
    bool fields = m->dose.written.text || m->frequency.written.text || m->frequency.when ||
                  m->duration.written.text || m->quantity.written.text || m->as_needed ||
                  m->strength.written.text || m->route.written.text || m->form.written.text;
    return !m->name.written.text && (fields || is_directed(tokens));
}

/* Kinds of words that directions have and names do not. */
static const uint64_t WORDS_OF_DIRECTIONS = RX_KIND(FORM) | RX_KIND(COUNT) | RX_KIND(ROUTE) |
                                            RX_KIND(FREQUENCY) | RX_KIND(TIME) | RX_KIND(MEAL) |
                                            RX_KIND(NEEDED) | RX_KIND(DISPENSE) | RX_KIND(SPAN) |
                                            RX_KIND(DIRECTED) | RX_KIND(FILLER) | RX_KIND(ONCE);

/* "2 puffs Twlce daily", "2 tabs Twlce daily" below a medicine: behind the dose stands a misread word of the directions, or,
 * where it is of no form or too little else is said, what no list knows. */
static bool starts_directions(const reader *r, const rx_medicine *m, const rx_tokens *tokens) {
    size_t at = rx_list_marker(tokens), name = at + rx_starts_dose(tokens);
    if (r->known || name == at)
        return false;
    rx_found form = rx_find_phrase(tokens, name - 1, RX_KIND(FORM));
    return !form.phrase || points(r, m, tokens) < ENOUGH_POINTS ||
           rx_find_misread(tokens, name, name + 1, WORDS_OF_DIRECTIONS).phrase ||
           rx_find_misread(tokens, name, name + 2, WORDS_OF_DIRECTIONS).phrase;
}

/* "tabl", "teblets" where a name would stand: short or in small letters. With dose and frequency
 * beside it a long word must be like one of the directions' words, or it is a name in small letters. */
static bool is_misread_word(const rx_medicine *m, const rx_tokens *tokens) {
    enum { SHORT = 4, LONG = 7 };
    const char *name = m->name.written.text;
    size_t size = strlen(name), at = rx_list_marker(tokens);
    if (size <= SHORT)
        return true;
    if (!(name[0] >= 'a' && name[0] <= 'z'))
        return false;
    return size < LONG || strchr(name, ' ') || !m->dose.written.text ||
           !m->frequency.written.text ||
           rx_find_misread(tokens, at, at + 1, WORDS_OF_DIRECTIONS).phrase != NULL;
}

/* Whether what stands where a name would is a misread word of the directions ("Siq: 1 tab",
 * "1 teb BD") or a misread number of them ("q tab BD"), in no lexicon and without a strength. */
static bool is_misread_direction(const reader *r, const rx_medicine *m, const rx_tokens *tokens) {
    const char *name = m->name.written.text;
    if (!r->open || r->marked || r->known || !name || m->strength.written.text ||
        rx_starts_fluid(tokens))
        return false;
    bool number = !name[1] && rx_list_marker(tokens) == 0 && m->form.written.text &&
                  rx_find_phrase(tokens, 1, RX_KIND(FORM) | RX_KIND(COUNT)).phrase;
    if (m->form.written.text && !number)
        return false;
    bool directions = m->dose.written.text || m->frequency.written.text || m->as_needed;
    return directions && (number || is_misread_word(m, tokens));
}

/* The doubtful line becomes a medicine, and so do names of the lexicon right above it: "Amlodipine", "Telmisartan", "1 tab OD
 * each". */
static void take_stacked_names(reader *r) {
    size_t count = r->stacked > 0 ? r->stacked : 1;
    for (size_t line = r->doubtful + 1 - count; line <= r->doubtful; line++)
        r->groups[r->num_groups++] = (rx_group){line, 1, .stopped = r->section == SECTION_STOPPED};
    r->stacked = 0;
}

static void doubt_line(reader *r, size_t index, int sum) {
    bool below = r->doubtful_points > 0 && r->doubtful + 1 == index;
    r->stacked = !r->listed_name ? 0 : below ? r->stacked + 1 : 1;
    r->doubtful = index;
    r->doubtful_points = sum;
}

/* Directions below no medicine: they may be of those that follow, up to a line that is of none. */
static void take_directions_above(reader *r, size_t index, const rx_medicine *m) {
    bool often = m->frequency.written.text || m->frequency.when;
    bool lasts = m->duration.written.text || !often; /* "Week 2:" */
    r->above = (often ? RX_ABOVE_FREQUENCY : 0) | (lasts ? RX_ABOVE_DURATION : 0);
    r->above_line = index + 1;
}

/* What stands above a medicine whose lines begin at `first`. */
static unsigned directions_above(const reader *r, size_t first) {
    const rx_group *last = r->num_groups ? &r->groups[r->num_groups - 1] : NULL;
    if (r->above_line == first && first > 0)
        return r->above;
    return last && last->first + last->count == first ? last->above : 0;
}

/* Whether the form alone on the line above is this medicine's, which has none of its own. */
static bool has_form_above(const reader *r, size_t index, const rx_medicine *m,
                           const rx_tokens *tokens) {
    return index > 0 && r->form_line == index && !m->form.written.text &&
           rx_list_marker(tokens) == 0;
}

static void take_medicine_line(reader *r, size_t index, const rx_medicine *m,
                               const rx_tokens *tokens) {
    bool marked = r->marked ||
                  (rx_list_marker(tokens) > 0 && rx_token_at(tokens, 0)->kind == RX_TOKEN_NUMBER);
    bool below = (is_misread_direction(r, m, tokens) && !rx_is_list_number(tokens)) ||
                 (continues(m, tokens) && !marked) || starts_directions(r, m, tokens);
    rx_group *last = r->num_groups ? &r->groups[r->num_groups - 1] : NULL;
    if (below) {
        if (last && r->open)
            last->count = index + 1 - last->first;
        else if (r->doubtful_points > 0 && r->doubtful + 1 == index &&
                 r->doubtful_points + points(r, m, tokens) >= ENOUGH_POINTS) {
            take_stacked_names(r);
            r->groups[r->num_groups - 1].count = 2;
            r->open = true;
        } else if (m->frequency.written.text || m->frequency.when || m->duration.written.text) {
            take_directions_above(r, index, m);
        }
        return;
    }
    if (!m->name.written.text && !(marked && continues(m, tokens))) {
        r->open = r->open && rx_says_purpose(tokens);
        return;
    }
    enum { POINTS_OF_FORM = 2 };
    int sum = points(r, m, tokens) + (has_form_above(r, index, m, tokens) ? POINTS_OF_FORM : 0);
    if (sum < ENOUGH_POINTS) {
        r->open = false;
        doubt_line(r, index, sum);
        return;
    }
    bool formed = has_form_above(r, index, m, tokens);
    if (formed && last && last->first + last->count == index)
        last->count--; /* the form was the upper one's until now */
    unsigned above = directions_above(r, index - formed);
    r->groups[r->num_groups++] = (rx_group){index - formed, 1 + formed, .above = above,
                                            .stopped = r->section == SECTION_STOPPED};
    r->open = true;
    if (r->section == SECTION_DIAGNOSIS)
        r->section = SECTION_RX;
}

static bool has_directions(const rx_medicine *m) {
    return m->frequency.written.text || m->duration.written.text;
}

static bool ends_with_separator(const rx_tokens *tokens) {
    return rx_is_separator(tokens, tokens->count - 1);
}

/* Whether a line below a list of diagnoses goes on with its last one: it begins in small letters,
 * that one did not, and no comma parts them. */
static bool continues_diagnosis(const rx_prescription *page, const rx_source *line,
                                const rx_tokens *tokens) {
    if (page->num_diagnoses == 0)
        return false;
    const rx_text *last = &page->diagnoses[page->num_diagnoses - 1];
    const rx_token *first = &tokens->items[0];
    return first->kind == RX_TOKEN_WORD && islower((unsigned char)line->text[first->begin]) &&
           isupper((unsigned char)last->text[0]);
}

/* Whether a token stands in no list of diseases: how long a complaint lasts, the colon behind a key. */
static bool is_of_no_list(const rx_token *token) {
    return rx_token_is(token, "for") || rx_token_is(token, "since") || rx_token_is(token, "x") ||
           rx_token_is(token, ":");
}

/* Whether the item of a list that begins at `from` is a disease, with a few words about it ("Lt
 * ureteric stone"), or a symptom alone; returns in `*to` where it ends. */
static bool is_disease(const rx_tokens *tokens, size_t from, size_t *to, uint64_t alone) {
    bool known = false, other = false;
    for (*to = from; *to < tokens->count && !rx_is_separator(tokens, *to); ++*to) {
        known = known || rx_find_phrase(tokens, *to, RX_KIND(DISEASE)).phrase;
        other = other || is_of_no_list(rx_token_at(tokens, *to));
    }
    rx_found whole = rx_find_phrase(tokens, from, alone);
    return (whole.phrase && from + whole.count == *to) ||
           (known && !other && *to - from <= MAX_DISEASE_WORDS);
}

/* Whether a line above the medicines is nothing but diseases: "Acne, Lt ureteric stone", "Primi 20 wks". */
static bool lists_diseases(const reader *r, const rx_medicine *m, const rx_tokens *tokens,
                           size_t start, uint64_t alone) {
    if (r->num_groups > 0 || r->section != SECTION_NONE || m->frequency.written.text ||
        rx_has_strength(m))
        return false;
    for (size_t at = start, end; at < tokens->count; at = end + 1)
        if (!is_disease(tokens, at, &end, alone))
            return false;
    return true;
}

/* A line below the heading of diagnoses that says no frequency, and one that is nothing but
 * diseases. */
static pali_status take_loose_fields(reader *r, const rx_source *line, const rx_tokens *tokens,
                                     const rx_medicine *m) {
    rx_prescription *page = r->page;
    bool continued = r->listed && !has_directions(m) && continues_diagnosis(page, line, tokens);
    if (continued || (r->section == SECTION_DIAGNOSIS && !m->frequency.written.text)) {
        r->listing = !ends_with_separator(tokens);
        return rx_take_diagnoses(page, line, tokens, 0, tokens->count,
                                 continued ? RX_HEAD_CONTINUED : RX_HEAD_DIAGNOSIS, r->err);
    }
    size_t start = rx_list_marker(tokens);
    uint64_t kinds = RX_KIND(DISEASE) | (r->complaints ? 0 : RX_KIND(SYMPTOM));
    rx_found only = rx_find_phrase(tokens, start, kinds);
    if ((only.phrase && start + only.count == tokens->count) ||
        lists_diseases(r, m, tokens, start, kinds))
        return rx_take_diagnoses(page, line, tokens, start, tokens->count, RX_HEAD_NONE, r->err);
    return PALI_OK;
}

/* Whether the line at `index` belongs to the one above it, whose medicine is open. */
static pali_status goes_on(bool *out, reader *r, size_t index, const rx_tokens *tokens,
                           const rx_medicine *m) {
    const rx_line *lines = r->page->lines;
    bool begins = rx_list_marker(tokens) > 0 || rx_find_phrase(tokens, 0, RX_KIND(FORM)).phrase;
    *out = false;
    if (!r->open || (begins && m->name.written.text))
        return PALI_OK;
    return rx_goes_on(out, &r->page->arena, lines[index - 1].text, lines[index].text, r->err);
}

/* "NS" without a volume: a signature, or a form. */
static bool is_fluid_alone(const rx_tokens *tokens) {
    return rx_find_phrase(tokens, rx_list_marker(tokens), RX_KIND(FLUID)).phrase &&
           !rx_starts_fluid(tokens);
}

static pali_status look_up(reader *r, const rx_medicine *medicine, const rx_tokens *tokens) {
    rx_name name = medicine->name;
    r->known = r->listed_name = false;
    if (!r->lexicon || !name.written.text)
        return PALI_OK;
    pali_status status = rx_lexicon_match(r->lexicon, &r->page->arena, &name, r->err);
    r->listed_name = name.in_lexicon;
    if (name.abbreviated && is_fluid_alone(tokens))
        return status;
    r->known = name.in_lexicon || (name.num_matches && name.matches[0].score >= RX_NEAR_SCORE);
    return status;
}

/* Whether the line at `index` had no room behind the one above it, as far as any line of the page reaches to the right. */
static bool had_no_room(const rx_prescription *page, size_t index) {
    const float blank = 0.01f,
                least = 0.8f; /* of the page's width: lines that end before are not full */
    const float *box = page->lines[index].box, *above = page->lines[index - 1].box;
    float right = least;
    for (size_t i = 0; i < page->num_lines; i++)
        right = page->lines[i].box[2] > right ? page->lines[i].box[2] : right;
    return above[2] + blank + box[2] - box[0] > right;
}

/* "x 5 days" below a line that has room for it, and wants it no more than any other. */
static pali_status stands_apart(bool *out, reader *r, size_t index, const rx_tokens *tokens) {
    const rx_line *lines = r->page->lines;
    bool wanted = false;
    *out = rx_lasts_alone(tokens) && !had_no_room(r->page, index);
    if (!*out)
        return PALI_OK;
    pali_status status =
        rx_goes_on(&wanted, &r->page->arena, lines[index - 1].text, lines[index].text, r->err);
    *out = !status && !wanted;
    return status;
}

/* "All x 1 month", "all 1 OD", "x 5 days": of the last medicine its directions, and for others above it, perhaps, too. */
static pali_status take_line_for_several(bool *out, reader *r, size_t index,
                                         const rx_tokens *tokens) {
    rx_group *last = r->num_groups ? &r->groups[r->num_groups - 1] : NULL;
    bool apart = false;
    *out = false;
    if (!r->open)
        return PALI_OK;
    pali_status status = stands_apart(&apart, r, index, tokens);
    rx_share share = rx_is_for_all(tokens) ? RX_SHARE_ALL
                     : apart               ? RX_SHARE_PERHAPS
                                           : RX_SHARE_NONE;
    bool directs = rx_directs_all(tokens);
    if (status || (share == RX_SHARE_NONE && !directs))
        return status;
    last->share = share > last->share ? share : last->share;
    last->directs_all |= directs;
    last->count = index + 1 - last->first;
    *out = true;
    return PALI_OK;
}

/* "STOP" alone below a medicine, "Stop on 10/6", "OR": it speaks of that one. Of a day on which it is stopped no duration is
 * made, so that such a line is no part of the directions. */
static bool take_word_below(reader *r, size_t index, const rx_tokens *tokens) {
    rx_group *last = r->num_groups ? &r->groups[r->num_groups - 1] : NULL;
    if (!r->open)
        return false;
    bool alone = tokens->count == 1 && !rx_heads_allergies(tokens) &&
                 rx_find_phrase(tokens, 0, RX_KIND(HEADING_STOPPED)).phrase;
    rx_stop stop = rx_says_stop(tokens);
    bool either = rx_says_or(tokens);
    if (alone || stop == RX_STOP_IF)
        last->count = index + 1 - last->first;
    bool scale = rx_is_scale_step(tokens), days = rx_names_span_of_days(tokens);
    last->days_below |= days;
    last->halted |= stop == RX_STOP_SOME_DAY;
    last->or_below |= either;
    last->scaled |= scale;
    r->open = !(either || stop == RX_STOP_SOME_DAY);
    return alone || either || scale || days || stop != RX_STOP_NONE;
}

/* "(Amoxicillin 500 mg + Clavulanic acid 125 mg)" below "Tab Augmentin 625", "Commonly known as: Norvasc": the directions
 * come behind it. One substance may say the strength that the medicine above has not. */
static pali_status take_composition(bool *out, reader *r, size_t index, const rx_tokens *tokens) {
    bool several = false, aside = rx_is_aside(tokens);
    *out = r->open && (aside || rx_is_composition(tokens, &several));
    if (!*out || aside || several)
        return PALI_OK;
    rx_source above = source_of(&r->page->lines[index - 1]);
    rx_medicine m;
    pali_status status = rx_parse_directions(&m, &r->page->arena, &above, r->err);
    *out = !status && m.name.written.text && m.strength.written.text;
    return status;
}

/* The lines of a group as one text, a newline between them. */
static pali_status join_lines(rx_source *out, reader *r, const rx_group *g) {
    rx_prescription *page = r->page;
    size_t size = 0;
    for (size_t i = g->first; i < g->first + g->count; i++)
        size += strlen(page->lines[i].text) + 1;
    char *text = pali_arena_alloc(&page->arena, size + 1, 1, "a medicine", r->err);
    float *confidence =
        pali_arena_alloc(&page->arena, size + 1, sizeof *confidence, "a medicine", r->err);
    if (!text || !confidence)
        return PALI_ERROR_MEMORY;
    size_t at = 0;
    for (size_t i = g->first; i < g->first + g->count; i++) {
        const rx_line *line = &page->lines[i];
        if (line->struck_out || r->aside[i])
            continue;
        if (at > 0) {
            text[at] = '\n';
            confidence[at++] = 1;
        }
        for (size_t k = 0; line->text[k]; k++, at++) {
            text[at] = line->text[k];
            confidence[at] = line->confidence ? line->confidence[k] : 1;
        }
    }
    text[at] = '\0';
    *out = (rx_source){text, confidence, at};
    return PALI_OK;
}

/* Whether "Syp" alone on a line is a cell of a column of forms, and may be of the medicine below: the one above has a form
 * and says how often, and its last line wants no more. */
static pali_status is_form_line(bool *out, reader *r, size_t index, const rx_tokens *tokens) {
    enum { MOST_LINES = 8 }; /* of an entry */
    *out = rx_find_phrase(tokens, 0, RX_KIND(FORM)).count == tokens->count;
    if (!*out || !r->open)
        return PALI_OK;
    if (r->groups[r->num_groups - 1].count > MOST_LINES) {
        *out = false;
        return PALI_OK;
    }
    const rx_line *lines = r->page->lines;
    bool wanted = false;
    rx_source text;
    rx_medicine above;
    pali_status status = join_lines(&text, r, &r->groups[r->num_groups - 1]);
    if (!status)
        status = rx_parse_directions(&above, &r->page->arena, &text, r->err);
    if (!status)
        status =
            rx_goes_on(&wanted, &r->page->arena, lines[index - 1].text, lines[index].text, r->err);
    *out = !status && above.form.written.text && above.frequency.written.text && !wanted;
    return status;
}

static pali_status read_line(reader *r, size_t index) {
    rx_prescription *page = r->page;
    rx_source line = source_of(&page->lines[index]);
    if (page->lines[index].struck_out)
        return PALI_OK;
    r->listed = r->listing;
    r->listing = false;
    rx_tokens tokens;
    pali_status status = rx_tokenize(&tokens, &page->arena, line.text, line.size, r->err);
    if (status || tokens.count == 0)
        return status;
    if (take_word_below(r, index, &tokens))
        return PALI_OK;
    bool several = false;
    status = take_line_for_several(&several, r, index, &tokens);
    if (status || several || take_heading(r, &tokens) || take_entry_number(r, &tokens))
        return status;
    bool form = false;
    status = is_form_line(&form, r, index, &tokens);
    if (status)
        return status;
    r->form_line = form ? index + 1 : r->form_line;
    status = take_composition(&r->aside[index], r, index, &tokens);
    if (status || r->aside[index])
        return status;
    bool keyed, after_number = r->marked;
    r->marked = false;
    size_t diagnoses = page->num_diagnoses;
    status = rx_take_page_fields(page, &line, &tokens, &keyed, r->err);
    if (status)
        return status;
    bool complaint =
        rx_find_phrase(&tokens, rx_list_marker(&tokens), RX_KIND(KEY_COMPLAINT)).phrase ||
        rx_find_head(&tokens, RX_KIND(KEY_COMPLAINT)).phrase;
    if (keyed || complaint)
        r->complaints = complaint;
    r->listing = page->num_diagnoses > diagnoses && !complaint && !ends_with_separator(&tokens);
    bool date = rx_read_date(&tokens, 0).count > 0, below;
    rx_medicine medicine;
    status = rx_parse_directions(&medicine, &page->arena, &line, r->err);
    if (!status)
        status = goes_on(&below, r, index, &tokens, &medicine);
    if (status)
        return status;
    if (page->lines[index].joint &&
        !medicine.name.written.text) { /* "Morning:", parted from its entries */
        take_directions_above(r, index, &medicine);
        r->open = false;
        return PALI_OK;
    }
    if (below || (r->open && rx_goes_by_days(&medicine, &tokens))) {
        r->groups[r->num_groups - 1].count = index + 1 - r->groups[r->num_groups - 1].first;
        return PALI_OK;
    }
    if (keyed || date || rx_starts_otherwise(&tokens)) {
        if (r->section == SECTION_STOPPED && r->allergies)
            r->section = SECTION_NONE;
        r->open = false;
        return PALI_OK;
    }
    status = look_up(r, &medicine, &tokens);
    if (status)
        return status;
    if (rx_is_of_letterhead(&medicine, &tokens, !r->known) ||
        rx_is_of_patient(&medicine, &tokens) || rx_is_measured_value(&medicine, &tokens)) {
        r->open = false;
        return PALI_OK;
    }
    bool form_first = medicine.form.written.text && medicine.name.written.text;
    if (r->section == SECTION_TESTS || r->section == SECTION_ADVICE) {
        bool planned = r->section == SECTION_ADVICE && r->listed_name && medicine.strength.unit &&
                       medicine.frequency.written.text; /* "Plan:", "start ramipril 1.25 mg OD" */
        if (!(form_first || planned) || points(r, &medicine, &tokens) < ENOUGH_POINTS)
            return PALI_OK;
        r->section = SECTION_RX;
    }
    r->marked = after_number;
    bool no_name = !r->open && !r->marked && rx_is_no_name(&medicine, &tokens);
    if (no_name || rx_is_complaint(&medicine, &tokens, r->section != SECTION_RX && !r->known)) {
        r->open = r->marked = false;
        return take_loose_fields(r, &line, &tokens, &medicine);
    }
    size_t before = r->num_groups, reach = before ? r->groups[before - 1].count : 0;
    take_medicine_line(r, index, &medicine, &tokens);
    r->marked = false;
    bool taken = r->num_groups > before || (before && r->groups[before - 1].count > reach);
    return taken ? PALI_OK : take_loose_fields(r, &line, &tokens, &medicine);
}

/* ---- medicines ---- */

static pali_status make_medicines(reader *r) {
    rx_prescription *page = r->page;
    page->medicines = pali_arena_alloc(&page->arena, r->num_groups + 1, sizeof *page->medicines,
                                       "medicines", r->err);
    if (!page->medicines)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < r->num_groups; i++) {
        const rx_group *g = &r->groups[i];
        rx_source text;
        rx_medicine *medicine = &page->medicines[i];
        pali_status status = join_lines(&text, r, g);
        if (!status)
            status = rx_parse_directions(medicine, &page->arena, &text, r->err);
        if (!status && r->lexicon)
            status = rx_check_medicine(medicine, &page->arena, r->lexicon, r->err);
        if (status)
            return status;
        for (size_t k = g->first; k < g->first + g->count; k++)
            if (!page->lines[k].struck_out)
                rx_box_widen(medicine->box, page->lines[k].box);
        page->num_medicines++;
    }
    return rx_doubt_groups(page, r->groups, r->err);
}

static pali_status find_loose_date(reader *r) {
    rx_prescription *page = r->page;
    for (size_t i = 0; i < page->num_lines && !page->date.text; i++) {
        bool medicine = page->lines[i].struck_out;
        for (size_t k = 0; k < r->num_groups; k++)
            medicine |= i >= r->groups[k].first && i < r->groups[k].first + r->groups[k].count;
        if (medicine)
            continue;
        rx_source line = source_of(&page->lines[i]);
        rx_tokens tokens;
        pali_status status = rx_tokenize(&tokens, &page->arena, line.text, line.size, r->err);
        if (!status)
            status = rx_take_loose_date(page, &line, &tokens, r->err);
        if (status)
            return status;
    }
    return PALI_OK;
}

pali_status rx_reading_make(rx_prescription *out, const rx_line *lines, size_t num_lines,
                            const rx_lexicon *lexicon, pali_error *err) {
    rx_prescription page = {.arena = PALI_ARENA_INIT};
    reader r = {.page = &page, .lexicon = lexicon, .err = err};
    pali_status status = copy_lines(&page, lines, num_lines, err);
    if (!status) {
        r.groups = pali_arena_alloc(&page.arena, num_lines + 1, sizeof *r.groups, "lines", err);
        r.aside = pali_arena_alloc(&page.arena, num_lines + 1, sizeof *r.aside, "lines", err);
        status = r.groups && r.aside ? PALI_OK : PALI_ERROR_MEMORY;
        if (!status)
            memset(r.aside, 0, (num_lines + 1) * sizeof *r.aside);
    }
    for (size_t i = 0; i < num_lines && !status; i++)
        status = read_line(&r, i);
    if (!status)
        status = make_medicines(&r);
    if (!status)
        status = find_loose_date(&r);
    if (!status)
        status = rx_take_people(&page, r.num_groups ? r.groups[0].first : num_lines, err);
    if (status) {
        pali_arena_free(&page.arena);
        return status;
    }
    *out = page;
    return PALI_OK;
}

void rx_prescription_free(rx_prescription *prescription) {
    if (!prescription)
        return;
    pali_arena_free(&prescription->arena);
    *prescription = (rx_prescription){0};
}
