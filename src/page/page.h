/* From a picture of a prescription to its lines of text, each shown at several sizes and slants and folded into
 * small squares for a model that reads lines. Stands on pali.h and base alone.
 *
 *     rx_page *page = NULL;
 *     rx_page_options po = RX_PAGE_OPTIONS_INIT;
 *     if (rx_page_read(&page, image, &po, &err)) ...
 *     for (int i = 0; i < page->num_squares; i++) ... page->squares[i].image ...
 *     rx_page_free(&page);
 *
 * The upright picture is the one given, turned by `quarter_turns`; nothing else is done to it. */
#ifndef RX_PAGE_H
#define RX_PAGE_H

#include "pali/pali.h"

typedef struct rx_page_options {
    int square_size; /* side of a square in pixels: the model's image_size; default 128 */
    int row_height;  /* of a row of a square: twice the model's patch_size; default 32. Must divide
                        square_size */
    int max_lines;   /* lines beyond the first so many are left out, with a warning; default 400 */
} rx_page_options;

#define RX_PAGE_OPTIONS_INIT \
    { 128, 32, 400 }

/* How well the page can be read. What could not be measured (no text) is 0. */
typedef struct rx_page_quality {
    float text_height; /* of small letters, in pixels of the picture: half of the text is larger */
    float small_text_height; /* nine tenths of the text are larger */
    float
        edge_width; /* pixels of the picture over which ink turns into paper; about 1.5 if sharp */
    float contrast; /* darkness of ink against its paper, 0 .. 1 */
    float noise;    /* deviation of plain paper, 0 .. 1 */
    float glare;    /* share of the page that a reflection whitens, 0 .. 1 */
} rx_page_quality;

/* Sizes and slants at which a line is shown; the first has all of its ink. Letters lie on other patches in each,
 * and the line is folded at other places, so that what one view hides another may show. */
enum { RX_PAGE_VIEWS = 5 };

/* A line at one size and slant. */
typedef struct rx_page_view {
    int first_square, num_squares; /* at least one */
} rx_page_view;

typedef struct rx_page_line {
    float box[4];         /* x_min, y_min, x_max, y_max as fractions of the upright picture */
    float cleaned_box[4]; /* the same of the cleaned page */
    float text_height;    /* of its small letters, in pixels of the picture */
    int row; /* lines that continue each other across a rule, as the cells of a table's row do, have the same number */
    rx_page_view views[RX_PAGE_VIEWS];
} rx_page_line;

typedef struct rx_page_square {
    pali_image *image; /* [square_size, square_size]: rows of the line, dark ink on white */
    int line, view;
    bool space_before; /* continues the square before it after a gap between words: their texts are
                          joined with a space; without one where this is false */
} rx_page_square;

enum { RX_PAGE_MAX_WARNINGS = 8, RX_PAGE_WARNING_SIZE = 160 };

typedef struct rx_page {
    int quarter_turns;   /* clockwise, 0 .. 3: what makes the picture upright */
    float skew;          /* degrees by which its lines fall to the right, after the turns */
    bool has_sheet;      /* the edges of a sheet were found, and its perspective was undone */
    pali_image *cleaned; /* upright, straight, even light, at about two million pixels */
    rx_page_quality quality;
    int num_warnings;
    char warnings[RX_PAGE_MAX_WARNINGS][RX_PAGE_WARNING_SIZE]; /* in words, for people */
    int num_lines;
    rx_page_line *lines; /* in reading order */
    int num_squares;
    rx_page_square *squares; /* in the order of the lines, of a line in that of its views */
} rx_page;

/* Reads a page. A picture without text gives a page without lines and a warning. Fails with
 * PALI_ERROR_ARGUMENT on options that do not fit together, else only for lack of memory. `options`
 * may be NULL. */
pali_status rx_page_read(rx_page **out, const pali_image *picture, const rx_page_options *options,
                         pali_error *err);
void rx_page_free(rx_page **page);

/* A copy of `picture` turned by so many quarter turns clockwise: what the boxes refer to. */
pali_status rx_page_upright(pali_image **out, const pali_image *picture, int quarter_turns,
                            pali_error *err);

/* Writes "<stem>-page.png", the cleaned page with a box around each line, and "<stem>-squares-N.png"
 * (N = 1, 2, ...), sheets of the squares in their order, into an existing directory. */
pali_status rx_page_show(const rx_page *page, const char *directory, const char *stem,
                         pali_error *err);

#endif
