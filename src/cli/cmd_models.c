/* models: what is in the Hugging Face cache of this machine. */
#include "cli/commands.h"
#include "pali/hub.h"

#include <stdlib.h>
#include <string.h>

static void print_text(const pali_hub_model *models, size_t count, FILE *out) {
    size_t width = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(models[i].repository);
        width = length > width ? length : width;
    }
    for (size_t i = 0; i < count; i++) {
        const pali_hub_model *m = &models[i];
        fprintf(out, "%-*s  %-12.24s  %.12s  %8.3f GB%s\n", (int)width, m->repository,
                m->revision ? m->revision : "-", m->commit, (double)m->bytes * 1e-9,
                m->complete ? "" : "  (incomplete)");
    }
}

static json_t *json_of_model(const pali_hub_model *m) {
    return json_pack("{ss, ss?, ss, sI, sb, ss}", "repository", m->repository, "revision",
                     m->revision, "commit", m->commit, "bytes", (json_int_t)m->bytes, "complete",
                     m->complete, "path", m->directory);
}

static bool print_all(const pali_hub_model *models, size_t count, const rx_options *options) {
    rx_output output;
    if (!rx_output_open(&output, options))
        return false;
    if (options->parsed_format == RX_TEXT)
        print_text(models, count, output.stream);
    else
        for (size_t i = 0; i < count; i++)
            rx_output_json(&output, json_of_model(&models[i]));
    return rx_output_close(&output);
}

int rx_cmd_models(int argc, const char **argv) {
    rx_options options;
    const char **arguments;
    int count;
    int status = rx_options_read(&options, &rx_command_models, RX_TAKES_OUTPUT, argc, argv,
                                 &arguments, &count);
    if (status >= 0)
        return status;
    if (count)
        return rx_usage_error("models", "takes no arguments; 'rxscan info MODEL' tells of one");
    pali_hub_model *models = NULL;
    size_t num_models = 0;
    pali_error err = PALI_ERROR_INIT;
    if (pali_hub_list(&models, &num_models, &err)) {
        rx_complain("%s", err.message);
        return RX_EXIT_SOME_FAILED;
    }
    if (num_models == 0)
        rx_note(&options, "no model in the cache: rxscan pull google/paligemma2-3b-mix-448");
    bool good = print_all(models, num_models, &options);
    pali_hub_list_free(&models, num_models);
    return good ? RX_EXIT_OK : RX_EXIT_SOME_FAILED;
}

const rx_command rx_command_models = {
    "models", "", "Lists the models in the Hugging Face cache.",
    "Repository, revision, commit and size of each, also of those that other programs fetched.\n\n"
    "  rxscan models\n"
    "  rxscan models --format json",
    rx_cmd_models};
