/* One function for each number of rows: a constant number keeps the sums in registers. */
#ifndef PALI_KERNELS_ROW_COUNTS_H
#define PALI_KERNELS_ROW_COUNTS_H

#define PALI_CASE(n, call) \
    case n:                \
        call;              \
        return;
#define PALI_UP_TO_8(function, ...)        \
    PALI_CASE(1, function(1, __VA_ARGS__)) \
    PALI_CASE(2, function(2, __VA_ARGS__)) \
    PALI_CASE(3, function(3, __VA_ARGS__)) \
    PALI_CASE(4, function(4, __VA_ARGS__)) \
    PALI_CASE(5, function(5, __VA_ARGS__)) \
    PALI_CASE(6, function(6, __VA_ARGS__)) \
    PALI_CASE(7, function(7, __VA_ARGS__)) \
    PALI_CASE(8, function(8, __VA_ARGS__))
#define PALI_UP_TO_12(function, ...)         \
    PALI_UP_TO_8(function, __VA_ARGS__)      \
    PALI_CASE(9, function(9, __VA_ARGS__))   \
    PALI_CASE(10, function(10, __VA_ARGS__)) \
    PALI_CASE(11, function(11, __VA_ARGS__)) \
    PALI_CASE(12, function(12, __VA_ARGS__))

#endif
