/* JSON documents: jansson, with limits and with messages that name the file. */
#ifndef PALI_BASE_JSON_H
#define PALI_BASE_JSON_H

#include "base/status.h"

#include <jansson.h>

/* Parses `size` bytes; a key given twice is an error. `name` is used in messages. The caller gives
 * `*out` to json_decref. */
pali_status pali_json_parse(json_t **out, const char *bytes, size_t size, const char *name,
                            pali_error *err);

/* The same from a file of at most 64 MiB. */
pali_status pali_json_load(json_t **out, const char *path, pali_error *err);

/* Reads members of one object. The first thing that is wrong is kept in `status` and `err`, and
 * later reads do nothing: check once at the end. */
typedef struct pali_json_reader {
    const json_t *object; /* NULL: every member is absent */
    const char *name;     /* of the file or the section, for messages */
    pali_status status;
    pali_error *err;
} pali_json_reader;

/* A whole number in [min, max]; `fallback` when the member is absent or null. */
long long pali_json_integer(pali_json_reader *reader, const char *key, long long fallback,
                            long long min, long long max);

/* A finite number in [min, max]; `fallback` when the member is absent or null. */
double pali_json_number(pali_json_reader *reader, const char *key, double fallback, double min,
                        double max);

bool pali_json_boolean(pali_json_reader *reader, const char *key, bool fallback);

/* The member's text, owned by the document; `fallback` (may be NULL) when absent or null. */
const char *pali_json_text(pali_json_reader *reader, const char *key, const char *fallback);

/* A member that is an object; NULL when absent or null. */
const json_t *pali_json_object(pali_json_reader *reader, const char *key);

#endif
