/* Which lines of a page make which medicine, and what the lines beside them tell about it. */
#ifndef RX_GROUP_DOUBTS_H
#define RX_GROUP_DOUBTS_H

#include "rx/prescription.h"

/* Whether the last line of a medicine may be meant for others above it. */
typedef enum rx_share { RX_SHARE_NONE, RX_SHARE_PERHAPS, RX_SHARE_ALL } rx_share;

/* What directions above several medicines say, as on a page that goes by the times of a day. */
enum { RX_ABOVE_FREQUENCY = 1 << 0, RX_ABOVE_DURATION = 1 << 1 };

/* Lines [first, first + count) of the page that make one medicine. */
typedef struct rx_group {
    size_t first, count;
    bool stopped;     /* it stands under such a heading */
    bool halted;      /* a line below says when it is not taken */
    bool or_below;    /* it is to be taken, or the next one */
    bool days_below;  /* a line below may say on which days it is taken */
    bool scaled;      /* lines below say how much of it, by the sugar */
    unsigned above;   /* RX_ABOVE_*: a line above it and others says so */
    bool directs_all; /* its last line says how all above are taken */
    rx_share share;   /* its last line says for how long it and others are taken */
} rx_group;

/* Adds to the medicines of a page, one for each of `groups` [num_medicines], what the entries above and below make
 * doubtful. */
pali_status rx_doubt_groups(rx_prescription *page, const rx_group *groups, pali_error *err);

#endif
