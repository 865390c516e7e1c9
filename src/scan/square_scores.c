/* Answers name squares; only those that are asked about become requests. */
#include "scan/square_scores.h"

#include <math.h>

static const double least_logprob = -9;

pali_status rx_squares_score(pali_continuation *answers, size_t count, const rx_lines *lines,
                             const pali_model *model, pali_error *err) {
    pali_arena arena = PALI_ARENA_INIT;
    size_t num_squares = lines->num_squares, num_requests = 0;
    pali_request *requests =
        pali_arena_alloc(&arena, num_squares + 1, sizeof *requests, "answers", err);
    size_t *request_of =
        pali_arena_alloc(&arena, num_squares + 1, sizeof *request_of, "answers", err);
    pali_status status = requests && request_of ? PALI_OK : PALI_ERROR_MEMORY;
    for (size_t i = 0; i < num_squares && !status; i++)
        request_of[i] = SIZE_MAX;
    for (size_t i = 0; i < count && !status; i++) {
        size_t square = answers[i].request;
        const pali_features *const *features =
            (const pali_features *const *)&lines->squares[square].features;
        if (request_of[square] == SIZE_MAX) {
            requests[num_requests] =
                (pali_request){.features = features, .num_features = 1, .prompt = "ocr"};
            request_of[square] = num_requests++;
        }
        answers[i].request = request_of[square];
    }
    if (!status && count)
        status = pali_model_score(model, requests, num_requests, answers, count, err);
    pali_arena_free(&arena);
    return status;
}

double rx_answer_logprob(const pali_continuation *answer, size_t from, size_t to) {
    double sum = 0;
    for (size_t i = from; i < to && i <= answer->num_ids; i++)
        sum += fmax((double)answer->logprobs[i], least_logprob);
    return sum;
}
