/* SPDX-License-Identifier: Apache-2.0 */
/* What a set knows of its rules, for people: texts, examples, and how each question is answered. */
#include "rules/rule_model.h"

const struct twf_rule_example *twf_rules_examples(const struct twf_rules *r, size_t i,
                                                  size_t *count)
{
    *count = r->rules[i].example_count;
    return r->rules[i].examples;
}

struct twf_span twf_rules_text(const struct twf_rules *r, size_t i)
{
    return r->rules[i].source;
}

static void put_field(const struct rule_column *c, struct twf_buf *out)
{
    twf_buf_str(out, c->shown);
}

static void put_question(const struct twf_rules *r, const struct rule_atom *a, struct twf_buf *out)
{
    static const char *const compare[] = {"=", ">", ">=", "<", "<="};
    static const char *const places[] = {"=", "contains", "starts with", "ends with"};

    put_field(&r->columns[a->column], out);
    switch (a->test) {
    case RULE_TEST_REGEX:
        twf_buf_printf(out, " ~ /%.*s/%s%s%s", (int)a->text.len, (const char *)a->text.ptr,
                       (a->flags & RULE_REGEX_I) != 0 ? "i" : "",
                       (a->flags & RULE_REGEX_M) != 0 ? "m" : "",
                       (a->flags & RULE_REGEX_S) != 0 ? "s" : "");
        break;
    case RULE_TEST_EXISTS:
        twf_buf_str(out, " exists");
        break;
    case RULE_TEST_NUMBER:
        twf_buf_printf(out, " %s %lld", compare[a->compare], (long long)a->number);
        break;
    case RULE_TEST_FIELD:
        twf_buf_printf(out, " %s ", places[a->compare]);
        put_field(&r->columns[a->other], out);
        break;
    default:
        twf_buf_printf(out, " = '%s%.*s%s'%s", a->glob.open_start ? "*" : "", (int)a->text.len,
                       (const char *)a->text.ptr, a->glob.open_end ? "*" : "",
                       a->cased ? " cased" : "");
        break;
    }
}

static void put_engine(const struct rule_atom *a, struct twf_buf *out)
{
    struct twf_buf expression;
    unsigned flags;

    if (!a->is_trigger) {
        twf_buf_str(out, "asked when a trigger was found");
        return;
    }
    switch (a->index) {
    case RULE_INDEX_EXACT:
        twf_buf_str(out, "trigger: hash of the value");
        return;
    case RULE_INDEX_PRESENT:
        twf_buf_str(out, "trigger: any value of the field");
        return;
    default:
        break;
    }
    if (a->engine == RULE_ENGINE_SLOW) {
        twf_buf_str(out, "trigger: any value of the field (slow: Hyperscan refuses it)");
        return;
    }
    twf_buf_init(&expression);
    twf_rule_hs_expression(a, &expression, &flags);
    twf_buf_printf(out, "trigger: Hyperscan /%s/ flags %u%s", (const char *)expression.ptr, flags,
                   a->engine == RULE_ENGINE_PREFILTER ? ", prefilter" : "");
    twf_buf_fini(&expression);
}

/* Whether the step asks what an earlier one of the rule asks. */
static bool is_repeated(const struct twf_rules *r, const struct rule *rule, uint32_t step)
{
    for (uint32_t i = step + 1; i < rule->end_step; i++) {
        if (r->steps[i].atom == r->steps[step].atom)
            return true;
    }
    return false;
}

void twf_rules_describe(const struct twf_rules *r, size_t i, struct twf_buf *out)
{
    enum { STEPS_MAX = 4000 };
    const struct rule *rule = &r->rules[i];

    /* Steps were made from the last question to the first. */
    for (uint32_t step = rule->end_step; step-- > rule->first_step;) {
        const struct rule_atom *a = &r->atoms[r->steps[step].atom];

        if (rule->end_step - step > STEPS_MAX) {
            twf_buf_printf(out, "... and more\n");
            return;
        }
        if (is_repeated(r, rule, step))
            continue;
        put_question(r, a, out);
        twf_buf_str(out, "  <- ");
        put_engine(a, out);
        twf_buf_byte(out, '\n');
    }
}
