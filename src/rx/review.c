/* The list of reasons: grown by doubling, all of it in the prescription's arena. */
#include "rx/review.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static pali_status copy_alternatives(rx_review *review, pali_arena *arena,
                                     const char *const *alternatives, pali_error *err) {
    size_t count = 0;
    while (alternatives && alternatives[count])
        count++;
    if (count == 0)
        return PALI_OK;
    const char **copies = pali_arena_alloc(arena, count, sizeof *copies, "alternatives", err);
    if (!copies)
        return PALI_ERROR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        copies[i] = pali_arena_text(arena, alternatives[i], strlen(alternatives[i]), err);
        if (!copies[i])
            return PALI_ERROR_MEMORY;
    }
    review->alternatives = copies;
    review->num_alternatives = count;
    return PALI_OK;
}

static pali_status grow(rx_reviews *reviews, pali_arena *arena, pali_error *err) {
    if (reviews->count < reviews->capacity)
        return PALI_OK;
    size_t capacity = reviews->capacity ? reviews->capacity * 2 : 4;
    rx_review *items = pali_arena_alloc(arena, capacity, sizeof *items, "review reasons", err);
    if (!items)
        return PALI_ERROR_MEMORY;
    if (reviews->count)
        memcpy(items, reviews->items, reviews->count * sizeof *items);
    reviews->items = items;
    reviews->capacity = capacity;
    return PALI_OK;
}

pali_status rx_review_add(rx_reviews *reviews, pali_arena *arena, rx_review review,
                          const char *const *alternatives, pali_error *err, const char *format,
                          ...) {
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    review.message = pali_arena_text(arena, message, strlen(message), err);
    if (!review.message)
        return PALI_ERROR_MEMORY;
    pali_status status = copy_alternatives(&review, arena, alternatives, err);
    if (!status)
        status = grow(reviews, arena, err);
    if (!status)
        reviews->items[reviews->count++] = review;
    return status;
}

/* `item` 0: any. */
static bool is_about(const rx_review *review, const char *field, size_t item) {
    if (!review->field)
        return true;
    return field && strcmp(review->field, field) == 0 &&
           (!item || !review->item || review->item == item);
}

bool rx_reviews_hold_item(const rx_reviews *reviews, const char *field, size_t item) {
    for (size_t i = 0; i < reviews->count; i++)
        if (!reviews->items[i].advisory && is_about(&reviews->items[i], field, item))
            return true;
    return false;
}

bool rx_reviews_hold(const rx_reviews *reviews, const char *field) {
    return rx_reviews_hold_item(reviews, field, 0);
}

const rx_review *rx_reviews_find(const rx_reviews *reviews, const char *code, const char *field) {
    for (size_t i = 0; i < reviews->count; i++) {
        const rx_review *review = &reviews->items[i];
        if (strcmp(review->code, code) == 0 &&
            (!field || (review->field && strcmp(review->field, field) == 0)))
            return review;
    }
    return NULL;
}

void rx_reviews_drop(rx_reviews *reviews, const rx_review *review) {
    size_t at = (size_t)(review - reviews->items);
    reviews->count--;
    memmove(&reviews->items[at], &reviews->items[at + 1],
            (reviews->count - at) * sizeof *reviews->items);
}
