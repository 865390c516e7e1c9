/* Claims about config.json: what is left out, what is misleading, what is refused. */
#include "model/config.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static pali_status parse(pali_config *config, const char *json, pali_error *err) {
    return pali_config_parse(config, json, strlen(json), "config.json", err);
}

/* As the official 3B-448 file has it, with what it leaves out and what is wrong in it. */
static const char official_3b[] =
    "{\"architectures\":[\"PaliGemmaForConditionalGeneration\"],\"_vocab_size\":257152,"
    "\"bos_token_id\":2,\"eos_token_id\":1,\"hidden_size\":2048,\"image_token_index\":257152,"
    "\"model_type\":\"paligemma\",\"num_hidden_layers\":26,\"pad_token_id\":0,"
    "\"projection_dim\":2304,\"text_config\":{\"architectures\":[\"Gemma2ForCausalLM\"],"
    "\"attn_logit_softcapping\":50.0,\"cache_implementation\":\"hybrid\",\"eos_token_id\":[1,107],"
    "\"final_logit_softcapping\":30.0,\"hidden_act\":\"gelu_pytorch_tanh\","
    "\"hidden_activation\":\"gelu_pytorch_tanh\",\"hidden_size\":2304,\"intermediate_size\":9216,"
    "\"model_type\":\"gemma2\",\"num_hidden_layers\":26,\"num_image_tokens\":1024,"
    "\"num_key_value_heads\":4,\"query_pre_attn_scalar\":256,\"sliding_window\":4096,"
    "\"vocab_size\":257216},\"vision_config\":{\"hidden_size\":1152,\"image_size\":448,"
    "\"intermediate_size\":4304,\"model_type\":\"siglip_vision_model\",\"num_attention_heads\":16,"
    "\"num_hidden_layers\":27,\"num_image_tokens\":1024,\"num_positions\":256,\"patch_size\":14,"
    "\"vision_use_head\":false}}";

static void what_the_official_file_leaves_out_gets_the_class_default(void **state) {
    (void)state;
    pali_config c;
    pali_error err = PALI_ERROR_INIT;
    assert_int_equal(parse(&c, official_3b, &err), PALI_OK);
    assert_int_equal(c.text.generation, 2);
    assert_int_equal(c.text.hidden_size, 2304);
    assert_int_equal(c.text.num_attention_heads, 8);
    assert_int_equal(c.text.head_dim, 256);
    assert_int_equal(c.text.max_position_embeddings, 8192);
    assert_true(c.text.attention_scale == 0.0625f);
    assert_true(c.text.rope_theta == 10000.0f);
    assert_true(c.text.rms_norm_eps == 1e-6f);
    assert_true(c.text.attn_logit_softcapping == 50.0f);
    assert_true(c.text.is_sliding[0]);
    assert_false(c.text.is_sliding[1]);
    assert_int_equal(pali_config_num_image_tokens(&c), 1024);
    assert_int_equal(c.image_token_id, 257152);
    assert_int_equal(c.num_eos_token_ids, 2);
    assert_int_equal(c.eos_token_ids[1], 107);
}

static void the_28b_scale_is_one_twelfth(void **state) {
    (void)state;
    pali_config c;
    assert_int_equal(pali_config_official(&c, "28b", 448, NULL), PALI_OK);
    assert_true(fabsf(c.text.attention_scale - 1.0f / 12.0f) < 1e-8f);
    assert_int_equal(c.text.head_dim, 128);
    assert_int_equal(c.text.num_attention_heads, 32);
}

static void every_official_size_has_its_shapes(void **state) {
    (void)state;
    static const struct {
        const char *size;
        int resolution;
        size_t hidden_size, layers, tokens;
    } cases[] = {
        {"3b", 224, 2304, 26, 256}, {"10b", 448, 3584, 42, 1024}, {"28b", 896, 4608, 46, 4096}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pali_config c;
        assert_int_equal(pali_config_official(&c, cases[i].size, cases[i].resolution, NULL),
                         PALI_OK);
        assert_int_equal(c.text.hidden_size, cases[i].hidden_size);
        assert_int_equal(c.text.num_hidden_layers, cases[i].layers);
        assert_int_equal(pali_config_num_image_tokens(&c), cases[i].tokens);
    }
    pali_config c;
    assert_int_equal(pali_config_official(&c, "4b", 224, NULL), PALI_ERROR_ARGUMENT);
    assert_int_equal(pali_config_official(&c, "3b", 225, NULL), PALI_ERROR_ARGUMENT);
}

#define VISION                                                                          \
    "\"vision_config\":{\"hidden_size\":8,\"num_attention_heads\":2,\"image_size\":28," \
    "\"patch_size\":14}"
#define TEXT(more) "\"text_config\":{\"model_type\":\"gemma2\",\"vocab_size\":300" more "}"
#define ROOT(parts) "{\"model_type\":\"paligemma\",\"image_token_index\":299," parts "}"

static void newer_spellings_are_understood(void **state) {
    (void)state;
    pali_config c;
    pali_error err = PALI_ERROR_INIT;
    const char *json = ROOT(VISION "," TEXT(
        ",\"num_hidden_layers\":2,\"rope_parameters\":{\"rope_theta\":5000.0,\"rope_type\":"
        "\"default\"},\"layer_types\":[\"full_attention\",\"sliding_attention\"]") ",\"image_token_"
                                                                                   "id\":298");
    assert_int_equal(parse(&c, json, &err), PALI_OK);
    assert_true(c.text.rope_theta == 5000.0f);
    assert_false(c.text.is_sliding[0]);
    assert_true(c.text.is_sliding[1]);
    assert_int_equal(c.image_token_id, 298);
}

static void gemma_1_has_neither_caps_nor_window(void **state) {
    (void)state;
    pali_config c;
    const char *json = ROOT(
        VISION ",\"text_config\":{\"model_type\":\"gemma\",\"vocab_size\":300,\"head_dim\":64}");
    assert_int_equal(parse(&c, json, NULL), PALI_OK);
    assert_int_equal(c.text.generation, 1);
    assert_true(c.text.attn_logit_softcapping == 0.0f);
    assert_true(c.text.final_logit_softcapping == 0.0f);
    assert_false(c.text.is_sliding[0]);
    assert_true(c.text.attention_scale == 0.125f);
    assert_int_equal(c.text.num_key_value_heads, 16);
}

static void what_cannot_be_run_is_refused_with_its_name(void **state) {
    (void)state;
    static const struct {
        const char *json;
        pali_status status;
        const char *cause;
    } cases[] = {
        {"{\"architectures\":[\"LlamaForCausalLM\"],\"model_type\":\"llama\"}",
         PALI_ERROR_UNSUPPORTED, "LlamaForCausalLM"},
        {"{\"model_type\":\"qwen2\"}", PALI_ERROR_UNSUPPORTED, "qwen2"},
        {"{}", PALI_ERROR_UNSUPPORTED, "none"},
        {"[]", PALI_ERROR_UNSUPPORTED, "none"},
        {"{\"model_type\":\"paligemma\"}", PALI_ERROR_FORMAT, "vision_config"},
        {ROOT(VISION), PALI_ERROR_FORMAT, "text_config"},
        {ROOT(VISION ",\"text_config\":{\"model_type\":\"gemma3\"}"), PALI_ERROR_UNSUPPORTED,
         "gemma3"},
        {ROOT(VISION "," TEXT(",\"head_dim\":15")), PALI_ERROR_FORMAT, "odd"},
        {ROOT(VISION "," TEXT(",\"head_dim\":0")), PALI_ERROR_FORMAT, "head_dim"},
        {ROOT(VISION "," TEXT(",\"hidden_size\":\"big\"")), PALI_ERROR_FORMAT, "hidden_size"},
        {ROOT(VISION "," TEXT(",\"num_key_value_heads\":3")), PALI_ERROR_FORMAT, "multiple"},
        {ROOT(VISION "," TEXT(",\"hidden_activation\":\"relu\"")), PALI_ERROR_UNSUPPORTED, "relu"},
        {ROOT(VISION "," TEXT(",\"attention_bias\":true")), PALI_ERROR_UNSUPPORTED, "bias"},
        {ROOT(VISION "," TEXT(",\"rope_parameters\":{\"rope_type\":\"yarn\"}")),
         PALI_ERROR_UNSUPPORTED, "yarn"},
        {ROOT(VISION "," TEXT(",\"layer_types\":[]")), PALI_ERROR_FORMAT, "layer_types"},
        {ROOT(VISION "," TEXT("") ",\"tie_word_embeddings\":false"), PALI_ERROR_UNSUPPORTED,
         "embedding"},
        {ROOT(VISION "," TEXT("") ",\"eos_token_id\":\"x\""), PALI_ERROR_FORMAT, "eos_token_id"},
        {ROOT("\"vision_config\":{\"patch_size\":13}," TEXT("")), PALI_ERROR_FORMAT, "patch_size"},
        {"{\"model_type\":", PALI_ERROR_FORMAT, "line 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pali_config c;
        pali_error err = PALI_ERROR_INIT;
        pali_status status = parse(&c, cases[i].json, &err);
        if (status != cases[i].status || !strstr(err.message, cases[i].cause) ||
            !strstr(err.message, "config.json"))
            fail_msg("case %zu gives %d: \"%s\"", i, (int)status, err.message);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_official_file_leaves_out_gets_the_class_default),
        cmocka_unit_test(the_28b_scale_is_one_twelfth),
        cmocka_unit_test(every_official_size_has_its_shapes),
        cmocka_unit_test(newer_spellings_are_understood),
        cmocka_unit_test(gemma_1_has_neither_caps_nor_window),
        cmocka_unit_test(what_cannot_be_run_is_refused_with_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
