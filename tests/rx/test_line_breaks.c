/* Claims about src/rx/line_breaks and what reading makes of it: where an entry goes on below. */
#include "rx/line_breaks.h"

#include "rx/reading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void a_line_goes_on_where_it_is_unfinished(void **state) {
    (void)state;
    static const struct {
        const char *above, *below;
        bool goes_on;
    } breaks[] = {{"Tab Pan 40 one on alternate", "days x 5 days", true},
                  {"1 tab every 6", "hours PRN", true},
                  {"half tab single", "dose", true},
                  {"one daily empty", "stomach x 14/7", true},
                  {"0.3% eye", "drops Sig: 1 drop bd", true},
                  {"apply thin", "layer x 30 D", true},
                  {"1-1-1 x 15", "days Qty: 30", true},
                  {"500mg Qty: 100", "tabs Sig: 1 tab daily", true},
                  {"1 tab BD", "with water x 14 days", true},
                  {"1 tab BD", "rinse mouth after use", true},
                  {"1 tab by mouth every", "night", true},
                  {"1 tab (30 min", "before food) BD", true},
                  {"Hydrocortisone +", "Pramocaine 1%", true},
                  {"1 tab BD", "Dolo 650 mg", false},
                  {"1 tab BD", "days of rest", false},
                  {"1 +", "Dolo 650 mg", false},
                  {"Tab Glimepiride 2 +", "Metformin 500", true},
                  {"Tab Glimepiride 2 +", "0 + 1", false},
                  {"1 tab on alternate", "Dolo 650 mg", false},
                  {"1 tab every", "", true},
                  {"1 tab BD", "", false}};
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        pali_arena arena = PALI_ARENA_INIT;
        bool goes_on = !breaks[i].goes_on;
        assert_int_equal(rx_goes_on(&goes_on, &arena, breaks[i].above, breaks[i].below, NULL),
                         PALI_OK);
        if (goes_on != breaks[i].goes_on)
            fail_msg("%s | %s", breaks[i].above, breaks[i].below);
        pali_arena_free(&arena);
    }
}

static rx_prescription read_lines(const char *const *texts, size_t count) {
    rx_line lines[8];
    for (size_t i = 0; i < count; i++)
        lines[i] = (rx_line){.text = texts[i]};
    rx_prescription page;
    assert_int_equal(rx_reading_make(&page, lines, count, NULL, NULL), PALI_OK);
    return page;
}

static void directions_behind_a_form_alone_are_not_lost(void **state) {
    (void)state;
    static const char *const lines[] = {"- Qaialdo 25mg", "tablets",     "Sig: 1 tablet PO", "q AM",
                                        "(2) Lantus",     "flexpen (1)", "16U SC H.S."};
    rx_prescription page = read_lines(lines, 7);
    assert_int_equal(page.num_medicines, 2);
    const rx_medicine *first = &page.medicines[0], *second = &page.medicines[1];
    assert_string_equal(first->form.value, "tablet");
    assert_string_equal(first->dose.written.text, "1 tablet");
    assert_string_equal(first->frequency.written.text, "q AM");
    assert_string_equal(second->form.value, "injection");
    assert_string_equal(second->dose.written.text, "16U");
    rx_prescription_free(&page);
}

static void what_directions_say_besides_is_no_medicine(void **state) {
    (void)state;
    static const char *const lines[] = {"1) Tab Dolo 650 mg", "rinse mouth after use", "1 tab TDS",
                                        "2) Syp Ambroxol",    "With water 5 ml BD",    "avoid",
                                        "alcohol x 3 days"};
    rx_prescription page = read_lines(lines, 7);
    assert_int_equal(page.num_medicines, 2);
    assert_string_equal(page.medicines[0].frequency.written.text, "TDS");
    assert_string_equal(page.medicines[0].instructions.text, "rinse mouth after use");
    assert_string_equal(page.medicines[1].name.written.text, "Ambroxol");
    assert_string_equal(page.medicines[1].frequency.written.text, "BD");
    rx_prescription_free(&page);
}

static void an_entry_is_never_the_rest_of_another(void **state) {
    (void)state;
    static const char *const lines[] = {"1) Tab Dolo 650 mg 1 tab every", "2) Cap Omez 20 mg OD",
                                        "Tab Pan 40 mg 1 tab oral", "Drops Nasivion 0.05% BD"};
    static const char *const names[] = {"Dolo", "Omez", "Pan", "Nasivion"};
    rx_prescription page = read_lines(lines, 4);
    assert_int_equal(page.num_medicines, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(page.medicines[i].name.written.text, names[i]);
    rx_prescription_free(&page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_goes_on_where_it_is_unfinished),
        cmocka_unit_test(directions_behind_a_form_alone_are_not_lost),
        cmocka_unit_test(what_directions_say_besides_is_no_medicine),
        cmocka_unit_test(an_entry_is_never_the_rest_of_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
