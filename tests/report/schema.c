#include "schema.h"

#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct checker {
    const json_t *root;
    char *why;
    size_t size;
} checker;

static bool holds(const checker *c, const json_t *schema, const json_t *value, const char *path);

static bool fails(const checker *c, const char *path, const char *keyword) {
    snprintf(c->why, c->size, "%s: %s", path, keyword);
    return false;
}

static bool is_type(const json_t *value, const char *type) {
    return (strcmp(type, "null") == 0 && json_is_null(value)) ||
           (strcmp(type, "string") == 0 && json_is_string(value)) ||
           (strcmp(type, "boolean") == 0 && json_is_boolean(value)) ||
           (strcmp(type, "integer") == 0 && json_is_integer(value)) ||
           (strcmp(type, "number") == 0 && json_is_number(value)) ||
           (strcmp(type, "array") == 0 && json_is_array(value)) ||
           (strcmp(type, "object") == 0 && json_is_object(value));
}

static bool any_type(const json_t *types, const json_t *value) {
    if (json_is_string(types))
        return is_type(value, json_string_value(types));
    for (size_t i = 0; i < json_array_size(types); i++)
        if (is_type(value, json_string_value(json_array_get(types, i))))
            return true;
    return false;
}

static bool any_of(const checker *c, const json_t *schemas, const json_t *value, const char *path) {
    for (size_t i = 0; i < json_array_size(schemas); i++)
        if (holds(c, json_array_get(schemas, i), value, path))
            return true;
    return false;
}

static bool is_listed(const json_t *list, const json_t *value) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), value))
            return true;
    return false;
}

static bool matches(const char *pattern, const char *text) {
    regex_t regex;
    if (!text || regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    bool good = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return good;
}

static bool members_hold(const checker *c, const json_t *schema, const json_t *value,
                         const char *path) {
    const json_t *properties = json_object_get(schema, "properties");
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, key, member) {
        char place[512];
        snprintf(place, sizeof place, "%.400s.%s", path, key);
        const json_t *known = json_object_get(properties, key);
        if (known && !holds(c, known, member, place))
            return false;
        if (!known && json_is_false(json_object_get(schema, "additionalProperties")))
            return fails(c, place, "additionalProperties");
    }
    return true;
}

static bool elements_hold(const checker *c, const json_t *items, const json_t *value,
                          const char *path) {
    for (size_t i = 0; i < json_array_size(value); i++) {
        char place[512];
        snprintf(place, sizeof place, "%.400s[%zu]", path, i);
        if (!holds(c, items, json_array_get(value, i), place))
            return false;
    }
    return true;
}

/* -1: not a keyword of this kind */
static int limit_holds(const char *keyword, const json_t *limit, const json_t *value) {
    double bound = json_number_value(limit), number = json_number_value(value);
    double count = (double)json_array_size(value);
    if (strcmp(keyword, "minimum") == 0)
        return !json_is_number(value) || number >= bound;
    if (strcmp(keyword, "maximum") == 0)
        return !json_is_number(value) || number <= bound;
    if (strcmp(keyword, "minItems") == 0)
        return !json_is_array(value) || count >= bound;
    if (strcmp(keyword, "maxItems") == 0)
        return !json_is_array(value) || count <= bound;
    return -1;
}

static bool has_all(const json_t *names, const json_t *value) {
    for (size_t i = 0; i < json_array_size(names); i++)
        if (!json_object_get(value, json_string_value(json_array_get(names, i))))
            return false;
    return true;
}

static bool keyword_holds(const checker *c, const json_t *schema, const char *keyword,
                          const json_t *argument, const json_t *value, const char *path) {
    static const char *const silent[] = {"$schema", "title", "description", "$defs",
                                         "additionalProperties"};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        if (strcmp(keyword, silent[i]) == 0)
            return true;
    int limit = limit_holds(keyword, argument, value);
    if (limit >= 0)
        return limit;
    if (strcmp(keyword, "type") == 0)
        return any_type(argument, value);
    if (strcmp(keyword, "enum") == 0)
        return is_listed(argument, value);
    if (strcmp(keyword, "const") == 0)
        return json_equal(argument, value);
    if (strcmp(keyword, "pattern") == 0)
        return !json_is_string(value) ||
               matches(json_string_value(argument), json_string_value(value));
    if (strcmp(keyword, "required") == 0)
        return !json_is_object(value) || has_all(argument, value);
    if (strcmp(keyword, "anyOf") == 0)
        return any_of(c, argument, value, path);
    if (strcmp(keyword, "$ref") == 0) /* "#/$defs/name" */
        return holds(c,
                     json_object_get(json_object_get(c->root, "$defs"),
                                     strrchr(json_string_value(argument), '/') + 1),
                     value, path);
    if (strcmp(keyword, "items") == 0)
        return elements_hold(c, argument, value, path);
    if (strcmp(keyword, "properties") == 0)
        return members_hold(c, schema, value, path);
    return fails(c, path, keyword);
}

static bool holds(const checker *c, const json_t *schema, const json_t *value, const char *path) {
    if (!json_is_object(schema))
        return fails(c, path, "no schema");
    const char *keyword;
    json_t *argument;
    json_object_foreach((json_t *)(uintptr_t)schema, keyword, argument) {
        c->why[0] = '\0';
        if (!keyword_holds(c, schema, keyword, argument, value, path))
            return c->why[0] ? false : fails(c, path, keyword);
    }
    return true;
}

bool schema_holds(const json_t *schema, const json_t *value, char *why, size_t size) {
    checker c = {schema, why, size};
    return holds(&c, schema, value, "$");
}
