/* The model's folder says what it reads and how its confidences are to be taken. */
#include "cli/scanning.h"

#include "base/file.h"

#include <string.h>
#include <time.h>

/* The options that results depend on. A list of names may change under its name: its digest tells, so that
 * --resume does not deliver what was read with another one. */
static pali_status describe_settings(rx_scanning *s, const rx_options *options, pali_error *err) {
    char digest[RX_DIGEST_SIZE];
    pali_mapped_file names = {0};
    if (options->weights)
        snprintf(s->settings, sizeof s->settings, "--weights %s", options->weights);
    if (!options->lexicon)
        return PALI_OK;
    pali_status status = pali_map_file(&names, options->lexicon, err);
    if (!status)
        status = rx_digest(digest, names.data, names.size, err);
    pali_unmap_file(&names);
    if (status)
        return status;
    size_t used = strlen(s->settings);
    snprintf(s->settings + used, sizeof s->settings - used, "%s--lexicon %.150s (sha256 %s)",
             used ? " " : "", options->lexicon, digest);
    return PALI_OK;
}

static pali_status fill(rx_scanning *s, const rx_options *options, const char *folder, bool raw,
                        pali_error *err) {
    pali_status status = PALI_OK;
    if (folder[0])
        status = rx_model_reads(&s->scanner.reads, folder, err);
    if (!status && folder[0] && !raw)
        status = rx_calibration_of_model(&s->calibration, folder, err);
    if (!status && folder[0])
        status = rx_digest_model(s->model_sha256, folder, err);
    if (!status)
        status = describe_settings(s, options, err);
    if (status)
        return status;
    pali_model_info info;
    pali_model_describe(s->model, &info);
    snprintf(s->program, sizeof s->program, "rxscan %s", pali_version());
    s->scanner.model = s->model;
    s->scanner.calibration = s->calibration;
    s->scanner.lexicon = s->lexicon;
    s->provenance = (rx_provenance){.program = s->program,
                                    .model_name = info.name,
                                    .model_sha256 = folder[0] ? s->model_sha256 : NULL,
                                    .weights = info.weights,
                                    .options = s->settings,
                                    .calibrated = s->calibration != NULL};
    return PALI_OK;
}

int rx_scanning_open(rx_scanning *s, const rx_options *options, bool raw) {
    char folder[RX_PATH_SIZE];
    pali_error err = PALI_ERROR_INIT;
    *s = (rx_scanning){0};
    if (rx_lexicon_open(&s->lexicon, options->lexicon, &err)) {
        rx_complain("%s", err.message);
        return RX_EXIT_USAGE;
    }
    int status = rx_engine_load(&s->model, folder, options);
    if (status >= 0)
        return status;
    if (!fill(s, options, folder, raw, &err))
        return -1;
    rx_complain("%s", err.message);
    return RX_EXIT_MODEL;
}

void rx_scanning_close(rx_scanning *s) {
    rx_interrupt_watch(NULL);
    pali_model_free(&s->model);
    rx_calibration_free(&s->calibration);
    rx_lexicon_close(&s->lexicon);
}

void rx_scanning_stamp(rx_scanning *s, const rx_ready_page *page) {
    time_t seconds = time(NULL);
    struct tm utc;
    strftime(s->time, sizeof s->time, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &utc));
    s->provenance.time = s->time;
    s->provenance.input_sha256 = page->sha256[0] ? page->sha256 : NULL;
}
