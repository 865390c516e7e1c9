/* Stores for tests: made in a new folder, filled with pages of invented patients. */
#ifndef TESTS_STORE_STORES_H
#define TESTS_STORE_STORES_H

#include "report/pages.h"
#include "store/store.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

extern char folder[64], path[128]; /* path: folder/store.db */

/* cmocka's set-up and tear-down of each test. */
int make_store_folder(void **state);
int remove_store_folder(void **state);

rx_store *open_store(rx_store_access access);

/* Page `number` of a run over many: input "in/NNN.png", patient "Patient NNN". Nothing is to be
 * freed; the next call changes it. */
rx_prescription numbered_page(int number);

/* Of that page: the digest of its input is its own. */
rx_provenance provenance_of(int number);

/* Adds pages first ... last - 1. */
void put_pages(rx_store *store, int first, int last);
pali_status put_page(rx_store *store, int number, pali_error *err);

/* Verifies; fails the test where that fails. */
rx_store_state verified(void);
/* Fails the test unless opening or verifying fails with a message that holds `part` (NULL: any). */
void expect_damage(const char *part);

#endif
