/* Words for the codes that a prescription holds. */
#ifndef RX_UNITS_H
#define RX_UNITS_H

#include "base/buffer.h"
#include "rx/prescription.h"

enum { RX_UNIT_WORD_SIZE = 32 };

/* A UCUM code as a word: "d" -> "day", "{tablet}" -> "tablet", "[iU]" -> "IU"; "mg" stays, and NULL
 * stays NULL. Returns a constant, `ucum` itself, or `word`. */
const char *rx_unit_word(const char *ucum, char word[RX_UNIT_WORD_SIZE]);

/* Whether a unit (UCUM; NULL: none) weighs: grams and parts of them. */
bool rx_is_mass(const char *ucum);

/* "1 tablet (inferred)": an amount of which no words of the page say it. */
pali_status rx_append_inferred(pali_buffer *buffer, const rx_quantity *quantity, pali_error *err);

/* Names of the bits RX_WHEN_*, in their order: in results, and in FHIR's EventTiming. */
enum { RX_NUM_WHEN = 8 };
extern const char *const rx_when_words[RX_NUM_WHEN], *const rx_when_fhir[RX_NUM_WHEN];

#endif
