/* The result as JSON: docs/result.schema.json says what each member means. Absent is null;
 * unreadable is an object whose text is null and which says why. */
#include "rx/report.h"

#include "rx/plain.h"
#include "rx/units.h"

#include <math.h>
#include <string.h>

/* jansson fails only for lack of memory; one flag for the whole document. */
typedef struct writer {
    bool failed;
} writer;

static void put(writer *w, json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value))
        w->failed = true;
}

static void add(writer *w, json_t *array, json_t *value) {
    if (json_array_append_new(array, value))
        w->failed = true;
}

json_t *rx_json_string(const char *text) {
    if (!text)
        return json_null();
    json_t *string = json_string(text);
    if (string)
        return string;
    pali_buffer valid;
    pali_buffer_init(&valid, SIZE_MAX / 4);
    if (!rx_append_valid(&valid, text, NULL))
        string = json_stringn(valid.data, valid.size);
    pali_buffer_free(&valid);
    return string;
}

/* A probability to four places: what is behind them means nothing. */
static json_t *probability(float value) {
    return json_real(round((double)value * 1e4) / 1e4);
}

/* A whole number where it is one, as people write it. */
static json_t *number(double value) {
    return value == floor(value) && fabs(value) < 1e15 ? json_integer((json_int_t)value)
                                                       : json_real(value);
}

static json_t *json_of_numbers(writer *w, const double numbers[4], int count) {
    json_t *list = json_array();
    for (int i = 0; i < count && i < 4; i++)
        add(w, list, number(numbers[i]));
    return list;
}

static bool is_present(const rx_text *text) {
    return rx_is_known(text) || text->unreadable;
}

/* NULL where the field is absent, else an object with text and confidence to add to. */
static json_t *open_field(writer *w, const rx_text *text) {
    if (!is_present(text))
        return NULL;
    json_t *object = json_object();
    put(w, object, "text", rx_json_string(text->text));
    if (text->unreadable)
        put(w, object, "reason", rx_json_string(text->unreadable));
    put(w, object, "confidence", probability(text->confidence));
    if (text->inferred)
        put(w, object, "inferred", json_true());
    return object;
}

static json_t *field(json_t *object) {
    return object ? object : json_null();
}

static json_t *json_of_text(writer *w, const rx_text *text) {
    return field(open_field(w, text));
}

static json_t *json_of_coded(writer *w, const rx_coded *coded) {
    json_t *object = open_field(w, &coded->written);
    if (object)
        put(w, object, "value", rx_json_string(coded->value));
    return field(object);
}

static json_t *json_of_quantity(writer *w, const rx_quantity *quantity) {
    json_t *object = open_field(w, &quantity->written);
    if (!object)
        return json_null();
    put(w, object, "value", quantity->has_value ? number(quantity->value) : json_null());
    if (quantity->has_value && quantity->high != quantity->value)
        put(w, object, "high", number(quantity->high));
    char word[RX_UNIT_WORD_SIZE];
    put(w, object, "unit", rx_json_string(rx_unit_word(quantity->unit, word)));
    if (quantity->unit)
        put(w, object, "ucum", rx_json_string(quantity->unit));
    if (quantity->per_value != 0.0) {
        put(w, object, "per_value", number(quantity->per_value));
        put(w, object, "per_unit", rx_json_string(rx_unit_word(quantity->per_unit, word)));
        put(w, object, "per_ucum", rx_json_string(quantity->per_unit));
    }
    if (quantity->num_parts)
        put(w, object, "parts", json_of_numbers(w, quantity->parts, quantity->num_parts));
    return object;
}

static json_t *json_of_when(writer *w, unsigned when) {
    json_t *list = json_array();
    for (unsigned i = 0; i < RX_NUM_WHEN; i++)
        if (when & 1u << i)
            add(w, list, json_string(rx_when_words[i]));
    return list;
}

static json_t *json_of_frequency(writer *w, const rx_frequency *f) {
    json_t *object = open_field(w, &f->written);
    if (!object)
        return json_null();
    put(w, object, "per_day", f->has_value && !f->once ? number(f->per_day) : json_null());
    if (f->has_value && !f->once && f->per_day_high != f->per_day)
        put(w, object, "per_day_high", number(f->per_day_high));
    if (f->every_hours != 0.0)
        put(w, object, "every_hours", number(f->every_hours));
    if (f->every_hours_high != f->every_hours && f->every_hours != 0.0)
        put(w, object, "every_hours_high", number(f->every_hours_high));
    put(w, object, "when", json_of_when(w, f->when));
    if (f->num_slots)
        put(w, object, "slots", json_of_numbers(w, f->slots, f->num_slots));
    if (f->once)
        put(w, object, "once", json_true());
    return object;
}

static json_t *json_of_match(writer *w, const rx_match *match) {
    json_t *object = json_object();
    put(w, object, "name", rx_json_string(match->name));
    put(w, object, "generic", rx_json_string(match->generic));
    put(w, object, "code", rx_json_string(match->code));
    put(w, object, "system", rx_json_string(match->system));
    put(w, object, "score", probability(match->score));
    return object;
}

static json_t *json_of_name(writer *w, const rx_name *name) {
    json_t *object = open_field(w, &name->written);
    if (!object)
        return json_null();
    json_t *match = name->num_matches ? json_of_match(w, &name->matches[0]) : NULL;
    if (match) {
        put(w, match, "margin", probability(name->margin));
        put(w, match, "accepted", json_boolean(name->in_lexicon));
        put(w, match, "strength_known", json_boolean(name->strength_known));
    }
    put(w, object, "match", field(match));
    if (name->num_matches > 1) {
        json_t *others = json_array();
        for (size_t i = 1; i < name->num_matches; i++)
            add(w, others, json_of_match(w, &name->matches[i]));
        put(w, object, "candidates", others);
    }
    return object;
}

static json_t *json_of_box(writer *w, const float box[4]) {
    if (box[0] == 0.0f && box[1] == 0.0f && box[2] == 0.0f && box[3] == 0.0f)
        return json_null();
    json_t *list = json_array();
    for (int i = 0; i < 4; i++)
        add(w, list, probability(box[i]));
    return list;
}

static json_t *json_of_reviews(writer *w, const rx_reviews *reviews) {
    json_t *list = json_array();
    for (size_t i = 0; i < reviews->count; i++) {
        const rx_review *review = &reviews->items[i];
        json_t *object = json_object(), *others = json_array();
        put(w, object, "code", rx_json_string(review->code));
        put(w, object, "field", rx_json_string(review->field));
        if (review->item)
            put(w, object, "index", json_integer((json_int_t)review->item - 1));
        put(w, object, "message", rx_json_string(review->message));
        for (size_t k = 0; k < review->num_alternatives; k++)
            add(w, others, rx_json_string(review->alternatives[k]));
        put(w, object, "alternatives", others);
        put(w, object, "advisory", json_boolean(review->advisory));
        add(w, list, object);
    }
    return list;
}

static json_t *json_of_steps(writer *w, const rx_medicine *m) {
    json_t *list = json_array();
    for (size_t i = 0; i < m->num_steps; i++) {
        json_t *object = json_object();
        put(w, object, "dose", json_of_quantity(w, &m->steps[i].dose));
        put(w, object, "frequency", json_of_frequency(w, &m->steps[i].frequency));
        put(w, object, "duration", json_of_quantity(w, &m->steps[i].duration));
        add(w, list, object);
    }
    return list;
}

static json_t *json_of_medicine(writer *w, const rx_medicine *m) {
    json_t *object = json_object();
    put(w, object, "line", rx_json_string(m->line.text));
    put(w, object, "line_confidence", probability(m->line.confidence));
    put(w, object, "name", json_of_name(w, &m->name));
    put(w, object, "strength", json_of_quantity(w, &m->strength));
    put(w, object, "form", json_of_coded(w, &m->form));
    put(w, object, "route", json_of_coded(w, &m->route));
    put(w, object, "dose", json_of_quantity(w, &m->dose));
    put(w, object, "frequency", json_of_frequency(w, &m->frequency));
    put(w, object, "duration", json_of_quantity(w, &m->duration));
    put(w, object, "quantity", json_of_quantity(w, &m->quantity));
    put(w, object, "as_needed", json_boolean(m->as_needed));
    put(w, object, "as_needed_for", json_of_text(w, &m->as_needed_for));
    put(w, object, "instructions", json_of_text(w, &m->instructions));
    if (m->num_steps)
        put(w, object, "steps", json_of_steps(w, m));
    put(w, object, "box", json_of_box(w, m->box));
    put(w, object, "review", json_of_reviews(w, &m->review));
    return object;
}

/* The geometric mean over the line's bytes. */
static float line_confidence(const rx_line *line) {
    size_t size = line->text ? strlen(line->text) : 0;
    double sum = 0.0;
    for (size_t i = 0; i < size && line->confidence; i++)
        sum += log(fmax((double)line->confidence[i], 1e-9));
    return size && line->confidence ? (float)exp(sum / (double)size) : 0.0f;
}

static json_t *json_of_lines(writer *w, const rx_prescription *p) {
    json_t *list = json_array();
    for (size_t i = 0; i < p->num_lines; i++) {
        const rx_line *line = &p->lines[i];
        json_t *object = json_object();
        put(w, object, "text", rx_json_string(line->text));
        put(w, object, "confidence", probability(line_confidence(line)));
        put(w, object, "box", json_of_box(w, line->box));
        put(w, object, "struck_out", json_boolean(line->struck_out));
        add(w, list, object);
    }
    return list;
}

/* The lines that hold, one below the other. */
static json_t *json_of_page_text(const rx_prescription *p) {
    pali_buffer text;
    pali_buffer_init(&text, SIZE_MAX / 4);
    pali_status status = pali_buffer_append(&text, "", 0, NULL);
    bool first = true;
    for (size_t i = 0; i < p->num_lines && !status; i++) {
        if (p->lines[i].struck_out)
            continue;
        if (!first)
            status = pali_buffer_append(&text, "\n", 1, NULL);
        first = false;
        if (!status)
            status = rx_append_valid(&text, p->lines[i].text, NULL);
    }
    json_t *string = status ? NULL : json_stringn(text.data, text.size);
    pali_buffer_free(&text);
    return string;
}

static json_t *json_of_people(writer *w, const rx_prescription *p, json_t *object) {
    json_t *patient = json_object(), *prescriber = json_object();
    put(w, patient, "name", json_of_text(w, &p->patient.name));
    put(w, patient, "age", json_of_quantity(w, &p->patient.age));
    put(w, patient, "sex", json_of_coded(w, &p->patient.sex));
    put(w, object, "patient", patient);
    put(w, prescriber, "name", json_of_text(w, &p->prescriber));
    put(w, object, "prescriber", prescriber);
    json_t *date = open_field(w, &p->date);
    if (date)
        put(w, date, "value", rx_json_string(p->date_value));
    put(w, object, "date", field(date));
    return object;
}

static json_t *json_of_model(writer *w, const rx_provenance *from) {
    json_t *model = json_object();
    put(w, model, "name", rx_json_string(from->model_name));
    put(w, model, "sha256", rx_json_string(from->model_sha256));
    put(w, model, "weights", rx_json_string(from->weights));
    put(w, model, "calibrated", json_boolean(from->calibrated));
    return model;
}

static json_t *json_of_provenance(writer *w, const rx_provenance *from) {
    json_t *object = json_object();
    put(w, object, "program", rx_json_string(from->program));
    put(w, object, "options", rx_json_string(from->options));
    put(w, object, "input_sha256", rx_json_string(from->input_sha256));
    put(w, object, "time", rx_json_string(from->time));
    return object;
}

pali_status rx_report_json(json_t **out, const rx_prescription *p, const rx_provenance *from,
                           pali_error *err) {
    writer w = {false};
    json_t *object = json_object(), *diagnoses = json_array(), *medicines = json_array();
    json_t *warnings = json_array();
    put(&w, object, "input", rx_json_string(p->input));
    put(&w, object, "page", json_integer(p->page ? p->page : 1));
    put(&w, object, "model", json_of_model(&w, from));
    json_of_people(&w, p, object);
    for (size_t i = 0; i < p->num_diagnoses; i++)
        add(&w, diagnoses, json_of_text(&w, &p->diagnoses[i]));
    put(&w, object, "diagnoses", diagnoses);
    for (size_t i = 0; i < p->num_medicines; i++)
        add(&w, medicines, json_of_medicine(&w, &p->medicines[i]));
    put(&w, object, "medicines", medicines);
    put(&w, object, "review", json_of_reviews(&w, &p->review));
    put(&w, object, "text", json_of_page_text(p));
    put(&w, object, "lines", json_of_lines(&w, p));
    for (size_t i = 0; i < p->num_warnings; i++)
        add(&w, warnings, rx_json_string(p->warnings[i]));
    put(&w, object, "warnings", warnings);
    put(&w, object, "provenance", json_of_provenance(&w, from));
    if (w.failed) {
        json_decref(object);
        return pali_fail_memory(err, 0, "a result");
    }
    *out = object;
    return PALI_OK;
}
