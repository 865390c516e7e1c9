/* Days of the week: "Mon, Wed and Fri", "Mon-Fri", "every Monday and Thursday", "Sunday only" are so many times a week. */
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
        for (const char *const *word = days[day]; *word; word++)
            if (rx_token_is(token, *word))
                return day;
    return -1;
}

/* What stands between two days of a list, at `at`. */
static size_t separators(const rx_parser *p, size_t at) {
    static const char *const signs[] = {",", "/", "&", "+", "and", NULL};
    size_t i = at;
    while (rx_is_one_of(p, i, signs))
        i++;
    return i - at;
}

/* Days from `at` on, a bit each in `*found`; tokens. */
static size_t read_days(const rx_parser *p, size_t at, unsigned *found) {
    size_t end = at;
    for (size_t i = at; rx_weekday(rx_tok(p, i)) >= 0; i = end + separators(p, end)) {
        int day = rx_weekday(rx_tok(p, i)), last = day;
        end = i + 1;
        if ((rx_is(p, end, "-") || rx_is(p, end, "to")) && rx_weekday(rx_tok(p, end + 1)) >= 0) {
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
