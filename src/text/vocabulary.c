/* The pieces of a tokenizer: one block of text, an array by id, and an open-addressing hash table
 * that keeps the hash beside the id, so that most probes touch nothing else. */
#include "text/vocabulary.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

struct pali_slot {
    uint32_t hash;
    int32_t id; /* -1: free */
};

/* FNV-1a (Fowler, Noll, Vo), mixed at the end. */
static uint32_t hash_of(const char *text, size_t size) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return (uint32_t)(hash ^ (hash >> 32));
}

void pali_vocabulary_init(pali_vocabulary *vocabulary) {
    *vocabulary = (pali_vocabulary){0};
    for (int i = 0; i < 256; i++)
        vocabulary->byte_ids[i] = -1;
}

void pali_vocabulary_free(pali_vocabulary *vocabulary) {
    free(vocabulary->text);
    free(vocabulary->pieces);
    free(vocabulary->slots);
    pali_vocabulary_init(vocabulary);
}

static bool is_piece(const pali_vocabulary *v, int32_t id, const char *text, size_t size) {
    const pali_piece *piece = &v->pieces[id];
    return piece->size == size && memcmp(v->text + piece->start, text, size) == 0;
}

/* The slot that holds the text, or the free one where it belongs. */
static struct pali_slot *slot_of(const pali_vocabulary *v, const char *text, size_t size,
                                 uint32_t hash) {
    for (size_t i = hash & (v->num_slots - 1);; i = (i + 1) & (v->num_slots - 1)) {
        struct pali_slot *slot = &v->slots[i];
        if (slot->id < 0 || (slot->hash == hash && is_piece(v, slot->id, text, size)))
            return slot;
    }
}

static pali_status grow_slots(pali_vocabulary *v, pali_error *err) {
    if (v->used * 2 < v->num_slots)
        return PALI_OK;
    size_t count = v->num_slots ? v->num_slots * 2 : 1024;
    struct pali_slot *slots = malloc(count * sizeof *slots);
    if (!slots)
        return pali_fail_memory(err, count * sizeof *slots, "the vocabulary");
    memset(slots, 0xff, count * sizeof *slots);
    for (size_t i = 0; i < v->num_slots; i++) {
        if (v->slots[i].id < 0)
            continue;
        size_t at = v->slots[i].hash & (count - 1);
        while (slots[at].id >= 0)
            at = (at + 1) & (count - 1);
        slots[at] = v->slots[i];
    }
    free(v->slots);
    v->slots = slots;
    v->num_slots = count;
    return PALI_OK;
}

static pali_status grow_pieces(pali_vocabulary *v, size_t count, pali_error *err) {
    if (count > v->capacity) {
        size_t capacity = v->capacity ? v->capacity : 1024;
        while (capacity < count)
            capacity *= 2;
        pali_piece *pieces = realloc(v->pieces, capacity * sizeof *pieces);
        if (!pieces)
            return pali_fail_memory(err, capacity * sizeof *pieces, "the vocabulary");
        memset(pieces + v->capacity, 0, (capacity - v->capacity) * sizeof *pieces);
        v->pieces = pieces;
        v->capacity = capacity;
    }
    if (count > v->count)
        v->count = count;
    return PALI_OK;
}

static pali_status append_text(pali_vocabulary *v, const char *text, size_t size, pali_error *err) {
    if (v->text_size + size + 1 > v->text_capacity) {
        size_t capacity = v->text_capacity ? v->text_capacity : 65536;
        while (capacity < v->text_size + size + 1)
            capacity *= 2;
        char *grown = capacity > UINT32_MAX ? NULL : realloc(v->text, capacity);
        if (!grown)
            return pali_fail_memory(err, capacity, "the vocabulary");
        v->text = grown;
        v->text_capacity = capacity;
    }
    memcpy(v->text + v->text_size, text, size);
    v->text[v->text_size + size] = '\0';
    v->text_size += size + 1;
    return PALI_OK;
}

/* The value of "<0x41>", or -1. */
static int byte_of(const char *text, size_t size) {
    if (size != 6 || memcmp(text, "<0x", 3) != 0 || text[5] != '>')
        return -1;
    int value = 0;
    for (int i = 3; i < 5; i++) {
        char c = text[i];
        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if (c >= 'A' && c <= 'F')
            value = value * 16 + (c - 'A' + 10);
        else
            return -1;
    }
    return value;
}

/* A piece that looks like a byte is one, unless it is a token of its own. */
static pali_status set_kind(pali_vocabulary *v, int32_t id, pali_piece_kind kind, pali_error *err) {
    pali_piece *piece = &v->pieces[id];
    int byte = byte_of(v->text + piece->start, piece->size);
    if (kind == PALI_PIECE_BYTE && byte < 0)
        return pali_fail(err, PALI_ERROR_FORMAT, "token %d is said to be a byte", id);
    if (byte >= 0) {
        bool plain = kind == PALI_PIECE_NORMAL || kind == PALI_PIECE_BYTE;
        kind = plain ? PALI_PIECE_BYTE : kind;
        piece->byte = (uint8_t)byte;
        v->byte_ids[byte] = plain ? id : -1;
    }
    piece->kind = (uint8_t)kind;
    return PALI_OK;
}

pali_status pali_vocabulary_add(pali_vocabulary *vocabulary, int32_t id, const char *text,
                                size_t size, pali_piece_kind kind, float score, pali_error *err) {
    pali_vocabulary *v = vocabulary;
    if (id < 0 || id >= PALI_MAX_PIECES)
        return pali_fail(err, PALI_ERROR_LIMIT, "token id %d is not in 0 to %d", id,
                         PALI_MAX_PIECES - 1);
    if (size > PALI_MAX_PIECE_BYTES)
        return pali_fail(err, PALI_ERROR_LIMIT, "token %d has %zu bytes", id, size);
    if (!pali_is_utf8(text, size))
        return pali_fail(err, PALI_ERROR_FORMAT, "token %d is not valid UTF-8", id);
    pali_status status = grow_slots(v, err);
    if (!status)
        status = grow_pieces(v, (size_t)id + 1, err);
    if (status)
        return status;
    uint32_t hash = hash_of(text, size);
    struct pali_slot *slot = slot_of(v, text, size, hash);
    bool known = slot->id >= 0;
    if (known ? slot->id != id : v->pieces[id].kind != PALI_PIECE_ABSENT)
        return pali_fail(err, PALI_ERROR_FORMAT, "token %d and token %d are in conflict",
                         known ? slot->id : id, id);
    if (!known) {
        uint32_t start = (uint32_t)v->text_size;
        status = append_text(v, text, size, err);
        if (status)
            return status;
        v->pieces[id] = (pali_piece){start, (uint32_t)size, score, (uint8_t)kind, 0};
        *slot = (struct pali_slot){hash, id};
        v->used++;
    }
    return set_kind(v, id, kind, err);
}

int32_t pali_vocabulary_find(const pali_vocabulary *vocabulary, const char *text, size_t size) {
    if (vocabulary->num_slots == 0)
        return -1;
    return slot_of(vocabulary, text, size, hash_of(text, size))->id;
}

const pali_piece *pali_vocabulary_piece(const pali_vocabulary *vocabulary, int32_t id) {
    if (id < 0 || (size_t)id >= vocabulary->count ||
        vocabulary->pieces[id].kind == PALI_PIECE_ABSENT)
        return NULL;
    return &vocabulary->pieces[id];
}
