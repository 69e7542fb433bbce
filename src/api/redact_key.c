/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "api/redact_key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

enum { KEY_MIN = 16, KEY_MAX = 4096 };

static enum twf_status no_key(const char *path, const char *why, struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_ARG, 0, "--redact-key: %s %s", path, why);
}

/* The bytes of the file, less the line end that an editor leaves. */
static enum twf_status read_key(const char *path, uint8_t *key, size_t *len, struct twf_error *err)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    ssize_t n;

    if (fd < 0)
        return twf_error_sys(err, TWF_ERR_ARG, errno, "--redact-key: cannot open %s", path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return no_key(path, "is no file", err);
    }
    n = read(fd, key, KEY_MAX + 1);
    (void)close(fd);
    if ((st.st_mode & 077) != 0)
        return no_key(path, "can be read by others: chmod 600", err);
    if (n < 0)
        return twf_error_sys(err, TWF_ERR_ARG, EIO, "--redact-key: cannot read %s", path);
    while (n > 0 && (key[n - 1] == '\n' || key[n - 1] == '\r'))
        n--;
    if (n < KEY_MIN || n > KEY_MAX)
        return no_key(path, "must hold 16 to 4,096 bytes, best random ones", err);
    *len = (size_t)n;
    return TWF_OK;
}

enum twf_status twf_options_redact(const struct twf_options *o, struct twf_redact **out,
                                   struct twf_error *err)
{
    uint8_t key[KEY_MAX + 1];
    size_t len = 32;
    enum twf_status status = TWF_OK;

    *out = NULL;
    if (o->redact_key != NULL && o->redact == TWF_REDACT_NONE)
        return twf_error_set(err, TWF_ERR_ARG, 0, "--redact-key needs --redact local or full");
    if (o->redact == TWF_REDACT_NONE)
        return TWF_OK;
    if (o->write_index)
        return twf_error_set(err, TWF_ERR_ARG, 0,
                             "--redact: an index holds the fields as they are: write it without");
    if (o->redact_key != NULL)
        status = read_key(o->redact_key, key, &len, err);
    else if (o->marks != NULL)
        memcpy(key, o->marks->key, len); /* the same after a crash */
    else if (getrandom(key, len, 0) != (ssize_t)len)
        status = twf_error_set(err, TWF_ERR_INTERNAL, 0, "no random bytes for a key");
    if (status == TWF_OK)
        status = twf_redact_new((enum twf_redact_mode)o->redact, twf_span(key, len), out, err);
    OPENSSL_cleanse(key, sizeof(key));
    return status;
}
