/* Claims about the reading of lines: the embedded model and a sample page. */
#include "scan/line_reader.h"

#include "sample_page.h"

static bool two_agree(const rx_line_view *views, int count) {
    for (int a = 0; a < count; a++)
        for (int b = a + 1; b < count; b++)
            if (rx_line_views_agree(&views[a], &views[b]))
                return true;
    return false;
}

static void a_line_is_read_on_until_two_views_agree(void **state) {
    const fixture *f = *state;
    pali_error err = PALI_ERROR_INIT;
    rx_lines lines = {0};
    int read[RX_PAGE_VIEWS + 1] = {0};
    must(rx_lines_read(&lines, f->model, f->page, NULL, NULL, &err), &err);
    for (size_t i = 0; i < lines.count; i++) {
        const rx_line_view *views = lines.views[i];
        int wanted = two_agree(views, 2)                    ? 2
                     : views[2].text && two_agree(views, 3) ? 3
                                                            : RX_PAGE_VIEWS;
        for (int v = 0; v < RX_PAGE_VIEWS; v++)
            assert_int_equal(views[v].text != NULL, v < wanted);
        read[wanted]++;
    }
    assert_true(read[2] > 0 && read[3] > 0 && read[RX_PAGE_VIEWS] > 0);
    rx_lines_free(&lines);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_read_on_until_two_views_agree),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
