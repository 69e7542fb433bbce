/* SPDX-License-Identifier: Apache-2.0 */
/* PCRE2 in byte mode, compiled once, matched under a limit. */
#include "rules/rule_regex.h"

#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/alloc.h"
#include "rules/rules.h"
#include "rules/yaml_tree.h"

struct rule_regex {
    pcre2_code *code;
};

struct rule_regex_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
};

static void *take_memory(size_t len, void *ctx)
{
    (void)ctx;
    return twf_malloc(len);
}

static void give_memory(void *ptr, void *ctx)
{
    (void)ctx;
    twf_free(ptr);
}

/* The place of a byte of the expression in the file: exact where it stands on one line as written.
 */
struct place {
    struct rule_diags *diags;
    struct rule_mark at;
    uint32_t offset, len; /* of the node, in characters */
    struct twf_span text;
};

static struct rule_mark mark_at(const struct place *p, size_t off)
{
    struct rule_mark m = p->at;

    /* Escapes in double quotes and folded blocks make it longer or shorter than what is written. */
    if (p->len == p->text.len + 2 * p->offset)
        m.column += p->offset + (uint32_t)off;
    return m;
}

/* The number at text[*i]; RULE_REPEAT_MAX + 1 for anything larger. */
static uint32_t number(struct twf_span text, size_t *i)
{
    uint32_t value = 0;

    for (; *i < text.len && text.ptr[*i] >= '0' && text.ptr[*i] <= '9'; (*i)++) {
        value = value * 10 + (uint32_t)(text.ptr[*i] - '0');
        value = TWF_MIN(value, RULE_REPEAT_MAX + 1u);
    }
    return value;
}

/* {n}, {n,} or {n,m} at text[at]: false where a number is too large. */
static bool check_repeat(struct twf_span text, size_t at)
{
    size_t i = at + 1, from = i;
    uint32_t n = number(text, &i), m = 0;

    if (i == from)
        return true; /* no repeat: PCRE2 takes the brace as it stands */
    if (i < text.len && text.ptr[i] == ',') {
        i++;
        m = number(text, &i);
    }
    return i >= text.len || text.ptr[i] != '}' || (n <= RULE_REPEAT_MAX && m <= RULE_REPEAT_MAX);
}

static bool check_text(const struct place *p)
{
    struct twf_span t = p->text;

    if (t.len == 0 || t.len > RULE_REGEX_MAX) {
        twf_rule_error(p->diags, p->at, p->len, RULE_FAULT_LIMIT,
                       t.len == 0 ? "an empty expression matches everything; use exists: true"
                                  : "an expression of more than 1,024 bytes; split it into a list");
        return false;
    }
    if (t.len > 1 && t.ptr[0] == '(' && t.ptr[1] == '*') {
        twf_rule_error(p->diags, p->at, p->len, RULE_FAULT_REGEX,
                       "(*...) settings are not taken; flags stand behind the field: |re|i");
        return false;
    }
    for (size_t i = 0; i < t.len; i++) {
        if (t.ptr[i] == '\\') {
            i++;
        } else if (t.ptr[i] == '{' && !check_repeat(t, i)) {
            twf_rule_error(p->diags, mark_at(p, i), 1, RULE_FAULT_LIMIT, "a repeat of more than %d",
                           (int)RULE_REPEAT_MAX);
            return false;
        }
    }
    return true;
}

static pcre2_code *compile(const struct place *p, unsigned flags)
{
    uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C;
    pcre2_general_context *general = pcre2_general_context_create(take_memory, give_memory, NULL);
    pcre2_compile_context *context;
    pcre2_code *code = NULL;
    int why;
    PCRE2_SIZE where;

    if (general == NULL || (context = pcre2_compile_context_create(general)) == NULL) {
        pcre2_general_context_free(general);
        twf_rule_file_error(p->diags, RULE_FAULT_REGEX, "no memory for an expression");
        return NULL;
    }
    (void)pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    options |= (flags & RULE_REGEX_I) != 0 ? PCRE2_CASELESS : 0;
    options |= (flags & RULE_REGEX_M) != 0 ? PCRE2_MULTILINE : 0;
    options |= (flags & RULE_REGEX_S) != 0 ? PCRE2_DOTALL : 0;
    code = pcre2_compile(p->text.ptr, p->text.len, options, &why, &where, context);
    if (code == NULL) {
        uint8_t message[160];

        (void)pcre2_get_error_message(why, message, sizeof(message));
        twf_rule_error(p->diags, mark_at(p, TWF_MIN(where, p->text.len)), 1, RULE_FAULT_REGEX,
                       "the expression does not compile at its byte %zu: %s", (size_t)where + 1,
                       (const char *)message);
    }
    pcre2_compile_context_free(context);
    pcre2_general_context_free(general);
    return code;
}

struct rule_regex *twf_rule_regex_new(struct twf_span text, unsigned flags, struct rule_diags *d,
                                      struct rule_mark at, uint32_t offset, uint32_t len,
                                      bool *matches_empty)
{
    struct place p = {d, at, offset, len, text};
    struct rule_regex *r;
    uint32_t empty = 0;

    if (!check_text(&p) || (r = twf_calloc(1, sizeof(*r))) == NULL)
        return NULL;
    r->code = compile(&p, flags);
    if (r->code == NULL) {
        twf_free(r);
        return NULL;
    }
    (void)pcre2_pattern_info(r->code, PCRE2_INFO_MATCHEMPTY, &empty);
    *matches_empty = empty != 0;
    (void)pcre2_jit_compile(r->code,
                            PCRE2_JIT_COMPLETE); /* without it the interpreter does the same */
    return r;
}

void twf_rule_regex_free(struct rule_regex *r)
{
    if (r == NULL)
        return;
    pcre2_code_free(r->code);
    twf_free(r);
}

struct rule_regex_scratch *twf_rule_regex_scratch_new(uint64_t steps)
{
    struct rule_regex_scratch *s = twf_calloc(1, sizeof(*s));
    pcre2_general_context *general = pcre2_general_context_create(take_memory, give_memory, NULL);

    if (s != NULL && general != NULL) {
        s->data = pcre2_match_data_create(1, general);
        s->context = pcre2_match_context_create(general);
    }
    pcre2_general_context_free(general);
    if (s == NULL || s->data == NULL || s->context == NULL) {
        twf_rule_regex_scratch_free(s);
        return NULL;
    }
    (void)pcre2_set_match_limit(s->context, (uint32_t)TWF_MIN(steps, UINT32_MAX));
    (void)pcre2_set_heap_limit(s->context, RULE_HEAP_MAX_KIB);
    return s;
}

void twf_rule_regex_scratch_free(struct rule_regex_scratch *s)
{
    if (s == NULL)
        return;
    pcre2_match_data_free(s->data);
    pcre2_match_context_free(s->context);
    twf_free(s);
}

enum rule_regex_result twf_rule_regex_match(const struct rule_regex *r,
                                            struct rule_regex_scratch *s, struct twf_span value)
{
    const uint8_t *ptr = value.len == 0 ? (const uint8_t *)"" : value.ptr;
    int rc = pcre2_match(r->code, ptr, value.len, 0, 0, s->data, s->context);

    /* The stack of compiled code is small; the interpreter takes its memory from the heap. */
    if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
        rc = pcre2_match(r->code, ptr, value.len, 0, PCRE2_NO_JIT, s->data, s->context);
    if (rc >= 0)
        return RULE_REGEX_HIT;
    return rc == PCRE2_ERROR_NOMATCH ? RULE_REGEX_MISS : RULE_REGEX_LIMIT;
}

/* "(?" at text[at]: whether a flag is switched off there, or all of them by '^'. */
static bool switches_off(struct twf_span text, size_t at)
{
    size_t i = at + 2;

    while (i < text.len && ((text.ptr[i] >= 'a' && text.ptr[i] <= 'z') || text.ptr[i] == 'J'))
        i++;
    return i < text.len && (text.ptr[i] == '-' || text.ptr[i] == '^');
}

bool twf_rule_regex_is_linewise(struct twf_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == 0)
            return false; /* Hyperscan takes a C string */
        if (text.ptr[i] == '(' && i + 1 < text.len && text.ptr[i + 1] == '?' &&
            switches_off(text, i))
            return false;
        if (text.ptr[i] != '\\' || i + 1 >= text.len)
            continue;
        i++;
        /*
         * Anchors of the whole text; \Q, behind which all would have to be read in another way; and
         * classes that PCRE2 and Hyperscan do not fill with the same bytes.
         */
        if (memchr("AzZGQpPXhHvV", text.ptr[i], 12) != NULL)
            return false;
    }
    return true;
}

void twf_rules_libraries(struct twf_buf *out)
{
    char pcre2[64] = "";

    /* "10.42 2022-12-11" */
    if (pcre2_config(PCRE2_CONFIG_VERSION, NULL) <= (int)sizeof(pcre2))
        (void)pcre2_config(PCRE2_CONFIG_VERSION, pcre2);
    twf_buf_printf(out, "  pcre2 %.*s  libyaml %s", (int)strcspn(pcre2, " "), pcre2,
                   rule_yaml_version());
}
