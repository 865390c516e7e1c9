/* Beam search with the sum of logarithms as its measure (what transformers does with num_beams and a
 * length_penalty of 0). Of each beam twice as many continuations are weighed as there are beams, so
 * that enough are left when some end. */
#include "model/beam.h"

#include <stdlib.h>
#include <string.h>

/* A beam with one token more, while it is only thought of. */
typedef struct continuation {
    size_t parent;
    const pali_candidate *candidate;
    float logprob; /* of all tokens together */
} continuation;

static pali_status reserve_beam(pali_beam *beam, size_t max_new_tokens, pali_arena *arena,
                                pali_error *err) {
    beam->tokens = pali_arena_alloc(arena, max_new_tokens + 1, sizeof *beam->tokens, "tokens", err);
    return beam->tokens ? PALI_OK : PALI_ERROR_MEMORY;
}

pali_status pali_beams_init(pali_beams *beams, const pali_model *model, size_t width,
                            size_t max_new_tokens, size_t prefix, size_t capacity,
                            pali_arena *caches, pali_arena *arena, pali_error *err) {
    *beams = (pali_beams){.model = model, .width = width, .num_live = 1, .arena = arena};
    beams->live = pali_arena_alloc(arena, width, sizeof *beams->live, "beams", err);
    beams->next = pali_arena_alloc(arena, width, sizeof *beams->next, "beams", err);
    if (!beams->live || !beams->next)
        return PALI_ERROR_MEMORY;
    memset(beams->live, 0, width * sizeof *beams->live);
    memset(beams->next, 0, width * sizeof *beams->next);
    pali_status status = reserve_beam(&beams->ended, max_new_tokens, arena, err);
    for (size_t i = 0; i < width && !status; i++) {
        status = reserve_beam(&beams->live[i], max_new_tokens, arena, err);
        if (!status)
            status = reserve_beam(&beams->next[i], max_new_tokens, arena, err);
        if (!status)
            status =
                pali_sequence_init(&beams->live[i].sequence, model, prefix, capacity, caches, err);
    }
    return status;
}

/* The likeliest first; of equals, as transformers has it, the first beam's. */
static int by_logprob(const void *a, const void *b) {
    const continuation *x = a, *y = b;
    if (x->logprob != y->logprob)
        return x->logprob > y->logprob ? -1 : 1;
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    return (x->candidate > y->candidate) - (x->candidate < y->candidate);
}

/* Writes the tokens of a continuation down. */
static void write_down(const pali_beams *beams, const continuation *c, size_t num_candidates,
                       const pali_candidate *candidates, pali_beam *out) {
    const pali_beam *parent = &beams->live[c->parent];
    memcpy(out->tokens, parent->tokens, parent->num_tokens * sizeof *out->tokens);
    out->tokens[parent->num_tokens] = (pali_token){.id = c->candidate->id,
                                                   .logprob = c->candidate->logprob,
                                                   .num_candidates = num_candidates,
                                                   .candidates = candidates};
    out->num_tokens = parent->num_tokens + 1;
    out->logprob = c->logprob;
}

/* Gives what comes next its caches: the first beam that goes on from another takes that one's, the
 * others a copy in the caches of a beam that ends here. */
static void pass_on_sequences(pali_beams *beams, const size_t *parents, size_t count) {
    pali_sequence free_ones[PALI_MAX_BEAMS];
    bool taken[PALI_MAX_BEAMS] = {false};
    size_t num_free = 0;
    for (size_t i = 0; i < count; i++)
        if (!taken[parents[i]]) {
            taken[parents[i]] = true;
            beams->next[i].sequence = beams->live[parents[i]].sequence;
        }
    for (size_t i = 0; i < beams->width; i++)
        if (!taken[i])
            free_ones[num_free++] = beams->live[i].sequence;
    for (size_t i = 0; i < count; i++) {
        if (taken[parents[i]]) {
            taken[parents[i]] = false; /* has its own */
            continue;
        }
        beams->next[i].sequence = free_ones[--num_free];
        pali_sequence_copy(&beams->next[i].sequence, &beams->live[parents[i]].sequence,
                           beams->model);
    }
    for (size_t i = count; i < beams->width; i++)
        beams->next[i].sequence = free_ones[--num_free];
}

pali_status pali_beams_advance(pali_beams *beams, float *logits, size_t num_candidates,
                               pali_error *err) {
    size_t vocab = beams->model->config.text.vocab_size, weighed = 2 * beams->width;
    size_t each = weighed > num_candidates ? weighed : num_candidates, count = 0;
    continuation all[PALI_MAX_BEAMS * PALI_MAX_CANDIDATES];
    size_t parents[PALI_MAX_BEAMS];
    pali_candidate *candidates =
        pali_arena_alloc(beams->arena, beams->num_live * each, sizeof *candidates, "beams", err);
    if (!candidates)
        return PALI_ERROR_MEMORY;
    for (size_t b = 0; b < beams->num_live; b++) {
        pali_decoder_top(beams->model, logits + b * vocab, each, candidates + b * each);
        for (size_t i = 0; i < weighed; i++) {
            const pali_candidate *c = &candidates[b * each + i];
            all[count++] = (continuation){b, c, beams->live[b].logprob + c->logprob};
        }
    }
    qsort(all, count, sizeof *all, by_logprob);
    size_t num_next = 0;
    for (size_t i = 0; i < weighed && num_next < beams->width; i++) {
        const continuation *c = &all[i];
        const pali_candidate *beside = candidates + c->parent * each;
        if (!pali_model_is_eos(beams->model, c->candidate->id)) {
            parents[num_next] = c->parent;
            write_down(beams, c, num_candidates, beside, &beams->next[num_next++]);
        } else if (beams->ended.num_tokens == 0 || c->logprob > beams->ended.logprob) {
            write_down(beams, c, num_candidates, beside, &beams->ended);
        }
    }
    pass_on_sequences(beams, parents, num_next);
    pali_beam *before = beams->live;
    beams->live = beams->next;
    beams->next = before;
    beams->num_live = num_next;
    return PALI_OK;
}

bool pali_beams_done(const pali_beams *beams) {
    return beams->num_live == 0 ||
           (beams->ended.num_tokens > 0 && beams->ended.logprob >= beams->live[0].logprob);
}
