/* bench: speed and memory of this machine, on random weights of the true shapes.
 *
 * A shared machine drifts, so what it can do at best is measured between the layers and the tokens
 * of the work itself: multiplying in registers during vision and prefill, of which the best counts;
 * reading the decoder's weights after each token. The time that this takes is left out. */
#include "cli/commands.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
    char *size;
    int resolution, batch, tokens, runs;
} wanted;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Operations (multiply and add counted as two) of the phases of one page. */
typedef struct work {
    double vision, prefill;
} work;

static work work_of(const pali_model_info *i, size_t prefix) {
    double n = i->num_image_tokens, d = i->vision_hidden_size, p = (double)prefix;
    double block = 4 * d * d + 2 * d * i->vision_intermediate_size;
    double q = (double)i->num_attention_heads * i->head_dim;
    double kv = (double)i->num_key_value_heads * i->head_dim;
    double h = i->hidden_size;
    double layer = h * q * 2 + h * kv * 2 + 3 * h * i->intermediate_size;
    return (work){
        .vision =
            i->vision_num_hidden_layers * (2 * n * block + 4 * n * n * d) + 2 * n * d * (588 + h),
        .prefill = i->num_hidden_layers * (2 * p * layer + 4 * p * p * q),
    };
}

/* A grey picture with something on it. */
static pali_image *picture(pali_error *err) {
    enum { SIDE = 640 };
    uint8_t *rgb = malloc((size_t)SIDE * SIDE * 3);
    pali_image *image = NULL;
    for (size_t i = 0; rgb && i < (size_t)SIDE * SIDE * 3; i++)
        rgb[i] = (uint8_t)(i * 2654435761u >> 24);
    if (rgb)
        pali_image_from_rgb(&image, SIDE, SIDE, SIDE * 3, rgb, err);
    free(rgb);
    return image;
}

typedef struct measurement {
    double vision, prefill, decode; /* seconds */
    size_t prefill_tokens, decode_tokens;
    double peak;        /* operations a second, the best of all times */
    pali_measured read; /* of the decoder's weights, all times together */
    size_t reads;
} measurement;

/* One measurement in progress. */
typedef struct measuring {
    const rx_options *options;
    const pali_model *model;
    measurement *out;
    size_t steps;
    double in_progress, in_steps; /* seconds that yardsticks took, to be left out */
} measuring;

static bool on_progress(void *context, const char *phase, size_t done, size_t total) {
    measuring *m = context;
    rx_progress(m->options, "%s: %zu %%", phase, 100 * done / total);
    double start = now();
    pali_measured best = pali_model_measure(m->model, PALI_YARDSTICK_MULTIPLY);
    if (best.amount / best.seconds > m->out->peak)
        m->out->peak = best.amount / best.seconds;
    m->in_progress += now() - start;
    return !rx_interrupted();
}

/* Called for each sequence of a batch: once a step will do. The first token is the prefill's. */
static bool on_token(void *context, size_t request, const pali_token *token, const char *text) {
    (void)token;
    (void)text;
    measuring *m = context;
    if (request > 0 || m->steps++ == 0)
        return true;
    double start = now();
    pali_measured read = pali_model_measure(m->model, PALI_YARDSTICK_READ);
    m->out->read.amount += read.amount;
    m->out->read.seconds += read.seconds;
    m->out->reads++;
    m->in_steps += now() - start;
    return true;
}

static pali_status measure(const pali_model *model, const rx_options *options,
                           const pali_image *image, measurement *out, pali_error *err) {
    static const int32_t prompt[] = {2,   13072, 659,    10398, 29915, 708, 12919, 575,
                                     573, 37434, 235336, 573,   602,   108, 108,   108};
    pali_features *features = NULL;
    pali_result *result = NULL;
    measuring m = {.options = options, .model = model, .out = out};
    double start = now();
    pali_status status = pali_model_encode(model, image, on_progress, &m, &features, err);
    out->vision = now() - start - m.in_progress;
    m.in_progress = 0.0;
    pali_request *requests = calloc((size_t)wanted.batch, sizeof *requests);
    for (int i = 0; requests && i < wanted.batch; i++)
        requests[i] = (pali_request){.features = (const pali_features *const *)&features,
                                     .num_features = 1,
                                     .prompt_ids = prompt,
                                     .num_prompt_ids = sizeof prompt / sizeof *prompt};
    pali_generate_options generate = PALI_GENERATE_OPTIONS_INIT;
    generate.max_new_tokens = wanted.tokens;
    generate.num_candidates = 0;
    generate.progress = on_progress;
    generate.on_token = on_token;
    generate.context = &m;
    if (!status && requests)
        status =
            pali_model_generate(model, requests, (size_t)wanted.batch, &generate, &result, err);
    if (!status && result) {
        pali_timing timing = pali_result_timing(result);
        out->prefill = timing.prefill_seconds - m.in_progress;
        out->decode = timing.decode_seconds - m.in_steps;
        out->prefill_tokens = timing.prefill_tokens;
        out->decode_tokens = timing.decode_tokens;
    }
    rx_progress_end();
    free(requests);
    pali_result_free(&result);
    pali_features_free(&features);
    return status;
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    return values[count / 2];
}

static double rate(double amount, double seconds) {
    return seconds > 0.0 ? amount / seconds : 0.0;
}

static json_t *phase(double seconds, double operations, double peak) {
    return json_pack("{sf, sf, sf}", "seconds", seconds, "gops", rate(operations, seconds) * 1e-9,
                     "share_of_peak", rate(rate(operations, seconds), peak));
}

/* Bytes that a step reads: weights, and keys and values of all positions, half of the answer's in the mean. */
static double bytes_of_step(const pali_model_info *info, const measurement *m, double steps) {
    double positions = (double)m->prefill_tokens + wanted.batch * steps / 2;
    return rate(m->read.amount, (double)m->reads) + positions * (double)info->kv_cache_bytes;
}

static json_t *report(const pali_model_info *info, const measurement *m, const work *w) {
    double steps = (double)m->decode_tokens / wanted.batch;
    double read = rate(steps * bytes_of_step(info, m, steps), m->decode);
    double bandwidth = rate(m->read.amount, m->read.seconds);
    json_t *decode = json_pack("{sf, sf, sf, sf}", "seconds", m->decode, "tokens_per_second",
                               rate((double)m->decode_tokens, m->decode), "gb_per_second",
                               read * 1e-9, "share_of_bandwidth", rate(read, bandwidth));
    return json_pack("{ss, si, ss, si, so, so, sf, so, sf, sf, sI, sI}", "size", wanted.size,
                     "resolution", wanted.resolution, "weights", info->weights, "batch",
                     wanted.batch, "vision", phase(m->vision, w->vision, m->peak), "prefill",
                     phase(m->prefill, w->prefill * wanted.batch, m->peak), "first_token_seconds",
                     m->vision + m->prefill, "decode", decode, "peak_gops", m->peak * 1e-9,
                     "bandwidth_gb_per_second", bandwidth * 1e-9, "weight_bytes",
                     (json_int_t)info->weight_bytes, "peak_memory_bytes",
                     (json_int_t)rx_peak_memory());
}

static double number(const json_t *r, const char *part, const char *key) {
    return json_number_value(json_object_get(part ? json_object_get(r, part) : r, key));
}

static void print_phase(const json_t *r, const char *part, FILE *out) {
    fprintf(out, "%-12s %8.2f s  %7.0f Gop/s, %.0f %% of the peak\n", part,
            number(r, part, "seconds"), number(r, part, "gops"),
            100 * number(r, part, "share_of_peak"));
}

static void print_report(const json_t *r, FILE *out) {
    fprintf(out, "%s-%d, %s, batch of %d\n", wanted.size, wanted.resolution,
            json_string_value(json_object_get(r, "weights")), wanted.batch);
    print_phase(r, "vision", out);
    print_phase(r, "prefill", out);
    fprintf(out, "first token  %8.2f s\n", number(r, NULL, "first_token_seconds"));
    fprintf(out, "decode       %8.2f tokens/s  %.1f GB/s read, %.0f %% of the bandwidth\n",
            number(r, "decode", "tokens_per_second"), number(r, "decode", "gb_per_second"),
            100 * number(r, "decode", "share_of_bandwidth"));
    fprintf(out, "memory       %8.2f GB at its peak, of which weights %.2f GB\n",
            number(r, NULL, "peak_memory_bytes") * 1e-9, number(r, NULL, "weight_bytes") * 1e-9);
    fprintf(out, "this machine %8.0f Gop/s in registers, %.1f GB/s from memory\n",
            number(r, NULL, "peak_gops"), number(r, NULL, "bandwidth_gb_per_second"));
}

static int measure_all(const rx_options *options, const pali_model *model) {
    pali_error err = PALI_ERROR_INIT;
    pali_image *image = picture(&err);
    double vision[64], prefill[64], decode[64];
    measurement m = {0};
    pali_status status = image ? PALI_OK : PALI_ERROR_MEMORY;
    for (int i = 0; i < wanted.runs && !status; i++) {
        status = measure(model, options, image, &m, &err);
        vision[i] = m.vision;
        prefill[i] = m.prefill;
        decode[i] = m.decode;
    }
    pali_image_free(&image);
    if (status == PALI_ERROR_CANCELLED)
        return RX_EXIT_INTERRUPTED;
    if (status) {
        rx_complain("%s", err.message);
        return RX_EXIT_SOME_FAILED;
    }
    m.vision = median(vision, wanted.runs);
    m.prefill = median(prefill, wanted.runs);
    m.decode = median(decode, wanted.runs);
    pali_model_info info;
    pali_model_describe(model, &info);
    work w = work_of(&info, m.prefill_tokens / (size_t)wanted.batch);
    rx_output output;
    if (!rx_output_open(&output, options))
        return RX_EXIT_SOME_FAILED;
    json_t *r = report(&info, &m, &w);
    if (options->parsed_format == RX_TEXT) {
        print_report(r, output.stream);
        json_decref(r);
    } else {
        rx_output_json(&output, r);
    }
    return rx_output_close(&output) ? RX_EXIT_OK : RX_EXIT_SOME_FAILED;
}

static int run(rx_options *options) {
    char name[64];
    pali_model *model = NULL;
    snprintf(name, sizeof name, "synthetic:%s-%d", wanted.size, wanted.resolution);
    options->model = name;
    rx_interrupt_install();
    int status = rx_engine_load(&model, NULL, options);
    if (status < 0)
        status = measure_all(options, model);
    rx_interrupt_watch(NULL);
    pali_model_free(&model);
    return status;
}

static int check_usage(const rx_options *options, const char *const *arguments, int count) {
    if (count)
        return rx_usage_error("bench", "unexpected argument '%s'", arguments[0]);
    if (options->model)
        return rx_usage_error("bench", "--size and --resolution name the model");
    if (strcmp(wanted.size, "3b") != 0 && strcmp(wanted.size, "10b") != 0 &&
        strcmp(wanted.size, "28b") != 0)
        return rx_usage_error("bench", "--size %s: 3b, 10b or 28b", wanted.size);
    if (wanted.resolution != 224 && wanted.resolution != 448 && wanted.resolution != 896)
        return rx_usage_error("bench", "--resolution %d: 224, 448 or 896", wanted.resolution);
    if (wanted.batch < 1 || wanted.batch > 64 || wanted.runs < 1 || wanted.runs > 64 ||
        wanted.tokens < 1)
        return rx_usage_error("bench", "--batch and --runs: 1 to 64; --tokens: at least 1");
    return -1;
}

int rx_cmd_bench(int argc, const char **argv) {
    rx_options options;
    const char **arguments;
    int count;
    wanted.size = strdup("3b");
    wanted.resolution = 448;
    wanted.batch = 1;
    wanted.tokens = 16;
    wanted.runs = 1;
    int status = rx_options_read(&options, &rx_command_bench,
                                 RX_TAKES_MODEL | RX_TAKES_OUTPUT | RX_TAKES_BENCH, argc, argv,
                                 &arguments, &count);
    if (status < 0)
        status = check_usage(&options, arguments, count);
    if (status < 0)
        status = run(&options);
    free(wanted.size);
    return status;
}

const struct poptOption rx_bench_table[] = {
    {"size", 0, POPT_ARG_STRING, &wanted.size, 0, "3b, 10b or 28b (default: 3b)", "SIZE"},
    {"resolution", 0, POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &wanted.resolution, 0,
     "224, 448 or 896", "PIXELS"},
    {"batch", 0, POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &wanted.batch, 0,
     "prompts on the picture, answered together", "N"},
    {"tokens", 0, POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &wanted.tokens, 0,
     "tokens to generate for each", "N"},
    {"runs", 0, POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &wanted.runs, 0,
     "runs, of which the median counts", "N"},
    POPT_TABLEEND};

const rx_command rx_command_bench = {
    "bench", "", "Measures this machine's speed and memory, without any files.",
    "The weights are random numbers of the true shapes: time and memory are those of the real "
    "model\nheld in memory. One that is mapped from its file may decode a fifth slower.\n\n"
    "  rxscan bench --size 3b --resolution 448 --weights int8\n"
    "  rxscan bench --size 28b --weights int4 --tokens 4 --format json",
    rx_cmd_bench};
