/* calibration.json:
 *     {"fields": {"default": {"points": [[0.2, 0.05], [0.99, 0.98]], "threshold": 0.97},
 *                 "strength": {...}, ...}}
 * Points ascend in both coordinates; between them the map is linear, outside constant. */
#include "rx/confidence.h"

#include "base/file.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_POINTS = 100000 };

typedef struct field_map {
    const char *field;
    size_t num_points;
    double (*points)[2];
    double threshold;
} field_map;

struct rx_calibration {
    pali_arena arena;
    size_t count;
    field_map *maps;
};

static pali_status load_points(field_map *map, rx_calibration *c, const json_t *points,
                               const char *path, pali_error *err) {
    size_t count = json_array_size(points);
    if (count == 0 || count > MAX_POINTS)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: \"points\" of %s: 1 to %d pairs", path,
                         map->field, MAX_POINTS);
    map->points = pali_arena_alloc(&c->arena, count, sizeof *map->points, "a calibration", err);
    if (!map->points)
        return PALI_ERROR_MEMORY;
    double last[2] = {0, 0};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < 2; k++) {
            const json_t *value = json_array_get(json_array_get(points, i), k);
            double number = json_number_value(value);
            if (!json_is_number(value) || !(number >= last[k] && number <= 1))
                return pali_fail(err, PALI_ERROR_FORMAT,
                                 "%s: \"points\" of %s: pairs of numbers from 0 to 1 that do not "
                                 "descend",
                                 path, map->field);
            last[k] = map->points[i][k] = number;
        }
    map->num_points = count;
    return PALI_OK;
}

static pali_status load_maps(rx_calibration *c, json_t *fields, const char *path, pali_error *err) {
    c->maps = pali_arena_alloc(&c->arena, json_object_size(fields) + 1, sizeof *c->maps,
                               "a calibration", err);
    if (!c->maps)
        return PALI_ERROR_MEMORY;
    const char *field;
    json_t *entry;
    json_object_foreach(fields, field, entry) {
        field_map *map = &c->maps[c->count++];
        pali_json_reader reader = {entry, path, PALI_OK, err};
        *map = (field_map){.field = pali_arena_text(&c->arena, field, strlen(field), err)};
        map->threshold = pali_json_number(&reader, "threshold", 1.01, 0, 2);
        if (!map->field || reader.status)
            return map->field ? reader.status : PALI_ERROR_MEMORY;
        pali_status status = load_points(map, c, json_object_get(entry, "points"), path, err);
        if (status)
            return status;
    }
    return PALI_OK;
}

/* The entry that stands for another one in tables that lack it. */
static const char *instead_of(const char *field) {
    static const char *const entries[][2] = {{RX_NAME_WITH_STRENGTH, RX_KNOWN_NAME},
                                             {RX_KNOWN_NAME, "name"},
                                             {RX_NAME_BY_LEXICON, "name"},
                                             {RX_BARE_STRENGTH, "strength"}};
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        if (strcmp(entries[i][0], field) == 0)
            return entries[i][1];
    return "default";
}

static const field_map *find(const rx_calibration *c, const char *field) {
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->maps[i].field, field) == 0)
            return &c->maps[i];
    return strcmp(field, "default") == 0 ? NULL : find(c, instead_of(field));
}

pali_status rx_calibration_load(rx_calibration **out, const char *path, pali_error *err) {
    json_t *document = NULL;
    pali_status status = pali_json_load(&document, path, err);
    if (status)
        return status;
    rx_calibration *c = calloc(1, sizeof *c);
    if (!c)
        status = pali_fail_memory(err, sizeof *c, "a calibration");
    else
        status = load_maps(c, json_object_get(document, "fields"), path, err);
    if (!status && !find(c, "default"))
        status = pali_fail(err, PALI_ERROR_FORMAT, "%s: no \"default\" among \"fields\"", path);
    json_decref(document);
    if (status)
        rx_calibration_free(&c);
    else
        *out = c;
    return status;
}

pali_status rx_calibration_of_model(rx_calibration **out, const char *folder, pali_error *err) {
    char *path = NULL;
    pali_status status = pali_join_path(&path, folder, "calibration.json", err);
    if (status)
        return status;
    if (access(path, F_OK) == 0)
        status = rx_calibration_load(out, path, err);
    else
        *out = NULL;
    free(path);
    return status;
}

void rx_calibration_free(rx_calibration **calibration) {
    if (!*calibration)
        return;
    pali_arena_free(&(*calibration)->arena);
    free(*calibration);
    *calibration = NULL;
}

double rx_calibrated(const rx_calibration *calibration, const char *field, double confidence) {
    if (!calibration)
        return confidence;
    const field_map *map = find(calibration, field);
    double(*p)[2] = map->points;
    size_t i = 0;
    while (i < map->num_points && p[i][0] < confidence)
        i++;
    if (i == 0 || i == map->num_points)
        return p[i ? i - 1 : 0][1];
    double part = (confidence - p[i - 1][0]) / (p[i][0] - p[i - 1][0]);
    double between = p[i - 1][1] + part * (p[i][1] - p[i - 1][1]);
    return between < p[i][1] ? between : p[i][1]; /* not above it by rounding */
}

static bool is_critical(const char *field) {
    return strcmp(field, "strength") == 0 || strcmp(field, "dose") == 0 ||
           strcmp(field, "frequency") == 0;
}

double rx_review_threshold(const rx_calibration *calibration, const char *field) {
    if (calibration)
        return find(calibration, field)->threshold;
    return is_critical(field) ? 0.95 : strcmp(field, "name") == 0 ? 0.9 : 0.8;
}
