/* Arbitrary bytes as an archive of arrays: numbers of the shape asked for, or a message. */
#include "scratch.h"
#include "tasks/npz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_array(pali_npz *npz, const char *name, size_t rank, const size_t *shape) {
    pali_arena arena = PALI_ARENA_INIT;
    pali_error err = PALI_ERROR_INIT;
    float *values = NULL;
    if (pali_npz_read(npz, name, rank, shape, &arena, &values, &err)) {
        if (!err.message[0] || values)
            __builtin_trap();
    } else {
        size_t count = 1;
        for (size_t i = 0; i < rank; i++)
            count *= shape[i];
        for (size_t i = 0; i < count; i++)
            (void)*(const volatile float *)&values[i];
    }
    pali_arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    scratch_file file = scratch_open(data, size);
    pali_npz *npz = NULL;
    pali_error err = PALI_ERROR_INIT;
    if (pali_npz_open(&npz, file.path, &err)) {
        if (!err.message[0])
            __builtin_trap();
    } else {
        read_array(npz, "vector", 1, (const size_t[]){6});
        read_array(npz, "matrix", 2, (const size_t[]){3, 4});
        read_array(npz, "huge", 4, (const size_t[]){4096, 4096, 4, 4});
    }
    pali_npz_close(&npz);
    scratch_close(&file);
    return 0;
}
