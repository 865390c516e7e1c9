/* How well a page can be read. */
#ifndef RX_PAGE_QUALITY_H
#define RX_PAGE_QUALITY_H

#include "page/page.h"
#include "page/upright.h"

rx_page_quality rx_page_quality_measure(const rx_page_work *work);

/* Appends what is wrong to the page's warnings. */
void rx_page_quality_warn(rx_page *page);

/* Appends a warning; beyond RX_PAGE_MAX_WARNINGS they are dropped. */
void rx_page_warn(rx_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
