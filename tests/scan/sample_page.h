/* The embedded model and a sample page, kept for all claims of a file. Reading them anew for each takes seconds. */
#ifndef TESTS_SCAN_SAMPLE_PAGE_H
#define TESTS_SCAN_SAMPLE_PAGE_H

#include "page/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

typedef struct fixture {
    pali_model *model;
    rx_page *page;
} fixture;

static inline void must(pali_status status, const pali_error *err) {
    if (status)
        fail_msg("%s: %s", pali_status_name(status), err->message);
}

/* For cmocka_run_group_tests; `*state` becomes the fixture, which tear_down frees. */
static inline int set_up(void **state) {
    static fixture f;
    pali_error err = PALI_ERROR_INIT;
    pali_image *image = NULL;
    must(pali_model_load(&f.model, EMBEDDED, NULL, &err), &err);
    must(pali_image_load(&image, SAMPLES "/letterhead.jpg", NULL, &err), &err);
    must(rx_page_read(&f.page, image, NULL, &err), &err);
    pali_image_free(&image);
    *state = &f;
    return 0;
}

static inline int tear_down(void **state) {
    fixture *f = *state;
    rx_page_free(&f->page);
    pali_model_free(&f->model);
    return 0;
}

#endif
