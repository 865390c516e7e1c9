/* Pictures come first, unscaled; then <bos> and the tokens of prompt and newline in one text: a newline
 * run is a token of its own. */
#include "model/prefix.h"

#include <stdlib.h>
#include <string.h>

static pali_status encode_prompt(pali_prefix *p, const pali_model *model, pali_error *err) {
    const char *prompt = p->request->prompt ? p->request->prompt : "";
    if (!model->tokenizer)
        return pali_fail(err, PALI_ERROR_ARGUMENT,
                         "model %s has no tokenizer: prompts are given as ids", model->name);
    size_t length = strlen(prompt);
    char *line = malloc(length + 2);
    if (!line)
        return pali_fail_memory(err, length + 2, "a prompt");
    memcpy(line, prompt, length);
    memcpy(line + length, "\n", 2);
    int32_t *ids = NULL;
    size_t count = 0;
    pali_status status =
        pali_tokenizer_encode(model->tokenizer, line, length + 1, false, &ids, &count, err);
    free(line);
    if (status)
        return status;
    p->ids = malloc((count + 1) * sizeof *p->ids);
    if (p->ids) {
        p->ids[0] = model->config.bos_token_id;
        memcpy(p->ids + 1, ids, count * sizeof *ids);
        p->num_ids = count + 1;
    } else {
        status = pali_fail_memory(err, (count + 1) * sizeof *ids, "a prompt");
    }
    free(ids);
    return status;
}

static pali_status copy_prompt_ids(pali_prefix *p, const pali_model *model, pali_error *err) {
    const pali_request *request = p->request;
    p->ids = malloc((request->num_prompt_ids ? request->num_prompt_ids : 1) * sizeof *p->ids);
    if (!p->ids)
        return pali_fail_memory(err, request->num_prompt_ids * sizeof *p->ids, "a prompt");
    p->num_ids = request->num_prompt_ids;
    for (size_t i = 0; i < p->num_ids; i++) {
        p->ids[i] = request->prompt_ids[i];
        if (p->ids[i] < 0 || (size_t)p->ids[i] >= model->config.text.vocab_size)
            return pali_fail(err, PALI_ERROR_ARGUMENT, "prompt id %d is not in the vocabulary",
                             p->ids[i]);
    }
    return PALI_OK;
}

static pali_status check_length(pali_prefix *p, const pali_model *model, size_t num_image_tokens,
                                size_t num_answer_tokens, pali_error *err) {
    size_t most = model->config.text.max_position_embeddings;
    if (p->num_ids == 0)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "a prompt without ids");
    p->length = num_image_tokens + p->num_ids;
    p->capacity = p->length + num_answer_tokens;
    if (p->capacity > most)
        return pali_fail(
            err, PALI_ERROR_LIMIT,
            "%zu positions (%zu of pictures, %zu of the prompt, %zu to generate) where "
            "the model has %zu",
            p->capacity, num_image_tokens, p->num_ids, num_answer_tokens, most);
    return PALI_OK;
}

pali_status pali_prefix_init(pali_prefix *prefix, const pali_model *model,
                             const pali_request *request, size_t num_answer_tokens,
                             pali_error *err) {
    size_t num_image_tokens = 0;
    *prefix = (pali_prefix){.request = request};
    if (request->num_features == 0 || !request->features)
        return pali_fail(err, PALI_ERROR_ARGUMENT, "a request needs at least one picture");
    for (size_t i = 0; i < request->num_features; i++) {
        const pali_features *features = request->features[i];
        if (!features || features->hidden_size != model->config.text.hidden_size)
            return pali_fail(err, PALI_ERROR_ARGUMENT, "a picture that another model encoded");
        num_image_tokens += features->num_tokens;
    }
    pali_status status = request->prompt_ids ? copy_prompt_ids(prefix, model, err)
                                             : encode_prompt(prefix, model, err);
    return status ? status : check_length(prefix, model, num_image_tokens, num_answer_tokens, err);
}

void pali_prefix_free(pali_prefix *prefix) {
    free(prefix->ids);
    *prefix = (pali_prefix){0};
}

void pali_prefix_embed(const pali_prefix *prefix, const pali_model *model, float *x) {
    size_t width = model->config.text.hidden_size;
    for (size_t i = 0; i < prefix->request->num_features; i++) {
        const pali_features *features = prefix->request->features[i];
        memcpy(x, features->data, features->num_tokens * width * sizeof *x);
        x += features->num_tokens * width;
    }
    pali_decoder_embed(model, prefix->ids, prefix->num_ids, x);
}
