/* Answers with places in them: the text of `detect` and `segment` to objects.
 *
 * An object is four location tokens (y_min, x_min, y_max, x_max in 1024ths of the picture), perhaps
 * sixteen segmentation tokens, and a label; objects are separated by ";". The parser is that of the
 * public demonstration, made tolerant: text before an object is skipped, an object that is cut off
 * or whose box is turned round is dropped. */
#include "base/checked.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

enum { NUM_COORDINATES = 4, NUM_CODES = 16, GRID = 1024, NUM_SEGMENTS = 128 };

/* Reads "<loc0123>" or "<seg012>": `digits` digits below `limit`. Moves *p behind it. */
static bool read_token(const char **p, const char *name, int digits, int limit, int *value) {
    const char *q = *p;
    if (*q++ != '<' || strncmp(q, name, 3) != 0)
        return false;
    q += 3;
    *value = 0;
    for (int i = 0; i < digits; i++, q++) {
        if (*q < '0' || *q > '9')
            return false;
        *value = *value * 10 + (*q - '0');
    }
    if (*q++ != '>' || *value >= limit)
        return false;
    *p = q;
    return true;
}

/* To the nearest pixel boundary. */
static int to_pixels(int coordinate, int length) {
    return (int)(((long long)coordinate * length * 2 + GRID) / (2 * GRID));
}

static const char *skip_spaces(const char *p) {
    while (*p == ' ' || *p == '\n' || *p == '\t')
        p++;
    return p;
}

/* The label up to the next separator or token, without spaces around it; malloc'ed. */
static char *read_label(const char **p) {
    const char *start = skip_spaces(*p), *end = start;
    while (*end && *end != ';' && *end != '<' && *end != '>')
        end++;
    *p = end;
    while (end > start && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\t'))
        end--;
    return strndup(start, (size_t)(end - start));
}

/* Whether an object starts at *p; if so it is read as far as it goes and *p moves on. `*complete`
 * tells whether it is one to keep. */
static bool read_object(const char **p, int width, int height, pali_object *out, bool *complete) {
    int place[NUM_COORDINATES] = {0}, code, count = 0, codes = 0;
    while (count < NUM_COORDINATES && read_token(p, "loc", 4, GRID, &place[count]))
        count++;
    if (count == 0)
        return false;
    *complete = count == NUM_COORDINATES && place[2] > place[0] && place[3] > place[1];
    *out = (pali_object){0};
    *p = skip_spaces(*p);
    while (codes < NUM_CODES && read_token(p, "seg", 3, NUM_SEGMENTS, &code))
        out->mask_codes[codes++] = (uint8_t)code;
    out->has_mask_codes = codes == NUM_CODES;
    if (codes > 0 && codes < NUM_CODES)
        *complete = false;
    if (*complete) {
        out->y_min = to_pixels(place[0], height);
        out->x_min = to_pixels(place[1], width);
        out->y_max = to_pixels(place[2], height);
        out->x_max = to_pixels(place[3], width);
    }
    return true;
}

static pali_status append(pali_object **objects, size_t *count, pali_object object,
                          pali_error *err) {
    size_t bytes;
    pali_object *grown = NULL;
    if (pali_mul_size(*count + 1, sizeof object, &bytes))
        grown = realloc(*objects, bytes);
    if (!grown)
        return pali_fail_memory(err, (*count + 1) * sizeof object, "objects");
    grown[(*count)++] = object;
    *objects = grown;
    return PALI_OK;
}

pali_status pali_objects_parse(const char *answer, int image_width, int image_height,
                               pali_object **objects, size_t *num_objects, pali_error *err) {
    if (image_width < 1 || image_height < 1)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "a picture of %d x %d", image_width,
                         image_height);
    pali_object *list = NULL;
    size_t count = 0;
    pali_status status = PALI_OK;
    for (const char *p = answer; *p && !status;) {
        pali_object object;
        bool complete;
        if (!read_object(&p, image_width, image_height, &object, &complete)) {
            p++;
            continue;
        }
        if (!complete)
            continue;
        object.label = read_label(&p);
        status = object.label ? append(&list, &count, object, err)
                              : pali_fail_memory(err, strlen(p), "a label");
        if (status)
            free(object.label);
    }
    if (status) {
        pali_objects_free(&list, count);
        return status;
    }
    *objects = list;
    *num_objects = count;
    return PALI_OK;
}

void pali_objects_free(pali_object **objects, size_t num_objects) {
    for (size_t i = 0; *objects && i < num_objects; i++)
        free((*objects)[i].label);
    free(*objects);
    *objects = NULL;
}
