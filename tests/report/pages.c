#include "pages.h"

#include <string.h>

const rx_provenance provenance = {
    .program = "rxscan 0.1.0",
    .model_name = "tiny",
    .model_sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    .weights = "BF16",
    .options = "",
    .input_sha256 = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100",
    .time = "2026-01-02T03:04:05Z",
    .calibrated = true,
};

static rx_text sure(const char *text) {
    return (rx_text){.text = text, .confidence = 0.97f};
}

static rx_quantity amount(const char *text, double value, const char *unit) {
    return (rx_quantity){
        .written = sure(text), .has_value = true, .value = value, .high = value, .unit = unit};
}

static rx_quantity inferred(double value, const char *unit) {
    return (rx_quantity){.written = {.inferred = true, .confidence = 0.97f},
                         .has_value = true,
                         .value = value,
                         .high = value,
                         .unit = unit};
}

static rx_frequency times(const char *text, double per_day, unsigned when) {
    return (rx_frequency){.written = sure(text),
                          .has_value = true,
                          .per_day = per_day,
                          .per_day_high = per_day,
                          .when = when};
}

static rx_medicine augmentin(void) {
    static const rx_match matches[] = {
        {"Augmentin", "amoxicillin / clavulanate", "19711", "RxNorm", 1.0f},
        {"Augmentan", "amoxicillin", NULL, NULL, 0.8f}};
    return (rx_medicine){
        .line = sure("Tab. Augmentin 625 mg 1-0-1 x 5 days"),
        .name = {sure("Augmentin"), 2, matches, 0.4f, true, true, false},
        .strength = amount("625 mg", 625, "mg"),
        .form = {sure("Tab."), "tablet"},
        .dose = inferred(1, "{tablet}"),
        .frequency = {.written = sure("1-0-1"),
                      .has_value = true,
                      .per_day = 2,
                      .per_day_high = 2,
                      .when = RX_WHEN_MORNING | RX_WHEN_NIGHT,
                      .num_slots = 3,
                      .slots = {1, 0, 1}},
        .duration = amount("5 days", 5, "d"),
        .quantity = amount("10", 10, "{tablet}"),
        .instructions = sure("after food"),
        .box = {0.125f, 0.25f, 0.875f, 0.375f},
    };
}

/* Unreadable strength, a doubtful name, unequal slots. */
static rx_medicine doubtful(void) {
    static const char *const others[] = {"Aten", "Atenolol"};
    static rx_review reasons[] = {
        {.code = "not-in-lexicon",
         .field = "name",
         .message = "\"Aten-D\" is in no list of medicines",
         .num_alternatives = 2,
         .alternatives = others},
        {.code = "unreadable", .field = "strength", .message = "the strength cannot be read"}};
    return (rx_medicine){
        .line = sure("Aten-D ## 1-0-2 sos"),
        .name = {.written = sure("Aten-D")},
        .strength = {.written = {.unreadable = "blotted"}},
        .frequency = {.written = sure("1-0-2"),
                      .has_value = true,
                      .per_day = 2,
                      .per_day_high = 2,
                      .when = RX_WHEN_MORNING | RX_WHEN_NIGHT,
                      .num_slots = 3,
                      .slots = {1, 0, 2}},
        .as_needed = true,
        .as_needed_for = sure("for pain"),
        .route = {{.text = "oral", .confidence = 0.6f, .inferred = true}, "oral"},
        .review = {2, 2, reasons},
    };
}

static rx_medicine taper(void) {
    static rx_step steps[2];
    steps[0] =
        (rx_step){amount("2 tab", 2, "{tablet}"), times("OD", 1, 0), amount("5 days", 5, "d")};
    steps[1] =
        (rx_step){amount("1 tab", 1, "{tablet}"), times("OD", 1, 0), amount("5 days", 5, "d")};
    rx_medicine m = {.line = sure("Prednisolone 5 mg 2 tab OD x 5 days then 1 tab OD x 5 days"),
                     .name = {.written = sure("Prednisolone")},
                     .strength = amount("5 mg", 5, "mg"),
                     .dose = steps[0].dose,
                     .frequency = steps[0].frequency,
                     .duration = steps[0].duration,
                     .num_steps = 2,
                     .steps = steps};
    return m;
}

/* A range, every 6 hours, a weekly medicine, one dose at once, an amount in an amount. */
static void add_odd_ones(rx_medicine *list) {
    list[0] = (rx_medicine){.line = sure("Crocin syr 5-10 ml q6h"),
                            .name = {.written = sure("Crocin")},
                            .dose = amount("5-10 ml", 5, "mL"),
                            .frequency = times("q6h", 4, 0)};
    list[0].dose.high = 10;
    list[0].frequency.every_hours = 6;
    list[0].frequency.every_hours_high = 8;
    list[0].strength = amount("125 mg/5 ml", 125, "mg");
    list[0].strength.per_value = 5;
    list[0].strength.per_unit = "mL";
    static rx_review advice = {
        .advisory = true, .code = "error-prone-notation", .field = "strength", .message = "60K"};
    list[1] = (rx_medicine){.review = {1, 1, &advice},
                            .line = sure("Vit D3 60K once a week"),
                            .name = {.written = sure("Vit D3")},
                            .strength = amount("60K", 60000, "[iU]"),
                            .frequency = times("once a week", 1.0 / 7, 0)};
    list[2] =
        (rx_medicine){.line = sure("Inj. TT stat"),
                      .name = {.written = sure("TT")},
                      .frequency = {.written = sure("stat"), .has_value = true, .once = true}};
}

rx_prescription full_page(void) {
    static rx_medicine medicines[6];
    static rx_text diagnoses[2];
    static float confidence[64];
    static rx_line lines[3];
    static rx_review reasons[] = {
        {.code = "ambiguous-date", .field = "date", .message = "3 December or 12 March"},
        {.code = "unreadable", .field = "diagnoses", .item = 2, .message = "perhaps a fold"}};
    static const char *const warnings[] = {"text is smaller than the model can read"};
    for (size_t i = 0; i < 64; i++)
        confidence[i] = 0.5f;
    medicines[0] = augmentin();
    medicines[1] = doubtful();
    medicines[2] = taper();
    add_odd_ones(medicines + 3);
    diagnoses[0] = sure("Hypertension");
    diagnoses[1] = (rx_text){.unreadable = "below the fold"};
    lines[0] = (rx_line){.text = "Tab. Augmentin 625 mg 1-0-1 x 5 days",
                         .confidence = confidence,
                         .box = {0.125f, 0.25f, 0.875f, 0.375f}};
    lines[1] = (rx_line){.text = "Tab. Struck", .confidence = confidence, .struck_out = true};
    lines[2] = (rx_line){.text = "Aten-D ## 1-0-2 sos", .confidence = confidence};
    return (rx_prescription){
        .input = "inbox/page.jpg",
        .page = 2,
        .num_lines = 3,
        .lines = lines,
        .patient = {sure("Asha Verma"), amount("54 yrs", 54, "a"), {sure("F"), "female"}},
        .prescriber = sure("Dr. R. Iyer"),
        .date = sure("12/03/24"),
        .date_value = "2024-03-12",
        .num_diagnoses = 2,
        .diagnoses = diagnoses,
        .num_medicines = 6,
        .medicines = medicines,
        .review = {2, 2, reasons},
        .num_warnings = 1,
        .warnings = warnings,
    };
}

static rx_medicine hostile_medicine(const char *text) {
    static rx_match match;
    static rx_review reason;
    static const char *others[1];
    match = (rx_match){text, text, text, "http://example.org", 0.5f};
    others[0] = text;
    reason = (rx_review){.code = "look-alike",
                         .field = "name",
                         .message = text,
                         .num_alternatives = 1,
                         .alternatives = others};
    rx_quantity q = amount(text, 1, "mg");
    rx_coded coded = {sure(text), text};
    return (rx_medicine){
        .line = sure(text),
        .name = {sure(text), 1, &match, 0.1f, true, true, false},
        .strength = q,
        .form = coded,
        .route = coded,
        .dose = q,
        .frequency = times(text, 3, 0),
        .duration = q,
        .quantity = q,
        .as_needed = true,
        .as_needed_for = sure(text),
        .instructions = sure(text),
        .box = {0.1f, 0.1f, 0.9f, 0.2f},
        .review = {1, 1, &reason},
    };
}

rx_prescription hostile_page(const char *text) {
    static rx_medicine medicine;
    static rx_text diagnosis;
    static float confidence[256];
    static rx_line line;
    static rx_review reason;
    static const char *warnings[1];
    medicine = hostile_medicine(text);
    diagnosis = sure(text);
    line = (rx_line){.text = text, .confidence = confidence};
    warnings[0] = text;
    reason = (rx_review){.code = "low-confidence", .message = text};
    return (rx_prescription){
        .input = text,
        .num_lines = strlen(text) < 256,
        .lines = &line,
        .patient = {sure(text), amount(text, 1, "a"), {sure(text), text}},
        .prescriber = sure(text),
        .date = sure(text),
        .date_value = text,
        .num_diagnoses = 1,
        .diagnoses = &diagnosis,
        .num_medicines = 1,
        .medicines = &medicine,
        .review = {1, 1, &reason},
        .num_warnings = 1,
        .warnings = warnings,
    };
}
