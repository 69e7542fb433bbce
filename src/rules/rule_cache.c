/* SPDX-License-Identifier: Apache-2.0 */
/* A file: head, payload. The MAC is HMAC-SHA-256 over the head without it, and the payload. */
#define _GNU_SOURCE
#include "rules/rule_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { MAC = 32, SECRET = 32, NAME_LEN = 80, BYTES_MAX = 256 << 20 };

#define SUFFIX ".rules"
#define SECRET_NAME "key"

struct head {
    char magic[8];
    uint8_t key[RULE_CACHE_KEY];
    uint64_t len; /* of the payload */
    uint8_t mac[MAC];
};
#define HEAD_MAGIC "TWFRULE1"

/* ---- the folder ---- */

static bool is_ours(const struct stat *st, mode_t kind)
{
    return (st->st_mode & S_IFMT) == kind && st->st_uid == geteuid() && (st->st_mode & 077) == 0;
}

/* The folder, if it is our own and nobody else's; -1: it is not, or there is none. */
static int open_dir(const char *dir, bool make)
{
    struct stat st;
    int fd;

    if (make && mkdir(dir, 0700) != 0 && errno != EEXIST)
        return -1;
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && (fstat(fd, &st) != 0 || !is_ours(&st, S_IFDIR))) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static bool read_all(int fd, uint8_t *to, size_t len)
{
    while (len > 0) {
        ssize_t n = read(fd, to, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        len -= (size_t)n;
    }
    return true;
}

static bool write_all(int fd, const uint8_t *from, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, from, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        from += n;
        len -= (size_t)n;
    }
    return true;
}

/* A whole file of ours, of least to most bytes. */
static bool read_file(int dir, const char *name, size_t least, size_t most, struct twf_buf *out)
{
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    bool ok = fd >= 0 && fstat(fd, &st) == 0 && is_ours(&st, S_IFREG) &&
              (uint64_t)st.st_size >= least && (uint64_t)st.st_size <= most;
    uint8_t *to;

    twf_buf_reset(out);
    if (ok) {
        to = twf_buf_reserve(out, (size_t)st.st_size);
        ok = to != NULL && read_all(fd, to, (size_t)st.st_size);
        out->len = ok ? (size_t)st.st_size : 0;
    }
    if (fd >= 0)
        (void)close(fd);
    return ok;
}

/* A name that no other process writes to. */
static void name_partial(char out[NAME_LEN], const char *stem)
{
    (void)snprintf(out, NAME_LEN, "%.50s.%ld.partial", stem, (long)getpid());
}

/* Two pieces as a file that appears whole or not at all; replace: instead of one that is there. */
static bool write_file(int dir, const char *name, struct twf_span a, struct twf_span b, bool replace)
{
    char partial[NAME_LEN];
    int fd;
    bool ok;

    name_partial(partial, name);
    fd = openat(dir, partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    ok = write_all(fd, a.ptr, a.len) && write_all(fd, b.ptr, b.len);
    ok = close(fd) == 0 && ok;
    if (replace)
        ok = ok && renameat(dir, partial, dir, name) == 0;
    else
        ok = ok && linkat(dir, partial, dir, name, 0) == 0;
    if (!ok || !replace)
        (void)unlinkat(dir, partial, 0);
    return ok;
}

/* The key of the MACs, made where there is none yet. */
static bool take_secret(int dir, bool make, uint8_t secret[SECRET])
{
    struct twf_buf b;
    bool ok;

    twf_buf_init(&b);
    ok = read_file(dir, SECRET_NAME, SECRET, SECRET, &b);
    if (!ok && make && getrandom(secret, SECRET, 0) == SECRET) {
        (void)write_file(dir, SECRET_NAME, twf_span(secret, SECRET), twf_span("", 0), false);
        ok = read_file(dir, SECRET_NAME, SECRET, SECRET, &b); /* maybe another's, who was first */
    }
    if (ok)
        memcpy(secret, b.ptr, SECRET);
    twf_buf_fini(&b);
    return ok;
}

static bool make_mac(const uint8_t secret[SECRET], const struct head *h, struct twf_span payload,
                     uint8_t out[MAC])
{
    uint8_t inner[SECRET];
    unsigned len = 0;
    struct head plain = *h;

    /* The payload is hashed alone, with the head in front of its digest: no copy of it is needed. */
    memset(plain.mac, 0, sizeof(plain.mac));
    if (EVP_Digest(payload.ptr, payload.len, inner, &len, EVP_sha256(), NULL) != 1 || len != MAC)
        return false;
    memcpy(plain.mac, inner, MAC);
    return HMAC(EVP_sha256(), secret, SECRET, (const unsigned char *)&plain, sizeof(plain), out,
                &len) != NULL &&
           len == MAC;
}

static void name_of(const uint8_t key[RULE_CACHE_KEY], char out[NAME_LEN])
{
    for (int i = 0; i < 20; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", key[i]);
    (void)snprintf(out + 40, NAME_LEN - 40, SUFFIX);
}

/* ---- loading ---- */

static bool is_true(const uint8_t secret[SECRET], const uint8_t key[RULE_CACHE_KEY],
                    const struct head *h, struct twf_span payload)
{
    uint8_t mac[MAC];

    return memcmp(h->magic, HEAD_MAGIC, sizeof(h->magic)) == 0 &&
           memcmp(h->key, key, RULE_CACHE_KEY) == 0 && h->len == payload.len &&
           make_mac(secret, h, payload, mac) && CRYPTO_memcmp(mac, h->mac, MAC) == 0;
}

bool twf_rule_cache_load(const char *dir, const uint8_t key[RULE_CACHE_KEY], struct twf_buf *out)
{
    uint8_t secret[SECRET];
    char name[NAME_LEN];
    struct head h;
    int fd = open_dir(dir, false);
    bool ok;

    name_of(key, name);
    ok = fd >= 0 && take_secret(fd, false, secret) &&
         read_file(fd, name, sizeof(h), BYTES_MAX, out);
    if (ok) {
        memcpy(&h, out->ptr, sizeof(h));
        ok = is_true(secret, key, &h, twf_span_slice(twf_buf_view(out), sizeof(h), out->len));
    }
    if (ok) { /* it is in use: not the oldest any more */
        (void)utimensat(fd, name, NULL, AT_SYMLINK_NOFOLLOW);
        out->len -= sizeof(h);
        memmove(out->ptr, out->ptr + sizeof(h), out->len);
    }
    if (fd >= 0)
        (void)close(fd);
    return ok;
}

/* ---- storing ---- */

/* Counts the files of ours but the secret, and finds the oldest of them. */
static unsigned count_files(int dir, char oldest[NAME_LEN])
{
    int again = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fdopendir(again);
    struct timespec least = {0};
    struct dirent *e;
    struct stat st;
    unsigned n = 0;

    if (d == NULL && again >= 0)
        (void)close(again);
    while (d != NULL && (e = readdir(d)) != NULL) {
        if (strstr(e->d_name, SUFFIX) == NULL || strlen(e->d_name) >= NAME_LEN ||
            fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (n == 0 || st.st_mtim.tv_sec < least.tv_sec ||
            (st.st_mtim.tv_sec == least.tv_sec && st.st_mtim.tv_nsec < least.tv_nsec)) {
            least = st.st_mtim;
            memcpy(oldest, e->d_name, strlen(e->d_name) + 1); /* shorter than NAME_LEN: above */
        }
        n++;
    }
    if (d != NULL)
        (void)closedir(d);
    return n;
}

void twf_rule_cache_store(const char *dir, const uint8_t key[RULE_CACHE_KEY], struct twf_span bytes)
{
    struct head h = {.magic = HEAD_MAGIC, .len = bytes.len};
    uint8_t secret[SECRET];
    char name[NAME_LEN], oldest[NAME_LEN];
    int fd = bytes.len > BYTES_MAX - sizeof(h) ? -1 : open_dir(dir, true);

    if (fd < 0)
        return;
    memcpy(h.key, key, RULE_CACHE_KEY);
    name_of(key, name);
    if (take_secret(fd, true, secret) && make_mac(secret, &h, bytes, h.mac) &&
        write_file(fd, name, twf_span(&h, sizeof(h)), bytes, true)) {
        for (int i = 0; i < 4 && count_files(fd, oldest) > RULE_CACHE_FILES; i++)
            (void)unlinkat(fd, oldest, 0);
    }
    (void)close(fd);
}
