/* The steps of reading, in order. */
#include "scan/scan.h"

#include "rx/rows.h"
#include "scan/page_reader.h"

#include <stdio.h>
#include <string.h>

static pali_status prepare_lines(rx_prepared *out, const rx_scanner *scanner,
                                 const pali_image *image, pali_error *err) {
    pali_model_info info;
    pali_model_describe(scanner->model, &info);
    rx_page_options options = RX_PAGE_OPTIONS_INIT;
    options.square_size = info.image_size;
    options.row_height = 2 * info.patch_size;
    pali_status status = rx_page_read(&out->page, image, &options, err);
    return status ? status : rx_page_upright(&out->image, image, out->page->quarter_turns, err);
}

pali_status rx_scan_prepare(rx_prepared *out, const rx_scanner *scanner, pali_image **image,
                            pali_error *err) {
    rx_prepared prepared = {0};
    pali_status status = PALI_OK;
    if (scanner->reads == RX_READS_LINES) {
        status = prepare_lines(&prepared, scanner, *image, err);
    } else {
        prepared.image = *image;
        *image = NULL;
    }
    pali_image_free(image);
    if (status)
        rx_prepared_free(&prepared);
    else
        *out = prepared;
    return status;
}

void rx_prepared_free(rx_prepared *prepared) {
    pali_image_free(&prepared->image);
    rx_page_free(&prepared->page);
}

/* ---- warnings ---- */

typedef struct warnings {
    rx_prescription *page;
    const char *items[RX_PAGE_MAX_WARNINGS + 4];
    pali_error *err;
} warnings;

static pali_status warn(warnings *w, const char *text) {
    if (w->page->num_warnings == sizeof w->items / sizeof *w->items)
        return PALI_OK;
    const char *copy = pali_arena_text(&w->page->arena, text, strlen(text), w->err);
    if (!copy)
        return PALI_ERROR_MEMORY;
    w->items[w->page->num_warnings++] = copy;
    return PALI_OK;
}

static pali_status warn_of_count(warnings *w, size_t count, const char *what) {
    char text[160];
    if (count == 0)
        return PALI_OK;
    snprintf(text, sizeof text, "%zu %s%s %s", count, "line", count == 1 ? "" : "s", what);
    return warn(w, text);
}

static pali_status keep_warnings(warnings *w) {
    size_t count = w->page->num_warnings;
    const char **items =
        pali_arena_alloc(&w->page->arena, count + 1, sizeof *items, "warnings", w->err);
    if (!items)
        return PALI_ERROR_MEMORY;
    memcpy(items, w->items, count * sizeof *items);
    w->page->warnings = items;
    return PALI_OK;
}

static pali_status add_warnings(rx_prescription *out, const rx_page *page, const rx_lines *lines,
                                pali_error *err) {
    warnings w = {.page = out, .err = err};
    pali_status status = PALI_OK;
    if (!page)
        status =
            warn(&w, "the model read the page as a whole: small text may be missing, and where "
                     "a line stands is not known");
    for (int i = 0; page && i < page->num_warnings && !status; i++)
        status = warn(&w, page->warnings[i]);
    if (!status)
        status = warn_of_count(&w, lines->num_unfinished,
                               "could not be read to the end: the model's answer did not stop");
    if (!status)
        status = warn_of_count(&w, lines->num_half_struck,
                               "may or may not be struck out: only a part of it seems to be");
    return status ? status : keep_warnings(&w);
}

/* ---- reading ---- */

/* From lines to a prescription; the lines are freed. `page` NULL: read without looking for lines. */
static pali_status make(rx_prescription *out, const rx_scanner *scanner, const rx_page *page,
                        rx_lines *lines, pali_error *err) {
    rx_rows rows = {0};
    rx_prescription read = {0};
    pali_status status =
        rx_rows_join(&rows, &lines->arena, lines->lines, lines->choices, lines->count, err);
    if (!status)
        status = rx_reading_make(&read, rows.lines, rows.count, scanner->lexicon, err);
    if (!status)
        status = rx_confidence_apply(&read, scanner->calibration, rows.choices, err);
    if (!status)
        status = add_warnings(&read, page, lines, err);
    rx_lines_free(lines);
    if (status)
        rx_prescription_free(&read);
    else
        *out = read;
    return status;
}

pali_status rx_scan_read(rx_prescription *out, const rx_scanner *scanner,
                         const rx_prepared *prepared, pali_progress_fn progress, void *context,
                         pali_error *err) {
    rx_lines lines = {0};
    pali_status status =
        prepared->page
            ? rx_lines_read(&lines, scanner->model, prepared->page, progress, context, err)
            : rx_page_lines_read(&lines, scanner->model, prepared->image, progress, context, err);
    return status ? status : make(out, scanner, prepared->page, &lines, err);
}
