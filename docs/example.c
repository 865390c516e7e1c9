/* Asks a model about a picture, through libpali alone.
 *
 *     cc example.c $(pkg-config --cflags --libs pali) -o example
 *     ./example /path/to/paligemma2-3b-mix-448 photo.jpg "answer en what is this"
 */
#include <pali/pali.h>

#include <stdio.h>

static pali_status answer(const char *directory, const char *picture, const char *prompt,
                          pali_error *err) {
    pali_model *model = NULL;
    pali_image *image = NULL;
    pali_features *features = NULL;
    pali_result *result = NULL;
    pali_status status = pali_model_load(&model, directory, NULL, err);
    if (!status)
        status = pali_image_load(&image, picture, NULL, err);
    if (!status)
        status = pali_model_encode(model, image, NULL, NULL, &features, err);
    if (!status) {
        const pali_features *pictures[] = {features};
        pali_request request = {.features = pictures, .num_features = 1, .prompt = prompt};
        status = pali_model_generate(model, &request, 1, NULL, &result, err);
    }
    if (!status)
        puts(pali_result_text(result, 0));
    pali_result_free(&result);
    pali_features_free(&features);
    pali_image_free(&image);
    pali_model_free(&model);
    return status;
}

int main(int argc, char **argv) {
    pali_error err = PALI_ERROR_INIT;
    if (argc != 4) {
        fprintf(stderr, "usage: example MODEL PICTURE PROMPT\n");
        return 2;
    }
    if (answer(argv[1], argv[2], argv[3], &err)) {
        fprintf(stderr, "%s: %s\n", pali_status_name(err.code), err.message);
        return 1;
    }
    return 0;
}
