/* Claims about quantised checkpoints: they are the model that quantising at load gives, they come
 * whole or not at all, and what is not one is refused. */
#include "program.h"

#include "pali/pali.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { STEPS = 5, MAX_LOGITS = 1 << 16, PATH_SIZE = 256 };

#define PAGE SAMPLES "/prescription.jpg"

static const char *const models[] = {"base-f32",  "base-f16",    "base-bf16", "sharded",
                                     "odd-sizes", "scaling-28b", "paligemma1"};
static const struct {
    const char *name;
    pali_weights weights;
} formats[] = {{"int8", PALI_WEIGHTS_INT8}, {"int4", PALI_WEIGHTS_INT4}};

static char folder[64]; /* of a test; the new checkpoint is folder/new */

static void begin(char *source, char *destination, const char *model) {
    make_folder(folder, sizeof folder);
    snprintf(source, PATH_SIZE, "%s/%s", MODELS, model);
    snprintf(destination, PATH_SIZE, "%s/new", folder);
}

static size_t entries(const char *path) {
    size_t count = 0;
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        count += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return count;
}

typedef struct recording {
    float values[MAX_LOGITS];
    size_t count;
} recording;

static void record(void *context, size_t request, size_t position, float *logits, size_t n) {
    (void)request;
    (void)position;
    recording *r = context;
    assert_true(r->count + n <= MAX_LOGITS);
    memcpy(r->values + r->count, logits, n * sizeof *logits);
    r->count += n;
}

/* The logits of a few steps on the model's own picture. */
static void run_model(const char *model_path, const char *source, pali_weights weights,
                      bool quantised_at_load, recording *out) {
    pali_error err = PALI_ERROR_INIT;
    pali_model *model = NULL;
    pali_model_options options = PALI_MODEL_OPTIONS_INIT;
    options.weights = weights;
    if (pali_model_load(&model, model_path, &options, &err))
        fail_msg("%s", err.message);
    pali_model_info info;
    pali_model_describe(model, &info);
    assert_int_equal(info.converted, quantised_at_load);
    char picture[PATH_SIZE];
    snprintf(picture, sizeof picture, "%s/image.png", source);
    pali_image *image = NULL;
    pali_features *features = NULL;
    assert_int_equal(pali_image_load(&image, picture, NULL, NULL), PALI_OK);
    assert_int_equal(pali_model_encode(model, image, NULL, NULL, &features, NULL), PALI_OK);
    pali_request request = {
        .features = (const pali_features *const *)&features, .num_features = 1, .prompt = "a cat"};
    pali_generate_options generate = PALI_GENERATE_OPTIONS_INIT;
    generate.max_new_tokens = STEPS;
    generate.on_logits = record;
    generate.context = out;
    out->count = 0;
    pali_result *result = NULL;
    assert_int_equal(pali_model_generate(model, &request, 1, &generate, &result, NULL), PALI_OK);
    assert_true(out->count > 0);
    pali_result_free(&result);
    pali_features_free(&features);
    pali_image_free(&image);
    pali_model_free(&model);
}

static void it_gives_the_bits_of_quantising_at_load(void **state) {
    (void)state;
    static recording at_load, saved;
    for (size_t m = 0; m < sizeof models / sizeof *models; m++)
        for (size_t f = 0; f < 2; f++) {
            char source[PATH_SIZE], destination[PATH_SIZE];
            begin(source, destination, models[m]);
            /* on one thread pieces are smallest, and some matrices have several */
            outcome o = RUN("quantize", source, "--to", formats[f].name, "-o", destination,
                            "--threads", "1");
            if (o.status != 0)
                fail_msg("%s to %s: %s", models[m], formats[f].name, o.err);
            outcome_free(&o);
            run_model(source, source, formats[f].weights, true, &at_load);
            run_model(destination, source, PALI_WEIGHTS_AUTO, false, &saved);
            assert_int_equal(saved.count, at_load.count);
            if (memcmp(saved.values, at_load.values, saved.count * sizeof *saved.values) != 0)
                fail_msg("%s as %s: the saved one answers otherwise", models[m], formats[f].name);
            assert_int_equal(entries(folder), 1); /* nothing temporary is left */
            remove_folder(folder);
        }
}

/* Relative, of the first token's logits: later ones follow what was chosen. */
static double difference(const recording *a, const recording *b) {
    double squares = 0.0, of_both = 0.0;
    for (size_t i = 0; i < a->count / STEPS; i++) {
        double d = (double)a->values[i] - (double)b->values[i];
        of_both += d * d;
        squares += (double)b->values[i] * (double)b->values[i];
    }
    return sqrt(of_both / squares);
}

/* Plain numbers lose nothing more, other bits as much as of an original. */
static void a_saved_one_can_be_held_in_any_format(void **state) {
    (void)state;
    static const struct {
        pali_weights format;
        double loss;
    } held[] = {{PALI_WEIGHTS_F32, 0.06},
                {PALI_WEIGHTS_F16, 0.06},
                {PALI_WEIGHTS_BF16, 0.06},
                {PALI_WEIGHTS_INT8, 0.06},
                {PALI_WEIGHTS_INT4, 0.4}};
    static recording saved, converted;
    for (size_t f = 0; f < 2; f++) {
        char source[PATH_SIZE], destination[PATH_SIZE];
        begin(source, destination, models[0]);
        outcome o = RUN("quantize", source, "--to", formats[f].name, "-o", destination);
        assert_int_equal(o.status, 0);
        outcome_free(&o);
        run_model(destination, source, PALI_WEIGHTS_AUTO, false, &saved);
        for (size_t h = 0; h < sizeof held / sizeof *held; h++) {
            run_model(destination, source, held[h].format, false, &converted);
            double loss = difference(&converted, &saved);
            if (!(loss < held[h].loss))
                fail_msg("%s held as %d: %g", formats[f].name, (int)held[h].format, loss);
        }
        remove_folder(folder);
    }
}

/* What `command` prints first, up to white space. */
static void first_word_of(const char *command, char *out, size_t size) {
    char format[16];
    snprintf(format, sizeof format, "%%%zus", size - 1);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_int_equal(fscanf(pipe, format, out), 1);
    pclose(pipe);
}

static void it_names_its_source_and_brings_its_files(void **state) {
    (void)state;
    char source[PATH_SIZE], destination[PATH_SIZE], command[2 * PATH_SIZE], hash[65];
    begin(source, destination, "sharded");
    outcome o = RUN("quantize", source, "--to", "int8", "-o", destination, "--quiet");
    assert_int_equal(o.status, 0);
    assert_string_equal(o.out, "");
    assert_string_equal(o.err, "");
    outcome_free(&o);
    snprintf(command, sizeof command, "cat '%s'/model*.safetensors | sha256sum", source);
    first_word_of(command, hash, sizeof hash);
    char path[2 * PATH_SIZE];
    size_t size;
    snprintf(path, sizeof path, "%s/model.safetensors", destination);
    char *file = file_text(path, &size);
    assert_non_null(file);
    assert_non_null(strstr(file + 8, hash));
    free(file);
    static const char *const carried[] = {"config.json", "generation_config.json",
                                          "preprocessor_config.json", "tokenizer.json"};
    for (size_t i = 0; i < 4; i++) {
        size_t there, here;
        snprintf(path, sizeof path, "%s/%s", source, carried[i]);
        char *original = file_text(path, &there);
        snprintf(path, sizeof path, "%s/%s", destination, carried[i]);
        char *copy = file_text(path, &here);
        assert_non_null(copy);
        assert_int_equal(here, there);
        assert_memory_equal(copy, original, here);
        free(copy);
        free(original);
    }
    struct stat info;
    snprintf(path, sizeof path, "%s/model.safetensors.index.json", destination);
    assert_int_not_equal(stat(path, &info), 0);
    remove_folder(folder);
}

static void expect(outcome o, int status, const char *on_stderr) {
    assert_int_equal(o.status, status);
    if (!o.err || !strstr(o.err, on_stderr))
        fail_msg("standard error does not say \"%s\": %s", on_stderr, o.err ? o.err : "");
    outcome_free(&o);
}

static void what_is_wrong_is_said_and_leaves_nothing(void **state) {
    (void)state;
    char source[PATH_SIZE], destination[PATH_SIZE], other[2 * PATH_SIZE];
    begin(source, destination, "base-bf16");
    expect(RUN("quantize", source, "-o", destination), 2, "--to int8 or --to int4");
    expect(RUN("quantize", source, "--to", "int3", "-o", destination), 2, "--to int8 or");
    expect(RUN("quantize", source, "--to", "int8"), 2, "-o DIR");
    expect(RUN("quantize", "--to", "int8", "-o", destination), 2, "missing MODEL");
    expect(RUN("quantize", "/nowhere", "--to", "int8", "-o", destination), 3, "/nowhere");
    expect(RUN("quantize", source, "--to", "int8", "-o", folder), 0, "");
    expect(RUN("quantize", source, "--to", "int8", "-o", folder), 1, "exists already");
    expect(RUN("quantize", folder, "--to", "int4", "-o", destination), 3, "quantised already");
    snprintf(other, sizeof other, "%s/config.json/new", source);
    expect(RUN("quantize", source, "--to", "int8", "-o", other), 1, "cannot make");
    expect(RUN("quantize", PAGE, "--to", "int8", "-o", destination), 3, "Not a directory");
    expect(RUN("quantize", "", "--to", "int8", "-o", destination), 2, "is empty");
    struct stat info;
    assert_int_not_equal(stat(destination, &info), 0);
    remove_folder(folder);
}

static bool stop_at(void *context, const char *phase, size_t done, size_t total) {
    (void)done;
    (void)total;
    return strcmp(phase, context) != 0;
}

static void a_conversion_that_is_stopped_leaves_nothing(void **state) {
    (void)state;
    static const char *const phases[] = {"hash", "quantize"};
    for (size_t i = 0; i < 2; i++) {
        char source[PATH_SIZE], destination[PATH_SIZE];
        begin(source, destination, "base-bf16");
        pali_model_options options = PALI_MODEL_OPTIONS_INIT;
        options.weights = PALI_WEIGHTS_INT8;
        options.progress = stop_at;
        options.progress_context = (void *)(uintptr_t)phases[i];
        assert_int_equal(pali_model_quantize(source, destination, &options, NULL),
                         PALI_ERROR_CANCELLED);
        assert_int_equal(entries(folder), 0);
        remove_folder(folder);
    }
}

static bool count_calls(void *context, const char *phase, size_t done, size_t total) {
    size_t *calls = context; /* by layers that are done */
    (void)phase, (void)total;
    return ++calls[done] < 100;
}

static bool stop_before_a_layer(void *context, const char *phase, size_t done, size_t total) {
    (void)context, (void)phase, (void)total;
    return done > 0;
}

/* A layer of a large model takes seconds to convert: the caller is asked in between. */
static void converting_at_load_asks_within_a_matrix_whether_to_go_on(void **state) {
    (void)state;
    enum { VISION_LAYERS = 3, MATRICES_OF_A_LAYER = 7, PIECES_OF_THE_TABLE = 320 / 64 };
    size_t calls[16] = {0};
    pali_model *model = NULL;
    pali_model_options options = PALI_MODEL_OPTIONS_INIT;
    options.num_threads = 1;
    options.weights = PALI_WEIGHTS_INT4;
    options.progress = count_calls;
    options.progress_context = calls;
    assert_int_equal(pali_model_load(&model, MODELS "/base-bf16", &options, NULL), PALI_OK);
    pali_model_free(&model);
    assert_true(calls[VISION_LAYERS] >= MATRICES_OF_A_LAYER + PIECES_OF_THE_TABLE);
    options.progress = stop_before_a_layer;
    assert_int_equal(pali_model_load(&model, MODELS "/base-bf16", &options, NULL),
                     PALI_ERROR_CANCELLED);
    assert_null(model);
}

/* Writes `to` over the first place of a file where `from` stands. */
static void change(const char *path, const char *from, const char *to) {
    size_t size;
    char *data = file_text(path, &size);
    assert_non_null(data);
    char *at = memmem(data, size, from, strlen(from));
    assert_non_null(at);
    memcpy(at, to, strlen(to));
    write_file(path, data, size);
    free(data);
}

static void damaged_ones_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *file, *from, *to, *message;
    } damages[] = {
        {"model.safetensors", "\"pali.layout\":\"", "\"pali.layout\":\"9", "layout 9"},
        {"model.safetensors", "\"pali.table_dtype\":\"B", "\"pali.table_dtype\":\"X",
         "table_dtype"},
        {"model.safetensors", "q_proj.weight.int8\":{\"dtype\":\"U8",
         "q_proj.weight.int8\":{\"dtype\":\"I8", "is not the packed matrix"},
        {"model.safetensors", "gate_proj.weight.int8", "gate_proj.weight.int4",
         "is not the packed matrix"},
        {"model.safetensors", "weight.int8", "weight.int5", "there is no tensor"},
        {"config.json", "\"intermediate_size\": ", "\"intermediate_size\":1", "packed matrix"},
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        char source[PATH_SIZE], destination[PATH_SIZE], path[2 * PATH_SIZE];
        begin(source, destination, "base-bf16");
        expect(RUN("quantize", source, "--to", "int8", "-o", destination), 0, "");
        snprintf(path, sizeof path, "%s/%s", destination, damages[i].file);
        change(path, damages[i].from, damages[i].to);
        expect(RUN("info", destination), 3, damages[i].message);
        remove_folder(folder);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_gives_the_bits_of_quantising_at_load),
        cmocka_unit_test(a_saved_one_can_be_held_in_any_format),
        cmocka_unit_test(it_names_its_source_and_brings_its_files),
        cmocka_unit_test(what_is_wrong_is_said_and_leaves_nothing),
        cmocka_unit_test(a_conversion_that_is_stopped_leaves_nothing),
        cmocka_unit_test(converting_at_load_asks_within_a_matrix_whether_to_go_on),
        cmocka_unit_test(damaged_ones_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
