/* Days of the week: "Mon, Wed and Fri", "Mon-Fri", "every Monday and Thursday", "Sunday only" are so many times a week. And
 * days of a cycle: "D2-D6", "day 1". */
#include "rx/directions_parser.h"

#include <string.h>

int rx_weekday(const rx_token *token) {
    static const char *const days[7][6] = {
        {"sun", "sunday", "sundays"},
        {"mon", "monday", "mondays"},
        {"tue", "tues", "tuesday", "tuesdays"},
        {"wed", "weds", "wednesday", "wednesdays"},
        {"thu", "thur", "thurs", "thursday", "thursdays"},
        {"fri", "friday", "fridays"},
        {"sat", "saturday", "saturdays"},
    };
    for (int day = 0; day < 7; day++)
        if (rx_token_is_one_of(token, days[day]))
            return day;
    return -1;
}

/* What stands between two days of a list, at `at`; `hyphens`: these too. */
static size_t separators(const rx_parser *p, size_t at, bool hyphens) {
    static const char *const signs[] = {",", "/", "&", "+", "and", NULL};
    size_t i = at;
    while (rx_is_one_of(p, i, signs) || (hyphens && rx_is(p, i, "-")))
        i++;
    return i - at;
}

/* "Mon-Wed-Fri": a list, where "Mon-Fri" is a span. */
static bool is_chain(const rx_parser *p, size_t at) {
    for (size_t i = at; i < at + 4; i += 2)
        if (!rx_is(p, i + 1, "-") || rx_weekday(rx_tok(p, i + 2)) < 0)
            return false;
    return true;
}

/* Days from `at` on, a bit each in `*found`; tokens. */
static size_t read_days(const rx_parser *p, size_t at, unsigned *found) {
    size_t end = at;
    bool chain = is_chain(p, at);
    for (size_t i = at; rx_weekday(rx_tok(p, i)) >= 0; i = end + separators(p, end, chain)) {
        int day = rx_weekday(rx_tok(p, i)), last = day;
        end = i + 1;
        if (!chain && (rx_is(p, end, "-") || rx_is(p, end, "to")) &&
            rx_weekday(rx_tok(p, end + 1)) >= 0) {
            last = rx_weekday(rx_tok(p, end + 1));
            end += 2;
        }
        for (int k = 0; k <= (last - day + 7) % 7; k++)
            *found |= 1U << (day + k) % 7;
    }
    return end - at;
}

size_t rx_take_weekdays(rx_parser *p, size_t at) {
    size_t from = at + (rx_is(p, at, "on") || rx_is(p, at, "every"));
    unsigned found = 0;
    size_t to = from + read_days(p, from, &found);
    int count = __builtin_popcount(found);
    bool only = rx_is(p, to, "only"),
         named = strlen(rx_tok(p, from)->text) >= 6; /* "Sun" may be a sun */
    if (count == 0 || (count == 1 && !(named && (only || from > at))))
        return 0;
    to += only;
    rx_frequency weekly = {.has_value = true, .per_day = count / 7.0, .per_day_high = count / 7.0};
    return rx_set_frequency(p, &weekly, at, to) ? to - at : 0;
}

/* "d2", "day 2" at `at`: tokens. */
static size_t numbered_day(const rx_parser *p, size_t at) {
    const rx_token *number = rx_tok(p, at + 1);
    bool short_day = rx_is(p, at, "d") && !(number->flags & RX_TOKEN_SPACED),
         day = rx_is(p, at, "day") || rx_is(p, at, "days");
    return (short_day || day) && number->kind == RX_TOKEN_NUMBER ? 2 : 0;
}

/* "D2-D6", "day 1 to 5", "from day 2", "d0, d3, d7" say neither how often nor how long by themselves: they stay in the
 * instructions, and make doubtful what stands beside them. */
size_t rx_take_numbered_days(rx_parser *p, size_t at) {
    static const char *const signs[] = {"-", "to", ",", "&", "and", NULL};
    static const char *const leads[] = {"from", "on", NULL};
    size_t to = at + numbered_day(p, at), days = 1;
    if (to == at)
        return 0;
    for (size_t next = 1; next > 0; days += next > 0) {
        size_t sign = rx_is_one_of(p, to, signs);
        bool number = sign && rx_tok(p, to + 1)->kind == RX_TOKEN_NUMBER &&
                      rx_read_slots(&p->tokens, to + 1).count == 0;
        next = numbered_day(p, to + sign);
        if (next == 0 && number)
            next = 1;
        to += next ? sign + next : 0;
    }
    bool lead = at > 0 && rx_is_one_of(p, at - 1, leads);
    bool counted = rx_starts_frequency(p, to - 1) ||
                   rx_find(p, to, RX_KIND(COUNT) | RX_KIND(UNIT) | RX_KIND(SPAN)).phrase;
    if (days == 1 && !lead && (rx_is(p, at, "d") || counted))
        return 0;
    rx_say_it_changes(p, at, to, "on some days");
    return to - at;
}
