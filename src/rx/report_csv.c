/* One medicine a row, for spreadsheets: RFC 4180. A cell that begins like a formula (= + - @ tab
 * carriage return, also their full-width forms) would be computed when the file is opened; an
 * apostrophe in front makes it text (OWASP, "CSV injection"). A dose that was inferred has a value and no
 * text. */
#include "rx/report.h"

#include "rx/plain.h"
#include "rx/units.h"

#include <string.h>

static const char columns[] =
    "input,page,patient,age,sex,prescriber,date,date_value,diagnoses,medicine_number,name,"
    "name_confidence,match,match_generic,match_code,match_system,match_score,strength,"
    "strength_value,strength_unit,strength_confidence,form,form_value,route,route_value,dose,"
    "dose_value,dose_unit,dose_confidence,frequency,per_day,when,frequency_confidence,duration,"
    "duration_value,duration_unit,quantity,as_needed,as_needed_for,instructions,line,review,"
    "page_review,model,model_sha256,input_sha256,program,time,error\r\n";

enum { PAGE_COLUMNS = 9, MEDICINE_COLUMNS = 33, ALL_COLUMNS = 49 };

/* The row being written; the first failure is kept. */
typedef struct row {
    pali_buffer *out;
    size_t cells;
    pali_status status;
    pali_error *err;
} row;

static void append(row *r, const char *text, size_t size) {
    if (!r->status)
        r->status = pali_buffer_append(r->out, text, size, r->err);
}

static bool begins_formula(const char *text) {
    static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
                                       "\xef\xbc\xa0"}; /* U+FF1D, FF0B, FF0D, FF20 */
    const char *t = text + strspn(text, " \n");
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        if (strncmp(t, wide[i], 3) == 0)
            return true;
    return *t && strchr("=+-@\t\r\n|%", *t);
}

/* Quoted where need be; line breaks stay, other control characters become spaces. */
static void put(row *r, const char *text) {
    if (r->cells++)
        append(r, ",", 1);
    if (!text || !*text)
        return;
    pali_buffer valid;
    pali_buffer_init(&valid, SIZE_MAX / 4);
    if (!r->status)
        r->status = rx_append_valid(&valid, text, r->err);
    bool formula = valid.data && begins_formula(valid.data);
    bool quoted = valid.data && (strpbrk(valid.data, ",\"\r\n") || formula);
    if (quoted)
        append(r, "\"", 1);
    if (formula)
        append(r, "'", 1);
    for (size_t i = 0; i < valid.size; i++) {
        char c = valid.data[i];
        if (c == '"')
            append(r, "\"\"", 2);
        else
            append(r, ((unsigned char)c < 0x20 && c != '\n') || c == 0x7f ? " " : &c, 1);
    }
    if (quoted)
        append(r, "\"", 1);
    pali_buffer_free(&valid);
}

static void put_number(row *r, bool has, double value) {
    char text[40];
    snprintf(text, sizeof text, "%.10g", value);
    if (has && value < 0.0) /* not quoted as a formula: it is a number of ours */
        r->cells++, append(r, ",", 1), append(r, text, strlen(text));
    else
        put(r, has ? text : NULL);
}

static void put_text(row *r, const rx_text *text) {
    put(r, text->text);
}

static void put_confidence(row *r, const rx_text *text) {
    char number[24];
    snprintf(number, sizeof number, "%.4f", (double)text->confidence);
    put(r, rx_is_known(text) ? number : NULL);
}

static void put_quantity(row *r, const rx_quantity *q) {
    char word[RX_UNIT_WORD_SIZE];
    put_text(r, &q->written);
    put_number(r, q->has_value && q->value == q->high, q->value); /* a range has no one value */
    put(r, rx_unit_word(q->unit, word));
}

static void put_coded(row *r, const rx_coded *c) {
    put_text(r, &c->written);
    put(r, c->value);
}

/* "a; b" of at most what fits; texts of reviews and diagnoses are joined in one cell. */
static void put_list(row *r, pali_buffer *list) {
    put(r, list->data);
    pali_buffer_free(list);
}

static void join(row *r, pali_buffer *list, const char *text) {
    if (!r->status && list->size)
        r->status = pali_buffer_append_text(list, "; ", r->err);
    if (!r->status)
        r->status = pali_buffer_append_text(list, text ? text : "", r->err);
}

static void put_reviews(row *r, const rx_reviews *reviews) {
    pali_buffer list;
    pali_buffer_init(&list, SIZE_MAX / 4);
    for (size_t i = 0; i < reviews->count; i++) {
        const rx_review *review = &reviews->items[i];
        join(r, &list, review->code);
        if (!r->status && review->field)
            r->status = pali_buffer_printf(&list, r->err, " (%s)", review->field);
    }
    put_list(r, &list);
}

static void put_page(row *r, const rx_prescription *p) {
    char page[24];
    snprintf(page, sizeof page, "%d", p->page ? p->page : 1);
    put(r, p->input);
    put(r, page);
    put_text(r, &p->patient.name);
    put_text(r, &p->patient.age.written);
    put(r, p->patient.sex.value ? p->patient.sex.value : p->patient.sex.written.text);
    put_text(r, &p->prescriber);
    put_text(r, &p->date);
    put(r, p->date_value);
    pali_buffer diagnoses;
    pali_buffer_init(&diagnoses, SIZE_MAX / 4);
    for (size_t i = 0; i < p->num_diagnoses; i++)
        if (p->diagnoses[i].text)
            join(r, &diagnoses, p->diagnoses[i].text);
    put_list(r, &diagnoses);
}

static void put_name(row *r, const rx_name *name) {
    const rx_match *match = name->num_matches ? &name->matches[0] : NULL;
    put_text(r, &name->written);
    put_confidence(r, &name->written);
    put(r, match ? match->name : NULL);
    put(r, match ? match->generic : NULL);
    put(r, match ? match->code : NULL);
    put(r, match ? match->system : NULL);
    put_number(r, match, match ? (double)match->score : 0.0);
}

static void put_frequency(row *r, const rx_frequency *f) {
    put_text(r, &f->written);
    put_number(r, f->has_value && !f->once && f->per_day == f->per_day_high, f->per_day);
    pali_buffer when;
    pali_buffer_init(&when, 4096);
    for (unsigned i = 0; i < RX_NUM_WHEN; i++)
        if (f->when & 1u << i)
            join(r, &when, rx_when_words[i]);
    put_list(r, &when);
    put_confidence(r, &f->written);
}

/* The columns hold the first step of a taper; `line` has all of them. */
static void put_instructions(row *r, const rx_medicine *m) {
    pali_buffer list;
    pali_buffer_init(&list, SIZE_MAX / 4);
    if (m->instructions.text)
        join(r, &list, m->instructions.text);
    if (m->num_steps) {
        char steps[48];
        snprintf(steps, sizeof steps, "%zu steps, see the line", m->num_steps);
        join(r, &list, steps);
    }
    put_list(r, &list);
}

static void put_medicine(row *r, const rx_medicine *m, size_t number) {
    put_number(r, true, (double)number);
    put_name(r, &m->name);
    put_quantity(r, &m->strength);
    put_confidence(r, &m->strength.written);
    put_coded(r, &m->form);
    put_coded(r, &m->route);
    put_quantity(r, &m->dose);
    put_confidence(r, &m->dose.written);
    put_frequency(r, &m->frequency);
    put_quantity(r, &m->duration);
    put_text(r, &m->quantity.written);
    put(r, m->as_needed ? "true" : "false");
    put_text(r, &m->as_needed_for);
    put_instructions(r, m);
    put_text(r, &m->line);
    put_reviews(r, &m->review);
}

static void skip(row *r, size_t until) {
    while (r->cells < until)
        put(r, NULL);
}

static void put_rest(row *r, const rx_prescription *p, const rx_provenance *from) {
    put_reviews(r, &p->review);
    put(r, from->model_name);
    put(r, from->model_sha256);
    put(r, from->input_sha256);
    put(r, from->program);
    put(r, from->time);
    skip(r, ALL_COLUMNS);
    append(r, "\r\n", 2);
}

pali_status rx_report_csv_header(pali_buffer *out, pali_error *err) {
    return pali_buffer_append_text(out, columns, err);
}

pali_status rx_report_csv(pali_buffer *out, const rx_prescription *p, const rx_provenance *from,
                          pali_error *err) {
    row r = {.out = out, .err = err};
    for (size_t i = 0; i < p->num_medicines; i++) {
        r.cells = 0;
        put_page(&r, p);
        put_medicine(&r, &p->medicines[i], i + 1);
        put_rest(&r, p, from);
    }
    if (p->num_medicines == 0) {
        put_page(&r, p);
        skip(&r, PAGE_COLUMNS + MEDICINE_COLUMNS);
        put_rest(&r, p, from);
    }
    return r.status;
}

pali_status rx_report_csv_failure(pali_buffer *out, const char *input, int page,
                                  const char *message, pali_error *err) {
    row r = {.out = out, .err = err};
    put(&r, input);
    put_number(&r, true, page ? page : 1);
    skip(&r, ALL_COLUMNS - 1);
    put(&r, message);
    append(&r, "\r\n", 2);
    return r.status;
}
