/* A medicine's own lines cannot tell that a line below is meant for others, too, or that one beside it is a part of it:
 * that shows where all medicines of the page are known. */
#include "rx/group_doubts.h"

#include "rx/directions.h"
#include "rx/review.h"

#include <string.h>
#include <strings.h>

/* A page whose medicines are all made, and their lines. */
typedef struct beside {
    rx_prescription *page;
    const rx_group *groups; /* [page->num_medicines] */
    pali_error *err;
} beside;

static rx_source source_of(const rx_line *line) {
    return (rx_source){line->text, line->confidence, strlen(line->text)};
}

static pali_status tokenize(rx_tokens *out, const beside *b, size_t line) {
    const char *text = b->page->lines[line].text;
    return rx_tokenize(out, &b->page->arena, text, strlen(text), b->err);
}

static bool has_directions(const rx_medicine *m) {
    return m->frequency.written.text || m->duration.written.text;
}

/* Whether nothing stands between the medicine and the one above it. */
static bool touches_above(const beside *b, size_t index) {
    const rx_group *g = &b->groups[index];
    return index > 0 && g[-1].first + g[-1].count == g->first;
}

static pali_status add(const beside *b, size_t index, const char *code, const char *field,
                       const char *reason) {
    rx_review review = {.code = code, .field = field};
    if (field && rx_reviews_find(&b->page->medicines[index].review, code, field))
        return PALI_OK; /* said already */
    return rx_review_add(&b->page->medicines[index].review, &b->page->arena, review, NULL, b->err,
                         "%s", reason);
}

/* Whether a line of the page begins with the number of a list. */
static pali_status is_numbered(bool *out, beside *b, size_t line) {
    rx_tokens tokens;
    pali_status status = tokenize(&tokens, b, line);
    if (!status)
        *out = rx_is_list_number(&tokens);
    return status;
}

/* "1) CAP. ZOCLAR 500 1-0-1" and below it "CLARITHROMYCIN IP 500MG": in a list of numbers, a line without one, without
 * directions and a form may be what the entry above is made of. */
static pali_status doubt_composition(beside *b, size_t index) {
    if (index == 0)
        return PALI_OK;
    rx_medicine *m = &b->page->medicines[index];
    const rx_medicine *above = &b->page->medicines[index - 1];
    const rx_group *g = &b->groups[index], *before = &b->groups[index - 1];
    bool bare = m->strength.unit && !m->form.written.text && !m->quantity.written.text &&
                !has_directions(m);
    if (!bare || !has_directions(above) || before->first + before->count != g->first)
        return PALI_OK;
    bool numbered = false, entry = false;
    pali_status status = is_numbered(&entry, b, before->first);
    if (!status)
        status = is_numbered(&numbered, b, g->first);
    if (status || numbered || !entry)
        return status;
    return rx_review_add(&m->review, &b->page->arena, (rx_review){.code = RX_REVIEW_ROW_UNCLEAR},
                         NULL, b->err, "\"%s\" may be what the medicine above is made of",
                         m->name.written.text ? m->name.written.text : "");
}

/* Whether nothing says how to take the medicine. */
static bool is_undirected(const rx_medicine *m) {
    return !has_directions(m) && !m->dose.written.text && !m->as_needed;
}

/* Whether a line of the page says nothing of how to take what it names. */
static pali_status is_bare(bool *out, beside *b, size_t line) {
    rx_source source = source_of(&b->page->lines[line]);
    rx_medicine m;
    pali_status status = rx_parse_directions(&m, &b->page->arena, &source, b->err);
    if (!status)
        *out = is_undirected(&m);
    return status;
}

/* Two names below each other, and below both of them as many lines of directions: the first is the upper one's. */
static pali_status doubt_stacked(beside *b, size_t index) {
    const rx_medicine *m = &b->page->medicines[index];
    const rx_group *g = &b->groups[index], *before = g - (index > 0);
    bool upper = false, lower = false;
    if (index == 0 || m->num_steps < 2 || before->count != 1 || before->first + 1 != g->first ||
        g->count < 3)
        return PALI_OK;
    pali_status status = is_bare(&upper, b, before->first);
    if (!status)
        status = is_bare(&lower, b, g->first);
    if (status || !upper || !lower)
        return status;
    return add(b, index, RX_REVIEW_ROW_UNCLEAR, NULL,
               "directions may be those of the medicine above");
}

/* Whether a line below, "all 1 OD", is of all medicines that stand right above each other. */
static bool is_directed_below(const beside *b, size_t index) {
    size_t k = index + 1;
    while (k < b->page->num_medicines && touches_above(b, k) && !b->groups[k].directs_all)
        k++;
    return k < b->page->num_medicines && touches_above(b, k);
}

/* "Amlodipine", below it "Telmisartan", and below both "1 tab OD each"; "Tab Amlodipine & Tab Telmisartan 1-0-0", parted: the
 * directions may be those of all names that stand right above them. */
static pali_status precedes_directions(bool *out, beside *b, size_t index) {
    const rx_medicine *all = b->page->medicines;
    size_t k = index;
    bool joined = true;
    while (k + 1 < b->page->num_medicines && is_undirected(&all[k]) && touches_above(b, k + 1)) {
        const rx_group *g = &b->groups[k++];
        joined = joined && b->page->lines[g->first + g->count - 1].joint;
    }
    *out = k > index && joined && !is_undirected(&all[k]);
    if (*out || k == index || is_undirected(&all[k]) || b->groups[k].count < 2)
        return PALI_OK;
    return is_bare(out, b, b->groups[k].first);
}

static pali_status doubt_undirected(beside *b, size_t index) {
    bool several = false;
    if (!is_undirected(&b->page->medicines[index]))
        return PALI_OK;
    pali_status status = precedes_directions(&several, b, index);
    return status || !(several || is_directed_below(b, index))
               ? status
               : add(b, index, RX_REVIEW_ROW_UNCLEAR, "frequency",
                     "directions below may be meant for it and others");
}

static pali_status doubt_stopped(beside *b, size_t index) {
    return !b->groups[index].stopped
               ? PALI_OK
               : add(b, index, RX_REVIEW_CONFLICT, NULL,
                     "it stands under a heading of medicines that are not prescribed now");
}

/* Whether "} x 5 days" stands on the lines of the medicine. */
static bool has_brace(const beside *b, size_t index) {
    const rx_group *g = &b->groups[index];
    bool brace = false;
    for (size_t line = g->first; line < g->first + g->count; line++)
        brace = brace || strchr(b->page->lines[line].text, '}');
    return brace && b->page->medicines[index].duration.written.text;
}

/* Whether a medicine without a duration stands right above one whose last line may be meant for it, too. One that has its
 * own parts them unless the line says "all". */
static bool shares_duration_below(const beside *b, size_t index) {
    const rx_medicine *all = b->page->medicines;
    bool parted = false;
    for (size_t k = index + 1; k < b->page->num_medicines && touches_above(b, k); k++) {
        rx_share share = b->groups[k].share;
        if (share == RX_SHARE_ALL || (share == RX_SHARE_PERHAPS && !parted))
            return true;
        parted = parted || all[k].duration.written.text;
    }
    return false;
}

/* The same of a brace around lines beside it, on either side. */
static bool shares_brace(const beside *b, size_t index) {
    const rx_medicine *all = b->page->medicines;
    size_t below = index + 1, above = index;
    while (below < b->page->num_medicines && touches_above(b, below) &&
           !all[below].duration.written.text)
        below++;
    while (above > 0 && touches_above(b, above) && !all[above - 1].duration.written.text)
        above--;
    return (below < b->page->num_medicines && touches_above(b, below) && has_brace(b, below)) ||
           (touches_above(b, above) && has_brace(b, above - 1));
}

/* "All x 1 month", "x 5 days" or a brace beside it and others. */
static pali_status doubt_shared(beside *b, size_t index) {
    const rx_medicine *m = &b->page->medicines[index];
    if (m->duration.written.text || m->frequency.once)
        return PALI_OK;
    bool shared = shares_duration_below(b, index) || shares_brace(b, index);
    return !shared ? PALI_OK
                   : add(b, index, RX_REVIEW_ROW_UNCLEAR, "duration",
                         "what stands beside it and others may say for how long");
}

/* "Mon to Fri" below it. */
static pali_status doubt_days(beside *b, size_t index) {
    return !b->groups[index].days_below ? PALI_OK
                                        : add(b, index, RX_REVIEW_ROW_UNCLEAR, "frequency",
                                              "the line below may say on which days");
}

/* A sliding scale below it: how much is not the same each time. */
static pali_status doubt_scaled(beside *b, size_t index) {
    return !b->groups[index].scaled ? PALI_OK
                                    : add(b, index, RX_REVIEW_CONFLICT, "dose",
                                          "the lines below say how much, by the sugar");
}

/* "Stop on 10/6" below it, "OR" between it and another. */
static pali_status doubt_by_neighbours(beside *b, size_t index) {
    const rx_group *g = &b->groups[index];
    bool either = g->or_below || (index > 0 && g[-1].or_below);
    if (!g->halted && !either)
        return PALI_OK;
    return add(b, index, RX_REVIEW_CONFLICT, NULL,
               either ? "it, or the medicine beside it"
                      : "the line below says when it is not taken");
}

/* The number that a medicine's first line begins with. */
typedef struct first_number {
    double value; /* "2" of "2 Tab", "2) Tab"; 0: none */
    bool bare;    /* nothing but a form stands behind it, so that it may be how many */
    bool counted; /* it was read so */
} first_number;

static pali_status read_first_number(first_number *out, beside *b, size_t index) {
    rx_tokens tokens;
    pali_status status = tokenize(&tokens, b, b->groups[index].first);
    if (status)
        return status;
    const rx_token *number = rx_token_at(&tokens, 0);
    size_t behind = 1 + rx_find_phrase(&tokens, 1, RX_KIND(FORM)).count;
    bool form = behind > 1 && rx_find_phrase(&tokens, 1, RX_KIND(COUNT)).phrase &&
                !rx_token_is(rx_token_at(&tokens, behind), ":");
    *out = (first_number){.value = rx_is_ordinal(number) ? number->value : 0,
                          .bare = form && !rx_is_list_number(&tokens),
                          .counted = rx_starts_dose(&tokens) > 0};
    return PALI_OK;
}

/* "2 Tab Zyvarin OD" where no entry above has the number before it, "2 Caps Zyvarin OD" where one has: the number of the
 * entry, or how many. */
static pali_status doubt_entry_number(beside *b, size_t index) {
    static const double most = 6; /* that are taken at once */
    first_number number, above = {0};
    pali_status status = read_first_number(&number, b, index);
    if (status || !number.bare || number.value < 2 || number.value > most)
        return status;
    for (size_t k = index; k > 0 && above.value == 0 && !status; k--)
        status = read_first_number(&above, b, k - 1);
    bool follows = above.value + 1 == number.value,
         dosed = rx_is_known(&b->page->medicines[index].dose.written);
    if (status || (number.counted ? !follows : follows || dosed))
        return status;
    return add(b, index, RX_REVIEW_AMBIGUOUS_NUMBER, "dose",
               "the number before the form may be the entry's, or how many are taken");
}

/* "Morning", "For 5 days" above it and others. What its own line says of that counts more. */
static pali_status doubt_headed(beside *b, size_t index) {
    const rx_group *g = &b->groups[index];
    bool lasts = b->page->medicines[index].duration.written.text, bare = false;
    pali_status status = g->above & RX_ABOVE_FREQUENCY ? is_bare(&bare, b, g->first) : PALI_OK;
    if (!status && bare)
        status = add(b, index, RX_REVIEW_ROW_UNCLEAR, "frequency",
                     "what stands above it and others may say how often");
    if (!status && g->above & RX_ABOVE_DURATION && !lasts)
        status = add(b, index, RX_REVIEW_ROW_UNCLEAR, "duration",
                     "what stands above it and others may say for how long");
    return status;
}

/* Whether a medicine's first line says that its dose is another one than before. */
static pali_status is_change(bool *out, beside *b, size_t index) {
    static const char *const verbs[] = {"increase", "reduce", "decrease", "change", NULL};
    enum { FIRST_WORDS = 3 };
    rx_tokens tokens;
    pali_status status = tokenize(&tokens, b, b->groups[index].first);
    *out = false;
    for (size_t i = 0; !status && i < FIRST_WORDS; i++)
        *out = *out || rx_token_is_one_of(rx_token_at(&tokens, i), verbs);
    return status;
}

/* "Bisoprolol 2.5 mg OD", and where it is next named "increase bisoprolol to 5 mg OD". */
static pali_status doubt_changed(beside *b, size_t index) {
    const rx_medicine *all = b->page->medicines;
    const char *name = all[index].name.written.text;
    bool changed = false;
    size_t k = index + 1;
    while (name && k < b->page->num_medicines &&
           !(all[k].name.written.text && strcasecmp(name, all[k].name.written.text) == 0))
        k++;
    if (!name || k == b->page->num_medicines)
        return PALI_OK;
    pali_status status = is_change(&changed, b, k);
    return status || !changed
               ? status
               : add(b, index, RX_REVIEW_CONFLICT, "dose", "a line below changes it");
}

pali_status rx_doubt_groups(rx_prescription *page, const rx_group *groups, pali_error *err) {
    static pali_status (*const doubts[])(beside *, size_t) = {
        doubt_composition, doubt_stacked,       doubt_undirected, doubt_stopped,
        doubt_shared,      doubt_by_neighbours, doubt_scaled,     doubt_entry_number,
        doubt_changed,     doubt_headed,        doubt_days};
    beside b = {page, groups, err};
    for (size_t i = 0; i < page->num_medicines; i++)
        for (size_t k = 0; k < sizeof doubts / sizeof *doubts; k++) {
            pali_status status = doubts[k](&b, i);
            if (status)
                return status;
        }
    return PALI_OK;
}
