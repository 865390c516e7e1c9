/* What the claims about the Hub share: a fresh server and a fresh cache for each. */
#ifndef HUB_CLAIMS_H
#define HUB_CLAIMS_H

#include "hub_server.h"
#include "pali/hub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define CLAIM(name) cmocka_unit_test_setup_teardown(name, begin_claim, end_claim)

static char cache_root[64];

static int begin_claim(void **state) {
    static const char *const unset[] = {"HF_TOKEN",       "HUGGING_FACE_HUB_TOKEN",
                                        "HF_TOKEN_PATH",  "HF_HUB_DISABLE_IMPLICIT_TOKEN",
                                        "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE",
                                        "http_proxy",     "all_proxy",
                                        "ALL_PROXY"};
    (void)state;
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
        unsetenv(unset[i]);
    strcpy(cache_root, "/tmp/pali-hub-XXXXXX");
    if (!mkdtemp(cache_root))
        return -1;
    hub_server_start();
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d/", hub_server_port());
    setenv("HF_ENDPOINT", endpoint, 1);
    setenv("HF_HUB_CACHE", cache_root, 1);
    setenv("HF_HOME", cache_root, 1);
    setenv("HF_HUB_DOWNLOAD_TIMEOUT", "1", 1);
    setenv("HF_HUB_ETAG_TIMEOUT", "1", 1);
    return 0;
}

static int end_claim(void **state) {
    (void)state;
    hub_server_stop();
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", cache_root);
    return system(command);
}

/* Bytes without a pattern that a shifted copy would share. */
static unsigned char *noise(size_t size) {
    unsigned char *bytes = malloc(size);
    uint32_t state = 12345;
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = (unsigned char)(state >> 24);
    }
    return bytes;
}

#endif
