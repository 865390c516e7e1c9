/* Where a result comes from: what a person needs to repeat it, and what an audit asks for. */
#ifndef RX_PROVENANCE_H
#define RX_PROVENANCE_H

#include <stdbool.h>

typedef struct rx_provenance {
    const char *program;      /* "rxscan 0.1.0" */
    const char *model_name;   /* of its directory */
    const char *model_sha256; /* rx_digest_model, or NULL for a model without files */
    const char *weights;      /* as held: "BF16", "int8" */
    const char *options;      /* those that change what is read, "--weights int8"; may be "" */
    const char *input_sha256; /* of the input's bytes */
    const char *time;         /* of the reading, RFC 3339 in UTC */
    bool calibrated;          /* confidences went through the model's calibration table */
} rx_provenance;

#endif
