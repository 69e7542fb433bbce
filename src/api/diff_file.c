/* SPDX-License-Identifier: Apache-2.0 */
/* Written beside and renamed, like every output. From stands in it as raw bytes: whoever compares with
 * an expression of his own needs them. */
#define _GNU_SOURCE
#include "api/diff_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "report/report.h"

enum { FLUSH_AT = 64 * 1024 };

void twf_diff_file_init(struct twf_diff_file *d)
{
    *d = (struct twf_diff_file){.fd = -1};
    twf_buf_init(&d->buf);
}

void twf_diff_file_fini(struct twf_diff_file *d)
{
    if (d->fd >= 0) {
        (void)close(d->fd);
        (void)unlink(d->partial);
    }
    twf_free(d->partial);
    twf_buf_fini(&d->buf);
    twf_diff_file_init(d);
}

enum twf_status twf_diff_file_open(struct twf_diff_file *d, const char *path, bool clobber,
                                   struct twf_error *err)
{
    if (path == NULL)
        return TWF_OK;
    if (!clobber && access(path, F_OK) == 0)
        return twf_error_set(err, TWF_ERR_ARG, 0, "%s exists; --clobber replaces it", path);
    d->path = path;
    d->partial = twf_malloc(strlen(path) + sizeof(".partial"));
    if (d->partial == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a path");
    (void)sprintf(d->partial, "%s.partial", path);
    d->fd = open(d->partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return d->fd >= 0 ? TWF_OK
                      : twf_error_sys(err, TWF_ERR_ARG, errno, "cannot create %s", d->partial);
}

static enum twf_status flush(struct twf_diff_file *d, struct twf_error *err)
{
    struct twf_span s = twf_buf_view(&d->buf);

    if (d->buf.failed)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for a row");
    while (s.len > 0) {
        ssize_t n = write(d->fd, s.ptr, s.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot write %s", d->partial);
        s = twf_span_slice(s, (size_t)n, s.len);
    }
    twf_buf_reset(&d->buf);
    return TWF_OK;
}

enum twf_status twf_diff_file_put(struct twf_diff_file *d, const struct twf_place *place,
                                  const struct twf_subject *subject, const struct twf_verdict *v,
                                  enum twf_tag_result result, struct twf_error *err)
{
    const struct twf_head *head = subject->head;
    const struct twf_field *f = twf_head_first(head, TWF_FIELD_FROM);
    struct twf_buf *b = &d->buf;
    const char *comma = "";

    if (d->fd < 0)
        return TWF_OK;
    /* source_uri is printable ASCII without quotes: it was percent-encoded. */
    twf_buf_printf(b,
                   "{\"schema\":\"twofrom.diff/"
                   "1\",\"result\":\"%s\",\"record_id\":\"%s:%llu:%lu\",\"source_uri\":\"",
                   twf_tag_result_names[result], place->source_id,
                   (unsigned long long)subject->message->off, (unsigned long)place->ordinal);
    for (const char *p = place->source_uri; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            twf_buf_byte(b, '\\');
        twf_buf_byte(b, (uint8_t)*p);
    }
    twf_buf_str(b, "\",\"findings\":[");
    for (uint32_t i = 0; i < v->finding_count; i++) {
        twf_buf_printf(b, "%s\"%s\"", comma, twf_finding_infos[v->findings[i].code].code);
        comma = ",";
    }
    twf_buf_str(b, "],\"from_raw_b64\":[");
    comma = "";
    for (; f != NULL; f = twf_head_next(head, f)) {
        twf_buf_printf(b, "%s\"", comma);
        twf_text_base64(b, twf_field_value(head, f));
        twf_buf_byte(b, '"');
        comma = ",";
    }
    twf_buf_str(b, "]}\n");
    return b->len >= FLUSH_AT || b->failed ? flush(d, err) : TWF_OK;
}

enum twf_status twf_diff_file_finish(struct twf_diff_file *d, struct twf_error *err)
{
    int fd = d->fd;

    if (fd < 0)
        return TWF_OK;
    TWF_TRY(flush(d, err));
    if (fsync(fd) != 0 && errno != EINVAL)
        return twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot sync %s", d->partial);
    d->fd = -1;
    if (close(fd) != 0 || rename(d->partial, d->path) != 0)
        return twf_error_sys(err, TWF_ERR_OUTPUT, errno, "cannot finish %s", d->path);
    return TWF_OK;
}
