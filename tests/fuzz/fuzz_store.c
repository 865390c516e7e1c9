/* Arbitrary bytes as a store: refused, or listed and verified. */
#include "scratch.h"
#include "store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool see(void *context, const rx_stored *stored) {
    (void)context;
    if (!stored->time || !stored->input || !stored->document)
        __builtin_trap();
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    scratch_put("store", data, size);
    rx_store *store = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (rx_store_open(&store, scratch_path("store"), RX_STORE_EXISTING, &err)) {
        if (!err.message[0] || store)
            __builtin_trap();
        return 0;
    }
    const rx_selection select = {.patient = "a"};
    rx_store_state state;
    rx_store_each(store, NULL, see, NULL, NULL);
    rx_store_each(store, &select, see, NULL, NULL);
    if (rx_store_verify(store, &state, &err) && !err.message[0])
        __builtin_trap();
    rx_store_close(&store);
    return 0;
}
