/* Times by the clock: "8am, 2 pm & 10pm", "at 9 pm", "08:00 and 20:00" are so many times a day. A number before "am" may as
 * well be so many tablets or units ("1 am 2 pm", "10 am 8 pm" of insulin): it is an hour where "at" or minutes say so, or
 * where it is glued to "am" and too large for so many of a tablet. */
#include "rx/directions_parser.h"

#include <string.h>

enum { MOST_TIMES = 8, MANY_AT_ONCE = 5 };

/* One time at `at`: tokens, 0 for none. */
typedef struct clock_time {
    size_t count;
    double hour;       /* 0 to 24 */
    bool exact, glued; /* has minutes; has its "am" right behind it */
} clock_time;

/* "am", "pm", "noon" behind an hour of twelve: 24 for one of the whole day; -1: neither fits. */
static double hour_of_day(const rx_parser *p, size_t at, double hour, size_t *count) {
    static const char *const nights[] = {"midnight", "mn", NULL};
    bool am = rx_is(p, at, "am"), pm = rx_is(p, at, "pm"), noon = rx_is(p, at, "noon"),
         midnight = rx_is_one_of(p, at, nights);
    *count = am || pm || noon || midnight;
    if (*count == 0)
        return hour < 24 ? hour : -1;
    if (hour < 1 || hour >= 13 || ((noon || midnight) && hour != 12))
        return -1;
    if (noon || midnight)
        return noon ? 12 : 24;
    return (hour >= 12 ? hour - 12 : hour) + (pm ? 12 : 0);
}

static clock_time read_time(const rx_parser *p, size_t at) {
    const rx_token *number = rx_tok(p, at), *minutes = rx_tok(p, at + 2);
    clock_time none = {0}, time = {.count = 1};
    if (number->kind != RX_TOKEN_NUMBER ||
        strspn(number->text, "0123456789") != strlen(number->text))
        return none;
    double hour = number->value;
    if (rx_is(p, at + 1, ":") && minutes->kind == RX_TOKEN_NUMBER && strlen(minutes->text) == 2 &&
        minutes->value < 60 && !(minutes->flags & RX_TOKEN_SPACED)) {
        hour += minutes->value / 60;
        time.exact = true;
        time.count = 3;
    }
    size_t behind = at + time.count, half;
    time.glued = !(rx_tok(p, behind)->flags & RX_TOKEN_SPACED);
    time.hour = hour_of_day(p, behind, hour, &half);
    if (time.hour < 0 || (!time.exact && half == 0))
        return none;
    time.count += half;
    return time;
}

static size_t separator(const rx_parser *p, size_t at) {
    static const char *const signs[] = {",", "/", "&", "+", "-", "and", NULL};
    return rx_is_one_of(p, at, signs);
}

static unsigned when_of(double hour) {
    return hour < 4    ? RX_WHEN_NIGHT
           : hour < 12 ? RX_WHEN_MORNING
           : hour < 16 ? RX_WHEN_NOON
           : hour < 20 ? RX_WHEN_EVENING
                       : RX_WHEN_NIGHT;
}

/* Whether "8am" can be nothing but an hour. */
static bool is_surely_hour(const rx_parser *p, size_t at, const clock_time *time) {
    static const char *const leads[] = {"at", "@", NULL};
    const char *form = p->medicine->form.value;
    if (time->exact || (at > 0 && rx_is_one_of(p, at - 1, leads)))
        return true;
    return time->glued && rx_tok(p, at)->value >= MANY_AT_ONCE && form &&
           strcmp(form, "injection") != 0;
}

/* "1:10" alone, without "am" or a word before it: a ratio; nobody takes anything at such a time and no other. */
static bool is_ratio(const rx_parser *p, size_t at, size_t end) {
    static const char *const leads[] = {"at", "@", NULL};
    bool led = at > 0 && rx_is_one_of(p, at - 1, leads);
    return end == at + 3 && !led && !rx_tok(p, at)->text[1] && !rx_is(p, at + 2, "00");
}

size_t rx_take_clock(rx_parser *p, size_t at) {
    clock_time time = read_time(p, at);
    if (time.count == 0 || !is_surely_hour(p, at, &time))
        return 0;
    rx_frequency frequency = {.has_value = true};
    size_t end = at;
    double last = -1;
    int times = 0;
    for (size_t i = at; time.count > 0 && time.hour != last && times < MOST_TIMES;
         i = end + separator(p, end), time = read_time(p, i)) {
        frequency.when |= when_of(time.hour);
        last = time.hour;
        end = i + time.count;
        times++;
    }
    if (is_ratio(p, at, end))
        return 0;
    frequency.per_day = frequency.per_day_high = times;
    return rx_set_frequency(p, &frequency, at, end) ? end - at : 0;
}
