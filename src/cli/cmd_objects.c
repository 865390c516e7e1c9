/* The commands whose answer has places in it: detect and segment. */
#include "cli/commands.h"
#include "cli/drawing.h"
#include "cli/reading.h"

#include <stdlib.h>
#include <string.h>

static char *with_verb(const char *verb, const char *things) {
    size_t size = strlen(verb) + strlen(things) + 2;
    char *prompt = malloc(size);
    if (prompt)
        snprintf(prompt, size, "%s %s", verb, things);
    return prompt;
}

static char *detect_prompt(const rx_options *options, const char *things) {
    (void)options;
    return with_verb("detect", things);
}

static char *segment_prompt(const rx_options *options, const char *things) {
    (void)options;
    return with_verb("segment", things);
}

/* What an answer holds, with the mask of each object that has one. */
typedef struct found {
    pali_object *objects;
    uint8_t **masks;
    size_t count;
} found;

static void free_found(found *f) {
    for (size_t i = 0; f->masks && i < f->count; i++)
        free(f->masks[i]);
    free(f->masks);
    pali_objects_free(&f->objects, f->count);
}

/* Masks need the decoder's weights; without them the codes are delivered, and what is missing is
 * said. */
static pali_status decode_masks(found *f, const rx_options *options, pali_error *err) {
    size_t coded = 0;
    for (size_t i = 0; i < f->count; i++)
        coded += f->objects[i].has_mask_codes;
    if (coded == 0)
        return PALI_OK;
    if (!options->masks) {
        rx_note(options,
                "boxes and mask codes only: masks need the decoder's weights, vae-oid.npz as it is "
                "published with PaliGemma (--mask-decoder FILE)");
        return PALI_OK;
    }
    f->masks = calloc(f->count, sizeof *f->masks);
    pali_mask_decoder *decoder = NULL;
    pali_status status =
        f->masks ? pali_mask_decoder_load(&decoder, options->masks, err) : PALI_ERROR_MEMORY;
    for (size_t i = 0; i < f->count && !status; i++)
        if (f->objects[i].has_mask_codes)
            status = pali_mask_decoder_run(decoder, &f->objects[i], &f->masks[i], err);
    pali_mask_decoder_free(&decoder);
    return status;
}

static pali_status draw(const found *f, const rx_answer *answer, const char *path,
                        pali_error *err) {
    rx_drawing *drawing = rx_drawing_new(answer->page->image);
    if (!drawing) {
        err->code = PALI_ERROR_MEMORY;
        snprintf(err->message, sizeof err->message, "not enough memory to draw");
        return err->code;
    }
    for (size_t i = 0; i < f->count; i++) {
        if (f->masks && f->masks[i])
            rx_drawing_mask(drawing, &f->objects[i], f->masks[i], i);
        rx_drawing_box(drawing, &f->objects[i], i);
    }
    char name[RX_PATH_SIZE];
    rx_drawing_name(name, sizeof name, path, answer->number);
    pali_status status = rx_drawing_save(drawing, name, err);
    rx_drawing_free(drawing);
    return status;
}

/* Parses the answer, decodes masks and draws; false after saying what failed. */
static bool find(const rx_options *options, const rx_answer *answer, found *f) {
    pali_error err = PALI_ERROR_INIT;
    *f = (found){0};
    pali_status status = pali_objects_parse(
        pali_result_text(answer->result, 0), pali_image_width(answer->page->image),
        pali_image_height(answer->page->image), &f->objects, &f->count, &err);
    if (!status)
        status = decode_masks(f, options, &err);
    if (!status && options->draw)
        status = draw(f, answer, options->draw, &err);
    if (status)
        rx_complain("%s", err.message);
    return !status;
}

static bool print_objects(const rx_options *options, const rx_answer *answer, FILE *stream) {
    found f;
    bool good = find(options, answer, &f);
    for (size_t i = 0; i < f.count; i++) {
        const pali_object *o = &f.objects[i];
        fprintf(stream, "%s\tx %d-%d\ty %d-%d\n", o->label, o->x_min, o->x_max, o->y_min, o->y_max);
    }
    if (f.count == 0)
        fprintf(stream, "nothing found; the answer was: %s\n", pali_result_text(answer->result, 0));
    free_found(&f);
    return good;
}

static json_t *json_of_object(const found *f, size_t i) {
    const pali_object *o = &f->objects[i];
    json_t *object = json_pack("{ss, s[iiii]}", "label", o->label, "box", o->x_min, o->y_min,
                               o->x_max, o->y_max);
    if (o->has_mask_codes) {
        json_t *codes = json_array();
        for (size_t k = 0; k < sizeof o->mask_codes; k++)
            json_array_append_new(codes, json_integer(o->mask_codes[k]));
        json_object_set_new(object, "mask_codes", codes);
    }
    if (f->masks && f->masks[i]) {
        size_t area = (size_t)(o->x_max - o->x_min) * (size_t)(o->y_max - o->y_min), inside = 0;
        for (size_t k = 0; k < area; k++)
            inside += f->masks[i][k];
        json_object_set_new(object, "mask_pixels", json_integer((json_int_t)inside));
    }
    return object;
}

static bool add_objects(const rx_options *options, const rx_answer *answer, json_t *object) {
    found f;
    bool good = find(options, answer, &f);
    json_t *list = json_array();
    for (size_t i = 0; i < f.count; i++)
        json_array_append_new(list, json_of_object(&f, i));
    json_object_set_new(object, "objects", list);
    free_found(&f);
    return good;
}

int rx_cmd_detect(int argc, const char **argv) {
    static const rx_reading reading = {.command = &rx_command_detect,
                                       .groups = RX_TAKES_DRAWING,
                                       .prompt = detect_prompt,
                                       .takes_argument = true,
                                       .text = print_objects,
                                       .json = add_objects};
    return rx_reading_run(&reading, argc, argv);
}

int rx_cmd_segment(int argc, const char **argv) {
    static const rx_reading reading = {.command = &rx_command_segment,
                                       .groups = RX_TAKES_DRAWING | RX_TAKES_MASKS,
                                       .prompt = segment_prompt,
                                       .takes_argument = true,
                                       .text = print_objects,
                                       .json = add_objects};
    return rx_reading_run(&reading, argc, argv);
}

const rx_command rx_command_detect = {
    "detect", "INPUT... THINGS", "Finds things and their boxes.",
    "THINGS are separated by \" ; \". Boxes are in pixels of the picture, x_min y_min x_max "
    "y_max.\n\n"
    "  rxscan detect page.jpg \"signature ; stamp\" --draw found.png",
    rx_cmd_detect};

const rx_command rx_command_segment = {
    "segment", "INPUT... THING", "Finds a thing, its box and its mask.",
    "Masks need the mask decoder's weights (--mask-decoder vae-oid.npz).\n\n"
    "  rxscan segment page.jpg signature --mask-decoder vae-oid.npz --draw found.png",
    rx_cmd_segment};
