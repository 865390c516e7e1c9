/* tokenizer.model, a SentencePiece protobuf (sentencepiece_model.proto): pieces with scores and
 * types, and the few settings that Gemma's file has. Fields that are not needed are skipped by
 * their wire type. */
#include "text/tokenizer.h"

#include <math.h>
#include <string.h>

/* A part of the file that is being read. */
typedef struct message {
    const unsigned char *p, *end;
} message;

typedef struct field {
    unsigned number, wire_type;
    uint64_t value; /* of a varint */
    float number32; /* of a fixed 32-bit field */
    message body;   /* of a length-delimited field */
} field;

enum { VARINT = 0, FIXED64 = 1, DELIMITED = 2, FIXED32 = 5 };

static bool read_varint(message *m, uint64_t *out) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && m->p < m->end; shift += 7) {
        unsigned char byte = *m->p++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

/* False at a field that cannot be read; call while m->p < m->end. */
static bool read_field(message *m, field *out) {
    uint64_t key, size;
    if (!read_varint(m, &key))
        return false;
    *out = (field){.number = (unsigned)(key >> 3), .wire_type = (unsigned)(key & 7)};
    size_t left = (size_t)(m->end - m->p);
    switch (out->wire_type) {
    case VARINT:
        return read_varint(m, &out->value);
    case FIXED64:
        m->p += left < 8 ? 0 : 8;
        return left >= 8;
    case FIXED32:
        if (left < 4)
            return false;
        memcpy(&out->number32, m->p, 4);
        m->p += 4;
        return true;
    case DELIMITED:
        if (!read_varint(m, &size) || size > (uint64_t)(m->end - m->p))
            return false;
        out->body = (message){m->p, m->p + size};
        m->p += size;
        return true;
    default:
        return false;
    }
}

enum { TYPE_NORMAL = 1, TYPE_UNKNOWN, TYPE_CONTROL, TYPE_USER_DEFINED, TYPE_UNUSED, TYPE_BYTE };

static pali_status bad_file(pali_error *err) {
    return pali_fail(err, PALI_ERROR_FORMAT, "not a SentencePiece model, or damaged");
}

static pali_status add_piece(pali_tokenizer *t, message m, int32_t id, pali_error *err) {
    message text = {NULL, NULL};
    float score = 0.0f;
    uint64_t type = TYPE_NORMAL;
    while (m.p < m.end) {
        field f;
        if (!read_field(&m, &f))
            return bad_file(err);
        if (f.number == 1 && f.wire_type == DELIMITED)
            text = f.body;
        else if (f.number == 2 && f.wire_type == FIXED32)
            score = f.number32;
        else if (f.number == 3 && f.wire_type == VARINT)
            type = f.value;
    }
    if (!text.p || text.p == text.end)
        return pali_fail(err, PALI_ERROR_FORMAT, "piece %d has no text", id);
    if (!isfinite(score))
        return pali_fail(err, PALI_ERROR_FORMAT, "the score of piece %d is no number", id);
    if (type == TYPE_UNUSED || type < TYPE_NORMAL || type > TYPE_BYTE)
        return pali_fail(err, PALI_ERROR_UNSUPPORTED, "piece %d has type %llu", id,
                         (unsigned long long)type);
    static const pali_piece_kind kinds[] = {
        [TYPE_NORMAL] = PALI_PIECE_NORMAL,   [TYPE_UNKNOWN] = PALI_PIECE_CONTROL,
        [TYPE_CONTROL] = PALI_PIECE_CONTROL, [TYPE_USER_DEFINED] = PALI_PIECE_ADDED,
        [TYPE_UNUSED] = PALI_PIECE_NORMAL,   [TYPE_BYTE] = PALI_PIECE_BYTE,
    };
    pali_status status = pali_vocabulary_add(&t->vocabulary, id, (const char *)text.p,
                                             (size_t)(text.end - text.p), kinds[type], score, err);
    if (status || kinds[type] == PALI_PIECE_NORMAL || kinds[type] == PALI_PIECE_BYTE)
        return status;
    pali_added_token token = {
        .id = id, .special = kinds[type] == PALI_PIECE_CONTROL, .normalized = true};
    return pali_tokenizer_add_token(t, token, err);
}

static pali_status read_trainer(message m, pali_error *err) {
    while (m.p < m.end) {
        field f;
        if (!read_field(&m, &f))
            return bad_file(err);
        if (f.number == 3 && f.wire_type == VARINT && f.value != 2)
            return pali_fail(err, PALI_ERROR_UNSUPPORTED, "a SentencePiece model that is not BPE");
        if (f.number == 24 && f.wire_type == VARINT && f.value)
            return pali_fail(err, PALI_ERROR_UNSUPPORTED, "white space as a suffix");
    }
    return PALI_OK;
}

static pali_status read_normalizer(pali_tokenizer *t, message m, pali_error *err) {
    bool dummy_prefix = true, remove_spaces = true, escape = true; /* proto2 defaults */
    while (m.p < m.end) {
        field f;
        if (!read_field(&m, &f))
            return bad_file(err);
        if (f.number == 2 && f.wire_type == DELIMITED && f.body.p != f.body.end)
            return pali_fail(err, PALI_ERROR_UNSUPPORTED, "a table of character replacements");
        if (f.wire_type != VARINT)
            continue;
        if (f.number == 3)
            dummy_prefix = f.value;
        else if (f.number == 4)
            remove_spaces = f.value;
        else if (f.number == 5)
            escape = f.value;
    }
    if (remove_spaces)
        return pali_fail(err, PALI_ERROR_UNSUPPORTED, "removal of extra white space");
    t->add_dummy_prefix = dummy_prefix;
    t->escapes_spaces = escape;
    return PALI_OK;
}

pali_status pali_tokenizer_parse_model(pali_tokenizer *tokenizer, const unsigned char *bytes,
                                       size_t size, pali_error *err) {
    message m = {bytes, bytes + size};
    int32_t count = 0;
    bool has_normalizer = false;
    tokenizer->merging = PALI_MERGE_BY_TEXT;
    while (m.p < m.end) {
        field f;
        if (!read_field(&m, &f))
            return bad_file(err);
        if (f.wire_type != DELIMITED)
            continue;
        pali_status status = PALI_OK;
        if (f.number == 1)
            status = add_piece(tokenizer, f.body, count++, err);
        else if (f.number == 2)
            status = read_trainer(f.body, err);
        else if (f.number == 3) {
            status = read_normalizer(tokenizer, f.body, err);
            has_normalizer = true;
        }
        if (status)
            return status;
    }
    return count && has_normalizer ? PALI_OK : bad_file(err);
}
