/* Arbitrary bytes as an answer with places in it: boxes within the picture, codes that exist. */
#include "pali/pali.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_object(const pali_object *object, int width, int height) {
    if (object->x_min < 0 || object->x_min > object->x_max || object->x_max > width ||
        object->y_min < 0 || object->y_min > object->y_max || object->y_max > height ||
        !object->label || strpbrk(object->label, ";<>"))
        __builtin_trap();
    for (size_t i = 0; object->has_mask_codes && i < 16; i++)
        if (object->mask_codes[i] > 127)
            __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    int width = data[0] + 1, height = data[1] == 255 ? INT32_MAX : data[1] + 1;
    char *answer = strndup((const char *)data + 2, size - 2);
    pali_object *objects = NULL;
    size_t count = 0;
    if (!answer || pali_objects_parse(answer, width, height, &objects, &count, NULL))
        __builtin_trap();
    for (size_t i = 0; i < count; i++)
        check_object(&objects[i], width, height);
    pali_objects_free(&objects, count);
    free(answer);
    return 0;
}
