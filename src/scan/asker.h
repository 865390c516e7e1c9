/* Whoever looks at pictures and answers prompts about them: a model, in the program. */
#ifndef RX_SCAN_ASKER_H
#define RX_SCAN_ASKER_H

#include "base/arena.h"
#include "pali/pali.h"

#include <stdbool.h>

/* What was said to one prompt. */
typedef struct rx_said {
    const char *text;        /* UTF-8, NUL-terminated */
    const float *confidence; /* for each byte, the probability of the token it came with; its end's
                                probability is in that of the last byte */
    bool ended;              /* it came to an end by itself, neither cut off nor in a circle */
} rx_said;

typedef struct rx_prompt {
    const char *text;
    int max_new_tokens;
    bool
        in_scan_grammar; /* the answer keeps to docs/scan-grammar.md, whatever the model would say */
} rx_prompt;

typedef struct rx_asker {
    void *context;
    int image_size; /* pixels a side at which it sees a picture */
    bool scans;     /* it was trained to answer "scan en" */
    /* Answers all prompts about one picture; what `answers` [num_prompts] points to lies in `arena`. */
    pali_status (*ask)(void *context, rx_said *answers, pali_arena *arena,
                       const pali_image *picture, const rx_prompt *prompts, size_t num_prompts,
                       pali_error *err);
} rx_asker;

/* A model as one. `progress` (may be NULL) is told the phase "lines" in tokens of the first prompt,
 * `total` being the most that all of `num_pictures` may have. */
typedef struct rx_model_asker {
    const pali_model *model;
    bool scans; /* as rx_asker's */
    pali_progress_fn progress;
    void *progress_context;
    size_t num_pictures, pictures_done;
} rx_model_asker;
rx_asker rx_asker_of_model(rx_model_asker *asker);

#endif
