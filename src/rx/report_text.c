/* A prescription for people: who and when, the medicines as a table, and why something is doubtful.
 * Where the table is wider than the terminal, each medicine is a short list instead. */
#include "rx/report.h"

#include "rx/plain.h"
#include "rx/review.h"
#include "rx/units.h"

#include <math.h>
#include <string.h>

enum {
    NAME,
    INGREDIENT,
    STRENGTH,
    FORM,
    ROUTE,
    DOSE,
    FREQUENCY,
    DURATION,
    QUANTITY,
    INSTRUCTIONS,
    NUM_COLUMNS
};

static const char *const titles[NUM_COLUMNS] = {"medicine", "ingredient",  "strength",  "form",
                                                "route",    "dose",        "frequency", "duration",
                                                "quantity", "instructions"};

typedef struct cell {
    size_t start, size; /* bytes of table.text */
    size_t columns;
    bool doubtful;
} cell;

typedef struct table {
    pali_buffer text; /* of all cells, one after the other */
    size_t rows;
    cell (*cells)[NUM_COLUMNS];
    size_t width[NUM_COLUMNS]; /* 0: nothing in this column */
    bool color;
    pali_error *err;
} table;

bool rx_is_doubtful(const rx_medicine *medicine, const char *field) {
    return rx_reviews_hold(&medicine->review, field);
}

/* ---- cells ---- */

static pali_status append_text(pali_buffer *out, const rx_text *text, pali_error *err) {
    if (!text->text)
        return text->unreadable ? pali_buffer_append_text(out, "unreadable", err) : PALI_OK;
    pali_status status = rx_append_plain(out, text->text, err);
    return !status && text->inferred ? pali_buffer_append_text(out, " (inferred)", err) : status;
}

static pali_status append_dose(pali_buffer *out, const rx_quantity *dose, pali_error *err) {
    return dose->written.text || !dose->written.inferred ? append_text(out, &dose->written, err)
                                                         : rx_append_inferred(out, dose, err);
}

/* "BD (2 a day)": the verbatim text first. */
static pali_status append_frequency(pali_buffer *out, const rx_frequency *f, pali_error *err) {
    pali_status status = append_text(out, &f->written, err);
    if (status || !f->written.text || !f->has_value)
        return status;
    if (f->once)
        return pali_buffer_append_text(out, " (once)", err);
    if (f->per_day_high != f->per_day)
        return pali_buffer_printf(out, err, " (%.4g-%.4g a day)", f->per_day, f->per_day_high);
    double per_week = 7 * f->per_day;
    if (f->per_day < 1.0 && per_week > 1.5 && fabs(per_week - round(per_week)) < 1e-6)
        return pali_buffer_printf(out, err, " (%.0f a week)", per_week);
    if (f->per_day < 1.0 && f->per_day > 0.0)
        return pali_buffer_printf(out, err, " (every %.4g days)", 1.0 / f->per_day);
    return pali_buffer_printf(out, err, " (%.4g a day)", f->per_day);
}

static pali_status append_instructions(pali_buffer *out, const rx_medicine *m, pali_error *err) {
    pali_status status = append_text(out, &m->instructions, err);
    if (!status && m->as_needed)
        status =
            pali_buffer_append_text(out, m->instructions.text ? "; as needed" : "as needed", err);
    if (!status && m->as_needed_for.text) {
        status = pali_buffer_append_text(out, m->as_needed ? " " : "", err);
        if (!status)
            status = append_text(out, &m->as_needed_for, err);
    }
    if (!status && m->num_steps)
        status = pali_buffer_printf(out, err, "%s%zu steps, see the line",
                                    m->instructions.text || m->as_needed ? "; " : "", m->num_steps);
    return status;
}

static pali_status append_cell(pali_buffer *out, const rx_medicine *m, int column,
                               pali_error *err) {
    const rx_text *texts[NUM_COLUMNS] = {
        [NAME] = &m->name.written,         [STRENGTH] = &m->strength.written,
        [FORM] = &m->form.written,         [ROUTE] = &m->route.written,
        [DURATION] = &m->duration.written, [QUANTITY] = &m->quantity.written};
    switch (column) {
    case INGREDIENT:
        return m->name.in_lexicon && m->name.num_matches
                   ? rx_append_plain(out, m->name.matches[0].generic, err)
                   : PALI_OK;
    case DOSE:
        return append_dose(out, &m->dose, err);
    case FREQUENCY:
        return append_frequency(out, &m->frequency, err);
    case INSTRUCTIONS:
        return append_instructions(out, m, err);
    default:
        return append_text(out, texts[column], err);
    }
}

static pali_status fill_cell(table *t, const rx_medicine *m, size_t row, int column) {
    cell *c = &t->cells[row][column];
    c->start = t->text.size;
    pali_status status = append_cell(&t->text, m, column, t->err);
    /* a reason that names no field is about the medicine: its name carries the mark */
    const char *field = column == NAME ? "name" : titles[column];
    bool named = false;
    for (size_t i = 0; i < m->review.count; i++) {
        const char *reason = m->review.items[i].field;
        bool here = reason ? strcmp(reason, field) == 0 : column == NAME;
        named = named || (here && !m->review.items[i].advisory);
    }
    c->doubtful = named;
    if (!status && c->doubtful)
        status = pali_buffer_append_text(&t->text, t->text.size > c->start ? " ?" : "?", t->err);
    c->size = t->text.size - c->start;
    c->columns = c->size ? rx_columns(t->text.data + c->start, c->size) : 0;
    if (c->columns > t->width[column])
        t->width[column] = c->columns;
    return status;
}

/* ---- the two layouts ---- */

static pali_status append_spaces(pali_buffer *out, size_t count, pali_error *err) {
    return pali_buffer_printf(out, err, "%*s", (int)count, "");
}

/* One cell in its column; the last one of a row is not padded. */
static pali_status print_cell(const table *t, pali_buffer *out, const cell *c, size_t pad) {
    bool mark = t->color && c->doubtful;
    pali_status status = mark ? pali_buffer_append_text(out, "\033[33m", t->err) : PALI_OK;
    if (!status && c->size)
        status = pali_buffer_append(out, t->text.data + c->start, c->size, t->err);
    if (!status && mark)
        status = pali_buffer_append_text(out, "\033[0m", t->err);
    return !status && pad > c->columns ? append_spaces(out, pad - c->columns, t->err) : status;
}

static int last_column(const table *t) {
    int last = NAME;
    for (int i = 0; i < NUM_COLUMNS; i++)
        if (t->width[i])
            last = i;
    return last;
}

static pali_status print_table(const table *t, pali_buffer *out) {
    int last = last_column(t);
    pali_status status = pali_buffer_append_text(out, t->color ? "\033[1m   " : "   ", t->err);
    for (int i = 0; i <= last && !status; i++)
        if (t->width[i])
            status = pali_buffer_printf(out, t->err, "%-*s%s", i == last ? 0 : (int)t->width[i],
                                        titles[i], i == last ? "" : "  ");
    if (!status)
        status = pali_buffer_append_text(out, t->color ? "\033[0m\n" : "\n", t->err);
    for (size_t row = 0; row < t->rows && !status; row++) {
        status = pali_buffer_printf(out, t->err, "%2zu ", row + 1);
        int end = last; /* nothing is padded behind the last text of a row */
        while (end > 0 && t->cells[row][end].size == 0)
            end--;
        for (int i = 0; i <= end && !status; i++)
            if (t->width[i])
                status = print_cell(t, out, &t->cells[row][i], i == end ? 0 : t->width[i] + 2);
        if (!status)
            status = pali_buffer_append(out, "\n", 1, t->err);
    }
    return status;
}

static pali_status print_list(const table *t, pali_buffer *out) {
    pali_status status = PALI_OK;
    for (size_t row = 0; row < t->rows && !status; row++) {
        status = pali_buffer_printf(out, t->err, "%2zu ", row + 1);
        if (!status)
            status = print_cell(t, out, &t->cells[row][NAME], 0);
        if (!status)
            status = pali_buffer_append(out, "\n", 1, t->err);
        for (int i = INGREDIENT; i < NUM_COLUMNS && !status; i++) {
            if (!t->cells[row][i].size)
                continue;
            status = pali_buffer_printf(out, t->err, "     %-12s ", titles[i]);
            if (!status)
                status = print_cell(t, out, &t->cells[row][i], 0);
            if (!status)
                status = pali_buffer_append(out, "\n", 1, t->err);
        }
    }
    return status;
}

static pali_status print_medicines(pali_buffer *out, const rx_prescription *p, size_t columns,
                                   bool color, pali_error *err) {
    if (p->num_medicines == 0)
        return pali_buffer_append_text(out, "No medicine was found on this page.\n", err);
    pali_arena arena = PALI_ARENA_INIT;
    table t = {.rows = p->num_medicines, .color = color, .err = err};
    pali_buffer_init(&t.text, SIZE_MAX / 4);
    t.cells = pali_arena_alloc(&arena, t.rows, sizeof *t.cells, "a table", err);
    pali_status status = t.cells ? PALI_OK : PALI_ERROR_MEMORY;
    for (size_t row = 0; row < t.rows && !status; row++)
        for (int i = 0; i < NUM_COLUMNS && !status; i++)
            status = fill_cell(&t, &p->medicines[row], row, i);
    size_t wide = 1;
    for (int i = 0; i < NUM_COLUMNS; i++) {
        if (t.width[i] && t.width[i] < strlen(titles[i]))
            t.width[i] = strlen(titles[i]);
        wide += t.width[i] ? t.width[i] + 2 : 0;
    }
    if (!status)
        status = wide <= columns ? print_table(&t, out) : print_list(&t, out);
    pali_buffer_free(&t.text);
    pali_arena_free(&arena);
    return status;
}

/* ---- above and below the medicines ---- */

/* " ?" behind a field of the page that somebody must look at; `item` as in rx_reviews_hold_item. */
static pali_status append_doubt(pali_buffer *out, const rx_prescription *p, const char *field,
                                size_t item, pali_error *err) {
    bool doubtful = rx_reviews_hold_item(&p->review, field, item);
    return doubtful ? pali_buffer_append_text(out, " ?", err) : PALI_OK;
}

static pali_status print_person(pali_buffer *out, const rx_prescription *p, pali_error *err) {
    static const char *const fields[] = {"patient", "age", "sex"};
    const rx_text *parts[] = {&p->patient.name, &p->patient.age.written, &p->patient.sex.written};
    pali_status status = PALI_OK;
    bool any = false;
    for (size_t i = 0; i < 3 && !status; i++) {
        if (!parts[i]->text && !parts[i]->unreadable)
            continue;
        status = pali_buffer_append_text(out, any ? ", " : "patient       ", err);
        if (!status)
            status = append_text(out, parts[i], err);
        if (!status)
            status = append_doubt(out, p, fields[i], 0, err);
        any = true;
    }
    return any && !status ? pali_buffer_append_text(out, "\n", err) : status;
}

static pali_status print_text(pali_buffer *out, const rx_prescription *p, const char *title,
                              const char *field, size_t item, const rx_text *text,
                              pali_error *err) {
    if (!text->text && !text->unreadable)
        return PALI_OK;
    pali_status status = pali_buffer_printf(out, err, "%-14s", title);
    if (!status)
        status = append_text(out, text, err);
    if (!status && strcmp(field, "date") == 0 && p->date_value &&
        strcmp(p->date_value, text->text ? text->text : "") != 0) {
        status = pali_buffer_append_text(out, " (", err);
        if (!status)
            status = rx_append_plain(out, p->date_value, err);
        if (!status)
            status = pali_buffer_append_text(out, ")", err);
    }
    if (!status)
        status = append_doubt(out, p, field, item, err);
    return status ? status : pali_buffer_append_text(out, "\n", err);
}

static pali_status print_head(pali_buffer *out, const rx_prescription *p, pali_error *err) {
    pali_status status = rx_append_plain(out, p->input, err);
    if (!status && p->page)
        status = pali_buffer_printf(out, err, ", page %d", p->page);
    if (!status)
        status = pali_buffer_append(out, "\n", 1, err);
    if (!status)
        status = print_person(out, p, err);
    if (!status)
        status = print_text(out, p, "prescriber", "prescriber", 0, &p->prescriber, err);
    if (!status)
        status = print_text(out, p, "date", "date", 0, &p->date, err);
    for (size_t i = 0; i < p->num_diagnoses && !status; i++)
        status =
            print_text(out, p, i ? "" : "diagnoses", "diagnoses", i + 1, &p->diagnoses[i], err);
    return status;
}

/* "  2 name: ... (perhaps A, B)" */
static pali_status print_reasons(pali_buffer *out, const rx_reviews *reviews, const char *owner,
                                 pali_error *err) {
    pali_status status = PALI_OK;
    for (size_t i = 0; i < reviews->count && !status; i++) {
        const rx_review *review = &reviews->items[i];
        status = pali_buffer_printf(out, err, "  %s%s%s: ", owner, review->field ? " " : "",
                                    review->field ? review->field : "");
        if (!status)
            status = rx_append_plain(out, review->message ? review->message : review->code, err);
        for (size_t k = 0; k < review->num_alternatives && !status; k++) {
            status = pali_buffer_append_text(out, k ? ", " : "; perhaps ", err);
            if (!status)
                status = rx_append_plain(out, review->alternatives[k], err);
        }
        if (!status)
            status = pali_buffer_printf(out, err, " [%s]\n", review->code);
    }
    return status;
}

static pali_status print_review(pali_buffer *out, const rx_prescription *p, pali_error *err) {
    size_t count = p->review.count;
    for (size_t i = 0; i < p->num_medicines; i++)
        count += p->medicines[i].review.count;
    if (count == 0)
        return PALI_OK;
    pali_status status = pali_buffer_append_text(out, "Check against the page:\n", err);
    if (!status)
        status = print_reasons(out, &p->review, "page", err);
    for (size_t i = 0; i < p->num_medicines && !status; i++) {
        char owner[24];
        snprintf(owner, sizeof owner, "%zu", i + 1);
        status = print_reasons(out, &p->medicines[i].review, owner, err);
    }
    return status;
}

pali_status rx_report_text(pali_buffer *out, const rx_prescription *p, size_t columns, bool color,
                           pali_error *err) {
    pali_status status = print_head(out, p, err);
    if (!status)
        status = print_medicines(out, p, columns, color, err);
    if (!status)
        status = print_review(out, p, err);
    for (size_t i = 0; i < p->num_warnings && !status; i++) {
        status = pali_buffer_append_text(out, "note: ", err);
        if (!status)
            status = rx_append_plain(out, p->warnings[i], err);
        if (!status)
            status = pali_buffer_append(out, "\n", 1, err);
    }
    return status;
}
