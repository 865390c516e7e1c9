/* Levenshtein's table with three additions: substitutions cost by how alike the letters look, two
 * letters may stand for one, and two neighbours may change places. The costs are judgement, not
 * measurement: EASY for shapes that differ by a short stroke, HARD for those that differ by a loop
 * or that sound alike. Two rows of the table that lie above the limit everywhere end the work. */
#include "rx/handwriting.h"

#include "rx/name_key.h"

#include <string.h>

#define EASY 0.3f
#define HARD 0.5f
#define SWAPPED 0.8f
#define DOUBLED 0.4f

static const char EASY_PAIRS[] = "ao un uv il l1 1i 17 0o 06 ec nr rv lt ft gq gy 5s 2z nv 0a "
                                 "it jy ";
static const char HARD_PAIRS[] = "ei eo el hn hb hk cs sz ck iy rs vw mn mw yv gj pq 8b 3s "
                                 "49 9g 6b 7t ry tj dl bl fl kl kr xz ea cr sr qy ij zg py fp au ";

static const struct {
    char two[3], one;
} MERGED[] = {{"rn", 'm'}, {"nn", 'm'}, {"in", 'm'}, {"ni", 'm'}, {"nr", 'm'}, {"cl", 'd'},
              {"ol", 'd'}, {"al", 'd'}, {"ii", 'u'}, {"ri", 'n'}, {"vv", 'w'}, {"uu", 'w'},
              {"ui", 'w'}, {"li", 'h'}, {"ci", 'a'}, {"oi", 'a'}, {"lc", 'k'}, {"ij", 'y'},
              {"io", 'b'}, {"lo", 'b'}, {"ph", 'f'}, {"ee", 'u'}, {"ec", 'a'}, {"ti", 'h'}};

static size_t letter(char c) {
    return c >= '0' && c <= '9' ? (size_t)(c - '0') : (size_t)(c - 'a') + 10;
}

static void set_pairs(rx_writing *writing, const char *pairs, float cost) {
    for (; *pairs; pairs += 3) {
        writing->replaced[letter(pairs[0])][letter(pairs[1])] = cost;
        writing->replaced[letter(pairs[1])][letter(pairs[0])] = cost;
    }
}

void rx_writing_init(rx_writing *writing) {
    memset(writing, 0, sizeof *writing);
    for (size_t i = 0; i < RX_KEY_LETTERS; i++)
        for (size_t k = 0; k < RX_KEY_LETTERS; k++)
            writing->replaced[i][k] = i == k ? 0 : 1;
    set_pairs(writing, HARD_PAIRS, HARD);
    set_pairs(writing, EASY_PAIRS, EASY);
    for (size_t i = 0; i < sizeof MERGED / sizeof *MERGED; i++)
        writing->merged[letter(MERGED[i].two[0])][letter(MERGED[i].two[1])] = MERGED[i].one;
}

static float smaller(float a, float b) {
    return a < b ? a : b;
}

/* The cost of `key[i]` being there or not: less if it doubles the one before it. */
static float single(const char *key, size_t i) {
    return i > 0 && key[i] == key[i - 1] ? DOUBLED : 1;
}

float rx_writing_distance(const rx_writing *writing, const char *a, size_t a_size, const char *b,
                          size_t b_size, float limit) {
    float rows[3][RX_MAX_KEY];
    float *last2 = rows[0], *last = rows[1], *row = rows[2], lowest_before = 0;
    last[0] = 0;
    for (size_t k = 1; k <= b_size; k++)
        last[k] = last[k - 1] + single(b, k - 1);
    for (size_t i = 1; i <= a_size; i++) {
        float lowest = row[0] = last[0] + single(a, i - 1);
        for (size_t k = 1; k <= b_size; k++) {
            float cost = last[k - 1] + writing->replaced[letter(a[i - 1])][letter(b[k - 1])];
            cost = smaller(cost, last[k] + single(a, i - 1));
            cost = smaller(cost, row[k - 1] + single(b, k - 1));
            if (k > 1 && writing->merged[letter(b[k - 2])][letter(b[k - 1])] == a[i - 1])
                cost = smaller(cost, last[k - 2] + EASY);
            if (i > 1 && writing->merged[letter(a[i - 2])][letter(a[i - 1])] == b[k - 1])
                cost = smaller(cost, last2[k - 1] + EASY);
            if (i > 1 && k > 1 && a[i - 2] == b[k - 1] && a[i - 1] == b[k - 2])
                cost = smaller(cost, last2[k - 2] + SWAPPED);
            row[k] = cost;
            lowest = smaller(lowest, cost);
        }
        if (lowest > limit && lowest_before > limit)
            return lowest;
        lowest_before = lowest;
        float *spare = last2;
        last2 = last;
        last = row;
        row = spare;
    }
    return last[b_size];
}
