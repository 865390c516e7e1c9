/* The steps of reading, in order. */
#include "scan/scan.h"

#include "rx/entries.h"
#include "rx/rows.h"
#include "scan/name_readings.h"
#include "scan/page_reader.h"
#include "scan/show_tiles.h"

#include <stdio.h>
#include <string.h>

static pali_status prepare(rx_prepared *out, const rx_scanner *scanner, const pali_image *image,
                           pali_error *err) {
    rx_page_options options = RX_PAGE_OPTIONS_INIT;
    if (scanner->reads == RX_READS_LINES) {
        pali_model_info info;
        pali_model_describe(scanner->model, &info);
        options.square_size = info.image_size;
        options.row_height = 2 * info.patch_size;
    }
    pali_status status = rx_page_read(&out->page, image, &options, err);
    return status ? status : rx_page_upright(&out->image, image, out->page->quarter_turns, err);
}

pali_status rx_scan_prepare(rx_prepared *out, const rx_scanner *scanner, pali_image **image,
                            pali_error *err) {
    rx_prepared prepared = {0};
    pali_status status = prepare(&prepared, scanner, *image, err);
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
    const char *items[RX_PAGE_MAX_WARNINGS + 8];
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

static pali_status warn_of_count(warnings *w, size_t count, const char *one, const char *many,
                                 const char *what) {
    char text[160];
    if (count == 0)
        return PALI_OK;
    snprintf(text, sizeof text, "%zu %s %s", count, count == 1 ? one : many, what);
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

/* What is known of the lines, whatever model has read them. */
static pali_status warn_of_lines(warnings *w, const rx_lines *lines) {
    pali_status status =
        warn_of_count(w, lines->num_unfinished, "line", "lines",
                      "could not be read to the end: the model's answer did not stop");
    return status ? status
                  : warn_of_count(w, lines->num_half_struck, "line", "lines",
                                  "may or may not be struck out: only a part of it seems to be");
}

static pali_status add_warnings(rx_prescription *out, const rx_page *page, const rx_lines *lines,
                                pali_error *err) {
    warnings w = {.page = out, .err = err};
    pali_status status = PALI_OK;
    for (int i = 0; i < page->num_warnings && !status; i++)
        status = warn(&w, page->warnings[i]);
    if (!status)
        status = warn_of_lines(&w, lines);
    return status ? status : keep_warnings(&w);
}

/* How the page was looked at, and what that leaves open. */
static pali_status warn_of_views(warnings *w, const rx_page *page, const rx_tiles *tiles,
                                 int image_size) {
    char text[RX_PAGE_WARNING_SIZE];
    int count = tiles->columns * tiles->rows;
    pali_status status = PALI_OK;
    if (count > 1) {
        snprintf(text, sizeof text,
                 "text is smaller than the model can read at %d px; read in %d tiles", image_size,
                 count);
        status = warn(w, text);
    }
    if (!status && tiles->seen_height < RX_LEAST_TEXT_HEIGHT &&
        tiles->text_height >= RX_LEAST_TEXT_HEIGHT)
        status = warn(w, "some of the text is too small for the model also in the tiles, of which "
                         "there are as many as are allowed");
    for (int i = 0; i < page->num_warnings && !status; i++)
        status = warn(w, page->warnings[i]);
    return status;
}

static pali_status add_page_warnings(rx_prescription *out, const rx_page *page,
                                     const rx_tiles *tiles, int image_size,
                                     const rx_page_said *said, pali_error *err) {
    warnings w = {.page = out, .err = err};
    pali_status status = warn_of_views(&w, page, tiles, image_size);
    if (!status)
        status =
            warn(&w, "the model read pictures, not lines: where a line stands is not known, nor "
                     "what is struck out");
    if (!status)
        status = warn_of_lines(&w, &said->lines);
    if (!status)
        status = warn_of_count(&w, said->num_unplaced, "tile", "tiles",
                               "with more or fewer lines than were found on the page: some may be "
                               "missing");
    if (!status)
        status = warn_of_count(&w, said->num_unended, "answer", "answers",
                               "to the questions about the page did not stop");
    return status ? status : keep_warnings(&w);
}

/* ---- reading ---- */

static pali_status make_reading(rx_prescription *out, rx_rows *rows, rx_lines *lines,
                                const rx_lexicon *lexicon, pali_error *err) {
    pali_status status =
        rx_rows_join(rows, &lines->arena, lines->lines, lines->choices, lines->count, err);
    return status ? status : rx_entries_read(out, rows, &lines->arena, lexicon, err);
}

static pali_status read_lines(rx_prescription *out, const rx_scanner *scanner, const rx_page *page,
                              pali_progress_fn progress, void *context, pali_error *err) {
    rx_lines lines = {0};
    rx_rows rows = {0};
    bool changed = false;
    pali_status status = rx_lines_read(&lines, scanner->model, page, progress, context, err);
    if (!status)
        status = make_reading(out, &rows, &lines, scanner->lexicon, err);
    if (!status && scanner->lexicon)
        status = rx_names_weigh(&lines, &changed, page, out, scanner->model, scanner->lexicon, err);
    if (!status && changed) {
        rx_prescription_free(out);
        *out = (rx_prescription){0};
        status = make_reading(out, &rows, &lines, scanner->lexicon, err);
    }
    if (!status)
        status = rx_confidence_apply(out, scanner->calibration, rows.choices, err);
    if (!status)
        status = add_warnings(out, page, &lines, err);
    rx_lines_free(&lines);
    return status;
}

static void plan_tiles(rx_tiles *out, const rx_prepared *prepared, int image_size) {
    rx_tiles_plan(out, pali_image_width(prepared->image), pali_image_height(prepared->image),
                  prepared->page, image_size);
}

static pali_status read_page(rx_prescription *out, const rx_scanner *scanner,
                             const rx_prepared *prepared, pali_progress_fn progress, void *context,
                             pali_error *err) {
    rx_model_asker model = {.model = scanner->model,
                            .scans = scanner->reads == RX_READS_SCANS,
                            .progress = progress,
                            .progress_context = context};
    rx_asker asker = rx_asker_of_model(&model);
    rx_tiles tiles;
    plan_tiles(&tiles, prepared, asker.image_size);
    model.num_pictures = rx_num_views(&tiles);
    rx_page_said said = {0};
    pali_status status =
        rx_page_lines_read(&said, &asker, prepared->image, prepared->page, &tiles, err);
    rx_rows rows = {said.lines.count, said.lines.lines, said.lines.choices};
    if (!status)
        status = rx_entries_read(out, &rows, &said.lines.arena, scanner->lexicon, err);
    if (!status)
        status = rx_agreement_apply(out, said.replies, RX_NUM_QUESTIONS, scanner->lexicon, err);
    if (!status)
        status = rx_confidence_apply(out, scanner->calibration, rows.choices, err);
    if (!status)
        status = add_page_warnings(out, prepared->page, &tiles, asker.image_size, &said, err);
    rx_lines_free(&said.lines);
    return status;
}

pali_status rx_scan_read(rx_prescription *out, const rx_scanner *scanner,
                         const rx_prepared *prepared, pali_progress_fn progress, void *context,
                         pali_error *err) {
    rx_prescription read = {0};
    pali_status status = scanner->reads == RX_READS_LINES
                             ? read_lines(&read, scanner, prepared->page, progress, context, err)
                             : read_page(&read, scanner, prepared, progress, context, err);
    if (status)
        rx_prescription_free(&read);
    else
        *out = read;
    return status;
}

pali_status rx_scan_show(const rx_scanner *scanner, const rx_prepared *prepared,
                         const char *directory, const char *stem, pali_error *err) {
    if (scanner->reads == RX_READS_LINES)
        return rx_page_show(prepared->page, directory, stem, err);
    pali_model_info info;
    rx_tiles tiles;
    pali_model_describe(scanner->model, &info);
    plan_tiles(&tiles, prepared, info.image_size);
    return rx_tiles_show(&tiles, prepared->image, info.image_size, directory, stem, err);
}
