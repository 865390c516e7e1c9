/* The names of medicines: what a name as written may stand for. The program carries a list (made
 * of data/lexicon by scripts/lexicon.py); a user's own list can be added. Both have one format,
 * UTF-8 text:
 *
 *     name <TAB> ingredients <TAB> strengths <TAB> largest single dose <TAB> code
 *     !name <TAB> other name
 *     ?abbreviation <TAB> name
 *
 * Only the name is needed. Ingredients are apart by " / "; none: the name is the ingredient's own.
 * Strengths are numbers apart by commas, in mg; a letter before them says of what: t tablets and
 * capsules, i injections, l liquids (mg in 5 mL), p preparations that are counted in per cent; no
 * letter: of anything ("t250,500 l125"). The largest single dose is in mg, by mouth. A code is the
 * name of its system, a blank and the code ("UNII 362O9ITL9D", "RxNorm 161"); a name that has none has that of
 * its only ingredient. "!" starts a pair of names that are taken for one another, "?" an abbreviation and what it stands
 * for, of which nothing becomes certain. "#" starts a comment. Where two lists have the same
 * name, the later one's line counts as far as it says something. */
#ifndef RX_LEXICON_H
#define RX_LEXICON_H

#include "rx/prescription.h"

/* Immutable once opened; threads may share it. */
typedef struct rx_lexicon rx_lexicon;

/* One text in the format above; `origin` names it in messages. */
typedef struct rx_name_list {
    const char *text;
    size_t size;
    const char *origin;
} rx_name_list;

/* The names that the program carries and those of the file `own_list` (NULL: none). A file that is
 * no such list is refused with the line that is wrong. */
pali_status rx_lexicon_open(rx_lexicon **out, const char *own_list, pali_error *err);

/* The names of these lists and no others; the texts are copied. */
pali_status rx_lexicon_make(rx_lexicon **out, const rx_name_list *lists, size_t num_lists,
                            pali_error *err);

/* Gives it back and sets `*lexicon` to NULL. */
void rx_lexicon_close(rx_lexicon **lexicon);

size_t rx_lexicon_size(const rx_lexicon *lexicon);

/* Fills `matches`, `margin` and `in_lexicon` of `name` from its `written.text`; at most
 * RX_MAX_MATCHES, best first, copied into `arena`. A name counts as in the lexicon only if every
 * letter and digit of it is right; blanks, hyphens and case do not matter, nor does a salt behind
 * an ingredient or a way of release behind a name ("Glucophage SR"). Everything else is a proposal
 * and `in_lexicon` stays false, for an abbreviation too (`abbreviated`), whose only match is what it stands for. */
enum { RX_MAX_MATCHES = 5 };
#define RX_NEAR_SCORE 0.8f /* of a match: from here on a name is likely a medicine's, if misread */
pali_status rx_lexicon_match(const rx_lexicon *lexicon, pali_arena *arena, rx_name *name,
                             pali_error *err);

/* An entry that what is written may stand for. */
typedef struct rx_near {
    const char *name; /* lives as long as the lexicon */
    float score;      /* as in rx_match */
} rx_near;

/* The entries nearest to a name as written, best first: at most `room`, and how many there are in
 * `*count`. */
pali_status rx_lexicon_near(const rx_lexicon *lexicon, const char *text, size_t size, rx_near *out,
                            size_t room, size_t *count, pali_error *err);

/* Names that `name` (of an entry) is taken for: at most `room`, and how many there are in
 * `*others`; they live as long as the lexicon. */
size_t rx_lexicon_look_alikes(const rx_lexicon *lexicon, const char *name, const char **others,
                              size_t room);

/* What an entry is known to come in. */
typedef struct rx_supply {
    const char *strengths; /* as in the list; "": nothing is known */
    double largest;        /* single dose, mg; 0: not known */
} rx_supply;

/* Of the entry called `name`; all nothing if there is none. */
rx_supply rx_lexicon_supply(const rx_lexicon *lexicon, const char *name);

#endif
