/* SPDX-License-Identifier: Apache-2.0 */
/* What an index is of: the archive as it is now, the name of its index, the options that it depends on. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/index_sink.h"
#include "api/run.h"
#include "base/alloc.h"
#include "base/error.h"
#include "pipe/record.h"

enum twf_status twf_archive_stat(const char *path, struct twf_archive *out, struct twf_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    enum twf_status status = TWF_OK;
    struct stat st;
    int why;

    if (fd < 0)
        return twf_error_sys(err, TWF_ERR_IO, errno, "cannot open the archive");
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(fd);
        return twf_error_set(err, TWF_ERR_IO, 0, "no regular file");
    }
    out->size = (uint64_t)st.st_size;
    out->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    why = twf_hash_edges(fd, out->size, out->source_id);
    if (why != 0)
        status = why == ENOMEM ? twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory to identify an archive")
                               : twf_error_sys(err, TWF_ERR_IO, why, "cannot read the archive");
    (void)close(fd);
    return status;
}

char *twf_index_path(const char *archive, const char *index_dir)
{
    const char *base = strrchr(archive, '/');
    char hash[33], *real, *out;
    size_t len;

    if (index_dir == NULL) {
        out = twf_malloc(strlen(archive) + sizeof(TWF_INDEX_SUFFIX));
        if (out != NULL)
            (void)sprintf(out, "%s" TWF_INDEX_SUFFIX, archive);
        return out;
    }
    /* In one folder for many, archives of one name are told apart by the path. */
    real = realpath(archive, NULL);
    twf_hash_hex(real == NULL ? archive : real, strlen(real == NULL ? archive : real), hash);
    free(real);
    base = base == NULL ? archive : base + 1;
    len = strlen(index_dir) + strlen(base) + sizeof(hash) + sizeof(TWF_INDEX_SUFFIX) + 2;
    out = twf_malloc(len);
    if (out != NULL)
        (void)snprintf(out, len, "%s/%s.%.16s" TWF_INDEX_SUFFIX, index_dir, base, hash);
    return out;
}

static void put_strings(struct twf_buf *out, const char *name, const struct twf_strings *s)
{
    for (size_t i = 0; i < s->len; i++)
        twf_buf_printf(out, ";%s=%s", name, s->items[i]);
}

void twf_index_options(const struct twf_options *o, struct twf_buf *out)
{
    struct twf_limits usual;

    twf_limits_default(&usual);
    twf_buf_printf(out, "format=%d;journal=%d;exchange-like=%d", (int)o->format, (int)o->journal,
                   o->exchange_like);
    for (int i = 0; i < TWF_LIMIT_COUNT; i++) {
        if (o->limits.value[i] != usual.value[i])
            twf_buf_printf(out, ";limit=%s=%llu", twf_limit_name((enum twf_limit)i),
                           (unsigned long long)o->limits.value[i]);
    }
    if (o->salvage)
        twf_buf_str(out, ";salvage");
    if (o->ratio_limit != 0)
        twf_buf_printf(out, ";ratio-limit=%llu", (unsigned long long)o->ratio_limit);
    if (o->max_window != (uint64_t)128 << 20)
        twf_buf_printf(out, ";max-window=%llu", (unsigned long long)o->max_window);
    put_strings(out, "protect", &o->protect);
    put_strings(out, "trusted-authserv", &o->authserv);
    put_strings(out, "trusted-relays", &o->relays);
    put_strings(out, "envelope-header", &o->envelope_headers);
    put_strings(out, "tracking", &o->tracking);
    if (o->explainers_off != 0)
        twf_buf_printf(out, ";no-explainer=%x", o->explainers_off);
    for (int i = 0; i < TWF_P1_NONE && o->p1_order[i] != 0; i++)
        twf_buf_printf(out, "%s%s:%u", i == 0 ? ";p1-order=" : ",", twf_p1_kind_names[i],
                       o->p1_order[i]);
}

void twf_index_gap_line(const struct twf_index *ix, uint32_t i, const char *uri, const struct twf_redact *redact,
                        char *line, size_t cap)
{
    const struct twf_incident *gap = twf_index_gap(ix, i);
    struct twf_incident x = *gap;

    x.source = uri;
    twf_redact_incident(redact, gap->code, gap->text, x.text, sizeof(x.text));
    (void)twf_incident_line(&x, line, cap);
}
