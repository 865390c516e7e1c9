/* Arbitrary bytes as one of the small files of a model's folder; the first byte says which, the others
 * are sound. */
#include "model/checkpoint.h"
#include "model/config.h"
#include "scan/reads.h"
#include "scratch.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char sound_config[] =
    "{\"model_type\": \"paligemma\", \"image_token_index\": 7, \"projection_dim\": 4, "
    "\"text_config\": {\"model_type\":"
    " \"gemma2\"}, \"vision_config\": {\"model_type\": \"siglip_vision_model\"}}";
/* One tensor "a" of four bytes, behind a header of 58. */
static const char shard[] =
    "\x3a\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}     wxyz";

static void hold(bool claim) {
    if (!claim)
        __builtin_trap();
}

static void load_config(void) {
    pali_config config;
    pali_error err = PALI_ERROR_INIT;
    if (pali_config_load(&config, scratch_folder, &err)) {
        hold(err.message[0]);
        return;
    }
    hold(config.num_eos_token_ids > 0 && config.num_eos_token_ids <= PALI_MAX_EOS);
    hold(isfinite(config.preprocessor.rescale_factor));
    for (int i = 0; i < 3; i++)
        hold(isfinite(config.preprocessor.image_mean[i]) && config.preprocessor.image_std[i] != 0);
}

static void open_checkpoint(void) {
    pali_checkpoint *checkpoint = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (pali_checkpoint_open(&checkpoint, scratch_folder, &err))
        hold(err.message[0] && !checkpoint);
    else
        hold(pali_checkpoint_count(checkpoint) == 1 &&
             pali_checkpoint_find(checkpoint, "a") != NULL);
    pali_checkpoint_close(&checkpoint);
}

static void read_card(void) {
    rx_reads reads = RX_READS_PAGES;
    pali_error err = PALI_ERROR_INIT;
    if (rx_model_reads(&reads, scratch_folder, &err))
        hold(err.message[0]);
    hold(reads == RX_READS_PAGES || reads == RX_READS_SCANS || reads == RX_READS_LINES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct {
        char kind;
        const char *name;
        void (*read)(void);
    } files[] = {
        {'p', "preprocessor_config.json", load_config},
        {'g', "generation_config.json", load_config},
        {'i', "model.safetensors.index.json", open_checkpoint},
        {'r', "rxscan.json", read_card},
    };
    static bool ready;
    if (!ready) {
        scratch_put("config.json", sound_config, sizeof sound_config - 1);
        scratch_put("model-1.safetensors", shard, sizeof shard - 1);
        pali_config config;
        hold(pali_config_load(&config, scratch_folder, NULL) == PALI_OK);
        ready = true;
    }
    for (size_t i = 0; size && i < sizeof files / sizeof *files; i++)
        if (data[0] == files[i].kind) {
            scratch_put(files[i].name, data + 1, size - 1);
            files[i].read();
            unlink(scratch_path(files[i].name));
        }
    return 0;
}
