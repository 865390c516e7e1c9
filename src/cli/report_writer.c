/* Every format is a head, a part for each page, and a tail; parts are written as they come. */
#include "cli/report_writer.h"

#include "rx/plain.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { MAX_REPORT_BYTES = 1 << 30, DEFAULT_COLUMNS = 100 };

static size_t columns_of(FILE *stream) {
    struct winsize size;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    const char *columns = getenv("COLUMNS");
    int value = columns ? atoi(columns) : 0;
    return value > 0 ? (size_t)value : DEFAULT_COLUMNS;
}

static bool is_colorful(FILE *stream) {
    const char *no_color = getenv("NO_COLOR"); /* https://no-color.org: any text */
    return rx_is_terminal(fileno(stream)) && !(no_color && *no_color);
}

/* Writes what `part` holds and frees it; false after saying why not. */
static bool put(rx_report_writer *w, pali_buffer *part, pali_status status, const pali_error *err) {
    if (!status && part->size)
        fwrite(part->data, 1, part->size, w->output.stream);
    pali_buffer_free(part);
    if (status)
        rx_complain("%s", err->message);
    else if (fflush(w->output.stream) != 0)
        status = PALI_ERROR_IO; /* said when the output is closed */
    return !status;
}

bool rx_report_writer_open(rx_report_writer *w, const char *path, rx_format format) {
    *w = (rx_report_writer){.format = format};
    if (!rx_output_open_file(&w->output, path, format))
        return false;
    pali_error err = PALI_ERROR_INIT;
    pali_buffer head;
    pali_buffer_init(&head, MAX_REPORT_BYTES);
    pali_status status = PALI_OK;
    if (format == RX_CSV)
        status = rx_report_csv_header(&head, &err);
    else if (format == RX_HTML)
        status = rx_report_html_head(&head, &err);
    else if (format == RX_FHIR)
        status = pali_buffer_append_text(
            &head, "{\"resourceType\": \"Bundle\", \"type\": \"collection\", \"entry\": [", &err);
    if (put(w, &head, status, &err))
        return true;
    if (!status)
        rx_output_close(&w->output); /* which says why */
    return false;
}

/* Entries of a page in the bundle's array; the reference is taken. */
static pali_status append_entries(rx_report_writer *w, pali_buffer *part, json_t *entries,
                                  pali_error *err) {
    size_t index;
    json_t *entry;
    pali_status status = PALI_OK;
    json_array_foreach(entries, index, entry) {
        char *text = json_dumps(entry, JSON_INDENT(2));
        if (!status && !text)
            status = PALI_ERROR_MEMORY;
        if (!status)
            status = pali_buffer_append_text(part, w->fhir_entries++ ? ",\n" : "\n", err);
        if (!status)
            status = pali_buffer_append_text(part, text, err);
        free(text);
    }
    json_decref(entries);
    return status;
}

static pali_status append_page(rx_report_writer *w, pali_buffer *part, const rx_prescription *page,
                               const rx_provenance *from, const pali_image *image,
                               pali_error *err) {
    json_t *json = NULL;
    pali_status status;
    switch (w->format) {
    case RX_TEXT:
        status = w->pages ? pali_buffer_append_text(part, "\n", err) : PALI_OK;
        return status ? status
                      : rx_report_text(part, page, columns_of(w->output.stream),
                                       is_colorful(w->output.stream), err);
    case RX_CSV:
        return rx_report_csv(part, page, from, err);
    case RX_HTML:
        return rx_report_html(part, page, from, image, err);
    case RX_FHIR:
        status = rx_report_fhir(&json, page, from, err);
        return status ? status : append_entries(w, part, json, err);
    default:
        status = rx_report_json(&json, page, from, err);
        if (!status)
            rx_output_json(&w->output, json);
        return status;
    }
}

bool rx_report_writer_page(rx_report_writer *w, const rx_prescription *page,
                           const rx_provenance *from, const pali_image *image) {
    pali_error err = PALI_ERROR_INIT;
    pali_buffer part;
    pali_buffer_init(&part, MAX_REPORT_BYTES);
    pali_status status = append_page(w, &part, page, from, image, &err);
    w->pages++;
    return put(w, &part, status, &err);
}

static json_t *json_of_failure(const char *input, int page, const pali_error *failure) {
    json_t *object = rx_json_page(input, page);
    json_object_set_new(object, "error", rx_json_error(failure));
    return object;
}

static pali_status append_failure(rx_report_writer *w, pali_buffer *part, const char *input,
                                  int page, const pali_error *failure, pali_error *err) {
    json_t *json = NULL;
    pali_status status;
    switch (w->format) {
    case RX_TEXT:
        status = pali_buffer_append_text(part, w->pages ? "\nnot read: " : "not read: ", err);
        if (!status)
            status = rx_append_plain(part, failure->message, err);
        return status ? status : pali_buffer_append_text(part, "\n", err);
    case RX_CSV:
        return rx_report_csv_failure(part, input, page, failure->message, err);
    case RX_HTML:
        return rx_report_html_failure(part, input, page, failure->message, err);
    case RX_FHIR:
        status = rx_report_fhir_failure(&json, input, page, failure->message, err);
        return status ? status : append_entries(w, part, json, err);
    default:
        rx_output_json(&w->output, json_of_failure(input, page, failure));
        return PALI_OK;
    }
}

bool rx_report_writer_failure(rx_report_writer *w, const char *input, int page,
                              const pali_error *failure) {
    pali_error err = PALI_ERROR_INIT;
    pali_buffer part;
    pali_buffer_init(&part, MAX_REPORT_BYTES);
    pali_status status = append_failure(w, &part, input, page, failure, &err);
    w->pages++;
    return put(w, &part, status, &err);
}

bool rx_report_writer_close(rx_report_writer *w) {
    pali_error err = PALI_ERROR_INIT;
    pali_buffer tail;
    pali_buffer_init(&tail, MAX_REPORT_BYTES);
    pali_status status = PALI_OK;
    if (w->format == RX_HTML)
        status = rx_report_html_tail(&tail, &err);
    else if (w->format == RX_FHIR)
        status = pali_buffer_append_text(&tail, w->fhir_entries ? "\n]}\n" : "]}\n", &err);
    bool good = put(w, &tail, status, &err);
    return rx_output_close(&w->output) && good;
}
