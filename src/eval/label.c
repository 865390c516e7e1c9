/* What a line of labels.jsonl must be. */
#include "eval/label.h"

static bool is_text(const json_t *value) {
    return !value || json_is_string(value) || json_is_null(value);
}

static bool is_list_of(const json_t *list, json_type type) {
    size_t index;
    json_t *value;
    json_array_foreach(list, index, value) {
        if (json_typeof(value) != type)
            return false;
    }
    return !list || json_is_array(list);
}

pali_status rx_label_check(const json_t *label, const char *line, pali_error *err) {
    static const char *const texts[] = {"text", "patient", "prescriber", "date"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!is_text(json_object_get(label, texts[i])))
            return pali_fail(err, PALI_ERROR_FORMAT, "%s: \"%s\" is not a text", line, texts[i]);
    if (!is_list_of(json_object_get(label, "diagnoses"), JSON_STRING))
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: \"diagnoses\" is not a list of texts", line);
    if (!is_list_of(json_object_get(label, "medicines"), JSON_OBJECT))
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: \"medicines\" is not a list of objects",
                         line);
    return PALI_OK;
}
