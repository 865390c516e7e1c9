/* Prescriptions made by hand, for the reports. */
#ifndef TESTS_REPORT_PAGES_H
#define TESTS_REPORT_PAGES_H

#include "rx/prescription.h"
#include "rx/provenance.h"

/* Every member in use, nothing odd. Nothing is to be freed. */
rx_prescription full_page(void);

/* `text` wherever a page can put text. */
rx_prescription hostile_page(const char *text);

extern const rx_provenance provenance;

#endif
