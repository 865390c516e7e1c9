/* Most lines tell: a tablet has no eye, nor has what is swallowed or injected, and of drops hardly more than 30 per cent are
 * made. "Zyvarin 10 OD" tells neither; then a list of names may. */
#include "rx/once_daily.h"

#include "rx/review.h"

#include <string.h>

static bool is_given_elsewhere(const char *route) {
    static const char *const routes[] = {"oral", "intravenous", "intramuscular", "subcutaneous",
                                         "sublingual"};
    for (size_t i = 0; route && i < sizeof routes / sizeof *routes; i++)
        if (strcmp(routes[i], route) == 0)
            return true;
    return false;
}

/* "Zyvarin 40 OD", "Zyvarin 40/12.5 OD". */
static bool is_too_strong(const rx_quantity *strength) {
    static const double largest = 30; /* in per cent, whose sign is left out */
    double most = strength->value;
    for (int i = 0; i < strength->num_parts; i++)
        most = strength->parts[i] > most ? strength->parts[i] : most;
    return strength->unit ? strength->unit[0] != '%' : most > largest;
}

static bool is_no_drop(const char *unit) {
    return unit && strcmp(unit, "[drp]") != 0 && strcmp(unit, "{application}") != 0;
}

bool rx_od_is_daily(const rx_medicine *m, const rx_quantity *dose) {
    const char *form = m->form.value;
    if (form)
        return strncmp(form, "eye ", 4) != 0 && strncmp(form, "ear ", 4) != 0;
    return is_given_elsewhere(m->route.value) || is_too_strong(&m->strength) ||
           is_no_drop(dose->unit);
}

pali_status rx_od_settle(rx_medicine *m, bool tablet, pali_arena *arena, pali_error *err) {
    const rx_review *open =
        rx_reviews_find(&m->review, RX_REVIEW_AMBIGUOUS_ABBREVIATION, "frequency");
    bool od = open && open->num_alternatives && strcmp(open->alternatives[0], "once daily") == 0;
    if (!od || !tablet || m->frequency.has_value || m->num_steps > 0 || m->form.value)
        return PALI_OK;
    rx_reviews_drop(&m->review, open);
    m->frequency.has_value = true;
    m->frequency.per_day = m->frequency.per_day_high = 1;
    rx_review review = {
        .code = RX_REVIEW_ERROR_PRONE_NOTATION, .field = "frequency", .advisory = true};
    return rx_review_add(&m->review, arena, review, NULL, err, "\"%s\": %s",
                         m->frequency.written.text, RX_OD_IS_DAILY);
}
