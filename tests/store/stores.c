#include "stores.h"

#include "cli/program.h"

#include <stdio.h>
#include <string.h>

char folder[64], path[128];

int make_store_folder(void **state) {
    (void)state;
    make_folder(folder, sizeof folder);
    snprintf(path, sizeof path, "%s/store.db", folder);
    return 0;
}

int remove_store_folder(void **state) {
    (void)state;
    remove_folder(folder);
    return 0;
}

rx_store *open_store(rx_store_access access) {
    rx_store *store = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (rx_store_open(&store, path, access, &err))
        fail_msg("%s", err.message);
    return store;
}

rx_prescription numbered_page(int number) {
    static char input[32], patient[32];
    rx_prescription page = full_page();
    snprintf(input, sizeof input, "in/%03d.png", number);
    snprintf(patient, sizeof patient, "Patient %03d", number);
    page.input = input;
    page.page = 0;
    page.patient.name.text = patient;
    return page;
}

rx_provenance provenance_of(int number) {
    static char digest[65];
    rx_provenance from = provenance;
    snprintf(digest, sizeof digest, "%064d", number);
    from.input_sha256 = digest;
    return from;
}

pali_status put_page(rx_store *store, int number, pali_error *err) {
    rx_prescription page = numbered_page(number);
    rx_provenance from = provenance_of(number);
    return rx_store_put_result(store, &page, &from, err);
}

void put_pages(rx_store *store, int first, int last) {
    pali_error err = PALI_ERROR_INIT;
    for (int i = first; i < last; i++)
        if (put_page(store, i, &err))
            fail_msg("%s", err.message);
}

rx_store_state verified(void) {
    rx_store *store = open_store(RX_STORE_EXISTING);
    rx_store_state state = {0};
    pali_error err = PALI_ERROR_INIT;
    if (rx_store_verify(store, &state, &err))
        fail_msg("%s", err.message);
    rx_store_close(&store);
    return state;
}

void expect_damage(const char *part) {
    rx_store *store = NULL;
    rx_store_state state;
    pali_error err = PALI_ERROR_INIT;
    pali_status status = rx_store_open(&store, path, RX_STORE_EXISTING, &err);
    if (!status)
        status = rx_store_verify(store, &state, &err);
    rx_store_close(&store);
    if (!status)
        fail_msg("the store verifies");
    if (part && !strstr(err.message, part))
        fail_msg("the message does not say \"%s\": %s", part, err.message);
}
