/* FHIR R4 (hl7.org/fhir/R4): drafts that somebody may accept, never orders. What is written goes
 * into the text members verbatim; codes and numbers stand beside it only where they are certain. */
#include "rx/report.h"

#include "rx/digest.h"
#include "rx/plain.h"
#include "rx/units.h"

#include <math.h>
#include <string.h>

#define UCUM "http://unitsofmeasure.org"

enum { URL_SIZE = 48 };

typedef struct writer {
    json_t *entries;
    const rx_prescription *p;
    const rx_provenance *from;
    char patient[URL_SIZE]; /* "urn:uuid:..." */
    json_t *targets;        /* of the Provenance */
    bool failed;
} writer;

/* ---- building ---- */

/* NULL is left out: FHIR has no empty members. */
static void put(writer *w, json_t *object, const char *key, json_t *value) {
    if (value && json_object_set_new(object, key, value))
        w->failed = true;
}

static void add(writer *w, json_t *array, json_t *value) {
    if (json_array_append_new(array, value))
        w->failed = true;
}

static json_t *one(writer *w, json_t *value) {
    json_t *array = json_array();
    add(w, array, value);
    return array;
}

/* Several texts with a blank between them as a FHIR string: no control characters, not empty. NULL
 * if nothing is there. */
static json_t *string(writer *w, const char *const *texts, size_t count) {
    pali_buffer plain;
    pali_buffer_init(&plain, SIZE_MAX / 4);
    for (size_t i = 0; i < count; i++) {
        if (!texts[i])
            continue;
        if (plain.size && pali_buffer_append(&plain, " ", 1, NULL))
            w->failed = true;
        if (rx_append_plain(&plain, texts[i], NULL))
            w->failed = true;
    }
    bool blank = !plain.data || strspn(plain.data, " ") == plain.size;
    json_t *value = blank ? NULL : json_stringn(plain.data, plain.size);
    if (!blank && !value)
        w->failed = true;
    pali_buffer_free(&plain);
    return value;
}

static json_t *text(writer *w, const char *written) {
    return string(w, &written, 1);
}

/* {"text": ...}, or NULL */
static json_t *codeable(writer *w, json_t *value) {
    if (!value)
        return NULL;
    json_t *object = json_object();
    put(w, object, "text", value);
    return object;
}

static json_t *display(writer *w, const char *written) {
    json_t *value = text(w, written);
    if (!value)
        return NULL;
    json_t *object = json_object();
    put(w, object, "display", value);
    return object;
}

static json_t *coding(writer *w, const char *system, const char *code) {
    json_t *object = json_object();
    put(w, object, "system", json_string(system));
    put(w, object, "code", json_string(code));
    return object;
}

static json_t *number(double value) {
    return value == floor(value) && fabs(value) < 1e15 ? json_integer((json_int_t)value)
                                                       : json_real(value);
}

/* A name for an entry that is the same whenever the same page is read: UUID version 8 (RFC 9562)
 * from a digest. */
static void name_entry(writer *w, char url[URL_SIZE], const char *kind, size_t index) {
    char page[32], digest[RX_DIGEST_SIZE] = "";
    snprintf(page, sizeof page, "%d %zu", w->p->page, index);
    const char *const parts[] = {w->from->input_sha256, w->p->input, page, kind};
    if (rx_digest_texts(digest, parts, 4, NULL)) {
        w->failed = true;
        return;
    }
    snprintf(url, URL_SIZE, "urn:uuid:%.8s-%.4s-8%.3s-a%.3s-%.12s", digest, digest + 8, digest + 12,
             digest + 15, digest + 18);
}

static void add_entry(writer *w, const char *url, json_t *resource) {
    json_t *entry = json_object();
    put(w, entry, "fullUrl", json_string(url));
    put(w, entry, "resource", resource);
    add(w, w->entries, entry);
}

static json_t *reference(writer *w, const char *url) {
    json_t *object = json_object();
    put(w, object, "reference", json_string(url));
    return object;
}

static json_t *resource(writer *w, const char *type) {
    json_t *object = json_object();
    put(w, object, "resourceType", json_string(type));
    return object;
}

/* ---- amounts ---- */

static json_t *quantity(writer *w, double value, const char *ucum) {
    char word[RX_UNIT_WORD_SIZE];
    json_t *object = json_object();
    put(w, object, "value", number(value));
    if (ucum) {
        put(w, object, "unit", json_string(rx_unit_word(ucum, word)));
        put(w, object, "system", json_string(UCUM));
        put(w, object, "code", json_string(ucum));
    }
    return object;
}

static void put_dose(writer *w, json_t *dosage, const rx_quantity *dose) {
    if (!dose->has_value)
        return;
    json_t *rate = json_object();
    if (dose->high != dose->value) {
        json_t *range = json_object();
        put(w, range, "low", quantity(w, dose->value, dose->unit));
        put(w, range, "high", quantity(w, dose->high, dose->unit));
        put(w, rate, "doseRange", range);
    } else {
        put(w, rate, "doseQuantity", quantity(w, dose->value, dose->unit));
    }
    put(w, dosage, "doseAndRate", one(w, rate));
}

/* ---- timing ---- */

/* `per_day` times a day as a whole number of times in whole days: 0.5 is once in two days. */
static bool put_rate(writer *w, json_t *repeat, double per_day, double high) {
    for (int days = 1; days <= 366; days++) {
        double times = per_day * days, most = high * days;
        if (fabs(times - round(times)) > 1e-6 || fabs(most - round(most)) > 1e-6 || times < 0.5)
            continue;
        put(w, repeat, "frequency", json_integer((json_int_t)round(times)));
        if (most > times + 0.5)
            put(w, repeat, "frequencyMax", json_integer((json_int_t)round(most)));
        put(w, repeat, "period", json_integer(days));
        put(w, repeat, "periodUnit", json_string("d"));
        return true;
    }
    return false;
}

static void put_when(writer *w, json_t *repeat, unsigned when) {
    json_t *list = json_array();
    for (unsigned i = 0; i < RX_NUM_WHEN; i++)
        if (when & 1u << i)
            add(w, list, json_string(rx_when_fhir[i]));
    if (json_array_size(list))
        put(w, repeat, "when", list);
    else
        json_decref(list);
}

static bool is_time(const rx_quantity *q) {
    static const char *const units[] = {"s", "min", "h", "d", "wk", "mo", "a"};
    for (size_t i = 0; q->has_value && q->unit && i < sizeof units / sizeof *units; i++)
        if (strcmp(q->unit, units[i]) == 0)
            return true;
    return false;
}

static void put_bounds(writer *w, json_t *repeat, const rx_quantity *duration) {
    if (!is_time(duration))
        return;
    if (duration->high == duration->value) {
        put(w, repeat, "boundsDuration", quantity(w, duration->value, duration->unit));
        return;
    }
    json_t *range = json_object();
    put(w, range, "low", quantity(w, duration->value, duration->unit));
    put(w, range, "high", quantity(w, duration->high, duration->unit));
    put(w, repeat, "boundsRange", range);
}

/* `when` replaces the frequency's own, for one slot of a pattern. */
static void put_timing(writer *w, json_t *dosage, const rx_frequency *f, unsigned when,
                       const rx_quantity *duration) {
    json_t *repeat = json_object();
    put_bounds(w, repeat, duration);
    if (f->once) {
        put(w, repeat, "count", json_integer(1));
    } else if (f->every_hours > 0.0) {
        put(w, repeat, "frequency", json_integer(1));
        put(w, repeat, "period", number(f->every_hours));
        if (f->every_hours_high > f->every_hours)
            put(w, repeat, "periodMax", number(f->every_hours_high));
        put(w, repeat, "periodUnit", json_string("h"));
    } else if (f->has_value) {
        bool slot = when != f->when;
        put_rate(w, repeat, slot ? 1.0 : f->per_day, slot ? 1.0 : f->per_day_high);
    }
    put_when(w, repeat, when);
    if (json_object_size(repeat) == 0) {
        json_decref(repeat);
        return;
    }
    json_t *timing = json_object();
    put(w, timing, "repeat", repeat);
    put(w, dosage, "timing", timing);
}

/* ---- dosage ---- */

static bool slots_differ(const rx_frequency *f) {
    double amount = 0.0;
    for (int i = 0; i < f->num_slots; i++) {
        if (f->slots[i] != 0.0 && amount != 0.0 && f->slots[i] != amount)
            return true;
        amount = f->slots[i] != 0.0 ? f->slots[i] : amount;
    }
    return false;
}

/* Members that every dosage of a medicine has. */
static json_t *new_dosage(writer *w, const rx_medicine *m, const rx_step *step, size_t sequence) {
    json_t *dosage = json_object();
    const char *const directions[] = {m->route.written.text, step->dose.written.text,
                                      step->frequency.written.text, step->duration.written.text,
                                      m->instructions.text};
    put(w, dosage, "sequence", json_integer((json_int_t)sequence));
    put(w, dosage, "text", string(w, directions, 5));
    put(w, dosage, "patientInstruction", text(w, m->instructions.text));
    json_t *reason = codeable(w, text(w, m->as_needed_for.text));
    if (m->as_needed && reason)
        put(w, dosage, "asNeededCodeableConcept", reason);
    else if (m->as_needed)
        put(w, dosage, "asNeededBoolean", json_true());
    if (!m->as_needed && reason)
        json_decref(reason);
    put(w, dosage, "route", codeable(w, text(w, m->route.written.text)));
    return dosage;
}

/* One step: a dosage, or one for each time of day where "1-0-2" gives unequal amounts. */
static void add_step(writer *w, json_t *list, const rx_medicine *m, const rx_step *step,
                     size_t sequence) {
    static const unsigned three[] = {RX_WHEN_MORNING, RX_WHEN_NOON, RX_WHEN_NIGHT};
    static const unsigned four[] = {RX_WHEN_MORNING, RX_WHEN_NOON, RX_WHEN_EVENING, RX_WHEN_NIGHT};
    const rx_frequency *f = &step->frequency;
    if (!slots_differ(f)) {
        json_t *dosage = new_dosage(w, m, step, sequence);
        put_timing(w, dosage, f, f->when, &step->duration);
        put_dose(w, dosage, &step->dose);
        add(w, list, dosage);
        return;
    }
    unsigned meals = f->when & (RX_WHEN_BEFORE_MEAL | RX_WHEN_AFTER_MEAL | RX_WHEN_WITH_MEAL);
    for (int i = 0; i < f->num_slots && i < 4; i++) {
        if (f->slots[i] == 0.0)
            continue;
        json_t *dosage = new_dosage(w, m, step, sequence);
        rx_quantity dose = {
            .has_value = true, .value = f->slots[i], .high = f->slots[i], .unit = step->dose.unit};
        put_timing(w, dosage, f, (f->num_slots == 4 ? four[i] : three[i % 3]) | meals,
                   &step->duration);
        put_dose(w, dosage, &dose);
        add(w, list, dosage);
    }
}

static json_t *dosages(writer *w, const rx_medicine *m) {
    json_t *list = json_array();
    rx_step whole = {m->dose, m->frequency, m->duration};
    if (m->num_steps == 0)
        add_step(w, list, m, &whole, 1);
    for (size_t i = 0; i < m->num_steps; i++)
        add_step(w, list, m, &m->steps[i], i + 1);
    return list;
}

/* ---- resources ---- */

/* FHIR names code systems by URI. NULL: not one that is known, nor a URI itself. */
static const char *code_system(const char *system) {
    static const char *const known[][2] = {
        {"RxNorm", "http://www.nlm.nih.gov/research/umls/rxnorm"},
        {"ATC", "http://www.whocc.no/atc"},
        {"SNOMED CT", "http://snomed.info/sct"},
        {"UNII", "http://fdasis.nlm.nih.gov"},
    };
    for (size_t i = 0; system && i < sizeof known / sizeof *known; i++)
        if (strcmp(system, known[i][0]) == 0)
            return known[i][1];
    bool uri = system && (strncmp(system, "http://", 7) == 0 ||
                          strncmp(system, "https://", 8) == 0 || strncmp(system, "urn:", 4) == 0);
    return uri ? system : NULL;
}

/* Printable ASCII without blanks. */
static bool is_code(const char *text) {
    for (const char *c = text; c && *c; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    return text && *text;
}

static json_t *medication(writer *w, const rx_medicine *m) {
    const char *const written[] = {m->form.written.text, m->name.written.text,
                                   m->strength.written.text};
    json_t *object = codeable(w, string(w, written, 3));
    if (!object)
        object = codeable(w, json_string(m->name.written.unreadable ? "unreadable" : "not named"));
    const rx_match *match = m->name.num_matches ? &m->name.matches[0] : NULL;
    const char *system = match ? code_system(match->system) : NULL;
    if (m->name.in_lexicon && match && is_code(match->code) && is_code(system)) {
        json_t *code = coding(w, system, match->code);
        bool substance = strcmp(match->system, "UNII") == 0;
        put(w, code, "display", text(w, substance ? match->generic : match->name));
        put(w, object, "coding", one(w, code));
    }
    return object;
}

static json_t *notes(writer *w, const rx_medicine *m) {
    json_t *list = json_array();
    const char *line[] = {"As written:", m->line.text};
    const char *dose[] = {"The dose was concluded from", m->frequency.written.text};
    if (m->line.text && *m->line.text)
        add(w, list, codeable(w, string(w, line, 2)));
    if (m->dose.written.inferred)
        add(w, list, codeable(w, string(w, dose, 2)));
    for (size_t i = 0; i < m->review.count; i++) {
        const rx_review *review = &m->review.items[i];
        const char *reason[] = {review->advisory ? "Note:" : "To be checked:", review->message};
        add(w, list, codeable(w, string(w, reason, 2)));
    }
    if (json_array_size(list))
        return list;
    json_decref(list);
    return NULL;
}

/* YYYY-MM-DD, or a beginning of it; anything else is no FHIR date. */
static json_t *date(const char *value) {
    static const char pattern[] = "dddd-dd-dd";
    size_t size = value ? strlen(value) : 0;
    if (size != 4 && size != 7 && size != 10)
        return NULL;
    for (size_t i = 0; i < size; i++)
        if (pattern[i] == 'd' ? value[i] < '0' || value[i] > '9' : value[i] != '-')
            return NULL;
    return json_string(value);
}

static void add_medicine(writer *w, const rx_medicine *m, size_t index) {
    char url[URL_SIZE] = "";
    name_entry(w, url, "MedicationRequest", index);
    json_t *request = resource(w, "MedicationRequest");
    put(w, request, "status", json_string("draft"));
    put(w, request, "intent", json_string("proposal"));
    put(w, request, "medicationCodeableConcept", medication(w, m));
    put(w, request, "subject", reference(w, w->patient));
    put(w, request, "authoredOn", date(w->p->date_value));
    put(w, request, "requester", display(w, w->p->prescriber.text));
    put(w, request, "note", notes(w, m));
    put(w, request, "dosageInstruction", dosages(w, m));
    if (m->quantity.has_value && m->quantity.value == m->quantity.high) {
        json_t *dispense = json_object();
        put(w, dispense, "quantity", quantity(w, m->quantity.value, m->quantity.unit));
        put(w, request, "dispenseRequest", dispense);
    }
    add_entry(w, url, request);
    add(w, w->targets, reference(w, url));
}

static void add_patient(writer *w) {
    name_entry(w, w->patient, "Patient", 0);
    json_t *patient = resource(w, "Patient");
    json_t *name = codeable(w, text(w, w->p->patient.name.text));
    if (name)
        put(w, patient, "name", one(w, name));
    const char *sex = w->p->patient.sex.value;
    if (sex &&
        (strcmp(sex, "male") == 0 || strcmp(sex, "female") == 0 || strcmp(sex, "other") == 0))
        put(w, patient, "gender", json_string(sex));
    add_entry(w, w->patient, patient);
    add(w, w->targets, reference(w, w->patient));
}

static void add_diagnosis(writer *w, const rx_text *diagnosis, size_t index) {
    json_t *code = codeable(w, text(w, diagnosis->text));
    if (!code)
        return;
    char url[URL_SIZE] = "";
    name_entry(w, url, "Condition", index);
    json_t *condition = resource(w, "Condition"), *status = json_object();
    put(w, status, "coding",
        one(w, coding(w, "http://terminology.hl7.org/CodeSystem/condition-ver-status",
                      "unconfirmed")));
    put(w, condition, "verificationStatus", status);
    put(w, condition, "code", code);
    put(w, condition, "subject", reference(w, w->patient));
    add_entry(w, url, condition);
    add(w, w->targets, reference(w, url));
}

static json_t *agent(writer *w, const char *role, json_t *who) {
    json_t *object = json_object(), *type = json_object();
    put(w, type, "coding",
        one(w,
            coding(w, "http://terminology.hl7.org/CodeSystem/provenance-participant-type", role)));
    put(w, object, "type", type);
    put(w, object, "who", who);
    return object;
}

/* The software and the model that read, and the picture that was read. */
static void add_provenance(writer *w) {
    const char *const model[] = {"model", w->from->model_name, w->from->weights,
                                 w->from->model_sha256 ? "SHA-256" : NULL, w->from->model_sha256};
    char url[URL_SIZE] = "";
    name_entry(w, url, "Provenance", 0);
    json_t *provenance = resource(w, "Provenance"), *agents = json_array();
    put(w, provenance, "target", json_incref(w->targets));
    put(w, provenance, "recorded", text(w, w->from->time));
    add(w, agents, agent(w, "assembler", display(w, w->from->program)));
    json_t *read_by = json_object();
    put(w, read_by, "display", string(w, model, 5));
    add(w, agents, agent(w, "performer", read_by));
    put(w, provenance, "agent", agents);
    json_t *entity = json_object(), *what = json_object();
    put(w, what, "display", text(w, w->p->input));
    if (w->from->input_sha256) {
        json_t *identifier = json_object();
        put(w, identifier, "system", json_string("urn:oid:2.16.840.1.101.3.4.2.1")); /* SHA-256 */
        put(w, identifier, "value", json_string(w->from->input_sha256));
        put(w, what, "identifier", identifier);
    }
    put(w, entity, "role", json_string("source"));
    put(w, entity, "what", what);
    put(w, provenance, "entity", one(w, entity));
    add_entry(w, url, provenance);
}

pali_status rx_report_fhir(json_t **entries, const rx_prescription *p, const rx_provenance *from,
                           pali_error *err) {
    writer w = {.entries = json_array(), .p = p, .from = from, .targets = json_array()};
    add_patient(&w);
    for (size_t i = 0; i < p->num_diagnoses; i++)
        add_diagnosis(&w, &p->diagnoses[i], i);
    for (size_t i = 0; i < p->num_medicines; i++)
        add_medicine(&w, &p->medicines[i], i);
    add_provenance(&w);
    json_decref(w.targets);
    if (w.failed) {
        json_decref(w.entries);
        return pali_fail_memory(err, 0, "a FHIR bundle");
    }
    *entries = w.entries;
    return PALI_OK;
}

pali_status rx_report_fhir_failure(json_t **entries, const char *input, int page,
                                   const char *message, pali_error *err) {
    rx_prescription p = {.input = input, .page = page};
    rx_provenance from = {0};
    writer w = {.entries = json_array(), .p = &p, .from = &from};
    char url[URL_SIZE] = "";
    name_entry(&w, url, "OperationOutcome", 0);
    json_t *outcome = resource(&w, "OperationOutcome"), *issue = json_object();
    put(&w, issue, "severity", json_string("error"));
    put(&w, issue, "code", json_string("exception"));
    put(&w, issue, "diagnostics", text(&w, message));
    put(&w, outcome, "issue", one(&w, issue));
    add_entry(&w, url, outcome);
    if (w.failed) {
        json_decref(w.entries);
        return pali_fail_memory(err, 0, "a FHIR bundle");
    }
    *entries = w.entries;
    return PALI_OK;
}
