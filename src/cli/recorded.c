/* Each page is read as `scan` reads it; text is the answer alone, JSON says what it was asked. */
#include "cli/recorded.h"

#include "cli/scanning.h"

typedef struct session {
    const rx_options *options;
    rx_scanning scanning;
    rx_output output;
    rx_recorded_fn answer;
    const char *argument;
    bool headings, failed;
} session;

static bool on_progress(void *context, const char *phase, size_t done, size_t total) {
    const session *s = context;
    rx_progress(s->options, "%s: %zu %%", phase, total ? 100 * done / total : 100);
    return !rx_interrupted();
}

static void report_failure(session *s, const rx_ready_page *page, const pali_error *err) {
    s->failed = true;
    rx_complain("%s", err->message);
    if (s->options->parsed_format == RX_TEXT)
        return;
    json_t *object = rx_json_page(page->input, page->page);
    json_object_set_new(object, "error", rx_json_error(err));
    rx_output_json(&s->output, object);
}

static void deliver_text(session *s, const rx_ready_page *page, const char *text) {
    if (s->headings || page->page)
        rx_print_heading(s->output.stream, page->input, page->page);
    fprintf(s->output.stream, "%s\n", text);
}

static void deliver_json(session *s, const rx_ready_page *page, const char *text) {
    json_t *object = rx_json_page(page->input, page->page);
    if (s->argument)
        json_object_set_new(object, "question", rx_json_text(s->argument));
    json_object_set_new(object, "answer", rx_json_text(text));
    const rx_provenance *from = &s->scanning.provenance;
    json_object_set_new(object, "model",
                        json_pack("{ss, ss}", "name", from->model_name, "weights", from->weights));
    rx_output_json(&s->output, object);
}

static void read_page(session *s, const rx_ready_page *page) {
    enum { MOST = 4 << 20 };
    pali_error err = page->error;
    rx_prescription read = {0};
    pali_buffer text;
    pali_buffer_init(&text, MOST);
    pali_status status = page->failed ? err.code : PALI_OK;
    if (!status) {
        rx_preview(s->options, page->prepared.image);
        status = rx_scan_read(&read, &s->scanning.scanner, &page->prepared, on_progress, s, &err);
    }
    rx_progress_end();
    if (!status)
        status = s->answer(&text, &read, s->argument, &err);
    const char *answer = text.data ? text.data : "";
    if (status && status != PALI_ERROR_CANCELLED)
        report_failure(s, page, &err);
    else if (!status && s->options->parsed_format == RX_TEXT)
        deliver_text(s, page, answer);
    else if (!status)
        deliver_json(s, page, answer);
    pali_buffer_free(&text);
    rx_prescription_free(&read);
}

static int read_pages(session *s, const char *const *inputs, int count) {
    if (!rx_output_open(&s->output, s->options))
        return RX_EXIT_SOME_FAILED;
    s->headings = rx_inputs_many(inputs, count);
    rx_read_ahead *ahead = rx_read_ahead_new(inputs, count, &s->scanning.scanner, NULL);
    if (!ahead)
        rx_complain("not enough memory");
    s->failed = !ahead;
    rx_ready_page page;
    while (ahead && !rx_interrupted() && rx_read_ahead_next(ahead, &page)) {
        read_page(s, &page);
        rx_ready_page_free(&page);
    }
    rx_read_ahead_free(ahead);
    s->failed |= !rx_output_close(&s->output);
    if (rx_interrupted())
        return RX_EXIT_INTERRUPTED;
    return s->failed ? RX_EXIT_SOME_FAILED : RX_EXIT_OK;
}

/* An argument that this model cannot answer is told before a page is read. */
static int check_argument(const session *s, const char *command) {
    static const rx_prescription nothing;
    pali_error err = PALI_ERROR_INIT;
    pali_buffer ignored;
    pali_buffer_init(&ignored, 1 << 16);
    pali_status status = s->answer(&ignored, &nothing, s->argument, &err);
    pali_buffer_free(&ignored);
    return status ? rx_usage_error(command, "%s", err.message) : -1;
}

int rx_recorded_run(const char *command, const rx_options *options, const char *const *inputs,
                    int count, rx_recorded_fn answer, const char *argument) {
    session s = {.options = options, .answer = answer, .argument = argument};
    int status = check_argument(&s, command);
    if (status >= 0)
        return status;
    status = rx_scanning_open(&s.scanning, options, false);
    if (status < 0)
        status = read_pages(&s, inputs, count);
    rx_scanning_close(&s.scanning);
    return status;
}
