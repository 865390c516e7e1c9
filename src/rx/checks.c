/* The checks compare with what the lexicon knows and are silent where it knows nothing: a missing
 * list of strengths is no evidence. Strength and dose are checked only for a name that was accepted, that is
 * abbreviated, or that a maker's is added to, and has one ingredient, in the unit that its list has. */
#include "rx/checks.h"

#include "rx/once_daily.h"
#include "rx/review.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A proposal is worth showing from this score on; two are a tie within this margin. */
#define WORTH_SHOWING 0.65f
#define TIE_SCORE 0.75f
#define TIE_MARGIN 0.08f

enum { MAX_OTHERS = 8 };

typedef struct checker {
    rx_medicine *medicine;
    pali_arena *arena;
    const rx_lexicon *lexicon;
    pali_error *err;
} checker;

/* ---- the name ---- */

static pali_status check_unknown(checker *c) {
    const rx_name *name = &c->medicine->name;
    const char *shown[RX_MAX_MATCHES + 1] = {NULL};
    for (size_t i = 0, n = 0; i < name->num_matches && n < RX_MAX_MATCHES; i++)
        if (name->matches[i].score >= WORTH_SHOWING)
            shown[n++] = name->matches[i].name;
    rx_review review = {.code = RX_REVIEW_NOT_IN_LEXICON, .field = "name"};
    return rx_review_add(&c->medicine->review, c->arena, review, shown, c->err,
                         "\"%s\" is in no list of medicines%s%s", name->written.text,
                         shown[0] ? "; the nearest name is " : "", shown[0] ? shown[0] : "");
}

static pali_status check_abbreviated(checker *c) {
    const char *const full[] = {c->medicine->name.matches[0].name, NULL};
    rx_review review = {.code = RX_REVIEW_ABBREVIATED_NAME, .field = "name"};
    return rx_review_add(&c->medicine->review, c->arena, review, full, c->err,
                         "\"%s\" is an abbreviation", c->medicine->name.written.text);
}

/* Two names of different medicines are about equally near to what is written. */
static pali_status check_tie(checker *c) {
    const rx_name *name = &c->medicine->name;
    if (name->num_matches < 2 || name->matches[0].score < TIE_SCORE || name->margin >= TIE_MARGIN)
        return PALI_OK;
    size_t other = 1;
    while (other < name->num_matches &&
           strcmp(name->matches[other].generic, name->matches[0].generic) == 0)
        other++;
    if (other == name->num_matches)
        return PALI_OK;
    const char *const both[] = {name->matches[0].name, name->matches[other].name, NULL};
    rx_review review = {.code = RX_REVIEW_NEAR_TIE, .field = "name"};
    return rx_review_add(&c->medicine->review, c->arena, review, both, c->err,
                         "\"%s\" may be %s or %s", name->written.text, both[0], both[1]);
}

static pali_status check_look_alike(checker *c, const char *name) {
    const char *others[MAX_OTHERS + 1] = {NULL};
    if (rx_lexicon_look_alikes(c->lexicon, name, others, MAX_OTHERS) == 0)
        return PALI_OK;
    rx_review review = {.code = RX_REVIEW_LOOK_ALIKE, .field = "name"};
    return rx_review_add(&c->medicine->review, c->arena, review, others, c->err,
                         "%s is easily taken for %s", name, others[0]);
}

/* Each ingredient of "a / b" for itself. */
static pali_status check_look_alikes(checker *c, const char *name) {
    pali_status status = PALI_OK;
    while (*name && !status) {
        const char *end = strstr(name, " / ");
        size_t size = end ? (size_t)(end - name) : strlen(name);
        const char *part = pali_arena_text(c->arena, name, size, c->err);
        status = part ? check_look_alike(c, part) : PALI_ERROR_MEMORY;
        name += size + (end ? 3 : 0);
    }
    return status;
}

/* ---- strength and dose ---- */

/* Which of the lexicon's lists a form belongs to; 0: none, ' ': any that is taken by mouth. */
static char list_of_form(const char *form) {
    static const struct {
        const char *form;
        char list;
    } lists[] = {{"tablet", 't'},    {"capsule", 't'},     {"injection", 'i'},
                 {"infusion", 'i'},  {"syrup", 'l'},       {"suspension", 'l'},
                 {"solution", 'l'},  {"cream", 'p'},       {"ointment", 'p'},
                 {"gel", 'p'},       {"lotion", 'p'},      {"eye drops", 'p'},
                 {"ear drops", 'p'}, {"nasal drops", 'p'}, {"eye ointment", 'p'},
                 {"shampoo", 'p'},   {"mouthwash", 'p'}};
    if (!form)
        return ' ';
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(lists[i].form, form) == 0)
            return lists[i].list;
    return 0;
}

static bool about(double a, double b) {
    return fabs(a - b) <= 0.005 * fabs(b);
}

/* Whether `value` is in the list `list` of `strengths`: 1 yes, 0 no, -1 there is no such list. */
static int is_listed(const char *strengths, char list, double value) {
    int result = -1;
    while (*strengths) {
        char group = *strengths == ' ' ? '\0' : *strengths;
        bool letter = group >= 'a' && group <= 'z';
        const char *at = strengths + letter;
        bool counts = !letter || group == list || (list == ' ' && group != 'p');
        while (*at && *at != ' ') {
            char *end;
            double listed = strtod(at, &end);
            if (counts && result < 1)
                result = about(value, listed);
            at = end + (*end == ',');
            if (end == at && *at != ' ')
                break;
        }
        strengths = at + strspn(at, " ");
    }
    return result;
}

static double milligrams(const char *unit) {
    return !unit || strcmp(unit, "mg") == 0 ? 1
           : strcmp(unit, "g") == 0         ? 1000
           : strcmp(unit, "ug") == 0        ? 0.001
                                            : 0;
}

/* "Thyronorm 50": micrograms are meant where the list has only such. */
static double bare_unit(const rx_quantity *strength, char list, const rx_supply *supply) {
    bool bare = strength->has_value && !strength->unit && (list == 't' || list == ' ');
    return bare && is_listed(supply->strengths, list, strength->value) == 0 &&
                   is_listed(supply->strengths, list, strength->value / 1000) == 1
               ? 0.001
               : 1;
}

/* The strength as the list has it: mg, mg in 5 mL, per cent; 0 if it cannot be compared. */
static double comparable(const rx_quantity *strength, char list) {
    if (!strength->has_value || strength->num_parts > 0 || strength->value != strength->high)
        return 0;
    bool percent = strength->unit && strcmp(strength->unit, "%") == 0;
    if (list == 'p' || percent)
        return list == 'p' && percent ? strength->value : 0;
    double value = strength->value * milligrams(strength->unit);
    if (!strength->unit && list != 't' && list != ' ')
        return 0;
    if (strength->per_value <= 0)
        return value;
    bool volume = strength->per_unit && strcmp(strength->per_unit, "mL") == 0;
    return volume && list == 'l' ? value * 5 / strength->per_value : 0;
}

static pali_status flag_amount(checker *c, const char *code, const char *field, const char *written,
                               double instead, const char *what) {
    char text[32];
    snprintf(text, sizeof text, "%g mg", instead);
    const char *const alternatives[] = {text, NULL};
    rx_review review = {.code = code, .field = field};
    return rx_review_add(&c->medicine->review, c->arena, review, instead > 0 ? alternatives : NULL,
                         c->err, "\"%s\": %s", written, what);
}

/* "Atorva 10 OD": what comes as a tablet of that strength and in no eye drops is taken once daily. */
static pali_status settle_once_daily(checker *c, const rx_supply *supply) {
    bool tablet = c->medicine->name.strength_known && !strchr(supply->strengths, 'p');
    return rx_od_settle(c->medicine, tablet, c->arena, c->err);
}

static pali_status check_strength(checker *c, const rx_supply *supply) {
    const rx_quantity *strength = &c->medicine->strength;
    char list = list_of_form(c->medicine->form.value);
    double value = list ? comparable(strength, list) * bare_unit(strength, list, supply) : 0;
    int listed = value > 0 ? is_listed(supply->strengths, list, value) : -1;
    c->medicine->name.strength_known = listed == 1 && c->medicine->name.in_lexicon;
    if (listed != 0)
        return settle_once_daily(c, supply);
    double tenth = value / 10, tenfold = value * 10;
    bool less = is_listed(supply->strengths, list, tenth) == 1,
         more = is_listed(supply->strengths, list, tenfold) == 1;
    if (less || more)
        return flag_amount(c, RX_REVIEW_TENFOLD_DOSE, "strength", strength->written.text,
                           list == 'p' ? 0
                           : less      ? tenth
                                       : tenfold,
                           less ? "ten times a strength that it comes in"
                                : "a tenth of a strength that it comes in");
    pali_status status =
        flag_amount(c, RX_REVIEW_STRENGTH_NOT_KNOWN, "strength", strength->written.text, 0,
                    "not among the strengths that it is known to come in");
    if (status || !c->medicine->name.in_lexicon)
        return status;
    rx_review review = {.code = RX_REVIEW_STRENGTH_NOT_KNOWN, .field = "name"};
    return rx_review_add(&c->medicine->review, c->arena, review, NULL, c->err,
                         "\"%s\" is not known to come in \"%s\": one of them may be misread",
                         c->medicine->name.written.text, strength->written.text);
}

/* A single dose in mg; 0: unknown. */
static double single_dose(const rx_medicine *m) {
    const rx_quantity *dose = &m->dose, *strength = &m->strength;
    if (!dose->has_value)
        return 0;
    bool counted = !dose->unit || dose->unit[0] == '{';
    if (!counted && strcmp(dose->unit, "mL") != 0)
        return dose->high * milligrams(dose->unit);
    double value = strength->has_value && strength->num_parts == 0
                       ? strength->value * milligrams(strength->unit)
                       : 0;
    if (counted)
        return strength->per_value > 0 ? 0 : dose->high * value;
    return strength->per_value > 0 && strength->per_unit && strcmp(strength->per_unit, "mL") == 0
               ? dose->high * value / strength->per_value
               : 0;
}

static pali_status check_dose(checker *c, const rx_supply *supply) {
    const rx_medicine *m = c->medicine;
    char list = list_of_form(m->form.value);
    bool by_mouth = (list == 't' || list == 'l' || list == ' ') &&
                    (!m->route.value || strcmp(m->route.value, "oral") == 0);
    double dose = by_mouth && supply->largest > 0 ? single_dose(m) : 0;
    if (!m->dose.unit || m->dose.unit[0] == '{') /* so many of that strength */
        dose *= bare_unit(&m->strength, list, supply);
    if (dose <= supply->largest * 1.005)
        return PALI_OK;
    const char *written =
        m->dose.written.inferred ? m->frequency.written.text : m->dose.written.text;
    if (dose >= supply->largest * 5)
        return flag_amount(c, RX_REVIEW_TENFOLD_DOSE, "dose", written, dose / 10,
                           "many times the largest usual single dose");
    return flag_amount(c, RX_REVIEW_DOSE_ABOVE_USUAL, "dose", written, 0,
                       "more than the largest usual single dose");
}

/* "Lantus 20 HS", "Novorapid 6/6/8": with no other dose, a bare number may be the units of insulin to take. */
static pali_status check_insulin(checker *c, const rx_match *match) {
    const rx_medicine *m = c->medicine;
    bool bare = m->strength.written.text && !m->strength.unit;
    bool dosed = rx_is_known(&m->dose.written) || m->frequency.num_slots > 0;
    if (!bare || dosed || !strstr(match->generic, "insulin"))
        return PALI_OK;
    rx_review review = {.code = RX_REVIEW_AMBIGUOUS_NUMBER, .field = "strength"};
    return rx_review_add(&c->medicine->review, c->arena, review, NULL, c->err,
                         "\"%s\": may be how many units are taken", m->strength.written.text);
}

/* Taken once a week, at least in such strengths: more often they have killed people. */
static pali_status check_weekly(checker *c, const rx_match *match) {
    static const struct {
        const char *generic;
        double least; /* mg */
    } weekly[] = {{"methotrexate", 0}, {"alendronic acid", 35}, {"risedronic acid", 35}};
    const rx_medicine *m = c->medicine;
    double often = m->frequency.has_value ? m->frequency.per_day_high : 0;
    for (size_t i = 0; i < sizeof weekly / sizeof *weekly && often > 0.5; i++) {
        if (strcmp(match->generic, weekly[i].generic) != 0 || m->strength.value < weekly[i].least)
            continue;
        rx_review review = {.code = RX_REVIEW_DOSE_ABOVE_USUAL, .field = "frequency"};
        return rx_review_add(&c->medicine->review, c->arena, review, NULL, c->err,
                             "\"%s\": %s is usually taken once a week",
                             m->frequency.written.text ? m->frequency.written.text : "",
                             match->generic);
    }
    return PALI_OK;
}

/* "Amlodipine 5/10 mg": one substance has one strength. "200/5" is an amount in 5 mL. */
static pali_status check_parts(checker *c, const rx_match *match) {
    const rx_quantity *strength = &c->medicine->strength;
    bool in_volume = !strength->unit && strength->num_parts == 2 && strength->parts[1] == 5 &&
                     strength->parts[0] > 10 * strength->parts[1];
    bool several = strength->num_parts > 1 && !in_volume && !strstr(match->generic, " / ") &&
                   !strstr(match->generic, "insulin");
    bool named = c->medicine->name.in_lexicon || c->medicine->name.abbreviated;
    if (!several || !named || strcasecmp(match->name, match->generic) != 0 ||
        rx_reviews_find(&c->medicine->review, RX_REVIEW_PART_OF_NAME, "name"))
        return PALI_OK;
    rx_review review = {.code = RX_REVIEW_CONFLICT, .field = "strength"};
    return rx_review_add(
        &c->medicine->review, c->arena, review, NULL, c->err,
        "\"%s\": one or the other, each in turn, or another substance's, which the name has not",
        strength->written.text);
}

/* "Digoxin 0.25 mg OD 5/7": for five days, or on five days of each week, as it is often taken. */
static pali_status check_days_of_week(checker *c, const rx_match *match) {
    static const char *const readings[] = {"for so many days", "so many days a week", NULL};
    const rx_quantity *duration = &c->medicine->duration;
    bool sevenths = duration->written.text && duration->unit && strcmp(duration->unit, "d") == 0 &&
                    strstr(duration->written.text, "/7") &&
                    (duration->value == 5 || duration->value == 6);
    if (!sevenths || strcmp(match->generic, "digoxin") != 0)
        return PALI_OK;
    rx_review review = {.code = RX_REVIEW_AMBIGUOUS_NUMBER, .field = "duration"};
    return rx_review_add(&c->medicine->review, c->arena, review, readings, c->err,
                         "\"%s\": for so many days, or on so many days of each week",
                         duration->written.text);
}

static pali_status check_amounts(checker *c, const rx_match *match) {
    static pali_status (*const checks[])(checker *, const rx_match *) = {
        check_insulin, check_weekly, check_parts, check_days_of_week};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        pali_status checked = checks[i](c, match);
        if (checked)
            return checked;
    }
    if (strstr(match->generic, " / "))
        return PALI_OK;
    rx_supply supply = rx_lexicon_supply(c->lexicon, match->name);
    if (!*supply.strengths && supply.largest <= 0)
        supply = rx_lexicon_supply(c->lexicon, match->generic);
    pali_status status = check_strength(c, &supply);
    return status ? status : check_dose(c, &supply);
}

/* The medicine that the name begins with, as a word: clopidogrel of "Clopidogrel Acino"; NULL if there is none. */
static const rx_match *find_beginning(const rx_name *name) {
    for (size_t i = 0; i < name->num_matches; i++) {
        size_t size = strlen(name->matches[i].name);
        if (strncasecmp(name->written.text, name->matches[i].name, size) == 0 &&
            name->written.text[size] == ' ')
            return &name->matches[i];
    }
    return NULL;
}

pali_status rx_check_medicine(rx_medicine *medicine, pali_arena *arena, const rx_lexicon *lexicon,
                              pali_error *err) {
    checker c = {medicine, arena, lexicon, err};
    if (!medicine->name.written.text)
        return PALI_OK;
    pali_status status = rx_lexicon_match(lexicon, arena, &medicine->name, err);
    if (status)
        return status;
    if (medicine->name.abbreviated) {
        status = check_abbreviated(&c);
        return status ? status : check_amounts(&c, &medicine->name.matches[0]);
    }
    status = check_tie(&c);
    if (status)
        return status;
    if (!medicine->name.in_lexicon) {
        const rx_match *beginning = find_beginning(&medicine->name);
        status = check_unknown(&c);
        return status || !beginning ? status : check_amounts(&c, beginning);
    }
    const rx_match *match = &medicine->name.matches[0];
    status = check_look_alikes(&c, match->name);
    return status ? status : check_amounts(&c, match);
}
