/* What the parts of the directions parser share: directions.c walks over the line, and the setters
 * of direction_fields.c give what was found to the right field. */
#ifndef RX_DIRECTIONS_PARSER_H
#define RX_DIRECTIONS_PARSER_H

#include "rx/directions.h"
#include "rx/review.h"

enum { RX_MAX_STEPS = 8 };

/* Tokens [from, to); nothing where to is 0. */
typedef struct rx_place {
    size_t from, to;
} rx_place;

typedef struct rx_parser {
    const rx_source *source;
    rx_tokens tokens;
    pali_arena *arena;
    rx_medicine *medicine;
    bool *used; /* [tokens.count]: a field took the token */
    bool fluid; /* the name is one of what runs into a vein: volumes are doses */
    rx_step steps[RX_MAX_STEPS];
    rx_place name, strength, doses[RX_MAX_STEPS],
        frequencies[RX_MAX_STEPS]; /* where fields stand */
    size_t step;                   /* the one being filled */
    size_t frequency_end;          /* token behind the last one of its frequency; 0: none yet */
    size_t frequency_at;           /* and the first one */
    size_t duration_end;           /* token behind the last duration; 0: none yet */
    const rx_phrase *ambiguous;    /* "OD": once daily or right eye; decided when the step ends */
    size_t ambiguous_at, ambiguous_count;
    size_t needed_at, needed_count; /* "SOS": how often, where nothing else says it */
    pali_status status;             /* the first failure; all else is then pointless */
    pali_error *err;
} rx_parser;

static inline const rx_token *rx_tok(const rx_parser *p, size_t i) {
    return rx_token_at(&p->tokens, i);
}

static inline rx_found rx_find(const rx_parser *p, size_t at, uint64_t kinds) {
    return rx_find_phrase(&p->tokens, at, kinds);
}

static inline bool rx_is(const rx_parser *p, size_t i, const char *text) {
    return rx_token_is(rx_tok(p, i), text);
}

/* Whether token `i` is one of the words, which end with NULL. */
static inline bool rx_is_one_of(const rx_parser *p, size_t i, const char *const *words) {
    return rx_token_is_one_of(rx_tok(p, i), words);
}

/* An amount as a field has it; `unit` is UCUM or NULL. */
static inline rx_quantity rx_quantity_of(const rx_amount *amount, const char *unit) {
    return (rx_quantity){
        .has_value = true, .value = amount->low, .high = amount->high, .unit = unit};
}

/* As rx_find, of kinds that count or measure, unless what begins there is a meal: "p/c" is no puff. */
rx_found rx_find_unit(const rx_parser *p, size_t at, uint64_t kinds);

/* Whether a pattern, a frequency, a route or a meal starts at `at`: a number before it is a dose. */
bool rx_starts_frequency(const rx_parser *p, size_t at);

/* Whether "x 5 days" or "5 days" starts at `at`. */
bool rx_starts_duration(const rx_parser *p, size_t at);

/* Whether "4 weeks" at [at, to) is no time for which something is taken: "2 weeks before travel", "7 days after", "4 weeks
 * apart", "in 2 weeks", "7 day break", "< 2 yrs"; nor is "5 D1", a day of a cycle. */
bool rx_is_other_time(const rx_parser *p, size_t at, size_t to);

/* Opens the next step of a taper where the frequency at [from, to) begins one without a "then": "BD x 5 days, OD x 5
 * days". */
void rx_open_step(rx_parser *p, size_t from, size_t to);

/* Tokens of the medicine's name that starts at `from`; 0: there is none. */
size_t rx_name_length(const rx_parser *p, size_t from);

/* Tokens of the name of a fluid at `at`, which a volume follows: "NS 500 ml", "D5W @ 75 ml/hr"; 0: none. */
size_t rx_fluid_length(const rx_parser *p, size_t at);

/* Tokens of a way to inject, or of an eye or an ear, that stands before the name: "IV Zyvarin 2 g", "RE: Zyvarin QID"; 0:
 * none. */
size_t rx_leading_route(const rx_parser *p, size_t at);

/* Tokens of a strength that stands before the name: "5% Dextrose", "500 mg Zyvarin"; 0: none. */
size_t rx_leading_strength(const rx_parser *p, size_t at);

/* Tokens of a dose that stands before a form or a name: "2 puffs Zyvarin SOS", "½ tab of Zyvarin"; 0: none. */
size_t rx_leading_dose(const rx_parser *p, size_t at);

/* Tokens of when the entry behind it is taken: "If pain" of "If pain take Tab Zyvarin", "For fever"; 0: none. */
size_t rx_leading_condition(const rx_parser *p, size_t at);

/* Tokens of the form that heads the name at `at`, with its value and what is doubtful about it
 * (left alone where nothing is); 0: none. */
size_t rx_leading_form(const rx_parser *p, size_t at, const char **value, const char **caution);

/* Readers. Each returns how many tokens from `at` on it recognised, 0 for none. */
size_t rx_take_amount(rx_parser *p, size_t at, size_t name_end);
size_t rx_take_dispensed(rx_parser *p, size_t at);
size_t rx_take_product(rx_parser *p, size_t at);
size_t rx_take_refills(rx_parser *p, size_t at);
size_t rx_take_duration(rx_parser *p, size_t at);
size_t rx_take_frequency(rx_parser *p, size_t at);
size_t rx_take_time_or_meal(rx_parser *p, size_t at);
size_t rx_take_weekdays(rx_parser *p, size_t at);
size_t rx_take_clock(rx_parser *p, size_t at);
size_t rx_take_numbered_days(rx_parser *p, size_t at);
size_t rx_take_limit(rx_parser *p, size_t at);
size_t rx_take_total(rx_parser *p, size_t at);
size_t rx_take_once(rx_parser *p, size_t at);
size_t rx_take_needed(rx_parser *p, size_t at);
size_t rx_take_reason(rx_parser *p, size_t at);
size_t rx_take_form_or_route(rx_parser *p, size_t at);

/* Tokens in brackets at `at` that say what a dose makes, or is for each kilogram; 0: none. */
size_t rx_total_length(const rx_parser *p, size_t at);

/* Decides "OD", "TD" and "AD" of the step that is being filled by form and by what else is written, or flags them. */
void rx_settle_ambiguous(rx_parser *p);

/* Every kind of phrase that is neither a name nor a plain word, which means something only in its place. */
#define RX_ANYTHING (~(RX_KIND(FLUID) | RX_KIND(HEADING_TAKEN) | RX_KIND(STOP) | RX_KIND(LIFE)))

/* What ends a name: the start of any field but an amount. */
#define RX_ENDS_NAME                                                                            \
    (RX_KIND(FORM) | RX_KIND(ROUTE) | RX_KIND(FREQUENCY) | RX_KIND(TIME) | RX_KIND(MEAL) |      \
     RX_KIND(NEEDED) | RX_KIND(ONCE) | RX_KIND(THEN) | RX_KIND(DISPENSE) | RX_KIND(REFILL) |    \
     RX_KIND(LEAD) | RX_KIND(DIRECTED) | RX_KIND(FILLER) | RX_KIND(HOURS) | RX_KIND(CONTINUE) | \
     RX_KIND(NOTE))

/* The source's text of tokens [from, to). */
rx_text rx_parser_quote(rx_parser *p, size_t from, size_t to);

void rx_parser_use(rx_parser *p, size_t from, size_t count);

/* Adds a reason; `alternatives` may be NULL. Tokens [from, to) are quoted in the message. */
void rx_parser_flag(rx_parser *p, const char *code, const char *field, bool advisory,
                    const char *const *alternatives, size_t from, size_t to, const char *reason);

/* Each takes the tokens [from, to) for a field, unless it has them already: then false, and nothing
 * is changed. */
bool rx_set_strength(rx_parser *p, const rx_quantity *quantity, size_t from, size_t to);
bool rx_set_dose(rx_parser *p, const rx_quantity *quantity, size_t from, size_t to);
bool rx_set_quantity(rx_parser *p, const rx_quantity *quantity, size_t from, size_t to);
bool rx_set_duration(rx_parser *p, const rx_quantity *quantity, size_t from, size_t to);
bool rx_set_frequency(rx_parser *p, const rx_frequency *frequency, size_t from, size_t to);
bool rx_set_slots(rx_parser *p, const rx_slots *slots, size_t from);
bool rx_set_coded(rx_parser *p, rx_coded *field, const char *value, size_t from, size_t to);

/* A time of the day or a relation to meals: part of the frequency. */
void rx_set_time(rx_parser *p, const rx_phrase *phrase, size_t from, size_t to);

/* The next step of a taper; false where this one is empty or the last that is kept. */
bool rx_next_step(rx_parser *p);

/* A day of the week, 0 (Sunday) to 6, "Mon" and "Mondays", too; -1: none. */
int rx_weekday(const rx_token *token);

/* Flags frequency and dose: there is more to say than one of each can. */
void rx_say_it_changes(rx_parser *p, size_t from, size_t to, const char *reason);

/* Flags what was read without fault and is not the same every day, or was stopped. */
void rx_doubt_changes(rx_parser *p, size_t name_end);

/* Flags amounts of which only one is taken at a time, or none is a strength. */
void rx_doubt_two_amounts(rx_parser *p);

/* Flags fields that may be parts of something misread, by what stands beside them. */
void rx_doubt_neighbours(rx_parser *p, size_t name_end);

/* Whether what has this form is spread on the skin. */
bool rx_is_spread(const char *form);

/* What a dose without a unit is counted in, by form; NULL: unknown. */
const char *rx_dose_unit(const char *form);

#endif
