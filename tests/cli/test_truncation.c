/* A checkpoint that was cut off anywhere is refused, and the message names the file. */
#include "program.h"

#include "pali/pali.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char folder[64];

static int copy_model(const char *model) {
    make_folder(folder, sizeof folder);
    DIR *dir = opendir(model);
    if (!dir)
        return -1;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char from[512], to[512];
        if (entry->d_name[0] == '.' || strncmp(entry->d_name, "expected", 8) == 0)
            continue;
        snprintf(from, sizeof from, "%s/%s", model, entry->d_name);
        snprintf(to, sizeof to, "%s/%s", folder, entry->d_name);
        size_t size;
        char *data = file_text(from, &size);
        write_file(to, data, size);
        free(data);
    }
    closedir(dir);
    return 0;
}

/* Loads the copy with `name` cut at `places` lengths from 0 on; each must fail and name the file. */
static void cut(const char *name, size_t places) {
    char path[512];
    size_t size;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *data = file_text(path, &size);
    assert_non_null(data);
    for (size_t i = 0; i < places; i++) {
        size_t length = size * i / places;
        write_file(path, data, length);
        pali_error err = PALI_ERROR_INIT;
        pali_model *model = NULL;
        if (pali_model_load(&model, folder, NULL, &err) == PALI_OK)
            fail_msg("%s of %zu bytes was loaded", name, length);
        assert_null(model);
        if (!strstr(err.message, name))
            fail_msg("%s of %zu bytes: the message does not name it: %s", name, length,
                     err.message);
    }
    write_file(path, data, size);
    free(data);
}

static void two_hundred_cuts_give_two_hundred_errors(void **state) {
    (void)state;
    assert_int_equal(copy_model(MODELS "/base-bf16"), 0);
    cut("model.safetensors", 90);
    cut("config.json", 30);
    cut("tokenizer.json", 40);
    cut("preprocessor_config.json", 20);
    cut("generation_config.json", 20);
    pali_model *model = NULL;
    assert_int_equal(pali_model_load(&model, folder, NULL, NULL), PALI_OK); /* whole again */
    pali_model_free(&model);
    remove_folder(folder);
}

static void cut_shards_and_their_index_too(void **state) {
    (void)state;
    assert_int_equal(copy_model(MODELS "/sharded"), 0);
    cut("model.safetensors.index.json", 30);
    cut("model-00002-of-00003.safetensors", 30);
    remove_folder(folder);
}

static void the_program_ends_with_3(void **state) {
    (void)state;
    assert_int_equal(copy_model(MODELS "/base-bf16"), 0);
    char path[128];
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    size_t size;
    char *data = file_text(path, &size);
    write_file(path, data, size / 2);
    free(data);
    outcome o = RUN("caption", "--model", folder, MODELS "/base-bf16/image.png");
    assert_int_equal(o.status, 3);
    assert_non_null(strstr(o.err, "model.safetensors"));
    assert_string_equal(o.out, "");
    outcome_free(&o);
    remove_folder(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_hundred_cuts_give_two_hundred_errors),
        cmocka_unit_test(cut_shards_and_their_index_too),
        cmocka_unit_test(the_program_ends_with_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
