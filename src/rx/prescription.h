/* What was read from one page. The page reader (reading.h) makes it, confidence.h and review.h add
 * to it, reports print it. Everything hangs from one arena; a pointer that is NULL means "not on the
 * page" unless a reason says that it is there and cannot be read. */
#ifndef RX_PRESCRIPTION_H
#define RX_PRESCRIPTION_H

#include "base/arena.h"

/* A piece of the page as written: the likeliest reading, never put into better words. */
typedef struct rx_text {
    const char *text;       /* UTF-8; NULL: absent, or unreadable */
    const char *unreadable; /* why something that is there is not delivered; NULL otherwise */
    float confidence;       /* probability that it is right, in [0, 1] */
    bool inferred;          /* concluded from another field: `text` is NULL where no words say it */
} rx_text;

/* Whether there is something to go by: words of the page, or what follows from another field. */
static inline bool rx_is_known(const rx_text *text) {
    return text->text || text->inferred;
}

/* An amount: "500 mg", "1-2 tab", "5 days". Units are UCUM codes where UCUM has one. */
typedef struct rx_quantity {
    rx_text written;
    bool has_value;
    double value, high; /* equal unless a range is written */
    const char *unit;   /* "mg", "mL", "[iU]", "{tablet}", "d", "wk", "mo"; NULL: none written */
    double per_value;   /* 5 mL of "125 mg / 5 mL"; 0: no denominator */
    const char *per_unit;
    int num_parts; /* "500/125 mg": amounts of a combination; then there is no single value. 0: none */
    double parts[4];
} rx_quantity;

/* A word of a closed list: form, route, sex. */
typedef struct rx_coded {
    rx_text written;
    const char *value; /* "tablet", "oral"; NULL: not in the list */
} rx_coded;

/* Times of a day as FHIR's EventTiming names them. */
enum {
    RX_WHEN_MORNING = 1 << 0,     /* MORN */
    RX_WHEN_NOON = 1 << 1,        /* NOON */
    RX_WHEN_EVENING = 1 << 2,     /* EVE */
    RX_WHEN_NIGHT = 1 << 3,       /* NIGHT */
    RX_WHEN_BEDTIME = 1 << 4,     /* HS */
    RX_WHEN_BEFORE_MEAL = 1 << 5, /* AC */
    RX_WHEN_AFTER_MEAL = 1 << 6,  /* PC */
    RX_WHEN_WITH_MEAL = 1 << 7,   /* C */
};

/* How often. A pattern such as 1-0-2 gives `per_day` 2 (times), and the amounts in `slots`; where they
 * are equal, 1-0-1, the dose is inferred from it. */
typedef struct rx_frequency {
    rx_text written;
    bool has_value;
    double per_day, per_day_high;         /* times a day; 1/7 for weekly; 0 with `once` */
    double every_hours, every_hours_high; /* "every 4-6 hours"; 0: not written so */
    unsigned when;                        /* RX_WHEN_* */
    int num_slots;                        /* 3 or 4 amounts of a pattern m-n-(e-)b; 0: none */
    double slots[4];
    bool once; /* STAT, single dose */
} rx_frequency;

/* One candidate of the lexicon for a name as written. */
typedef struct rx_match {
    const char *name;    /* of the lexicon's entry */
    const char *generic; /* its active ingredients, "amoxicillin / clavulanate"; may equal `name` */
    const char *code, *system; /* NULL: none */
    float score;               /* 1: equal after case-folding */
} rx_match;

typedef struct rx_name {
    rx_text written;
    size_t num_matches; /* best first; [0] is no more than a proposal */
    const rx_match *matches;
    float margin;        /* score of the first less that of the first one of another generic */
    bool in_lexicon;     /* the first match was accepted as what is written */
    bool strength_known; /* and it is known to come in the strength that is written beside it */
    bool abbreviated;    /* what is written is short for the first match */
} rx_name;

/* Why a person must look. Codes are stable: "low-confidence", "look-alike", ... (review.h). */
typedef struct rx_review {
    bool advisory; /* worth knowing, but what was read needs no second look for it */
    const char *code;
    const char *field;   /* "strength", "name", ...; NULL: the medicine or the page as a whole */
    size_t item;         /* of a field that is a list, from 1 on; 0: the whole field */
    const char *message; /* a sentence for people, which names what was written */
    size_t num_alternatives;
    const char *const *alternatives; /* other readings or candidates, best first */
} rx_review;

typedef struct rx_reviews {
    size_t count, capacity;
    rx_review *items;
} rx_reviews;

/* A step of a taper: "2 tab x 5 days then 1 tab x 5 days". */
typedef struct rx_step {
    rx_quantity dose;
    rx_frequency frequency;
    rx_quantity duration;
} rx_step;

typedef struct rx_medicine {
    rx_text line; /* the line or lines it stands on */
    rx_name name;
    rx_quantity strength;
    rx_coded form, route;
    rx_quantity dose;
    rx_frequency frequency;
    rx_quantity duration, quantity;
    bool as_needed;
    rx_text as_needed_for; /* "for pain" */
    rx_text instructions;  /* "after food" and whatever else was written */
    size_t num_steps;      /* 0 unless tapered; the first step is also in the fields above */
    const rx_step *steps;
    float
        box[4]; /* x_min, y_min, x_max, y_max as fractions of the upright picture; all 0: unknown */
    rx_reviews review;
} rx_medicine;

enum { RX_MAX_LINES = 4096 }; /* on one page */

/* A line of the page as read. */
typedef struct rx_line {
    const char *text; /* UTF-8 */
    const float
        *confidence;   /* for each byte of `text`, the probability of the token it came with */
    float box[4];      /* as in rx_medicine */
    float straight[4]; /* on the page made straight, where rows are level; all 0: unknown */
    int row;           /* lines known to stand in one row have the same number; 0: unknown */
    bool struck_out;
    const char *
        joint; /* what stands before the next line's text, where both are one line of the page; NULL: nothing */
} rx_line;

typedef struct rx_prescription {
    pali_arena arena;
    const char *input; /* as the user named it */
    int page;          /* 1-based; 0: a single picture */
    size_t num_lines;
    const rx_line *lines;
    struct {
        rx_text name;
        rx_quantity age; /* unit "a", "mo", "d" */
        rx_coded sex;    /* FHIR's "male", "female", "other" */
    } patient;
    rx_text prescriber;
    rx_text date;
    const char *date_value; /* ISO 8601, or NULL where it is ambiguous or absent */
    size_t num_diagnoses;
    const rx_text *diagnoses;
    size_t num_medicines;
    rx_medicine *medicines;
    rx_reviews review; /* of the page as a whole */
    size_t num_warnings;
    const char *const *warnings; /* "text is smaller than the model can read ..." */
} rx_prescription;

#endif
