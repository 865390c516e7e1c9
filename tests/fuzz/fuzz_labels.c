/* Arbitrary bytes as a label and, on the next line, a result: scored into figures that are numbers,
 * and a calibration fitted on them is one that a model takes. */
#include "base/json.h"
#include "eval/fit.h"
#include "rx/confidence.h"
#include "scratch.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_REPORT = 64 << 20 };

static void hold(bool claim) {
    if (!claim)
        __builtin_trap();
}

static json_t *parse(const uint8_t *data, size_t size) {
    json_t *document = NULL;
    pali_json_parse(&document, (const char *)data, size, "fuzz", NULL);
    return document;
}

static void check_fit(const rx_score *score) {
    size_t count;
    const rx_decision *decisions = rx_score_decisions(score, &count);
    json_t *table = NULL;
    if (rx_calibration_fit(&table, decisions, count, NULL))
        return;
    char *text = json_dumps(table, 0);
    hold(text != NULL);
    scratch_file file = scratch_open((const uint8_t *)text, strlen(text));
    rx_calibration *calibration = NULL;
    hold(rx_calibration_load(&calibration, file.path, NULL) == PALI_OK);
    rx_calibration_free(&calibration);
    scratch_close(&file);
    free(text);
    json_decref(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *end = memchr(data, '\n', size);
    size_t first = end ? (size_t)(end - data) : size;
    json_t *label = parse(data, first);
    json_t *result = end ? parse(end + 1, size - first - 1) : NULL;
    rx_score score;
    rx_score_init(&score);
    pali_error err = PALI_ERROR_INIT;
    json_t *figures = NULL;
    if (label && rx_score_page(&score, label, result, &err))
        hold(err.message[0]);
    hold(rx_score_json(&figures, &score, NULL) == PALI_OK);
    pali_buffer text;
    pali_buffer_init(&text, MAX_REPORT);
    hold(rx_score_text(&text, figures, NULL) == PALI_OK);
    pali_buffer_free(&text);
    check_fit(&score);
    json_decref(figures);
    rx_score_free(&score);
    json_decref(label);
    json_decref(result);
    return 0;
}
