/* Runs a fuzz target over every file of the folders given: how found inputs stay tested without a
 * fuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    struct stat info;
    if (!file || fstat(fileno(file), &info) != 0) {
        perror(path);
        return -1;
    }
    int result = 0;
    if (S_ISREG(info.st_mode)) {
        size_t size = (size_t)info.st_size;
        uint8_t *bytes =
            malloc(size ? size : 1); /* exact, so that sanitizers see reads past the end */
        if (!bytes || fread(bytes, 1, size, file) != size)
            result = -1;
        else
            LLVMFuzzerTestOneInput(bytes, size);
        free(bytes);
    }
    fclose(file);
    return result ? result : S_ISREG(info.st_mode);
}

int main(int argc, char **argv) {
    int count = 0;
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (!folder) {
            perror(argv[i]);
            return 1;
        }
        for (struct dirent *entry; (entry = readdir(folder));) {
            char path[4096];
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            int ran = run_file(path);
            if (ran < 0)
                return 1;
            count += ran;
        }
        closedir(folder);
    }
    printf("%d inputs\n", count);
    return count ? 0 : 1;
}
