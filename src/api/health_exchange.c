/* SPDX-License-Identifier: Apache-2.0 */
/* What the Exchange side looked like: servers with advice, exposure, and our findings beside its tag. */
#include "api/health_line.h"

#include <stdio.h>
#include <string.h>

#include "api/words.h"
#include "report/report.h"

static void put_day(struct twf_buf *b, int64_t us)
{
    int64_t days = us / 86400000000 - (us % 86400000000 < 0), z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;

    twf_buf_printf(b, "%04d-%02d-%02d", (int)(yoe + era * 400 + (month <= 2)), (int)month,
                   (int)(doy - (153 * mp + 2) / 5 + 1));
}

/* "Exchange 2019, Nov24SU", "Exchange 2019 after Nov24SUv2" */
static void put_product(struct twf_buf *b, const struct twf_exchange_judgement *j)
{
    twf_buf_str(b, j->product);
    if (j->update[0] != '\0')
        twf_buf_printf(b, "%s%s", j->exact ? ", " : " after ", j->update);
    switch (j->status) {
    case TWF_EXCHANGE_SUV1:
        twf_buf_str(b, ", SUv1");
        break;
    case TWF_EXCHANGE_UNPATCHED:
        twf_buf_str(b, ", unpatched");
        break;
    case TWF_EXCHANGE_SUV2:
        twf_buf_printf(b, ", lacks %s", j->lacks);
        break;
    default:
        break;
    }
}

static bool is_older(const struct twf_server *a, const struct twf_server *b)
{
    for (int i = 0; i < 4; i++) {
        if (a->build[i] != b->build[i])
            return a->build[i] < b->build[i];
    }
    return false;
}

/* What came of an own server's build: advice for its latest one, else what took its place. */
static void put_outcome(struct twf_health *h, size_t row, struct twf_buf *out)
{
    const struct twf_inventory *v = h->inventory;
    const struct twf_server *s = &v->rows[row], *next = s + 1;
    bool has_next = row + 1 < v->row_count && next->scope != TWF_SERVER_OTHER &&
                    strcmp(next->host, s->host) == 0;
    char build[48];

    if (!has_next) {
        if (s->has_build)
            twf_exchange_advice(h->table, &s->judgement, s->build, h->suv1, h->rules, out);
        return;
    }
    twf_server_build_text(next, build);
    twf_buf_printf(out, "%s%s",
                   s->judgement.status == TWF_EXCHANGE_SUV1 && next->has_build && is_older(next, s)
                       ? "removed: back to "
                       : "replaced by ",
                   build);
    if (next->first_us != INT64_MIN) {
        twf_buf_str(out, ", first seen ");
        put_day(out, next->first_us);
    }
}

/* "2024-11-14 to 2024-11-26, " */
static void put_span(struct twf_buf *b, const struct twf_server *s)
{
    if (s->first_us == INT64_MIN)
        return;
    put_day(b, s->first_us);
    twf_buf_str(b, " to ");
    put_day(b, s->last_us);
    twf_buf_str(b, ", ");
}

static void put_online(struct twf_health *h, struct twf_buf *out)
{
    const struct twf_server *s = &h->inventory->online;
    struct twf_health_line l;

    twf_health_begin(&l, h, out, TWF_GREY, "Exchange Online");
    put_span(&l.details, s);
    twf_words_some(&l.details, s->messages, "message");
    twf_buf_str(&l.details,
                "; protected by the service, and not known to tag (--others lists its servers)");
    twf_buf_printf(&l.fields, ",\"messages\":%llu,\"hops\":%llu,\"tags\":%llu",
                   (unsigned long long)s->messages, (unsigned long long)s->hops,
                   (unsigned long long)s->tags);
    twf_health_end(&l);
}

static void put_server(struct twf_health *h, size_t row, struct twf_buf *out)
{
    const struct twf_server *s = &h->inventory->rows[row];
    bool own = s->scope != TWF_SERVER_OTHER;
    struct twf_health_line l;
    struct twf_buf advice;
    char build[48];

    twf_buf_init(&advice);
    twf_health_begin(&l, h, out, own ? s->judgement.color : TWF_GREY, "Exchange server");
    twf_server_build_text(s, build);
    if (own && s->judgement.status != TWF_EXCHANGE_ONLINE)
        put_outcome(h, row, &advice);
    twf_buf_printf(&l.details, "%s%s %s (", s->host,
                   s->scope == TWF_SERVER_OWN       ? ""
                   : s->scope == TWF_SERVER_ASSUMED ? " (assumed)"
                                                    : " (another's)",
                   build);
    put_product(&l.details, &s->judgement);
    twf_buf_str(&l.details, "), ");
    put_span(&l.details, s);
    twf_words_some(&l.details, s->messages, "message");
    if (s->tags > 0) {
        twf_buf_str(&l.details, ", ");
        twf_words_count(&l.details, s->tags);
        twf_buf_str(&l.details, " tagged");
    }
    if (advice.len > 0) {
        twf_buf_str(&l.details, "; ");
        twf_buf_span(&l.details, twf_buf_view(&advice));
    }
    /* host is printable ASCII, but may hold what JSON escapes. */
    twf_buf_str(&l.fields, ",\"host\":\"");
    for (const char *p = s->host; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            twf_buf_byte(&l.fields, '\\');
        twf_buf_byte(&l.fields, (uint8_t)*p);
    }
    twf_buf_printf(&l.fields,
                   "\",\"build\":\"%s\",\"scope\":\"%s\",\"status\":\"%s\",\"product\":\"%s\","
                   "\"update\":\"%s\"",
                   build, twf_server_scope_names[s->scope],
                   twf_exchange_status_names[s->judgement.status], s->judgement.product,
                   s->judgement.update);
    if (s->first_us != INT64_MIN) {
        twf_buf_str(&l.fields, ",\"first_seen\":\"");
        put_day(&l.fields, s->first_us);
        twf_buf_str(&l.fields, "\",\"last_seen\":\"");
        put_day(&l.fields, s->last_us);
        twf_buf_str(&l.fields, "\"");
    }
    twf_buf_printf(&l.fields, ",\"messages\":%llu,\"hops\":%llu,\"tags\":%llu,\"undated\":%llu",
                   (unsigned long long)s->messages, (unsigned long long)s->hops,
                   (unsigned long long)s->tags, (unsigned long long)s->undated);
    if (advice.len > 0)
        twf_buf_printf(&l.fields, ",\"advice\":\"%.*s\"", (int)advice.len,
                       (const char *)advice.ptr);
    twf_health_end(&l);
    twf_buf_fini(&advice);
}

/* The cells of the matrix that are left, where it matters to somebody. */
static void put_matrix(struct twf_health *h, struct twf_buf *out)
{
    struct twf_buf text;
    struct twf_span rest;

    twf_buf_init(&text);
    twf_exchange_matrix(h->suv1, h->rules, &text);
    rest = twf_buf_view(&text);
    while (rest.len > 0) {
        size_t end = twf_span_find(rest, '\n');
        struct twf_health_line l;

        twf_health_begin(&l, h, out, TWF_GREY, "SUv1 advice");
        twf_buf_span(&l.details, twf_span_slice(rest, 0, end));
        twf_health_end(&l);
        rest = twf_span_slice(rest, end + 1, rest.len);
    }
    twf_buf_fini(&text);
}

static void put_exposure(struct twf_health *h, struct twf_buf *out)
{
    static const enum twf_exchange_status order[] = {TWF_EXCHANGE_CURRENT, TWF_EXCHANGE_SUV2,
                                                     TWF_EXCHANGE_SUV1,    TWF_EXCHANGE_UNPATCHED,
                                                     TWF_EXCHANGE_ONLINE,  TWF_EXCHANGE_UNREADABLE};
    const struct twf_inventory *v = h->inventory;
    struct twf_health_line l;

    twf_health_begin(&l, h, out, v->best[TWF_EXCHANGE_UNPATCHED] > 0 ? TWF_RED : TWF_GREY,
                     "Exposure");
    twf_words_some(&l.details, v->messages, "message");
    twf_buf_str(&l.details, " by their best own server = ");
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        const char *name =
            order[i] == TWF_EXCHANGE_UNREADABLE ? "none" : twf_exchange_status_names[order[i]];

        twf_buf_str(&l.details, i == 0 ? "" : " + ");
        twf_words_count(&l.details, v->best[order[i]]);
        twf_buf_printf(&l.details, " %s", name);
        twf_buf_printf(&l.fields, ",\"%s\":%llu", name, (unsigned long long)v->best[order[i]]);
    }
    twf_health_end(&l);
}

static uint64_t all(const uint64_t able[TWF_ABLES])
{
    return able[TWF_ABLE_YES] + able[TWF_ABLE_NO] + able[TWF_ABLE_UNKNOWN];
}

static void put_tags(struct twf_health *h, struct twf_buf *out)
{
    static const char *const ables[TWF_ABLES] = {"able", "not_able", "able_unknown"};
    const struct twf_inventory *v = h->inventory;
    uint64_t both = all(v->tags[TWF_TAG_BOTH]), only_exchange = all(v->tags[TWF_TAG_ONLY_EXCHANGE]);
    struct twf_health_line l;

    twf_health_begin(&l, h, out, TWF_GREY, "Exchange tag");
    twf_words_count(&l.details, both + only_exchange);
    twf_buf_str(&l.details, " tagged, ");
    twf_words_count(&l.details, both);
    twf_buf_str(&l.details, " of them with findings of that class; ");
    twf_words_count(&l.details, all(v->tags[TWF_TAG_ONLY_US]));
    twf_buf_str(&l.details, " such findings untagged");
    if (all(v->tags[TWF_TAG_ONLY_US]) > 0) {
        twf_buf_str(&l.details, ", ");
        twf_words_count(&l.details, v->tags[TWF_TAG_ONLY_US][TWF_ABLE_YES]);
        twf_buf_str(&l.details, " where an own server could have tagged");
    }
    if (v->apart.forged_or_foreign + v->apart.unplaced + v->apart.other_value + v->apart.repeated > 0) {
        twf_buf_str(&l.details, "; apart: ");
        twf_words_count(&l.details, v->apart.forged_or_foreign);
        twf_buf_str(&l.details, " forged or foreign, ");
        twf_words_count(&l.details, v->apart.unplaced);
        twf_buf_str(&l.details, " by nobody knows whom, ");
        twf_words_count(&l.details, v->apart.other_value);
        twf_buf_str(&l.details, " with another value, ");
        twf_words_count(&l.details, v->apart.repeated);
        twf_buf_str(&l.details, " repeated");
    }
    for (int r = 0; r < TWF_TAG_RESULTS; r++) {
        for (int a = 0; a < TWF_ABLES; a++)
            twf_buf_printf(&l.fields, ",\"%s_%s\":%llu", twf_tag_result_names[r], ables[a],
                           (unsigned long long)v->tags[r][a]);
    }
    twf_buf_printf(
        &l.fields,
        ",\"forged_or_foreign\":%llu,\"unplaced\":%llu,\"other_value\":%llu,\"repeated\":%llu",
        (unsigned long long)v->apart.forged_or_foreign, (unsigned long long)v->apart.unplaced,
        (unsigned long long)v->apart.other_value, (unsigned long long)v->apart.repeated);
    twf_health_end(&l);
}

static void put_table(struct twf_health *h, struct twf_buf *out)
{
    struct twf_health_line l;

    twf_health_begin(&l, h, out, TWF_GREY, "Table of builds");
    twf_buf_printf(
        &l.details,
        "as of %s, %s; run HealthChecker after every update, as an archive shows the past",
        h->table->date, h->table->source);
    twf_health_end(&l);
}

void twf_health_exchange(struct twf_health *h, struct twf_buf *out)
{
    const struct twf_inventory *v = h->inventory;
    bool has_suv1 = false;

    for (size_t i = 0; i < v->row_count; i++) {
        const struct twf_server *s = &v->rows[i];

        put_server(h, i, out);
        has_suv1 |= s->scope != TWF_SERVER_OTHER && s->judgement.status == TWF_EXCHANGE_SUV1;
    }
    if (v->online.hops > 0)
        put_online(h, out);
    if (v->more_hops > 0) {
        struct twf_health_line l;

        twf_health_begin(&l, h, out, TWF_YELLOW, "Exchange servers");
        twf_words_some(&l.details, v->more_hops, "hop");
        twf_buf_str(&l.details, " of servers beyond the limit rows are not listed");
        twf_health_end(&l);
    }
    if (has_suv1)
        put_matrix(h, out);
    put_exposure(h, out);
    put_tags(h, out);
    put_table(h, out);
}

void twf_health_build(struct twf_health *h, const uint32_t build[4], struct twf_buf *out)
{
    struct twf_exchange_judgement j;
    struct twf_health_line l;
    struct twf_buf advice;

    twf_exchange_judge(h->table, twf_span_str(""), build, &j);
    twf_buf_init(&advice);
    twf_exchange_advice(h->table, &j, build, h->suv1, h->rules, &advice);
    twf_health_begin(&l, h, out, j.color, "Exchange build");
    twf_buf_printf(&l.details, "%u.%u.%u.%u is ", build[0], build[1], build[2], build[3]);
    put_product(&l.details, &j);
    twf_buf_printf(
        &l.fields,
        ",\"build\":\"%u.%u.%u.%u\",\"status\":\"%s\",\"product\":\"%s\",\"update\":\"%s\"",
        build[0], build[1], build[2], build[3], twf_exchange_status_names[j.status], j.product,
        j.update);
    if (advice.len > 0) {
        twf_buf_printf(&l.details, "; %.*s", (int)advice.len, (const char *)advice.ptr);
        twf_buf_printf(&l.fields, ",\"advice\":\"%.*s\"", (int)advice.len,
                       (const char *)advice.ptr);
    }
    twf_health_end(&l);
    if (j.status == TWF_EXCHANGE_SUV1)
        put_matrix(h, out);
    twf_buf_fini(&advice);
}
