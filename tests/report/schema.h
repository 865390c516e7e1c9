/* Checks a document against a JSON Schema: the keywords that the schemas of this project use. */
#ifndef TESTS_REPORT_SCHEMA_H
#define TESTS_REPORT_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

/* False with `why` (of `size` bytes) naming the place and the keyword. A keyword that is not known
 * here makes it false, so that a schema never says more than is checked. */
bool schema_holds(const json_t *schema, const json_t *value, char *why, size_t size);

#endif
