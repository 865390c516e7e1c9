/* A step is a span of sugar and so many units, with or without a name of the test and signs between. */
#include "rx/sliding_scale.h"

#include "rx/phrases.h"

#include <string.h>

/* Tokens of "150-200", "< 150", "201 to 250" at `i`; 0: no span of sugar. */
static size_t span_of_sugar(const rx_tokens *tokens, size_t i) {
    static const char *const limits[] = {"<", ">", "above", "below", NULL}, *const joints[] = {
                                                                                "-", "to", NULL};
    enum { LEAST = 40 }; /* mg/dL: no dose is so large */
    const rx_token *first = rx_token_at(tokens, i), *second = rx_token_at(tokens, i + 1),
                   *third = rx_token_at(tokens, i + 2);
    if (rx_token_is_one_of(first, limits))
        return second->kind == RX_TOKEN_NUMBER ? 2 : 0;
    bool span = first->kind == RX_TOKEN_NUMBER && rx_token_is_one_of(second, joints) &&
                third->kind == RX_TOKEN_NUMBER && third->value > first->value;
    return span && third->value >= LEAST ? 3 : 0;
}

bool rx_is_scale_step(const rx_tokens *tokens) {
    static const char *const none[] = {"nil", "none", "no", NULL};
    size_t i = rx_find_phrase(tokens, 0, RX_KIND(TEST) | RX_KIND(VITAL)).count;
    i += i == 0 && rx_token_is(rx_token_at(tokens, 0), "bg");
    size_t span = span_of_sugar(tokens, i);
    i += span;
    while (rx_token_is(rx_token_at(tokens, i), ":") || rx_token_is(rx_token_at(tokens, i), "-") ||
           rx_token_is(rx_token_at(tokens, i), "="))
        i++;
    rx_amount amount = rx_read_amount(tokens, i);
    rx_found unit = rx_find_phrase(tokens, i + amount.count, RX_KIND(UNIT));
    bool units = amount.count > 0 && unit.phrase && strcmp(unit.phrase->value, "[iU]") == 0;
    return span > 0 && (units || rx_token_is_one_of(rx_token_at(tokens, i), none));
}
