/* Arbitrary bytes as a result in JSON, as `results` and `eval` read it back: refused, or delivered in
 * every form, and written to JSON it reads back as the same. */
#include "base/json.h"
#include "rx/reading.h"
#include "rx/report.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_REPORT = 64 << 20 };

static void hold(bool claim) {
    if (!claim)
        __builtin_trap();
}

/* The document of what a document says; NULL where it is refused. */
static json_t *rewrite(const json_t *document) {
    rx_prescription page;
    rx_provenance from;
    pali_error err = PALI_ERROR_INIT;
    json_t *again = NULL;
    if (rx_report_parse(&page, &from, document, "fuzz", &err))
        hold(strncmp(err.message, "fuzz: ", 6) == 0);
    else
        hold(rx_report_json(&again, &page, &from, &err) == PALI_OK);
    rx_prescription_free(&page);
    return again;
}

static void report(const json_t *document) {
    rx_prescription page;
    rx_provenance from;
    hold(rx_report_parse(&page, &from, document, "fuzz", NULL) == PALI_OK);
    pali_buffer out;
    pali_buffer_init(&out, MAX_REPORT);
    hold(rx_report_text(&out, &page, 80, true, NULL) == PALI_OK);
    hold(rx_report_csv(&out, &page, &from, NULL) == PALI_OK);
    hold(rx_report_html(&out, &page, &from, NULL, NULL) == PALI_OK);
    json_t *entries = NULL;
    hold(rx_report_fhir(&entries, &page, &from, NULL) == PALI_OK);
    json_decref(entries);
    pali_buffer_free(&out);
    rx_prescription_free(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    json_t *document = NULL;
    if (pali_json_parse(&document, (const char *)data, size, "fuzz", NULL))
        return 0;
    json_t *once = rewrite(document);
    if (once) {
        json_t *twice = rewrite(once);
        hold(twice && json_equal(once, twice));
        json_decref(twice);
        report(document);
    }
    json_decref(once);
    json_decref(document);
    return 0;
}
