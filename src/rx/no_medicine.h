/* Lines that name no medicine although something on them could be taken for a name. */
#ifndef RX_NO_MEDICINE_H
#define RX_NO_MEDICINE_H

#include "rx/directions.h"

/* Each looks at a line's tokens; `m` is what the line would be, were it a medicine. */

/* Whether it starts as a test, advice, a vital sign, a complaint or a doctor's name, or says when a medicine is stopped. */
bool rx_starts_otherwise(const rx_tokens *tokens);

/* "Mon Wed Fri 1 tab", "Rest 1/2 tab", "except Sunday" below a medicine: directions, although clinics' hours and advice
 * start so. */
bool rx_goes_by_days(const rx_medicine *m, const rx_tokens *tokens);

/* "4, Park Road", "A. Rao, MBBS". With `misread`, which is for names in no lexicon, "Iming: 9.30 am - 2 pm", too. */
bool rx_is_of_letterhead(const rx_medicine *m, const rx_tokens *tokens, bool misread);

/* "Mr Rao Age: 66 Yrs Date: 3/9/13", whose first key could not be read. */
bool rx_is_of_patient(const rx_medicine *m, const rx_tokens *tokens);

/* "Itching at night x 2 days", "weakness since 3 wks, c/o fever x 4 d". With `misread`, which is for
 * lines outside of the medicines and names in no lexicon, what is nearly a complaint's word is one
 * where a duration stands behind it. */
bool rx_is_complaint(const rx_medicine *m, const rx_tokens *tokens, bool misread);

/* Whether what stands where a name would is a sign or a word that is none: "M", "Male", "R". Beside
 * a form, a strength, directions or a list's mark it may be what could be read of a name. */
bool rx_is_no_name(const rx_medicine *m, const rx_tokens *tokens);

/* "Vit D 12 ng/ml", "Calcium 8.5 mg/dl": what was measured, where nothing says how to take it. */
bool rx_is_measured_value(const rx_medicine *m, const rx_tokens *tokens);

/* A strength with its unit, or one of several parts. */
bool rx_has_strength(const rx_medicine *m);

#endif
