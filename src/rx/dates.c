/* Three numbers with the same sign between them, or two and the name of a month. A reading counts
 * only if the day exists in that month; of two readings that differ, both are given. */
#include "rx/dates.h"

#include <stdio.h>
#include <string.h>

static int month_named(const char *text) {
    static const char *const names[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    size_t size = strlen(text);
    for (int i = 0; size >= 3 && i < 12; i++)
        if (strncmp(names[i], text, size) == 0 || (i == 8 && strcmp(text, "sept") == 0))
            return i + 1;
    return 0;
}

static bool exists(int year, int month, int day) {
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1 || day > days[month - 1])
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month != 2 || day < 29 || leap;
}

/* Digits [from, to) as a number; -1 unless all are digits and there are 1 to 4. */
static int whole(const char *from, size_t size) {
    int value = 0;
    if (size == 0 || size > 4)
        return -1;
    for (size_t i = 0; i < size; i++) {
        if (from[i] < '0' || from[i] > '9')
            return -1;
        value = value * 10 + (from[i] - '0');
    }
    return value;
}

static int full_year(int year, size_t digits) {
    return digits == 4 ? year : digits == 2 ? (year < 69 ? 2000 : 1900) + year : -1;
}

static void write_iso(char out[11], int year, int month, int day) {
    out[0] = '\0';
    if (year >= 1900 && year < 2200 && exists(year, month, day))
        snprintf(out, 11, "%04d-%02d-%02d", year % 10000, month % 100, day % 100);
}

/* "12/03/24" in the folded text at `p`: characters it covers, or 0. */
static size_t numeric(const char *p, rx_date *date) {
    int part[3];
    size_t digits[3], n = 0;
    char sign = 0;
    for (int i = 0; i < 3; i++) {
        digits[i] = strspn(p + n, "0123456789");
        part[i] = whole(p + n, digits[i]);
        if (part[i] < 0)
            return 0;
        n += digits[i];
        if (i == 2)
            break;
        size_t blank = strspn(p + n, " ");
        if (!p[n + blank] || !strchr("/.-", p[n + blank]) || (sign && p[n + blank] != sign))
            return 0;
        sign = p[n + blank];
        n += blank + 1;
        n += strspn(p + n, " ");
    }
    if (digits[0] == 4) {
        write_iso(date->value, part[0], part[1], part[2]);
    } else {
        int year = full_year(part[2], digits[2]);
        write_iso(date->value, year, part[1], part[0]);
        if (part[0] != part[1])
            write_iso(date->other, year, part[0], part[1]);
    }
    if (!date->value[0]) {
        memcpy(date->value, date->other, sizeof date->value);
        date->other[0] = '\0';
    }
    return date->value[0] ? n : 0;
}

/* "12 March 2024", "12th Mar '24", "March 12, 2024", with signs or blanks between. */
static size_t named(const rx_tokens *tokens, size_t at, rx_date *date) {
    int month = 0, number[2], numbers = 0;
    size_t digits[2] = {0, 0}, i = at;
    for (; i < tokens->count && i < at + 9 && (!month || numbers < 2); i++) {
        const rx_token *token = &tokens->items[i];
        if (token->kind == RX_TOKEN_NUMBER && numbers < 2) {
            digits[numbers] = strlen(token->text);
            number[numbers] = whole(token->text, digits[numbers]);
            if (number[numbers++] < 0)
                return 0;
        } else if (token->kind == RX_TOKEN_WORD) {
            bool ordinal = numbers == 1 && (rx_token_is(token, "st") || rx_token_is(token, "nd") ||
                                            rx_token_is(token, "rd") || rx_token_is(token, "th") ||
                                            rx_token_is(token, "of"));
            int found = month_named(token->text);
            if (found && !month)
                month = found;
            else if (!ordinal)
                return 0;
        } else if (!strchr("-/,'", *token->text) || i == at) {
            return 0;
        }
    }
    if (!month || numbers < 2)
        return 0;
    write_iso(date->value, full_year(number[1], digits[1]), month, number[0]);
    return date->value[0] ? i - at : 0;
}

/* "10-12-10 units": what is injected at each time of a day. */
static bool is_counted(const rx_tokens *tokens, size_t at) {
    static const char *const units[] = {"units", "unit", "u", "iu", NULL};
    return rx_token_is_one_of(rx_token_at(tokens, at), units);
}

rx_date rx_read_date(const rx_tokens *tokens, size_t at) {
    rx_date date = {0};
    const rx_token *first = rx_token_at(tokens, at);
    if (first->kind == RX_TOKEN_NUMBER) {
        size_t size = numeric(tokens->folded.text + first->at, &date), end = first->at + size;
        while (size > 0 && at + date.count < tokens->count &&
               tokens->items[at + date.count].at < end)
            date.count++;
        if (is_counted(tokens, at + date.count))
            return (rx_date){0};
        if (size > 0)
            return date;
    }
    if (first->kind == RX_TOKEN_NUMBER || first->kind == RX_TOKEN_WORD)
        date.count = named(tokens, at, &date);
    return date;
}
