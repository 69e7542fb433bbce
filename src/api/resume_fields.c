/* SPDX-License-Identifier: Apache-2.0 */
#include "api/resume_fields.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"

enum { FIELD_MAX = 1 << 16 };

void twf_fields_fini(struct twf_fields *f)
{
    twf_buf_fini(&f->text);
    *f = (struct twf_fields){0};
}

void twf_fields_add(struct twf_fields *f, const char *name, const char *value)
{
    twf_buf_put(&f->text, name, strlen(name) + 1);
    twf_buf_put(&f->text, value, strlen(value) + 1);
    f->count++;
}

/* These change no byte of any result. */
static bool is_free(const char *option)
{
    static const char *const names[] = {"threads",    "memory", "io",    "direct",  "cpu",
                                        "checkpoint", "resume", "color", "clobber", "checkpoint-every",
                                        "sandbox",    "crash-restarts"};

    for (size_t i = 0; i < TWF_COUNT(names); i++) {
        size_t len = strlen(names[i]);

        if (strncmp(option, names[i], len) == 0 && (option[len] == '\0' || option[len] == '='))
            return true;
    }
    return false;
}

static int by_name(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    size_t n = strcspn(*x, "="), m = strcspn(*y, "=");
    int order = strncmp(*x, *y, TWF_MIN(n, m));

    return order != 0 ? order : n < m ? -1 : n > m;
}

void twf_fields_options(struct twf_fields *f, const struct twf_options *o)
{
    const char **given = twf_calloc(o->given.len + 1, sizeof(*given));
    size_t n = 0;

    if (given == NULL) {
        f->text.failed = true;
        return;
    }
    /* Sorted by hand: values of one option keep their order, and there are few. */
    for (size_t i = 0; i < o->given.len; i++) {
        size_t at = n;

        if (is_free(o->given.items[i]))
            continue;
        while (at > 0 && by_name(&given[at - 1], &o->given.items[i]) > 0) {
            given[at] = given[at - 1];
            at--;
        }
        given[at] = o->given.items[i];
        n++;
    }
    for (size_t i = 0; i < n; i++) {
        const char *sign = strchr(given[i], '=');
        char name[64] = "--";
        size_t len = TWF_MIN(strcspn(given[i], "="), sizeof(name) - 3);

        memcpy(name + 2, given[i], len);
        name[2 + len] = '\0';
        twf_fields_add(f, name, sign == NULL ? "on" : sign + 1);
    }
    twf_free(given);
}

void twf_fields_save(const struct twf_fields *f, struct twf_buf *out)
{
    const char *text = (const char *)f->text.ptr;

    twf_save_u64(out, f->count);
    for (size_t i = 0; i < 2 * f->count; i++) {
        twf_save_str(out, text);
        text += strlen(text) + 1;
    }
}

static enum twf_status differ(const char *name, struct twf_span then, const char *now,
                              struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_ARG, 0, "%s differs from that of the checkpoint: %.*s then, %s now",
                         name, (int)TWF_MIN(then.len, (size_t)120), (const char *)then.ptr, now);
}

enum twf_status twf_fields_compare(const struct twf_fields *f, struct twf_saved *in,
                                   struct twf_error *err)
{
    const char *text = (const char *)f->text.ptr;
    size_t then = twf_saved_count(in, 16);

    for (size_t i = 0; i < TWF_MAX(then, f->count); i++) {
        struct twf_span name = {NULL, 0}, value = {NULL, 0};
        const char *my_name = i < f->count ? text : NULL, *my_value = NULL;

        if (i < then) {
            name = twf_saved_bytes(in, FIELD_MAX);
            value = twf_saved_bytes(in, FIELD_MAX);
        }
        if (in->bad)
            return twf_error_set(err, TWF_ERR_FORMAT, 0, "its fields are damaged");
        if (my_name != NULL) {
            my_value = text + strlen(text) + 1;
            text = my_value + strlen(my_value) + 1;
        }
        if (my_name == NULL || (i < then && !twf_span_is(name, my_name))) {
            /* One of the two has a field that the other lacks: the smaller name is that one. */
            bool is_theirs = my_name == NULL ||
                             twf_span_cmp(name, twf_span_str(my_name)) < 0;
            char word[64];

            (void)snprintf(word, sizeof(word), "%.*s", (int)TWF_MIN(name.len, sizeof(word) - 1),
                           (const char *)name.ptr);
            return is_theirs ? differ(word, value, "not given", err)
                             : differ(my_name, twf_span_str("not given"), my_value, err);
        }
        if (i >= then)
            return differ(my_name, twf_span_str("not given"), my_value, err);
        if (!twf_span_is(value, my_value))
            return differ(my_name, value, my_value, err);
    }
    return TWF_OK;
}
