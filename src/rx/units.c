/* Words for the codes that a prescription holds. */
#include "rx/units.h"

#include <string.h>

const char *const rx_when_words[RX_NUM_WHEN] = {
    "morning", "noon", "evening", "night", "bedtime", "before meal", "after meal", "with meal"};
const char *const rx_when_fhir[RX_NUM_WHEN] = {"MORN", "NOON", "EVE", "NIGHT",
                                               "HS",   "AC",   "PC",  "C"};

const char *rx_unit_word(const char *ucum, char word[RX_UNIT_WORD_SIZE]) {
    static const char *const words[][2] = {
        {"a", "year"},
        {"mo", "month"},
        {"wk", "week"},
        {"d", "day"},
        {"h", "hour"},
        {"min", "minute"},
        {"[iU]", "IU"},
        {"[drp]", "drop"},
        {"ug", "microgram"},
        {"[tsp_us]", "teaspoon"},
        {"[tbs_us]", "tablespoon"},
    };
    for (size_t i = 0; ucum && i < sizeof words / sizeof *words; i++)
        if (strcmp(ucum, words[i][0]) == 0)
            return words[i][1];
    size_t length = ucum ? strlen(ucum) : 0;
    if (length < 3 || length - 2 >= RX_UNIT_WORD_SIZE || ucum[0] != '{' || ucum[length - 1] != '}')
        return ucum;
    memcpy(word, ucum + 1, length - 2);
    word[length - 2] = '\0';
    return word;
}

bool rx_is_mass(const char *ucum) {
    static const char *const units[] = {"g", "mg", "ug", "ng"};
    for (size_t i = 0; ucum && i < sizeof units / sizeof *units; i++)
        if (strcmp(ucum, units[i]) == 0)
            return true;
    return false;
}

pali_status rx_append_inferred(pali_buffer *buffer, const rx_quantity *quantity, pali_error *err) {
    char word[RX_UNIT_WORD_SIZE];
    const char *unit = rx_unit_word(quantity->unit, word);
    return pali_buffer_printf(buffer, err, "%.4g%s%s (inferred)", quantity->value, unit ? " " : "",
                              unit ? unit : "");
}
