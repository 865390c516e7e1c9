/* A small Hugging Face Hub on loopback that misbehaves on request: 127.0.0.1 is the Hub, 127.0.0.2
 * (same port) the host that large files are kept on. */
#ifndef HUB_SERVER_H
#define HUB_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#define HUB_COMMIT "0123456789abcdef0123456789abcdef01234567"

typedef enum hub_fault_kind {
    FAULT_STATUS,     /* this status and these headers */
    FAULT_CUT,        /* close after so many bytes of the body */
    FAULT_STALL,      /* nothing more after so many bytes of the body */
    FAULT_CONTENT,    /* one bit of the body is wrong */
    FAULT_LENGTH,     /* the body is so many bytes shorter, and its Content-Length too */
    FAULT_LONGER,     /* more bytes than announced, without a Content-Length */
    FAULT_NO_RANGE,   /* Range is ignored */
    FAULT_WRONG_PART, /* another part than the one that Range asks for */
    FAULT_CHUNKED,    /* chunks, and no length anywhere */
    FAULT_HEADERS,    /* a header without end */
} hub_fault_kind;

typedef struct hub_fault {
    const char *method; /* NULL: any */
    const char *file;   /* NULL: any */
    const char *host;   /* NULL: any */
    hub_fault_kind kind;
    int status;
    const char *headers; /* "Name: value\r\n"... */
    size_t bytes;
    int times; /* after which the fault is gone; 0: stays */
} hub_fault;

typedef struct hub_request {
    char method[8], host[64], target[512], file[128], range[64], agent[64];
    bool has_token;
} hub_request;

/* Starts with an empty repository org/model. Aborts the test program when the sockets cannot be
 * had. */
void hub_server_start(void);
void hub_server_stop(void);
int hub_server_port(void);

/* Sends requests without this token away as gated. */
void hub_server_gate(const char *token);

/* Adds a file to the repository; a large one is kept on the other host. */
void hub_server_put(const char *file, const void *bytes, size_t size, bool large);
void hub_server_fault(hub_fault fault);

/* Requests so far, oldest first. The copy is the caller's to free. */
size_t hub_server_log(hub_request **requests);
void hub_server_forget(void);

#endif
