/* Directions that were read without fault and are not all: a taper in one pattern, "except Sundays", a medicine that was
 * stopped. */
#include "rx/directions_parser.h"

#include <string.h>

/* What one dose and one frequency cannot say. */
static void say_it_changes(rx_parser *p, size_t from, size_t to, const char *reason) {
    rx_parser_flag(p, RX_REVIEW_CONFLICT, "frequency", false, NULL, from, to, reason);
    rx_parser_flag(p, RX_REVIEW_CONFLICT, "dose", false, NULL, from, to, reason);
}

/* "40-30-20-10 mg": a taper, no four doses of a day. */
static void doubt_measured_slots(rx_parser *p, const rx_frequency *frequency,
                                 const rx_place *place) {
    rx_found unit = rx_find(p, place->to, RX_KIND(UNIT));
    bool mass = unit.phrase && strchr("mgu", unit.phrase->value[0]) &&
                strcmp(unit.phrase->value, "mL") != 0;
    if (frequency->num_slots == 0 || !mass || rx_breaks_line(&p->tokens, place->to))
        return;
    say_it_changes(p, place->from, place->to + 1, "amounts of a taper, or of one day");
}

/* "OD except Sundays", "TDS, taper": dose and frequency are not the same every day. */
static void doubt_words(rx_parser *p, size_t name_end) {
    static const char *const words[] = {
        "except",  "taper", "tapering", "tapered",     "reduce",    "reducing",    "increase",
        "titrate", "skip",  "omit",     "alternating", "alternate", "alternately", NULL};
    for (size_t i = name_end; i < p->tokens.count; i++) {
        if (p->used[i] || (rx_weekday(rx_tok(p, i)) < 0 && !rx_is_one_of(p, i, words)))
            continue;
        say_it_changes(p, i, i + 1, "not the same every day");
        return;
    }
}

/* "BD STOP": what is no longer taken; but "x 5 days then stop" is. */
static void doubt_stopped(rx_parser *p, size_t name_end) {
    static const char *const words[] = {"stop",     "stopped", "discontinue", "discontinued",
                                        "withheld", "hold",    "cancelled",   NULL};
    for (size_t i = name_end; i < p->tokens.count; i++) {
        bool then = i > 0 && rx_find(p, i - 1, RX_KIND(THEN)).phrase;
        if (p->used[i] || !rx_is_one_of(p, i, words) || rx_is(p, i + 1, "if") || then)
            continue;
        rx_parser_flag(p, RX_REVIEW_CONFLICT, NULL, false, NULL, i, i + 1,
                       "the medicine may have been stopped");
        return;
    }
}

void rx_doubt_changes(rx_parser *p, size_t name_end) {
    for (size_t i = 0; i <= p->step; i++)
        doubt_measured_slots(p, &p->steps[i].frequency, &p->frequencies[i]);
    doubt_stopped(p, name_end);
    doubt_words(p, name_end);
}
