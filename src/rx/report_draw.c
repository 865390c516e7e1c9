/* Frames around the medicines of a page, numbered by colour in the order of the report. */
#include "rx/report.h"

#include <stdlib.h>

static int pixel(float fraction, int size) {
    return fraction <= 0.0f ? 0 : fraction >= 1.0f ? size : (int)(fraction * (float)size + 0.5f);
}

pali_status rx_report_draw(pali_image **out, const rx_prescription *p, const pali_image *image,
                           pali_error *err) {
    int width = pali_image_width(image), height = pali_image_height(image);
    pali_object *objects = calloc(p->num_medicines + 1, sizeof *objects);
    if (!objects)
        return pali_fail_memory(err, p->num_medicines * sizeof *objects, "boxes");
    for (size_t i = 0; i < p->num_medicines; i++) { /* an unknown box is empty and is not drawn */
        const float *box = p->medicines[i].box;
        objects[i] = (pali_object){.x_min = pixel(box[0], width),
                                   .y_min = pixel(box[1], height),
                                   .x_max = pixel(box[2], width),
                                   .y_max = pixel(box[3], height)};
    }
    pali_status status = pali_image_draw_objects(out, image, objects, NULL, p->num_medicines, err);
    free(objects);
    return status;
}
