/* A page as a section of one HTML file that needs nothing else: no script, no link, pictures as
 * data URIs, and a policy that forbids the browser to fetch anything. */
#include "rx/report.h"

#include "rx/plain.h"
#include "rx/review.h"
#include "rx/units.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_CROP_WIDTH = 900 };

typedef struct writer {
    pali_buffer *out;
    pali_status status; /* the first failure is kept */
    pali_error *err;
} writer;

static void put(writer *w, const char *markup) {
    if (!w->status)
        w->status = pali_buffer_append_text(w->out, markup, w->err);
}

/* Text in an element or a quoted attribute. `lines`: line breaks stay. */
static void put_escaped(writer *w, const char *text, bool lines) {
    pali_buffer plain;
    pali_buffer_init(&plain, SIZE_MAX / 8);
    for (const char *t = text; t && *t && !w->status;) {
        size_t line = lines ? strcspn(t, "\n") : strlen(t);
        char *part = strndup(t, line);
        w->status = part ? rx_append_plain(&plain, part, w->err) : PALI_ERROR_MEMORY;
        free(part);
        t += line;
        if (*t == '\n' && !w->status) {
            w->status = pali_buffer_append(&plain, "\n", 1, w->err);
            t++;
        }
    }
    for (size_t i = 0; i < plain.size && !w->status; i++) {
        char c = plain.data[i];
        const char *name = c == '&'    ? "&amp;"
                           : c == '<'  ? "&lt;"
                           : c == '>'  ? "&gt;"
                           : c == '"'  ? "&quot;"
                           : c == '\'' ? "&#39;"
                                       : NULL;
        w->status = name ? pali_buffer_append_text(w->out, name, w->err)
                         : pali_buffer_append(w->out, &c, 1, w->err);
    }
    pali_buffer_free(&plain);
}

static void put_text(writer *w, const char *text) {
    put_escaped(w, text, false);
}

pali_status rx_report_html_head(pali_buffer *out, pali_error *err) {
    return pali_buffer_append_text(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        "img-src data:; style-src 'unsafe-inline'\">\n"
        "<meta name=\"viewport\" content=\"width=device-width\">\n"
        "<title>Prescriptions as read</title>\n<style>\n"
        ":root{color-scheme:light dark}\n"
        "body{font:16px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 "
        "1rem}\n"
        "section{border-top:3px solid #0072b2;margin-top:2rem}\n"
        "table{border-collapse:collapse;width:100%;margin-bottom:1rem}\n.people{width:auto}\n"
        "th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;"
        "border-bottom:1px solid #8886}\n"
        "mark{background:#ffe08a;color:#000;padding:0 .2em}\n"
        ".line,.from{font-size:.875em;opacity:.75}\n.code{opacity:.75}\n"
        "img{display:block;max-width:100%;border:1px solid #8886;margin:.3rem 0}\n"
        "pre{white-space:pre-wrap;background:#8882;padding:.6rem}\n"
        ".error{font-weight:bold}\n.from{overflow-wrap:anywhere}\n"
        /* a medicine below the other, each field with its name before it */
        "@media screen and (max-width:55rem){.medicines thead,.medicines td:empty{display:none}\n"
        ".medicines tr,.medicines td{display:block;border:0;padding:.1rem 0}\n"
        ".medicines tr:nth-child(even){border-bottom:1px solid #8886;padding:0 0 .5rem}\n"
        ".medicines td:first-child{float:left;padding-right:.5rem}\n"
        ".medicines td[data-label]::before{content:attr(data-label) \": \";opacity:.75}}\n"
        "@media "
        "print{body{font-size:11px}h4,img{break-after:avoid}section+section{break-before:page}}\n"
        "</style></head><body>\n<h1>Prescriptions as read</h1>\n"
        "<p>Read by a program. Whatever is used must be checked against the page; what is "
        "<mark>marked</mark> is doubtful.</p>\n",
        err);
}

pali_status rx_report_html_tail(pali_buffer *out, pali_error *err) {
    return pali_buffer_append_text(out, "</body></html>\n", err);
}

static void put_heading(writer *w, const char *input, int page) {
    put(w, "<section><h2>");
    put_text(w, input);
    if (page && !w->status)
        w->status = pali_buffer_printf(w->out, w->err, ", page %d", page);
    put(w, "</h2>\n");
}

pali_status rx_report_html_failure(pali_buffer *out, const char *input, int page,
                                   const char *message, pali_error *err) {
    writer w = {out, PALI_OK, err};
    put_heading(&w, input, page);
    put(&w, "<p class=\"error\">Could not be read: ");
    put_text(&w, message);
    put(&w, "</p></section>\n");
    return w.status;
}

/* ---- the page ---- */

static void put_written(writer *w, const rx_text *text, bool doubtful) {
    const char *shown = text->text ? text->text : text->unreadable ? "unreadable" : "";
    bool mark = (doubtful && *shown) || (!text->text && text->unreadable);
    put(w, mark ? "<mark title=\"" : "");
    if (mark && !text->text)
        put_text(w, text->unreadable);
    if (mark && text->text && !w->status)
        w->status = pali_buffer_printf(w->out, w->err, "confidence %.2f", (double)text->confidence);
    put(w, mark ? "\">" : "");
    put_text(w, shown);
    put(w, text->text && text->inferred ? " (inferred)" : "");
    put(w, mark ? "</mark>" : "");
}

/* `item`: of a field that is a list, from 1 on; or 0. */
static void put_row(writer *w, const rx_prescription *p, const char *title, const char *field,
                    size_t item, const rx_text *text) {
    if (!text->text && !text->unreadable)
        return;
    put(w, "<tr><th scope=\"row\">");
    put(w, title);
    put(w, "</th><td>");
    put_written(w, text, rx_reviews_hold_item(&p->review, field, item));
    put(w, "</td></tr>\n");
}

static void put_people(writer *w, const rx_prescription *p) {
    put(w, "<table class=\"people\">\n");
    put_row(w, p, "Patient", "patient", 0, &p->patient.name);
    put_row(w, p, "Age", "age", 0, &p->patient.age.written);
    put_row(w, p, "Sex", "sex", 0, &p->patient.sex.written);
    put_row(w, p, "Prescriber", "prescriber", 0, &p->prescriber);
    put_row(w, p, "Date", "date", 0, &p->date);
    for (size_t i = 0; i < p->num_diagnoses; i++)
        put_row(w, p, "Diagnosis", "diagnoses", i + 1, &p->diagnoses[i]);
    put(w, "</table>\n");
}

static void open_cell(writer *w, const char *label) {
    put(w, "<td data-label=\"");
    put(w, label);
    put(w, "\">");
}

static void put_cell(writer *w, const rx_medicine *m, const char *label, const char *field,
                     const rx_text *text) {
    if (!text->text && !text->unreadable) {
        put(w, "<td></td>");
        return;
    }
    open_cell(w, label);
    put_written(w, text, rx_is_doubtful(m, field));
    put(w, "</td>");
}

static void put_dose(writer *w, const rx_medicine *m) {
    if (m->dose.written.text || !m->dose.written.inferred) {
        put_cell(w, m, "Dose", "dose", &m->dose.written);
        return;
    }
    bool doubtful = rx_is_doubtful(m, "dose");
    open_cell(w, "Dose");
    put(w, doubtful ? "<mark>" : "");
    if (!w->status)
        w->status = rx_append_inferred(w->out, &m->dose, w->err);
    put(w, doubtful ? "</mark></td>" : "</td>");
}

static void put_name(writer *w, const rx_medicine *m) {
    put(w, "<td><b>");
    put_written(w, &m->name.written, rx_is_doubtful(m, "name"));
    put(w, "</b>");
    if (m->name.in_lexicon && m->name.num_matches && m->name.matches[0].generic) {
        put(w, "<br><span class=\"line\">");
        put_text(w, m->name.matches[0].generic);
        put(w, "</span>");
    }
    put(w, "</td>");
}

static void put_as_needed(writer *w, const rx_medicine *m) {
    if (m->as_needed && !m->as_needed_for.text && !m->as_needed_for.unreadable)
        put(w, "<td data-label=\"As needed\">yes</td>");
    else
        put_cell(w, m, "As needed", "as_needed_for", &m->as_needed_for);
}

/* The columns hold the first step of a taper; the line below has all of them. */
static void put_line(writer *w, const rx_medicine *m) {
    put(w, "<tr><td></td><td colspan=\"10\" class=\"line\">");
    if (m->num_steps && !w->status)
        w->status = pali_buffer_printf(w->out, w->err, "%zu steps: ", m->num_steps);
    put_text(w, m->line.text);
    put(w, "</td></tr>\n");
}

static void put_medicine(writer *w, const rx_medicine *m, size_t index) {
    if (!w->status)
        w->status = pali_buffer_printf(w->out, w->err, "<tr><td>%zu</td>", index + 1);
    put_name(w, m);
    put_cell(w, m, "Strength", "strength", &m->strength.written);
    put_cell(w, m, "Form", "form", &m->form.written);
    put_cell(w, m, "Route", "route", &m->route.written);
    put_dose(w, m);
    put_cell(w, m, "Frequency", "frequency", &m->frequency.written);
    put_cell(w, m, "Duration", "duration", &m->duration.written);
    put_cell(w, m, "Quantity", "quantity", &m->quantity.written);
    put_as_needed(w, m);
    put_cell(w, m, "Instructions", "instructions", &m->instructions);
    put(w, "</tr>\n");
    put_line(w, m);
}

static void put_medicines(writer *w, const rx_prescription *p) {
    if (p->num_medicines == 0) {
        put(w, "<p>No medicine was found on this page.</p>\n");
        return;
    }
    put(w, "<table "
           "class=\"medicines\"><thead><tr><th></th><th>Medicine</th><th>Strength</th><th>Form</th>"
           "<th>Route</th><th>Dose</th><th>Frequency</th><th>Duration</th><th>Quantity</th>"
           "<th>As needed</th><th>Instructions</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < p->num_medicines; i++)
        put_medicine(w, &p->medicines[i], i);
    put(w, "</tbody></table>\n");
}

/* ---- what is doubtful, with its picture ---- */

static void put_base64(writer *w, const unsigned char *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size && !w->status; i += 3) {
        size_t left = size - i;
        unsigned group = (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        char four[4] = {digits[group >> 18], digits[group >> 12 & 63],
                        left > 1 ? digits[group >> 6 & 63] : '=',
                        left > 2 ? digits[group & 63] : '='};
        w->status = pali_buffer_append(w->out, four, 4, w->err);
    }
}

static int clamp(float value, int limit) {
    return value < 0.0f ? 0 : value > (float)limit ? limit : (int)value;
}

/* The part of the picture in `box` with a margin; *out stays NULL where the box is empty. */
static pali_status cut(pali_image **out, const pali_image *image, const float box[4],
                       pali_error *err) {
    int width = pali_image_width(image), height = pali_image_height(image);
    float margin = 0.25f * (box[3] - box[1]);
    int x0 = clamp((box[0] - 0.01f) * (float)width, width);
    int x1 = clamp((box[2] + 0.01f) * (float)width, width);
    int y0 = clamp((box[1] - margin) * (float)height, height);
    int y1 = clamp((box[3] + margin) * (float)height, height);
    if (x1 <= x0 || y1 <= y0 || !(box[2] > box[0]) || !(box[3] > box[1]))
        return PALI_OK;
    pali_image *part = NULL;
    pali_status status = pali_image_crop(&part, image, x0, y0, x1 - x0, y1 - y0, err);
    if (status || x1 - x0 <= MAX_CROP_WIDTH) {
        *out = part;
        return status;
    }
    int lower = (int)((double)(y1 - y0) * MAX_CROP_WIDTH / (x1 - x0));
    status = pali_image_resize(out, part, MAX_CROP_WIDTH, lower > 1 ? lower : 1,
                               PALI_FILTER_BICUBIC, err);
    pali_image_free(&part);
    return status;
}

static void put_crop(writer *w, const pali_image *image, const float box[4]) {
    pali_image *part = NULL;
    void *png = NULL;
    size_t size = 0;
    if (!w->status && image)
        w->status = cut(&part, image, box, w->err);
    if (!w->status && part)
        w->status = pali_image_encode_png(&png, &size, part, w->err);
    if (!w->status && part) {
        put(w, "<img alt=\"this part of the page\" src=\"data:image/png;base64,");
        put_base64(w, png, size);
        put(w, "\">");
    }
    free(png);
    pali_image_free(&part);
}

static void put_reasons(writer *w, const rx_reviews *reviews) {
    put(w, "<ul>");
    for (size_t i = 0; i < reviews->count; i++) {
        const rx_review *review = &reviews->items[i];
        put(w, "<li>");
        put_text(w, review->message ? review->message : review->code);
        for (size_t k = 0; k < review->num_alternatives; k++) {
            put(w, k ? ", " : "; perhaps ");
            put_text(w, review->alternatives[k]);
        }
        put(w, " <span class=\"code\">[");
        put_text(w, review->code);
        put(w, "]</span></li>");
    }
    put(w, "</ul>\n");
}

static void put_review(writer *w, const rx_prescription *p, const pali_image *image) {
    bool any = p->review.count > 0;
    for (size_t i = 0; i < p->num_medicines; i++)
        any = any || p->medicines[i].review.count > 0;
    if (!any)
        return;
    put(w, "<h3>Check against the page</h3>\n");
    if (p->review.count)
        put_reasons(w, &p->review);
    for (size_t i = 0; i < p->num_medicines; i++) {
        const rx_medicine *m = &p->medicines[i];
        if (m->review.count == 0)
            continue;
        if (!w->status)
            w->status = pali_buffer_printf(w->out, w->err, "<h4>%zu ", i + 1);
        put_text(w, m->name.written.text ? m->name.written.text : m->line.text);
        put(w, "</h4>\n");
        put_crop(w, image, m->box);
        put_reasons(w, &m->review);
    }
}

static void put_page_text(writer *w, const rx_prescription *p) {
    put(w, "<details><summary>The page as read</summary><pre>");
    for (size_t i = 0; i < p->num_lines; i++) {
        put(w, p->lines[i].struck_out ? "<s>" : "");
        put_escaped(w, p->lines[i].text, true);
        put(w, p->lines[i].struck_out ? "</s>\n" : "\n");
    }
    put(w, "</pre></details>\n");
}

static void put_provenance(writer *w, const rx_provenance *from) {
    const char *const parts[][2] = {{"", from->program},
                                    {" with ", from->model_name},
                                    {", ", from->weights},
                                    {", SHA-256 ", from->model_sha256},
                                    {"; input ", from->input_sha256},
                                    {"; ", from->time},
                                    {"; ", from->options && *from->options ? from->options : NULL}};
    put(w, "<p class=\"from\">");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i][1])
            continue;
        put(w, parts[i][0]);
        put_text(w, parts[i][1]);
    }
    put(w, from->calibrated ? "; confidences calibrated</p>\n"
                            : "; confidences are not calibrated</p>\n");
}

pali_status rx_report_html(pali_buffer *out, const rx_prescription *p, const rx_provenance *from,
                           const pali_image *image, pali_error *err) {
    writer w = {out, PALI_OK, err};
    put_heading(&w, p->input, p->page);
    put_people(&w, p);
    put_medicines(&w, p);
    put_review(&w, p, image);
    for (size_t i = 0; i < p->num_warnings; i++) {
        put(&w, "<p>Note: ");
        put_text(&w, p->warnings[i]);
        put(&w, "</p>\n");
    }
    put_page_text(&w, p);
    put_provenance(&w, from);
    put(&w, "</section>\n");
    return w.status;
}
