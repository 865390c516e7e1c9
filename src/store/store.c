/* Opens a store, and makes a new one.
 *
 * Changes go through SQLite's rollback journal, not through a write-ahead log: a store is then one
 * file whenever nobody writes to it, which may be copied as it is, and what was erased is not still
 * in a log beside it. A log would let others read while a page is being added; but a page takes the
 * model a second and the store milliseconds. */
#include "base/file.h"
#include "store/audit.h"
#include "store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    APPLICATION_ID = 0x52785363, /* "RxSc" */
    VERSION = 1,
    PATIENCE_MS = 30000, /* how long to wait for another process's transaction */
};

/* A page's id is the number of the entry that tells of its reading. `key` is what a page must have
 * in common with another to be the same reading (results.c). */
static const char *const tables[] = {
    "CREATE TABLE audit(seq INTEGER PRIMARY KEY, time TEXT NOT NULL, actor TEXT NOT NULL, "
    "action TEXT NOT NULL, subject TEXT NOT NULL, digest TEXT NOT NULL, hash TEXT NOT NULL) STRICT",
    "CREATE TABLE results(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, input TEXT NOT NULL, "
    "page INTEGER NOT NULL, failed INTEGER NOT NULL, salt BLOB NOT NULL, document TEXT NOT NULL) "
    "STRICT",
};
enum { NUM_TABLES = sizeof tables / sizeof *tables };

static pali_status number_of(const rx_store *store, const char *sql, int64_t *value,
                             pali_error *err) {
    rx_query q = rx_query_new(store, "cannot be read", sql, err);
    *value = rx_query_next(&q) ? rx_query_column_integer(&q, 0) : 0;
    return rx_query_end(&q);
}

pali_status rx_store_check_schema(const rx_store *store, pali_error *err) {
    rx_query q =
        rx_query_new(store, "cannot be read",
                     "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name", err);
    size_t count = 0;
    bool same = true;
    for (; rx_query_next(&q); count++)
        same =
            same && count < NUM_TABLES && strcmp(rx_query_column_text(&q, 0), tables[count]) == 0;
    pali_status status = rx_query_end(&q);
    if (!status && (!same || count != NUM_TABLES))
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: its tables are not those of a store",
                         store->path);
    q = rx_query_new(store, "cannot be read", "PRAGMA journal_mode", err);
    bool log = !status && rx_query_next(&q) && strcmp(rx_query_column_text(&q, 0), "delete") != 0;
    pali_status read = rx_query_end(&q);
    if (log)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: a write-ahead log was added to it",
                         store->path);
    return status ? status : read;
}

/* Whether nothing is in the database: a new file, or one whose making was cut short. */
static pali_status is_fresh(const rx_store *store, bool *fresh, pali_error *err) {
    int64_t tables_there = 0, application = 0;
    pali_status status = number_of(store, "SELECT count(*) FROM sqlite_schema", &tables_there, err);
    if (!status)
        status = number_of(store, "PRAGMA application_id", &application, err);
    *fresh = tables_there == 0 && application == 0;
    return status;
}

/* Unless another process has made it meanwhile. */
static pali_status make(const rx_store *store, pali_error *err) {
    bool fresh = false;
    pali_status status = rx_store_begin(store, err);
    if (status)
        return status;
    status = is_fresh(store, &fresh, err);
    for (size_t i = 0; i < NUM_TABLES && !status && fresh; i++)
        status = rx_store_run(store, "cannot be made", tables[i], err);
    if (!status && fresh) {
        char sql[96];
        snprintf(sql, sizeof sql, "PRAGMA application_id=%d; PRAGMA user_version=%d",
                 APPLICATION_ID, VERSION);
        status = rx_store_run(store, "cannot be made", sql, err);
    }
    if (!status && fresh)
        status = rx_audit_append(store, &(rx_audit_entry){.action = "created"}, NULL, err);
    return rx_store_end(store, status, err);
}

static pali_status check(const rx_store *store, pali_error *err) {
    int64_t application = 0, version = 0;
    pali_status status = number_of(store, "PRAGMA application_id", &application, err);
    if (!status)
        status = number_of(store, "PRAGMA user_version", &version, err);
    if (!status && application != APPLICATION_ID)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: a database, but not a store of rxscan",
                         store->path);
    if (!status && version > VERSION)
        return pali_fail(err, PALI_ERROR_UNSUPPORTED,
                         "%s: a store of version %lld, made by a newer rxscan; this one knows "
                         "version %d",
                         store->path, (long long)version, VERSION);
    if (!status && version != VERSION)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: a store of version %lld, which never was",
                         store->path, (long long)version);
    return status ? status : rx_store_check_schema(store, err);
}

/* What a file from a stranger may not do, and what erasing asks for: freed parts are overwritten,
 * nothing goes into temporary files, the journal's end is on the disk before a commit counts. */
static pali_status configure(const rx_store *store, pali_error *err) {
    sqlite3_busy_timeout(store->db, PATIENCE_MS);
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
    return rx_store_run(store, "cannot be opened",
                        "PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY; "
                        "PRAGMA synchronous=EXTRA; PRAGMA cell_size_check=ON",
                        err);
}

static pali_status prepare_file(const char *path, rx_store_access access, pali_error *err) {
    int fd =
        access == RX_STORE_CREATE ? open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    if (fd >= 0)
        close(fd);
    else if (access == RX_STORE_CREATE && errno != EEXIST)
        return pali_fail_errno(err, path, "cannot be made");
    struct stat info;
    if (stat(path, &info) != 0)
        return pali_fail_errno(err, path, "cannot be opened");
    if (!S_ISREG(info.st_mode))
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: not a file", path);
    if (info.st_size == 0 && access == RX_STORE_EXISTING)
        return pali_fail(err, PALI_ERROR_FORMAT, "%s: empty, not a store", path);
    return PALI_OK;
}

/* SQLite gives some names a meaning of their own; a path with a folder is never one of them. */
static pali_status open_database(rx_store *store, pali_error *err) {
    char *path = NULL;
    pali_status status = pali_join_path(&path, store->path[0] == '/' ? "" : ".", store->path, err);
    if (status)
        return status;
    if (sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        status = store->db ? rx_store_fail(store, "cannot be opened", err)
                           : pali_fail_memory(err, 0, "a database");
    free(path);
    return status ? status : configure(store, err);
}

pali_status rx_store_open(rx_store **out, const char *path, rx_store_access access,
                          pali_error *err) {
    bool fresh = false;
    pali_status status = prepare_file(path, access, err);
    if (status)
        return status;
    rx_store *store = calloc(1, sizeof *store);
    if (store)
        store->path = strdup(path);
    if (!store || !store->path) {
        free(store);
        return pali_fail_memory(err, sizeof *store, "a store");
    }
    status = open_database(store, err);
    if (!status && access == RX_STORE_CREATE)
        status = is_fresh(store, &fresh, err);
    if (!status && fresh)
        status = make(store, err);
    if (!status)
        status = check(store, err);
    if (status)
        rx_store_close(&store);
    else
        *out = store;
    return status;
}

void rx_store_close(rx_store **store) {
    if (!*store)
        return;
    /* Rows that SQLite moves leave copies behind, which secure_delete does not reach; as after erasing,
     * writing the file anew clears them. Once a run is enough: a failure's text is less than a page's. */
    if ((*store)->replaced)
        rx_store_run(*store, "cannot be written anew", "VACUUM", NULL);
    sqlite3_close((*store)->db);
    free((*store)->path);
    free(*store);
    *store = NULL;
}
