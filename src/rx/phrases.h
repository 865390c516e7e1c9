/* The table of what words mean: data/rx/sig.tsv for directions, data/rx/page.tsv for the page around
 * them, compiled by scripts/phrases.py. */
#ifndef RX_PHRASES_H
#define RX_PHRASES_H

#include "rx/amounts.h"
#include "rx/prescription.h"
#include "rx/tokens.h"

typedef enum rx_phrase_kind {
    RX_PHRASE_FORM,      /* value: the form */
    RX_PHRASE_COUNT,     /* what a dose is counted in; value: UCUM */
    RX_PHRASE_PACK,      /* what a pharmacy hands out; value: UCUM */
    RX_PHRASE_UNIT,      /* of a strength; value: UCUM */
    RX_PHRASE_ROUTE,     /* value: route or site */
    RX_PHRASE_FREQUENCY, /* number: times a day */
    RX_PHRASE_HOURS,     /* every # hours; likewise: */
    RX_PHRASE_DAYS,
    RX_PHRASE_WEEKS,
    RX_PHRASE_MONTHS,
    RX_PHRASE_TIMES,  /* # times a day */
    RX_PHRASE_WEEKLY, /* # times a week */
    RX_PHRASE_TIME,   /* when: a time of the day */
    RX_PHRASE_MEAL,   /* when: before, with, after a meal */
    RX_PHRASE_NEEDED,
    RX_PHRASE_ONCE,
    RX_PHRASE_THEN,
    RX_PHRASE_DISPENSE, /* heads a quantity */
    RX_PHRASE_REFILL,   /* heads how often it is handed out again */
    RX_PHRASE_SPAN,     /* a unit of time; value: UCUM */
    RX_PHRASE_NUMBER,   /* number: its value */
    RX_PHRASE_ROMAN,
    RX_PHRASE_LEAD, /* heads a duration */
    RX_PHRASE_CONTINUE,
    RX_PHRASE_NOTE, /* what directions say besides; starts a line that goes on with them */
    RX_PHRASE_DIRECTED,
    RX_PHRASE_FILLER,
    RX_PHRASE_SUFFIX,   /* ends a brand's name: "SR" */
    RX_PHRASE_FLUID,    /* runs into a vein: a name, where a volume follows */
    RX_PHRASE_KEY_NAME, /* of the page: what heads a value ... */
    RX_PHRASE_KEY_AGE,
    RX_PHRASE_KEY_SEX,
    RX_PHRASE_KEY_DATE,
    RX_PHRASE_KEY_DOCTOR,
    RX_PHRASE_KEY_DIAGNOSIS,
    RX_PHRASE_KEY_COMPLAINT,
    RX_PHRASE_KEY_OTHER,
    RX_PHRASE_HEADING_RX, /* ... or a section */
    RX_PHRASE_HEADING_TESTS,
    RX_PHRASE_HEADING_ADVICE,
    RX_PHRASE_HEADING_STOPPED,
    RX_PHRASE_HEADING_TAKEN, /* a word of such: what stands below is to be taken */
    RX_PHRASE_STOP, /* that something is not taken; value: "always"; "once": perhaps of one time;
                       "entry": of an entry, not of a day */
    RX_PHRASE_LIFE, /* what no medicine is: food, work */
    RX_PHRASE_TEST, /* and what starts a line that names no medicine */
    RX_PHRASE_ADVICE,
    RX_PHRASE_VITAL,
    RX_PHRASE_PLACE,
    RX_PHRASE_HONORIFIC,
    RX_PHRASE_DEGREE,
    RX_PHRASE_ASIDE,   /* heads another name of the medicine above, or what is said of it */
    RX_PHRASE_SEX,     /* value: FHIR's code */
    RX_PHRASE_DISEASE, /* value: its usual name */
    RX_PHRASE_SYMPTOM,
    RX_PHRASE_COMPLAINT, /* starts a complaint that is no diagnosis */
} rx_phrase_kind;

typedef struct rx_phrase {
    const char *words; /* apart by one blank; "#" stands for an amount */
    rx_phrase_kind kind;
    const char *value;
    double number;
    unsigned when;       /* RX_WHEN_* */
    const char *caution; /* "error-prone", "ambiguous"; NULL: none */
} rx_phrase;

extern const rx_phrase RX_PHRASES[]; /* sorted by words */
extern const size_t RX_NUM_PHRASES;

#define RX_KIND(k) (UINT64_C(1) << RX_PHRASE_##k)

typedef struct rx_found {
    const rx_phrase *phrase; /* NULL: none */
    size_t count;            /* tokens it covers */
    rx_amount amount;        /* of its "#" */
} rx_found;

/* The longest phrase of one of `kinds` (a union of RX_KIND) that starts at token `at`. */
rx_found rx_find_phrase(const rx_tokens *tokens, size_t at, uint64_t kinds);

#endif
