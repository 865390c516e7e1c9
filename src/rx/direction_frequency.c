/* How often, when, how, and on what condition. */
#include "rx/directions_parser.h"
#include "rx/once_daily.h"
#include "rx/units.h"

#include <string.h>

/* "q8", "q 4-6", without the hours that are meant: tokens, with how many in `hours`. */
static size_t bare_hours(const rx_parser *p, size_t at, rx_amount *hours) {
    enum { LEAST = 2, MOST = 24 };
    *hours = rx_read_amount(&p->tokens, at + 1);
    size_t behind = at + 1 + hours->count;
    bool whole = hours->low == (int)hours->low && hours->low >= LEAST && hours->high <= MOST;
    bool unit = rx_find(p, behind, RX_KIND(SPAN) | RX_KIND(COUNT) | RX_KIND(UNIT)).phrase ||
                rx_tok(p, behind)->kind == RX_TOKEN_NUMBER;
    return rx_is(p, at, "q") && hours->count > 0 && whole && !unit ? 1 + hours->count : 0;
}

bool rx_starts_frequency(const rx_parser *p, size_t at) {
    rx_amount hours;
    return bare_hours(p, at, &hours) > 0 || rx_read_slots(&p->tokens, at).count > 0 ||
           rx_find(p, at,
                   RX_KIND(FREQUENCY) | RX_KIND(HOURS) | RX_KIND(TIMES) | RX_KIND(TIME) |
                       RX_KIND(ROUTE) | RX_KIND(ONCE) | RX_KIND(NEEDED) | RX_KIND(DAYS) |
                       RX_KIND(WEEKLY) | RX_KIND(MEAL))
                   .phrase != NULL;
}

static rx_frequency frequency_of(const rx_found *found) {
    const rx_amount *n = &found->amount;
    rx_frequency f = {.has_value = true};
    double low = n->low > 0 ? n->low : 1, high = n->high > 0 ? n->high : 1;
    switch (found->phrase->kind) {
    case RX_PHRASE_HOURS:
        f.every_hours = low;
        f.every_hours_high = high;
        f.per_day = 24 / high;
        f.per_day_high = 24 / low;
        return f;
    case RX_PHRASE_DAYS:
        f.per_day = 1 / high;
        f.per_day_high = 1 / low;
        return f;
    case RX_PHRASE_WEEKS:
        f.per_day = 1 / (7 * high);
        f.per_day_high = 1 / (7 * low);
        return f;
    case RX_PHRASE_MONTHS:
        f.per_day = 1 / (30 * high);
        f.per_day_high = 1 / (30 * low);
        return f;
    case RX_PHRASE_TIMES:
        f.per_day = low;
        f.per_day_high = high;
        return f;
    case RX_PHRASE_WEEKLY:
        f.per_day = low / 7;
        f.per_day_high = high / 7;
        return f;
    default:
        f.per_day = f.per_day_high = found->phrase->number;
        return f;
    }
}

/* What may be wrong with a code; ambiguous ones that are not decided here return false. */
static void flag_code(rx_parser *p, const rx_phrase *phrase, const char *field, size_t from,
                      size_t to) {
    static const struct {
        const char *words, *reason;
        bool advisory;
    } reasons[] = {
        {"qd", "QD reads as QID or QOD; daily was meant", false},
        {"qod", "QOD reads as QD or QID; every other day was meant", false},
        {"qid", "QID reads as QD or QOD; four times a day was meant", true},
        {"hs", "HS means bedtime, and half strength", true},
        {"qhs", "QHS reads as every hour", true},
        {"q hs", "QHS reads as every hour", true},
        {"bt", "BT reads as BID", false},
        {"biw", "BIW reads as twice a day", false},
        {"tiw", "TIW reads as three times a day", false},
        {"sc", "SC reads as SL", true},
        {"sq", "SQ reads as 5 every", true},
        {"ou", "OU reads as AU, the ears", true},
        {"os", "OS reads as AS, the ear", true},
        {"ud", "UD reads as unit dose", true},
    };
    if (!phrase->caution || strcmp(phrase->caution, "error-prone") != 0)
        return;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reasons[i].words, phrase->words) == 0) {
            rx_parser_flag(p, RX_REVIEW_ERROR_PRONE_NOTATION, field, reasons[i].advisory, NULL,
                           from, to, reasons[i].reason);
            return;
        }
    rx_parser_flag(p, RX_REVIEW_ERROR_PRONE_NOTATION, field, false, NULL, from, to,
                   "the abbreviation is easily mistaken");
}

static bool is_ambiguous(const rx_phrase *phrase) {
    return phrase->caution && strcmp(phrase->caution, "ambiguous") == 0;
}

/* Whether "3 monthly" or "2 weekly" is what was found: every so many, as injections are given, or so many each time. */
static bool is_bare_interval(const rx_found *found) {
    bool long_time =
        found->phrase->kind == RX_PHRASE_WEEKS || found->phrase->kind == RX_PHRASE_MONTHS;
    return long_time && found->phrase->words[0] == '#';
}

/* Whether so many weekly or monthly must be a number to take or a strength: "1 weekly", "Zyvarin 70 weekly". */
static bool is_amount_weekly(const rx_parser *p, const rx_found *found, size_t at) {
    double n = found->amount.low;
    return n < 2 || n != (int)n || (p->name.to > 0 && at == p->name.to);
}

/* A hyphen says that it is an interval, and what is injected is not taken three at a time. */
static void flag_bare_interval(rx_parser *p, const rx_found *found, size_t from, size_t to) {
    static const char *const injected[] = {"injection", "intramuscular", "subcutaneous",
                                           "intravenous", NULL};
    static const char *const readings[] = {"every so many weeks or months",
                                           "so many each week or month", NULL};
    const rx_medicine *m = p->medicine;
    bool sure = strchr(found->phrase->words, '-') != NULL;
    for (const char *const *word = injected; *word; word++)
        sure = sure || (m->form.value && strcmp(m->form.value, *word) == 0) ||
               (m->route.value && strcmp(m->route.value, *word) == 0);
    if (!sure)
        rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, "frequency", false, readings, from, to,
                       "every so many, or so many each time");
}

/* Tokens of "up to" before "4 times a day", which may then be fewer times. */
static size_t at_most(const rx_parser *p, size_t at) {
    if (at > 0 && rx_is(p, at - 1, "upto"))
        return 1;
    return at > 1 && rx_is(p, at - 1, "to") && rx_is(p, at - 2, "up") ? 2 : 0;
}

static size_t take_bare_hours(rx_parser *p, size_t at) {
    rx_amount hours;
    size_t count = bare_hours(p, at, &hours);
    rx_frequency frequency = {
        .has_value = true, .every_hours = hours.low, .every_hours_high = hours.high};
    if (count == 0)
        return 0;
    frequency.per_day = 24 / hours.high;
    frequency.per_day_high = 24 / hours.low;
    if (rx_set_frequency(p, &frequency, at, at + count))
        rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, "frequency", false, NULL, at, at + count,
                       "hours were understood, and no unit is written");
    return count;
}

/* "3 days every month": behind a duration no longer than itself an interval says that it comes again and again. */
static void flag_recurring(rx_parser *p, const rx_frequency *frequency, size_t at, size_t to) {
    const rx_quantity *duration = &p->steps[p->step].duration;
    const char *unit = duration->unit ? duration->unit : "";
    double days = strcmp(unit, "d") == 0    ? duration->value
                  : strcmp(unit, "wk") == 0 ? 7 * duration->value
                                            : 0;
    if (at > 0 && p->duration_end == at && frequency->per_day > 0 && days > 0 &&
        days <= 1 / frequency->per_day && frequency->per_day < 1)
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "frequency", false, NULL, at, to,
                       "for so long each time, or so often");
}

/* "weekly 2 days": on so many days of each week, or for so many days. More than a week has are a duration. */
static bool counts_days_of_week(const rx_found *found) {
    return strcmp(found->phrase->words, "weekly # days") == 0;
}

size_t rx_take_frequency(rx_parser *p, size_t at) {
    static const double most_days = 7;
    rx_found found = rx_find(p, at,
                             RX_KIND(FREQUENCY) | RX_KIND(HOURS) | RX_KIND(DAYS) | RX_KIND(WEEKS) |
                                 RX_KIND(MONTHS) | RX_KIND(TIMES) | RX_KIND(WEEKLY));
    if (!found.phrase)
        return take_bare_hours(p, at);
    bool days = counts_days_of_week(&found);
    if (days && found.amount.high > most_days)
        found = rx_find(p, at, RX_KIND(FREQUENCY));
    if (is_bare_interval(&found) && is_amount_weekly(p, &found, at))
        return 0;
    rx_open_step(p, at, at + found.count);
    if (is_ambiguous(found.phrase)) {
        bool decided = rx_find(p, at, RX_KIND(TIME)).count > found.count; /* "OD mane" */
        if (p->ambiguous || decided)
            return 0;
        p->ambiguous = found.phrase;
        p->ambiguous_at = at;
        p->ambiguous_count = found.count;
        return found.count;
    }
    rx_frequency frequency = frequency_of(&found);
    size_t most = at_most(p, at);
    if (most > 0)
        frequency.per_day = frequency.per_day < 1 ? frequency.per_day : 1;
    if (!rx_set_frequency(p, &frequency, at - most, at + found.count))
        return found.count; /* stays in the instructions, flagged */
    flag_code(p, found.phrase, "frequency", at, at + found.count);
    flag_recurring(p, &frequency, at, at + found.count);
    if (days && counts_days_of_week(&found))
        rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_NUMBER, "frequency", false, NULL, at,
                       at + found.count, "on so many days of each week, or for so many days");
    if (is_bare_interval(&found))
        flag_bare_interval(p, &found, at, at + found.count);
    return found.count;
}

/* "ON", omni nocte; not the "on" of "ON MONDAYS" in capitals: behind that stands a word of no direction. */
static bool is_every_night(const rx_parser *p, size_t at) {
    const rx_token *token = rx_tok(p, at), *next = rx_tok(p, at + 1);
    if (rx_find(p, at, RX_KIND(ROUTE)).phrase)
        return false; /* "ON AFFECTED AREA" */
    return rx_token_is(token, "on") && token->flags & RX_TOKEN_CAPITALS &&
           (next->kind != RX_TOKEN_WORD || rx_breaks_line(&p->tokens, at + 1) ||
            rx_find(p, at + 1, RX_ENDS_NAME).phrase);
}

size_t rx_take_time_or_meal(rx_parser *p, size_t at) {
    rx_found found = rx_find(p, at, RX_KIND(TIME) | RX_KIND(MEAL));
    if (!found.phrase && is_every_night(p, at)) {
        static const rx_phrase every_night = {"on", RX_PHRASE_TIME, "", 0, RX_WHEN_NIGHT, NULL};
        found = (rx_found){&every_night, 1, {0}};
    }
    if (!found.phrase)
        return 0;
    size_t to = at + found.count;
    if (found.phrase->kind == RX_PHRASE_MEAL) {
        p->steps[p->step].frequency.when |= found.phrase->when;
        if (is_ambiguous(found.phrase))
            rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_ABBREVIATION, "instructions", false, NULL, at, to,
                           "with food, or a volume");
        return found.count; /* stays in the instructions */
    }
    rx_set_time(p, found.phrase, at, to);
    flag_code(p, found.phrase, "frequency", at, to);
    return found.count;
}

size_t rx_take_once(rx_parser *p, size_t at) {
    rx_found found = rx_find(p, at, RX_KIND(ONCE));
    if (!found.phrase)
        return 0;
    rx_frequency frequency = {.has_value = true, .once = true};
    if (!p->steps[p->step].frequency.written.text)
        rx_set_frequency(p, &frequency, at, at + found.count);
    return found.count;
}

/* The reason that follows "for", "if" or "when": tokens up to the next field. */
static size_t reason_length(rx_parser *p, size_t at) {
    size_t i = at;
    for (; i < p->tokens.count && i < at + 6 && rx_take_limit(p, i) == 0; i++) {
        if (rx_tok(p, i)->kind == RX_TOKEN_SIGN && !rx_is(p, i, ">") && !rx_is(p, i, "/"))
            break;
        if (rx_find(p, i, RX_ENDS_NAME & ~(RX_KIND(FORM) | RX_KIND(FILLER) | RX_KIND(LEAD)))
                .phrase ||
            rx_read_slots(&p->tokens, i).count > 0 || (i > at && rx_starts_duration(p, i)))
            break;
        if (rx_tok(p, i)->kind == RX_TOKEN_NUMBER && !rx_is(p, i - 1, ">") && i > at &&
            !rx_is(p, i - 1, "/") && !rx_is(p, i - 1, "above") && !rx_is(p, i - 1, "than"))
            break;
    }
    return i - at;
}

size_t rx_take_reason(rx_parser *p, size_t at) {
    static const char *const ends[] = {"stop", "hold", "omit", "skip", "withhold", NULL};
    bool during =
        rx_is(p, at, "during") && rx_find(p, at + 1, RX_KIND(SYMPTOM) | RX_KIND(COMPLAINT)).phrase;
    bool condition = rx_is(p, at, "if") || rx_is(p, at, "when") || rx_is(p, at, "in") || during;
    if ((!condition && !rx_is(p, at, "for")) || p->medicine->as_needed_for.text)
        return 0;
    if ((rx_is(p, at, "in") && !rx_is(p, at + 1, "case")) ||
        (at > 0 && rx_is_one_of(p, at - 1, ends)))
        return 0; /* "stop if rash" */
    if (rx_tok(p, at + 1)->kind != RX_TOKEN_WORD || (!condition && !p->medicine->as_needed))
        return 0;
    size_t count = 1 + reason_length(p, at + 1);
    if (count == 1)
        return 0;
    p->medicine->as_needed = true;
    p->medicine->as_needed_for = rx_parser_quote(p, at, at + count);
    rx_parser_use(p, at, count);
    return count;
}

size_t rx_take_needed(rx_parser *p, size_t at) {
    static const char *const later[] = {"after", "later", "afterwards", "thereafter", NULL};
    static const char *const besides[] = {"plus", "+", "&", "and", "or", NULL};
    rx_found found = rx_find(p, at, RX_KIND(NEEDED));
    if (!found.phrase)
        return 0;
    size_t behind = at + found.count;
    bool meal = rx_find(p, behind, RX_KIND(MEAL)).phrase != NULL;
    p->medicine->as_needed = true;
    if (p->step > 0 || (rx_is_one_of(p, behind, later) && !meal))
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "frequency", false, NULL, at, at + found.count,
                       "as needed only later");
    if (at > 0 && p->steps[0].frequency.written.text && rx_is_one_of(p, at - 1, besides))
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "frequency", false, NULL, at - 1, at + found.count,
                       "so often, and as needed besides or instead");
    if (!p->needed_count) {
        p->needed_at = at;
        p->needed_count = found.count;
    }
    rx_parser_use(p, at, found.count);
    return found.count;
}

/* Abbreviations of routes that are English words unless they are written in capitals; "TO BE TAKEN" is no eye's. */
static bool is_plain_word(const rx_parser *p, size_t at) {
    static const char *const words[] = {"as", "be", "it", "la", "le", "re", "id"};
    static const char *const auxiliaries[] = {"to",   "may",  "can", "should",
                                              "must", "will", "not", NULL};
    const rx_token *token = rx_tok(p, at);
    if (rx_token_is(token, "be") && at > 0 && rx_is_one_of(p, at - 1, auxiliaries))
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (rx_token_is(token, words[i]))
            return !(token->flags & RX_TOKEN_CAPITALS);
    return false;
}

/* "IV/IM", "PO or IV", "1 drop RE BD, LE TDS": another way than the one that was read, at [at, to). */
static void flag_other_route(rx_parser *p, const rx_phrase *route, size_t at, size_t to) {
    const char *first = p->medicine->route.value;
    if (first && strcmp(first, route->value) != 0)
        rx_parser_flag(p, RX_REVIEW_CONFLICT, "route", false, NULL, at, to,
                       "another route is written on the same line");
}

size_t rx_take_form_or_route(rx_parser *p, size_t at) {
    rx_found form = rx_find(p, at, RX_KIND(FORM)), route = rx_find(p, at, RX_KIND(ROUTE));
    if (form.phrase && form.count >= route.count) {
        if (!rx_set_coded(p, &p->medicine->form, form.phrase->value, at, at + form.count))
            rx_parser_use(p, at, form.count);
        return form.count;
    }
    if (!route.phrase || is_plain_word(p, at))
        return 0;
    if (is_ambiguous(route.phrase)) {
        if (p->ambiguous)
            return 0;
        p->ambiguous = route.phrase;
        p->ambiguous_at = at;
        p->ambiguous_count = route.count;
        return route.count;
    }
    if (rx_set_coded(p, &p->medicine->route, route.phrase->value, at, at + route.count))
        flag_code(p, route.phrase, "route", at, at + route.count);
    else
        flag_other_route(p, route.phrase, at, at + route.count);
    return route.count;
}

/* Decides "OD", "TD" and "AD" by form and by what else is written. */
void rx_settle_ambiguous(rx_parser *p) {
    const rx_phrase *phrase = p->ambiguous;
    if (!phrase)
        return;
    p->ambiguous = NULL;
    rx_medicine *m = p->medicine;
    const char *form = m->form.value ? m->form.value : "", *word = phrase->words;
    size_t at = p->ambiguous_at, to = at + p->ambiguous_count;
    bool eye = strncmp(form, "eye ", 4) == 0, ear = strncmp(form, "ear ", 4) == 0;
    const rx_frequency *frequency = &p->steps[p->step].frequency;
    bool timed = frequency->has_value && frequency->per_day > 0;
    if (strcmp(word, "od") == 0 && eye && timed &&
        rx_set_coded(p, &m->route, "right eye", at, to)) {
        rx_parser_flag(p, RX_REVIEW_ERROR_PRONE_NOTATION, "route", false, NULL, at, to,
                       "OD reads as once daily, and as AD, the ear; right eye was understood");
    } else if (strcmp(word, "ad") == 0 && ear && rx_set_coded(p, &m->route, "right ear", at, to)) {
        rx_parser_flag(p, RX_REVIEW_ERROR_PRONE_NOTATION, "route", false, NULL, at, to,
                       "AD reads as OD, the eye, and as after dinner");
    } else if (strcmp(word, "od") == 0 && rx_od_is_daily(m, &p->steps[0].dose)) {
        rx_frequency daily = {.has_value = true, .per_day = 1, .per_day_high = 1};
        rx_set_frequency(p, &daily, at, to);
        rx_parser_flag(p, RX_REVIEW_ERROR_PRONE_NOTATION, "frequency", true, NULL, at, to,
                       RX_OD_IS_DAILY);
    } else {
        static const char *const od[] = {"once daily", "right eye", NULL};
        static const char *const td[] = {"three times a day", "transdermal", NULL};
        static const char *const ad[] = {"right ear", "alternate days", "after dinner", NULL};
        bool d = strcmp(word, "od") == 0, t = strcmp(word, "td") == 0;
        rx_frequency *f = &p->steps[p->step].frequency;
        if ((d || t) && !f->written.text) {
            f->written = rx_parser_quote(p, at, to);
            rx_parser_use(p, at, to - at);
        }
        rx_parser_flag(p, RX_REVIEW_AMBIGUOUS_ABBREVIATION, "frequency", false,
                       d                         ? od
                       : t                       ? td
                       : strcmp(word, "ad") == 0 ? ad
                                                 : NULL,
                       at, to, "has several meanings, and nothing on the line decides");
    }
}
