/* JSON documents: jansson, with limits and with messages that name the file. */
#include "base/json.h"

#include "base/file.h"

enum { MAX_DOCUMENT = 64 << 20 };

pali_status pali_json_parse(json_t **out, const char *bytes, size_t size, const char *name,
                            pali_error *err) {
    json_error_t cause;
    json_t *root = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &cause);
    if (!root)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: line %d: %s", name, cause.line, cause.text);
    *out = root;
    return PALI_OK;
}

pali_status pali_json_load(json_t **out, const char *path, pali_error *err) {
    pali_buffer buffer;
    pali_buffer_init(&buffer, MAX_DOCUMENT);
    pali_status status = pali_read_file(&buffer, path, err);
    if (!status)
        status = pali_json_parse(out, buffer.data ? buffer.data : "", buffer.size, path, err);
    pali_buffer_free(&buffer);
    return status;
}

/* The member, or NULL when it is absent, null, or an earlier read failed. */
static const json_t *member(const pali_json_reader *reader, const char *key) {
    if (reader->status)
        return NULL;
    const json_t *value = json_object_get(reader->object, key);
    return json_is_null(value) ? NULL : value;
}

static void wrong(pali_json_reader *reader, const char *key, const char *expected) {
    reader->status = pali_fail(reader->err, PALI_ERROR_FORMAT, "%s: \"%s\" is not %s", reader->name,
                               key, expected);
}

long long pali_json_integer(pali_json_reader *reader, const char *key, long long fallback,
                            long long min, long long max) {
    const json_t *value = member(reader, key);
    if (!value)
        return fallback;
    if (!json_is_integer(value)) {
        wrong(reader, key, "a whole number");
        return fallback;
    }
    long long number = json_integer_value(value);
    if (number < min || number > max) {
        reader->status =
            pali_fail(reader->err, PALI_ERROR_FORMAT, "%s: \"%s\" is %lld, not in %lld to %lld",
                      reader->name, key, number, min, max);
        return fallback;
    }
    return number;
}

double pali_json_number(pali_json_reader *reader, const char *key, double fallback, double min,
                        double max) {
    const json_t *value = member(reader, key);
    if (!value)
        return fallback;
    double number = json_number_value(value);
    if (!json_is_number(value) || !(number >= min && number <= max)) {
        reader->status =
            pali_fail(reader->err, PALI_ERROR_FORMAT, "%s: \"%s\" is not a number from %g to %g",
                      reader->name, key, min, max);
        return fallback;
    }
    return number;
}

bool pali_json_boolean(pali_json_reader *reader, const char *key, bool fallback) {
    const json_t *value = member(reader, key);
    if (value && !json_is_boolean(value))
        wrong(reader, key, "true or false");
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

const char *pali_json_text(pali_json_reader *reader, const char *key, const char *fallback) {
    const json_t *value = member(reader, key);
    if (value && !json_is_string(value))
        wrong(reader, key, "a string");
    return json_is_string(value) ? json_string_value(value) : fallback;
}

const json_t *pali_json_object(pali_json_reader *reader, const char *key) {
    const json_t *value = member(reader, key);
    if (value && !json_is_object(value))
        wrong(reader, key, "an object");
    return json_is_object(value) ? value : NULL;
}
