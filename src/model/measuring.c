/* The yardsticks of a model: what its threads and its memory allow at best. */
#include "model/model.h"

static void add_read(const pali_model *model, const pali_matrix *matrix, pali_measured *sum) {
    size_t bytes;
    if (!pali_matrix_size(matrix->format, matrix->rows, matrix->cols, &bytes))
        return;
    pali_measured one = pali_measure_read(model->compute, matrix->data, bytes);
    sum->amount += one.amount;
    sum->seconds += one.seconds;
}

/* In the order in which a step reads them. */
static pali_measured read_decoder(const pali_model *model) {
    pali_measured sum = {0.0, 0.0};
    for (size_t i = 0; i < model->config.text.num_hidden_layers; i++) {
        const pali_text_layer *layer = &model->parameters.text_layers[i];
        const pali_affine *maps[] = {&layer->q_proj,   &layer->k_proj,    &layer->v_proj,
                                     &layer->o_proj,   &layer->gate_proj, &layer->up_proj,
                                     &layer->down_proj};
        for (size_t m = 0; m < sizeof maps / sizeof *maps; m++)
            add_read(model, &maps[m]->weight, &sum);
    }
    add_read(model, &model->parameters.embed_tokens, &sum);
    return sum;
}

pali_measured pali_model_measure(const pali_model *model, pali_yardstick yardstick) {
    return yardstick == PALI_YARDSTICK_READ ? read_decoder(model)
                                            : pali_measure_peak(model->compute, model->weights);
}
