/* The environment variables that are shared with Python's huggingface_hub. */
#ifndef PALI_HUB_ENVIRONMENT_H
#define PALI_HUB_ENVIRONMENT_H

#include "base/buffer.h"

/* Appends the cache's root, "~/.cache/huggingface/hub" unless a variable says otherwise. */
pali_status pali_hub_cache_root(pali_buffer *out, pali_error *err);

/* Appends HF_ENDPOINT or "https://huggingface.co", without a slash at the end. */
pali_status pali_hub_endpoint(pali_buffer *out, pali_error *err);

/* Appends the token to send; nothing where there is none. A token with characters that no token
 * has is an error whose message does not show it. */
pali_status pali_hub_token(pali_buffer *out, pali_error *err);

/* Whether connections are forbidden. */
bool pali_hub_is_offline(void);

/* The whole number of seconds in `variable`, 1 to 3600; `fallback` if there is none. */
int pali_hub_timeout(const char *variable, int fallback);

#endif
