/* SPDX-License-Identifier: Apache-2.0 */
/* What the library says of the message of a case. */
#include "vector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct twf_check *vector_check_new(const struct vector *v, const char *option, const char *value)
{
    struct twf_options *o;
    struct twf_check *c;
    struct twf_error err = {0};

    assert_int_equal(twf_options_new(&o, &err), TWF_OK);
    if (option != NULL)
        assert_int_equal(twf_options_set(o, option, value, &err), TWF_OK);
    for (size_t i = 0; i < v->set_count; i++) {
        char name[64];
        size_t n = strcspn(v->sets[i], "=");

        assert_true(n < sizeof(name) && v->sets[i][n] == '=');
        memcpy(name, v->sets[i], n);
        name[n] = '\0';
        if (twf_options_set(o, name, v->sets[i] + n + 1, &err) != TWF_OK)
            fail_msg("line %u: %s", v->row, err.text);
    }
    if (twf_check_new(o, &c, &err) != TWF_OK)
        fail_msg("%s", err.text);
    twf_options_free(o);
    return c;
}

static int32_t item_count(const struct twf_batch *b, const char *name, struct twf_column *c)
{
    assert_int_equal(twf_batch_column(b, name, c, NULL), TWF_OK);
    assert_int_equal(c->type, TWF_LIST_UTF8);
    return c->list_offsets[1] - c->list_offsets[0];
}

static size_t item(const struct twf_column *c, int32_t i, const char **ptr)
{
    const int32_t *offsets = c->offsets + c->list_offsets[0] + i;

    *ptr = (const char *)c->data + offsets[0];
    return (size_t)(offsets[1] - offsets[0]);
}

int vector_level(const char *name, size_t len)
{
    for (int i = 0; i < TWF_LEVEL_COUNT; i++) {
        if (strlen(twf_level_names[i]) == len && memcmp(twf_level_names[i], name, len) == 0)
            return i;
    }
    fail_msg("no level \"%.*s\"", (int)len, name);
    return -1;
}

int vector_finding(const char *name, size_t len)
{
    for (int i = 0; i < TWF_FINDING_COUNT; i++) {
        if (strlen(twf_finding_infos[i].code) == len &&
            memcmp(twf_finding_infos[i].code, name, len) == 0)
            return i;
    }
    fail_msg("no finding \"%.*s\"", (int)len, name);
    return -1;
}

int vector_allowance(const char *name, size_t len)
{
    for (int i = 0; i < TWF_ALLOWANCE_COUNT; i++) {
        if (strlen(twf_allowance_infos[i].code) == len &&
            memcmp(twf_allowance_infos[i].code, name, len) == 0)
            return i;
    }
    fail_msg("no explainer \"%.*s\"", (int)len, name);
    return -1;
}

static void put_word(struct vector_result *r, const struct twf_batch *b, const char *name)
{
    struct twf_column c;
    size_t used = strlen(r->conclusion);

    assert_int_equal(twf_batch_column(b, name, &c, NULL), TWF_OK);
    assert_int_equal(c.type, TWF_UTF8);
    (void)snprintf(r->conclusion + used, sizeof(r->conclusion) - used, "%.*s ",
                   (int)(c.offsets[1] - c.offsets[0]), (const char *)c.data + c.offsets[0]);
}

static void read_result(const struct twf_batch *b, struct vector_result *r)
{
    struct twf_column c;
    const char *ptr, *equals, *before;
    size_t len, used;
    int16_t score;

    memset(r, 0, sizeof(*r));
    put_word(r, b, "relation");
    put_word(r, b, "verdict");
    put_word(r, b, "level");
    assert_int_equal(twf_batch_column(b, "score", &c, NULL), TWF_OK);
    memcpy(&score, c.data, sizeof(score));
    r->score = score;
    used = strlen(r->conclusion);
    (void)snprintf(r->conclusion + used, sizeof(r->conclusion) - used, "%d", r->score);
    for (int i = 0; i < TWF_FINDING_COUNT; i++)
        r->level[i] = -1;
    for (int32_t i = 0, n = item_count(b, "finding_evidence", &c); i < n; i++) {
        int level;

        len = item(&c, i, &ptr);
        equals = memchr(ptr, '=', len);
        before = memchr(ptr, '<', len);
        assert_true(equals != NULL && before != NULL && equals < before);
        level = vector_level(equals + 1, (size_t)(before - equals - 1));
        r->level[vector_finding(ptr, (size_t)(equals - ptr))] = level;
        r->worst = level > r->worst ? level : r->worst;
    }
    for (int32_t i = 0, n = item_count(b, "allowances", &c); i < n; i++) {
        len = item(&c, i, &ptr);
        r->allowance[vector_allowance(ptr, len)] = true;
    }
}

void vector_judge(struct twf_check *c, const struct vector *v, int how, struct vector_result *out)
{
    struct twf_envelope env = {.mail_from = v->mail_from,
                               .mail_from_len = v->mail_from ? strlen(v->mail_from) : 0};
    const struct twf_batch *b = NULL;
    struct vector_text *message = malloc(sizeof(*message));
    uint8_t *copy;

    assert_non_null(message);
    vector_message(message, v, how);
    copy = malloc(message->len);
    assert_non_null(copy);
    memcpy(copy, message->ptr, message->len);
    assert_int_equal(twf_check_message(c, copy, message->len, v->mail_from ? &env : NULL, &b, NULL),
                     TWF_OK);
    if (twf_batch_rows(b) != v->rows)
        fail_msg("line %u: %d rows", v->row, (int)twf_batch_rows(b));
    read_result(b, out);
    free(copy);
    free(message);
}
