/* The commands that put one prompt to every page: load the model, walk over the pages, encode,
 * generate, and deliver. */
#include "cli/reading.h"

#include "cli/npy.h"
#include "scan/reads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct session {
    const rx_reading *reading;
    const rx_options *options;
    pali_model *model;
    char *prompt;
    int32_t *prompt_ids; /* of a model without a tokenizer */
    size_t num_prompt_ids;
    rx_output output;
    rx_npy logits;
    size_t answered; /* pages */
    bool headings;
    bool streaming;  /* of the page at hand */
    size_t streamed; /* bytes of its answer */
    bool failed;
} session;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ---- callbacks ---- */

static bool on_progress(void *context, const char *phase, size_t done, size_t total) {
    const session *s = context;
    rx_progress(s->options, "%s: %zu %%", phase, 100 * done / total);
    return !rx_interrupted();
}

static bool on_token(void *context, size_t request, const pali_token *token, const char *text) {
    (void)request;
    session *s = context;
    rx_progress_end();
    if (s->streaming) {
        if (s->prompt_ids)
            fprintf(s->output.stream, "%d ", token->id);
        fputs(text, s->output.stream);
        fflush(s->output.stream);
        s->streamed += strlen(text);
    }
    return !rx_interrupted();
}

static void on_logits(void *context, size_t request, size_t position, float *logits, size_t size) {
    (void)request;
    (void)position;
    session *s = context;
    if (!rx_npy_append(&s->logits, logits, size)) {
        rx_complain("not enough memory to keep the logits");
        s->failed = true;
    }
}

/* ---- one page ---- */

static void print_heading(session *s, const rx_input *page) {
    if (!s->headings && !page->page)
        return;
    rx_print_heading(s->output.stream, page->input, page->page);
}

static void report_failure(session *s, const rx_input *page, const pali_error *err) {
    s->failed = true;
    rx_complain("%s", err->message);
    if (s->options->parsed_format == RX_TEXT)
        return;
    json_t *object = rx_json_page(page->input, page->page);
    json_object_set_new(object, "error", rx_json_error(err));
    rx_output_json(&s->output, object);
}

static json_t *json_of_tokens(const session *s, const pali_result *result) {
    json_t *list = json_array();
    const pali_tokenizer *tokenizer = pali_model_tokenizer(s->model);
    const pali_token *tokens = pali_result_tokens(result, 0);
    for (size_t i = 0; i < pali_result_num_tokens(result, 0); i++) {
        json_t *object = json_object();
        const char *piece = tokenizer ? pali_tokenizer_piece(tokenizer, tokens[i].id) : NULL;
        json_object_set_new(object, "id", json_integer(tokens[i].id));
        if (piece)
            json_object_set_new(object, "piece", json_string(piece));
        json_object_set_new(object, "logprob", json_real(tokens[i].logprob));
        json_array_append_new(list, object);
    }
    return list;
}

/* e^(mean log-probability) of the tokens; null without any. */
static json_t *json_of_confidence(const pali_result *result) {
    size_t count = pali_result_num_tokens(result, 0);
    double sum = 0.0;
    for (size_t i = 0; i < count; i++)
        sum += (double)pali_result_tokens(result, 0)[i].logprob;
    return count ? json_real(exp(sum / (double)count)) : json_null();
}

static const char *finish_name(pali_finish finish) {
    static const char *const names[] = {"eos", "length", "stopped"};
    return names[finish];
}

static json_t *json_of_timing(double vision_seconds, const pali_result *result) {
    pali_timing timing = pali_result_timing(result);
    json_t *object = json_object();
    json_object_set_new(object, "vision_seconds", json_real(vision_seconds));
    json_object_set_new(object, "prefill_seconds", json_real(timing.prefill_seconds));
    json_object_set_new(object, "decode_seconds", json_real(timing.decode_seconds));
    return object;
}

static bool deliver_json(session *s, const rx_answer *answer, double vision_seconds) {
    json_t *object = rx_json_page(answer->page->input, answer->page->page);
    json_object_set_new(object, "prompt", rx_json_text(answer->prompt));
    json_object_set_new(object, "answer", json_string(pali_result_text(answer->result, 0)));
    json_object_set_new(object, "finish",
                        json_string(finish_name(pali_result_finish(answer->result, 0))));
    json_object_set_new(object, "confidence", json_of_confidence(answer->result));
    json_object_set_new(object, "tokens", json_of_tokens(s, answer->result));
    bool good = !s->reading->json || s->reading->json(s->options, answer, object);
    pali_model_info info;
    pali_model_describe(s->model, &info);
    json_object_set_new(object, "model",
                        json_pack("{ss, ss}", "name", info.name, "weights", info.weights));
    json_object_set_new(object, "timing", json_of_timing(vision_seconds, answer->result));
    rx_output_json(&s->output, object);
    return good;
}

static bool deliver_text(session *s, const rx_answer *answer) {
    if (s->reading->text)
        return s->reading->text(s->options, answer, s->output.stream);
    /* what was held back as perhaps incomplete became certain with the end of the answer */
    fprintf(s->output.stream, "%s\n", pali_result_text(answer->result, 0) + s->streamed);
    return true;
}

static void say_timing(const session *s, double vision_seconds, const pali_result *result) {
    pali_timing t = pali_result_timing(result);
    if (!s->options->verbose && !rx_engine_is_synthetic(s->options))
        return;
    rx_note(s->options,
            "vision %.2f s; prefill of %zu positions %.2f s; %zu tokens in %.2f s; peak memory "
            "%.2f GB",
            vision_seconds, t.prefill_tokens, t.prefill_seconds, t.decode_tokens, t.decode_seconds,
            (double)rx_peak_memory() * 1e-9);
}

static pali_status generate(session *s, const pali_features *features, pali_result **result,
                            pali_error *err) {
    pali_request request = {.features = &features,
                            .num_features = 1,
                            .prompt = s->prompt,
                            .prompt_ids = s->prompt_ids,
                            .num_prompt_ids = s->num_prompt_ids};
    pali_generate_options options = PALI_GENERATE_OPTIONS_INIT;
    options.max_new_tokens = s->options->max_new_tokens;
    options.num_beams = (size_t)s->options->beams;
    options.temperature = (float)s->options->temperature;
    options.top_p = (float)s->options->top_p;
    options.seed = (uint64_t)s->options->seed;
    options.progress = on_progress;
    options.on_token = on_token;
    options.on_logits = s->options->logits ? on_logits : NULL;
    options.context = s;
    return pali_model_generate(s->model, &request, 1, &options, result, err);
}

static bool on_page(void *context, rx_input *page) {
    session *s = context;
    if (rx_input_decode(page)) {
        report_failure(s, page, &page->error);
        return true;
    }
    pali_error err = PALI_ERROR_INIT;
    pali_features *features = NULL;
    pali_result *result = NULL;
    bool text = s->options->parsed_format == RX_TEXT;
    rx_preview(s->options, page->image);
    double start = now();
    pali_status status = pali_model_encode(s->model, page->image, on_progress, s, &features, &err);
    double vision_seconds = now() - start;
    s->streaming = text && s->reading->streams;
    s->streamed = 0;
    if (!status && text)
        print_heading(s, page);
    if (!status)
        status = generate(s, features, &result, &err);
    rx_progress_end();
    if (!status) {
        rx_answer answer = {page, s->prompt, result, ++s->answered};
        if (!(text ? deliver_text(s, &answer) : deliver_json(s, &answer, vision_seconds)))
            s->failed = true;
        say_timing(s, vision_seconds, result);
    } else if (status != PALI_ERROR_CANCELLED) {
        report_failure(s, page, &err);
    }
    pali_result_free(&result);
    pali_features_free(&features);
    return !rx_interrupted();
}

/* ---- the command ---- */

/* A model without a tokenizer is given the bytes of the prompt as Gemma's byte tokens, between
 * <bos> and the newline: any ids would do. */
static bool spell_prompt(session *s) {
    enum { BOS = 2, NEWLINE = 108, FIRST_BYTE = 217 };
    size_t length = strlen(s->prompt);
    s->prompt_ids = malloc((length + 2) * sizeof *s->prompt_ids);
    if (!s->prompt_ids)
        return false;
    s->prompt_ids[s->num_prompt_ids++] = BOS;
    for (size_t i = 0; i < length; i++)
        s->prompt_ids[s->num_prompt_ids++] = FIRST_BYTE + (unsigned char)s->prompt[i];
    s->prompt_ids[s->num_prompt_ids++] = NEWLINE;
    return true;
}

/* An option that was given and says how answers are written; NULL if there is none. */
static const char *option_of_writing(const rx_options *options) {
    return options->beams > 1           ? "--beams"
           : options->temperature > 0.0 ? "--temperature"
           : options->logits            ? "--logits"
                                        : NULL;
}

/* -1 if the model takes prompts; otherwise the command is done by its scan, or refused. */
static int read_lines_instead(session *s, const char *folder, const char *const *inputs, int count,
                              const char *argument) {
    rx_reads reads = RX_READS_PAGES;
    pali_error err = PALI_ERROR_INIT;
    if (folder[0] && rx_model_reads(&reads, folder, &err)) {
        rx_complain("%s", err.message);
        return RX_EXIT_MODEL;
    }
    if (reads != RX_READS_LINES || s->reading->any_model)
        return -1;
    const char *option = option_of_writing(s->options);
    if (s->reading->recorded && option)
        return rx_usage_error(
            s->reading->command->name,
            "%s: this model reads lines, and the answer is what its scan of the page "
            "says: name a model that writes answers with --model",
            option);
    if (s->reading->recorded)
        return rx_recorded_run(s->reading->command->name, s->options, inputs, count,
                               s->reading->recorded, argument);
    rx_complain(
        "%s: this model reads lines of text and cannot %s: name a PaliGemma 2 mix checkpoint "
        "with --model",
        folder, s->reading->command->name);
    return RX_EXIT_MODEL;
}

static int read_pages(session *s, const char *const *inputs, int count) {
    char folder[RX_PATH_SIZE];
    int status = rx_engine_find(folder, s->options);
    if (status < 0)
        status = read_lines_instead(s, folder, inputs, count,
                                    s->reading->takes_argument ? inputs[count] : NULL);
    if (status < 0)
        status = rx_engine_load(&s->model, folder, s->options);
    if (status >= 0)
        return status;
    if (!pali_model_tokenizer(s->model) && !spell_prompt(s))
        return RX_EXIT_MODEL;
    if (!rx_output_open(&s->output, s->options))
        return RX_EXIT_SOME_FAILED;
    s->headings = rx_inputs_many(inputs, count);
    rx_inputs_walk(inputs, count, on_page, s);
    if (s->options->logits && s->logits.rows && !rx_npy_write(&s->logits, s->options->logits))
        s->failed = true;
    if (!rx_output_close(&s->output))
        s->failed = true;
    if (rx_interrupted())
        return RX_EXIT_INTERRUPTED;
    return s->failed ? RX_EXIT_SOME_FAILED : RX_EXIT_OK;
}

int rx_reading_run(const rx_reading *reading, int argc, const char **argv) {
    rx_options options;
    const char **arguments;
    int count;
    int status = rx_options_read(&options, reading->command,
                                 RX_TAKES_MODEL | RX_TAKES_ANSWER | RX_TAKES_OUTPUT |
                                     RX_TAKES_PREVIEW | reading->groups,
                                 argc, argv, &arguments, &count);
    if (status >= 0)
        return status;
    int inputs = count - reading->takes_argument;
    if (inputs < 1)
        return rx_usage_error(reading->command->name, "missing %s: rxscan %s %s",
                              count == 0 ? "INPUT" : "the last argument", reading->command->name,
                              reading->command->arguments);
    session s = {.reading = reading, .options = &options};
    s.prompt = reading->prompt(&options, reading->takes_argument ? arguments[inputs] : NULL);
    if (!s.prompt) {
        rx_complain("not enough memory");
        return RX_EXIT_SOME_FAILED;
    }
    const rx_written files[] = {
        {"-o", options.output}, {"--draw", options.draw}, {"--logits", options.logits}};
    rx_interrupt_install();
    status = rx_check_written(reading->command->name, files, sizeof files / sizeof *files,
                              arguments, inputs);
    if (status < 0)
        status = read_pages(&s, arguments, inputs);
    rx_interrupt_watch(NULL);
    pali_model_free(&s.model);
    rx_npy_free(&s.logits);
    free(s.prompt_ids);
    free(s.prompt);
    return status;
}
