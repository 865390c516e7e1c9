/* rxscan.json: the one thing that a model's own configuration does not say. */
#include "scan/reads.h"

#include "base/file.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether "scan en" is among its "answers". */
static bool answers_scan(const json_t *card) {
    json_t *answers = json_object_get(card, "answers"), *prompt;
    size_t i;
    json_array_foreach(answers, i, prompt) {
        const char *text = json_string_value(prompt);
        if (text && strcmp(text, "scan en") == 0)
            return true;
    }
    return false;
}

pali_status rx_model_reads(rx_reads *out, const char *folder, pali_error *err) {
    char *path = NULL;
    pali_status status = pali_join_path(&path, folder, "rxscan.json", err);
    if (status)
        return status;
    json_t *card = NULL;
    bool there = access(path, F_OK) == 0;
    if (there)
        status = pali_json_load(&card, path, err);
    const char *reads = json_string_value(json_object_get(card, "reads"));
    if (!there)
        *out = RX_READS_PAGES;
    else if (!status && reads && strcmp(reads, "lines") == 0)
        *out = RX_READS_LINES;
    else if (!status && reads && strcmp(reads, "pages") == 0)
        *out = answers_scan(card) ? RX_READS_SCANS : RX_READS_PAGES;
    else if (!status)
        status = pali_fail(err, PALI_ERROR_UNSUPPORTED,
                           "%s: \"reads\" must be \"lines\" or \"pages\"", path);
    json_decref(card);
    free(path);
    return status;
}
