/* Arbitrary bytes as calibration.json: refused, or a map from probabilities to probabilities that
 * does not descend. */
#include "rx/confidence.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_map(const rx_calibration *calibration, const char *field) {
    double last = 0;
    for (int i = 0; i <= 50; i++) {
        double now = rx_calibrated(calibration, field, i / 50.0);
        if (!(now >= last && now <= 1))
            __builtin_trap();
        last = now;
    }
    double threshold = rx_review_threshold(calibration, field);
    if (!(threshold >= 0 && threshold <= 2))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    scratch_file file = scratch_open(data, size);
    rx_calibration *calibration = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (rx_calibration_load(&calibration, file.path, &err)) {
        if (!err.message[0] || calibration)
            __builtin_trap();
    } else {
        check_map(calibration, "strength");
        check_map(calibration, RX_KNOWN_NAME);
    }
    rx_calibration_free(&calibration);
    scratch_close(&file);
    return 0;
}
