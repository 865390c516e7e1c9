/* Claims about the yardsticks: they count what was done, are finite, and end when they are told to.
 * How fast a machine is, no test can know. */
#include "claims.h"
#include "products_reference.h"

#include <math.h>

enum { SIZE = (5 << 20) + 12345 }; /* not a whole number of tasks */

static bool is_sane(pali_measured m) {
    return isfinite(m.amount) && isfinite(m.seconds) && m.amount >= 0.0 && m.seconds >= 0.0;
}

static void multiplying_takes_its_time_and_counts_its_operations(void) {
    for (size_t v = 0; v < num_versions(); v++)
        for (size_t f = 0; f < 5; f++) {
            pali_compute *compute = compute_with(v, 2);
            pali_measured m = pali_measure_peak(compute, weight_formats[f]);
            pali_compute_free(&compute);
            REQUIRE(is_sane(m) && m.amount > 0.0 && m.seconds >= 0.01,
                    "%s %s: %g operations in %g s", version_name(v), format_name(weight_formats[f]),
                    m.amount, m.seconds);
        }
}

static void reading_counts_every_byte_once(void) {
    static const size_t sizes[] = {0, 1, 4096, 1 << 20, SIZE};
    char *data = guarded(SIZE, 1);
    for (size_t v = 0; v < num_versions(); v++)
        for (int threads = 1; threads <= 3; threads++)
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                pali_compute *compute = compute_with(v, threads);
                size_t size = sizes[i]; /* the last bytes of the memory, where the guard begins */
                pali_measured m = pali_measure_read(compute, data + SIZE - size, size);
                pali_compute_free(&compute);
                REQUIRE(is_sane(m) && m.amount == (double)size, "%s: %g of %zu bytes in %g s",
                        version_name(v), m.amount, size, m.seconds);
            }
    release_guarded();
}

static void what_was_cancelled_does_not_count(void) {
    char *data = guarded(SIZE, 1);
    for (size_t v = 0; v < num_versions(); v++) {
        pali_compute *compute = compute_with(v, 2);
        pali_pool_cancel(pali_compute_pool(compute), true);
        pali_measured read = pali_measure_read(compute, data, SIZE);
        pali_measured peak = pali_measure_peak(compute, PALI_WEIGHTS_INT8);
        pali_pool_cancel(pali_compute_pool(compute), false);
        pali_measured after = pali_measure_read(compute, data, SIZE);
        pali_compute_free(&compute);
        REQUIRE(is_sane(read) && read.amount == 0.0, "%s: read %g", version_name(v), read.amount);
        REQUIRE(is_sane(peak) && peak.amount == 0.0, "%s: peak %g", version_name(v), peak.amount);
        REQUIRE(after.amount == (double)SIZE, "%s: %g afterwards", version_name(v), after.amount);
    }
    release_guarded();
}

int main(void) {
    static const claim claims[] = {
        CLAIM(multiplying_takes_its_time_and_counts_its_operations),
        CLAIM(reading_counts_every_byte_once),
        CLAIM(what_was_cancelled_does_not_count),
    };
    return run_claims(claims, sizeof claims / sizeof *claims);
}
