/* Amounts are read from tokens, patterns from the folded characters, because a pattern may be made
 * of anything ("1-x-1", "l-o-l", "1---1") that words and numbers would cut apart. */
#include "rx/amounts.h"

#include "rx/phrases.h"

#include <string.h>

enum {
    MAX_SLOT = 300,
    MAX_SLASHED = 4, /* "1/0/1", but "167/167/167 mg" is a strength */
    MOST_AT_ONCE = 4 /* much more than at other times is a pack or a strength, from here on */
};

/* "a/b" with the denominators that doses are cut into. */
static bool is_fraction(const rx_tokens *tokens, size_t at) {
    const rx_token *a = rx_token_at(tokens, at), *slash = rx_token_at(tokens, at + 1),
                   *b = rx_token_at(tokens, at + 2);
    if (a->kind != RX_TOKEN_NUMBER || !rx_token_is(slash, "/") || b->kind != RX_TOKEN_NUMBER)
        return false;
    return (b->value == 2 || b->value == 3 || b->value == 4 || b->value == 8) &&
           a->value < b->value && a->value >= 1 && strlen(a->text) == 1;
}

/* "11/2": one and a half, with nothing between. */
static bool is_glued_fraction(const rx_tokens *tokens, size_t at) {
    const rx_token *a = rx_token_at(tokens, at), *b = rx_token_at(tokens, at + 2);
    if (a->kind != RX_TOKEN_NUMBER || !rx_token_is(rx_token_at(tokens, at + 1), "/") ||
        b->kind != RX_TOKEN_NUMBER || strlen(a->text) != 2 || a->text[0] > '4')
        return false;
    return (b->value == 2 && a->text[1] == '1') ||
           (b->value == 4 && (a->text[1] == '1' || a->text[1] == '3'));
}

/* Behind the number at `at`, "and a half", "and 1/2", "& half": tokens, with its value. */
static size_t read_and_part(const rx_tokens *tokens, size_t at, double *part) {
    const rx_token *joint = rx_token_at(tokens, at + 1);
    bool joined = rx_token_is(joint, "and") || rx_token_is(joint, "&");
    rx_found word = rx_find_phrase(tokens, at + 2, RX_KIND(NUMBER));
    if (!joined || rx_breaks_line(tokens, at + 1) || rx_breaks_line(tokens, at + 2))
        return 0;
    if (is_fraction(tokens, at + 2)) {
        *part = tokens->items[at + 2].value / tokens->items[at + 4].value;
        return 4;
    }
    if (rx_token_is(rx_token_at(tokens, at + 2), "a"))
        word = rx_find_phrase(tokens, at + 3, RX_KIND(NUMBER));
    if (!word.phrase || word.phrase->number >= 1)
        return 0;
    *part = word.phrase->number;
    return 1 + rx_token_is(rx_token_at(tokens, at + 2), "a") + word.count;
}

/* Behind the word of a ten at `at`, "six" of "fifty six" and "fifty-six": tokens, with its value. */
static size_t read_ones(const rx_tokens *tokens, size_t at, double ten, double *ones) {
    size_t sign = rx_token_is(rx_token_at(tokens, at), "-");
    rx_found word = rx_find_phrase(tokens, at + sign, RX_KIND(NUMBER));
    bool tens = ten >= 20 && ten <= 90, spelt = strlen(rx_token_at(tokens, at + sign)->text) > 2;
    if (!tens || !word.phrase || word.count > 1 || !spelt || word.phrase->number < 1 ||
        word.phrase->number >= 10)
        return 0;
    *ones = word.phrase->number;
    return sign + 1;
}

/* One number: tokens covered, or 0. */
static size_t read_number(const rx_tokens *tokens, size_t at, double *value, rx_amount *amount) {
    const rx_token *token = rx_token_at(tokens, at);
    if (token->kind == RX_TOKEN_NUMBER) {
        amount->flags |= token->flags;
        if (is_fraction(tokens, at)) {
            *value = token->value / tokens->items[at + 2].value;
            return 3;
        }
        if (is_glued_fraction(tokens, at)) {
            *value = token->text[0] - '0' + (token->text[1] - '0') / tokens->items[at + 2].value;
            amount->caution = "glued";
            return 3;
        }
        *value = token->value;
        if (token->value < 20 && token->value == (int)token->value && is_fraction(tokens, at + 1) &&
            tokens->items[at + 1].flags & RX_TOKEN_SPACED && !rx_breaks_line(tokens, at + 1)) {
            *value += tokens->items[at + 1].value / tokens->items[at + 3].value;
            return 4;
        }
        double part = 0;
        size_t more = token->value < 20 ? read_and_part(tokens, at, &part) : 0;
        if (more > 0 && token->value == (int)token->value) {
            *value += part;
            return 1 + more;
        }
        const rx_token *next = rx_token_at(tokens, at + 1);
        if (next->kind == RX_TOKEN_NUMBER && next->flags & RX_TOKEN_FRACTION && next->value < 1 &&
            !rx_breaks_line(tokens, at + 1) && token->value == (int)token->value &&
            token->value < 100) {
            *value += next->value;
            return 2;
        }
        return 1;
    }
    if (token->kind != RX_TOKEN_WORD)
        return 0;
    rx_found word = rx_find_phrase(tokens, at, RX_KIND(NUMBER));
    if (!word.phrase)
        return 0;
    *value = word.phrase->number;
    if (word.phrase->caution)
        amount->caution = word.phrase->caution;
    double ones = 0;
    size_t more = read_ones(tokens, at + word.count, *value, &ones);
    *value += ones;
    return word.count + more;
}

/* Tokens of the sign or word that joins the ends of a range. A hyphen joins two numbers or two words, on
 * one line: in "0.4 - one" it parts a strength and a dose. */
static size_t range_sign(const rx_tokens *tokens, size_t at) {
    const rx_token *token = rx_token_at(tokens, at);
    bool alike = rx_token_at(tokens, at - (at > 0))->kind == rx_token_at(tokens, at + 1)->kind;
    return (rx_token_is(token, "-") && alike && !rx_breaks_line(tokens, at)) ||
           rx_token_is(token, "to") || rx_token_is(token, "or") || rx_token_is(token, "~");
}

/* The number `value` of token `at` once more in brackets behind it, in words or in figures: "2 (two)", "56 (fifty-six
 * only)", "one (1)". Tokens. */
static size_t read_again(const rx_tokens *tokens, size_t at, size_t behind, double value) {
    rx_amount unused = {0};
    double second = 0;
    if (!rx_token_is(rx_token_at(tokens, behind), "("))
        return 0;
    size_t count = read_number(tokens, behind + 1, &second, &unused);
    bool other = rx_token_at(tokens, at)->kind != rx_token_at(tokens, behind + 1)->kind;
    size_t end = behind + 1 + count;
    end += rx_token_is(rx_token_at(tokens, end), "only");
    bool closed = rx_token_is(rx_token_at(tokens, end), ")");
    return count > 0 && other && closed && second == value ? end + 1 - behind : 0;
}

rx_amount rx_read_amount(const rx_tokens *tokens, size_t at) {
    rx_amount amount = {0};
    amount.count = read_number(tokens, at, &amount.low, &amount);
    amount.high = amount.low;
    if (amount.count == 0)
        return amount;
    amount.count += read_again(tokens, at, at + amount.count, amount.low);
    size_t sign = range_sign(tokens, at + amount.count);
    if (sign > 0) {
        rx_amount second = {0};
        size_t behind = at + amount.count + sign,
               count = read_number(tokens, behind, &second.low, &second);
        if (count > 0 && second.low > amount.low &&
            !rx_token_is(rx_token_at(tokens, behind + count), "-")) {
            amount.high = second.low;
            amount.flags |= second.flags;
            amount.count += sign + count;
        }
    }
    return amount;
}

/* ---- patterns ---- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* One amount of a pattern at `p`: characters covered, or 0. */
static size_t read_slot(const char *p, char sign, double *value, bool *doubtful) {
    size_t n = 0;
    *value = 0;
    if (is_digit(p[0])) {
        for (; is_digit(p[n]) && n < 4; n++)
            *value = *value * 10 + (p[n] - '0');
        if (sign != '.' && p[n] == '.' && is_digit(p[n + 1]) && !is_digit(p[n + 2]) &&
            !(p[n + 2] == '.' && is_digit(p[n + 3]))) {
            *value += (p[n + 1] - '0') / 10.0;
            n += 2;
        } else if (n == 1 && p[n] == '/' && p[n + 1] >= '2' && p[n + 1] <= '4' && p[n + 1] > p[0] &&
                   !is_digit(p[n + 2])) {
            *value /= p[n + 1] - '0';
            n += 2;
        } else if (n == 2 && p[0] <= '4' && strncmp(p + 1, "1/2", 3) == 0 && !is_digit(p[4])) {
            *value = p[0] - '0' + 0.5; /* "11/2": one and a half, with nothing between */
            *doubtful = true;
            n += 2;
        } else if (n == 1 && p[n] == ' ' && is_digit(p[n + 1]) && p[n + 2] == '/' &&
                   p[n + 3] >= '2' && p[n + 3] <= '4') {
            *value += (double)(p[n + 1] - '0') / (p[n + 3] - '0');
            n += 4;
        }
    }
    static const double glyphs[] = {0, 0.25, 1.0 / 3, 0.5, 2.0 / 3, 0.75};
    if (p[n] > 0 && p[n] <= RX_FOLD_THREE_QUARTERS) {
        *value += glyphs[(int)p[n]];
        return n + 1;
    }
    if (n > 0)
        return n;
    if (p[0] == 'x')
        return 1;
    if (p[0] == 'o' || p[0] == 'l' || p[0] == 'i' || p[0] == '|') {
        *value = p[0] == 'o' ? 0 : 1;
        *doubtful = true;
        return 1;
    }
    return 0;
}

/* The sign between two amounts with the blanks around it; `*run` counts its strokes. */
static size_t read_separator(const char *p, char *sign, size_t *run) {
    size_t n = strspn(p, " ");
    if (!p[n] || !strchr("-+/._", p[n]))
        return 0;
    *sign = p[n];
    for (*run = 0; p[n] == *sign || (p[n] == ' ' && strchr("-_", *sign) && p[n + 1] == *sign); n++)
        *run += p[n] == *sign;
    n += strspn(p + n, " ");
    return n;
}

/* Characters of a unit that may follow an amount: "5ml-0-5ml". */
static size_t skip_unit(const char *p) {
    static const char *const units[] = {"tabs", "tab",   "caps", "cap", "ml",
                                        "tsp",  "units", "unit", "u"};
    size_t blank = p[0] == ' ';
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t size = strlen(units[i]);
        char behind = p[blank + size];
        if (strncmp(p + blank, units[i], size) == 0 && !(behind >= 'a' && behind <= 'z'))
            return blank + size;
    }
    return 0;
}

static bool ends_pattern(const char *p) {
    return !is_digit(*p) && *p != '/' && !(*p == '.' && is_digit(p[1])) &&
           !(*p >= 'a' && *p <= 'z' && strncmp(p, "bd", 2) != 0 && strncmp(p, "x", 1) != 0);
}

/* "7 days", "5/7" are no amounts of a pattern. */
static bool is_time(const char *p) {
    static const char *const parts[] = {"/7", "/12", "/52"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strncmp(p, parts[i], strlen(parts[i])) == 0 && !is_digit(p[strlen(parts[i])]))
            return true;
    static const char *const spans[] = {"days", "day", "d",      "weeks",
                                        "week", "wk",  "months", "month"};
    p += strspn(p, " ");
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        size_t size = strlen(spans[i]);
        if (strncmp(p, spans[i], size) == 0 && !(p[size] >= 'a' && p[size] <= 'z'))
            return true;
    }
    return false;
}

/* Gives the amounts their places: a long stroke stands for a missing one ("1--1"), unless all the
 * strokes of three amounts are long. Returns whether they are 3 or 4. */
static bool place_slots(rx_slots *out, const double *values, const bool *after_long, int count) {
    int longs = 0, n = 0;
    for (int i = 0; i < count; i++)
        longs += after_long[i];
    bool all = count >= 3 && longs == count - 1;
    for (int i = 0; i < count; i++) {
        if (n + (after_long[i] && !all) >= 4)
            return false;
        if (after_long[i] && !all)
            out->slots[n++] = 0;
        out->slots[n++] = values[i];
    }
    out->num_slots = n;
    return n >= 3;
}

/* Whether `value` is more than `times` as much as the largest of the others, which are not all nothing. */
static bool exceeds(double value, double times, const double *others, int count) {
    double largest = 0;
    for (int i = 0; i < count; i++)
        largest = others[i] > largest ? others[i] : largest;
    return largest > 0 && value > times * largest;
}

/* Reads the pattern at `p`; returns the characters it covers, 0 for none. */
static size_t read_pattern(const char *p, rx_slots *out) {
    size_t end = 0, crosses = 0;
    int count = 0;
    double values[5];
    bool after_long[5] = {false}, letter = false, close = true, opened_wide = false, any = false;
    char sign = 0;
    for (size_t n = 0;;) {
        double value;
        bool doubtful = false;
        size_t size = read_slot(p + n, sign, &value, &doubtful);
        if (size == 0 && count >= 3)
            break; /* "1-0-1 -do-" */
        if (size == 0 || value > MAX_SLOT)
            return 0;
        bool pack = value > MOST_AT_ONCE && exceeds(value, 4, values, count);
        if (count >= 3 && (is_time(p + n + size) || pack))
            break; /* "1 - 1 - 1 - 56" */
        if (count == 4 || (sign == '/' && value > MAX_SLASHED))
            return 0;
        crosses += p[n] == 'x';
        letter |= doubtful;
        any |= value > 0;
        values[count++] = value;
        end = n += size;
        char next = 0;
        size_t run = 0, unit = skip_unit(p + n), gap = read_separator(p + n + unit, &next, &run);
        bool blank = p[n + unit] == ' ';
        if (count >= 2 && values[0] > 4 && gap > 0 && !blank && opened_wide)
            return 0; /* "8 - 1/2-0-0": a strength stands before */
        opened_wide |= count == 1 && blank;
        if (gap == 0 || (sign && next != sign) || (count >= 3 && close && blank))
            break; /* "1-0-1 - 7 days" ends before the blank */
        if (run > 1 && !strchr("-_", next))
            return 0;
        sign = next;
        close &= !blank;
        after_long[count] = run > 1;
        n += unit + gap;
    }
    if (count == 4 && values[0] > MOST_AT_ONCE && exceeds(values[0], 10, values + 1, 3))
        return 0; /* "60 - 1 - 0 - 0": so does it here */
    out->doubtful = letter || sign == '/' || sign == '.' || sign == '_';
    bool amounts = crosses < (size_t)count && any && ends_pattern(p + end + skip_unit(p + end));
    return amounts && place_slots(out, values, after_long, count) ? end : 0;
}

rx_slots rx_read_slots(const rx_tokens *tokens, size_t at) {
    rx_slots slots = {0};
    const rx_token *first = rx_token_at(tokens, at);
    if (first->kind == RX_TOKEN_END)
        return slots;
    size_t size = read_pattern(tokens->folded.text + first->at, &slots);
    if (size == 0)
        return (rx_slots){0};
    size_t end = first->at + size;
    while (at + slots.count < tokens->count && tokens->items[at + slots.count].at < end)
        slots.count++;
    return slots;
}
