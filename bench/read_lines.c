/* From lines of text to prescriptions, without a picture or a model: what the scanner's own reading of
 * a page makes of another program's lines (train/peers.py).
 *
 *     read_lines < LINES.jsonl > RESULTS.jsonl
 *
 * An input line is an object with `input` and `lines`: objects with `text`, `box` (x0, y0, x1, y1 as
 * fractions) and `confidence`, top to bottom. The output is what `rxscan scan --format jsonl` gives. */
#include "base/json.h"
#include "rx/entries.h"
#include "rx/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One confidence for all bytes of a line; malloc'ed. */
static float *for_each_byte(const char *text, double confidence) {
    size_t size = strlen(text);
    float *each = calloc(size + 1, sizeof *each);
    for (size_t i = 0; each && i < size; i++)
        each[i] = (float)confidence;
    return each;
}

/* Points `line` into `object`, all but its confidence. */
static bool take_line(rx_line *line, const json_t *object) {
    const json_t *text = json_object_get(object, "text"), *box = json_object_get(object, "box");
    if (!json_is_string(text) || json_array_size(box) != 4)
        return false;
    line->text = json_string_value(text);
    for (size_t i = 0; i < 4; i++)
        line->box[i] = (float)json_number_value(json_array_get(box, i));
    line->confidence =
        for_each_byte(line->text, json_number_value(json_object_get(object, "confidence")));
    return line->confidence != NULL;
}

static pali_status print_result(const rx_prescription *page, pali_error *err) {
    rx_provenance from = {.program = "read_lines", .model_name = "lines", .options = ""};
    json_t *result;
    pali_status status = rx_report_json(&result, page, &from, err);
    if (status)
        return status;
    if (json_dumpf(result, stdout, JSON_COMPACT) || putchar('\n') == EOF)
        status = pali_fail(err, PALI_ERROR_IO, "the result cannot be written");
    json_decref(result);
    return status;
}

static pali_status read_page(const json_t *document, const rx_lexicon *lexicon, pali_error *err) {
    const json_t *list = json_object_get(document, "lines");
    size_t count = json_array_size(list), taken = 0;
    rx_line *lines = calloc(count + 1, sizeof *lines);
    while (lines && taken < count && take_line(&lines[taken], json_array_get(list, taken)))
        taken++;
    pali_arena arena = PALI_ARENA_INIT;
    rx_rows rows;
    rx_prescription page;
    pali_status status = !lines || taken < count
                             ? pali_fail(err, PALI_ERROR_FORMAT, "line %zu is none", taken + 1)
                             : rx_rows_join(&rows, &arena, lines, NULL, count, err);
    if (!status)
        status = rx_entries_read(&page, &rows, &arena, lexicon, err);
    pali_arena_free(&arena);
    if (!status) {
        page.input = json_string_value(json_object_get(document, "input"));
        status = print_result(&page, err);
        rx_prescription_free(&page);
    }
    for (size_t i = 0; lines && i < taken; i++)
        free((float *)lines[i].confidence);
    free(lines);
    return status;
}

int main(void) {
    char *text = NULL;
    size_t capacity = 0;
    pali_error err = {0};
    rx_lexicon *lexicon = NULL;
    pali_status status = rx_lexicon_open(&lexicon, NULL, &err);
    if (status)
        fprintf(stderr, "read_lines: %s\n", err.message);
    for (int page = 1; !status && getline(&text, &capacity, stdin) > 0; page++) {
        json_error_t where;
        json_t *document = json_loads(text, 0, &where);
        status = document ? read_page(document, lexicon, &err)
                          : pali_fail(&err, PALI_ERROR_FORMAT, "%s", where.text);
        json_decref(document);
        if (status)
            fprintf(stderr, "read_lines: page %d: %s\n", page, err.message);
    }
    rx_lexicon_close(&lexicon);
    free(text);
    return status ? 1 : 0;
}
