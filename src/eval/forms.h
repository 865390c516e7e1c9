/* Texts as they are compared: docs/evaluation.md, "Normalisation". */
#ifndef RX_EVAL_FORMS_H
#define RX_EVAL_FORMS_H

#include "base/arena.h"

/* A text as code points. */
typedef struct rx_form {
    uint32_t *points;
    size_t size;
} rx_form;

typedef enum rx_form_kind {
    RX_FORM_NAME,  /* names of medicines, people, diagnoses */
    RX_FORM_FIELD, /* everything else */
    RX_FORM_TEXT   /* for the character error rate */
} rx_form_kind;

/* `text` is UTF-8; NULL counts as empty. */
pali_status rx_form_make(rx_form *out, rx_form_kind kind, pali_arena *arena, const char *text,
                         pali_error *err);

bool rx_form_equal(const rx_form *a, const rx_form *b);

/* Levenshtein's distance on code points. */
pali_status rx_form_distance(size_t *out, const rx_form *a, const rx_form *b, pali_error *err);

#endif
