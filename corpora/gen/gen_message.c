/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message out of a recipe: who writes to whom, in which layout, honest or not; then header and body.
 * Domains are those of RFC 2606 (.example) and RFC 6761 (.test), networks those of RFC 5737 and RFC 3849.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "corpora/gen/gen.h"
#include "corpora/gen/gen_body.h"
#include "corpora/gen/gen_text.h"

static const char *const firsts[] = {
    "Ann",  "Ben", "Carla", "David", "Eva",  "Frank", "Greta", "Hugo",   "Ida",   "Jan",  "Karin",
    "Leo",  "Mia", "Nils",  "Olga",  "Paul", "Rosa",  "Sven",  "Tina",   "Uwe",   "Vera", "Walter",
    "Yara", "Zoe", "Amir",  "Bao",   "Chen", "Dana",  "Emil",  "Fatima", "Goran", "Hanna"};
static const char *const lasts[] = {"Field",  "Stone",  "Brook",   "Marsh",  "Grove",  "Ford",
                                    "Wood",   "Lake",   "Dale",    "Heath",  "Hill",   "Clay",
                                    "Flint",  "Slate",  "Chalk",   "Moor",   "Glen",   "Shore",
                                    "Cliff",  "Meadow", "Orchard", "Mason",  "Cooper", "Turner",
                                    "Weaver", "Potter", "Baker",   "Miller", "Carter", "Sawyer"};
static const char *const kinds[] = {
    "harbour",   "mill",     "bakery", "school", "foundry", "nursery", "brewery",
    "press",     "shipping", "optics", "timber", "textile", "museum",  "clinic",
    "insurance", "travel",   "energy", "metal",  "garden",  "paper",   "glass",
    "software",  "design",   "audio",  "marine", "rail",    "bridge",  "farm"};
static const char *const places[] = {"north", "south", "east",  "west",   "upper", "lower",
                                     "old",   "new",   "river", "forest", "sea",   "lake",
                                     "hill",  "stone", "green", "silver", "red",   "bright",
                                     "early", "first", "union", "royal"};
static const char *const banks[] = {"bank.example", "payments.example", "parcel.example",
                                    "cloudmail.example", "taxoffice.example"};
static const char *const bank_locals[] = {"admin", "service", "security", "billing", "noreply"};
static const char *const bad_locals[] = {"office", "mail", "info", "contact", "news"};
static const char *const lists[] = {"talk", "users", "announce", "dev", "board"};

enum {
    FIRSTS = sizeof firsts / sizeof *firsts,
    LASTS = sizeof lasts / sizeof *lasts,
    KINDS = sizeof kinds / sizeof *kinds,
    PLACES = sizeof places / sizeof *places,
    SERVERS = 60, /* hosts of a service that a tenant sees */
    ATTACKERS = 200,
    RECIPIENTS = 300,
    TEXT_MAX = 64,
    TEXTS_MAX = 1024
};

#define TWF_ONE_OF(rng, table) (table)[gen_below(rng, sizeof(table) / sizeof *(table))]

struct org {
    char domain[GEN_DOMAIN_MAX], ip[16];
};

struct gen_maker {
    const struct gen_recipe *recipe;
    struct org *orgs;
    struct org bad[ATTACKERS];
    char eop[SERVERS][TEXT_MAX], mailbox[SERVERS][TEXT_MAX];
    char tenant[40];
    char locals[FIRSTS][LASTS][TEXT_MAX / 2]; /* ann.field */
    uint32_t head_weight, from_weight;
    struct gen_message message;
    struct gen_values values;
    struct gen_body body;
    /* what places of the current message point to */
    struct twf_buf from, mime, texts, inner;
};

static void place(struct gen_maker *m, enum gen_place which, const char *text)
{
    m->values.place[which] = twf_span_str(text);
}

static void place_buf(struct gen_maker *m, enum gen_place which, const struct twf_buf *b)
{
    gen_check(b);
    m->values.place[which] = twf_buf_view(b);
}

/* Bytes of b as a C string; b is used up. */
static void take_text(char *out, size_t size, struct twf_buf *b)
{
    gen_check(b);
    snprintf(out, size, "%.*s", (int)b->len, (const char *)b->ptr);
    twf_buf_reset(b);
}

static void name_org(struct org *org, uint32_t i, const char *ending)
{
    uint32_t a = i % KINDS, b = i / KINDS % PLACES, more = i / (KINDS * PLACES);
    static const char *const nets[] = {"192.0.2", "198.51.100", "203.0.113"};

    if (more == 0)
        snprintf(org->domain, sizeof org->domain, "%s-%s.%s", places[b], kinds[a], ending);
    else
        snprintf(org->domain, sizeof org->domain, "%s-%s%u.%s", places[b], kinds[a], more, ending);
    snprintf(org->ip, sizeof org->ip, "%s.%u", nets[i % 3], i / 3 % 250 + 2);
}

static void name_locals(struct gen_maker *m)
{
    for (int i = 0; i < FIRSTS; i++) {
        for (int k = 0; k < LASTS; k++) {
            char *p = m->locals[i][k];
            snprintf(p, sizeof m->locals[i][k], "%s.%s", firsts[i], lasts[k]);
            for (; *p != '\0'; p++)
                *p = (char)(*p >= 'A' && *p <= 'Z' ? *p | 0x20 : *p);
        }
    }
}

static void name_hosts(struct gen_maker *m)
{
    static const char *const regions[] = {"eurprd", "namprd", "apcprd"};
    static const char *const sites[] = {"AM0PR", "DB9PR", "BYAPR", "SN6PR", "TYZPR", "SG2PR"};
    struct gen_rng rng = gen_rng_at(m->recipe->seed, UINT64_MAX);
    struct twf_buf b;

    for (int i = 0; i < SERVERS; i++) {
        uint32_t site = gen_below(&rng, 6), unit = gen_below(&rng, 22) + 1;
        const char *region = regions[site / 2];
        snprintf(m->mailbox[i], TEXT_MAX, "%s%02uMB%04u.%s%02u.prod.outlook.com", sites[site], unit,
                 gen_below(&rng, 9000) + 1000, region, unit);
        snprintf(m->eop[i], TEXT_MAX, "%c%c%cPEPF%08X.%s%02u.prod.outlook.com", sites[site][0],
                 sites[site][1], '1' + (int)(unit % 7), (unsigned)gen_u64(&rng), region, unit);
    }
    twf_buf_init(&b);
    gen_text_hex(&rng, 8, false, &b);
    twf_buf_str(&b, "-4e2b-4c11-9f60-");
    gen_text_hex(&rng, 12, false, &b);
    take_text(m->tenant, sizeof m->tenant, &b);
    twf_buf_fini(&b);
}

/* What all messages of a recipe have in common. */
static void fill_common(struct gen_maker *m)
{
    place(m, GEN_PLACE_LIST_DOMAIN, "lists.forum.example");
    place(m, GEN_PLACE_ESP, "mailer.example");
    place(m, GEN_PLACE_FORWARDER, "alumni.example");
    place(m, GEN_PLACE_BUILD, "15.2.1544.14");
    place(m, GEN_PLACE_TENANT, m->tenant);
    m->values.place[GEN_PLACE_NUL] = twf_span("", 1);
}

struct gen_maker *gen_maker_new(const struct gen_recipe *recipe)
{
    struct gen_maker *m = twf_calloc(1, sizeof *m);

    if (m == NULL || (m->orgs = twf_calloc(recipe->orgs, sizeof *m->orgs)) == NULL)
        gen_die("out of memory");
    m->recipe = recipe;
    for (uint32_t i = 0; i < recipe->orgs; i++)
        name_org(&m->orgs[i], i, i % 5 == 4 ? "test" : "example");
    for (uint32_t i = 0; i < ATTACKERS; i++)
        name_org(&m->bad[i], i * 3, "attack.test");
    name_hosts(m);
    name_locals(m);
    fill_common(m);
    for (size_t i = 0; i < recipe->head_count; i++)
        m->head_weight += recipe->heads[i].weight;
    for (size_t i = 0; i < recipe->from_count; i++)
        m->from_weight += recipe->froms[i].weight;
    return m;
}

void gen_maker_free(struct gen_maker *m)
{
    struct twf_buf *bufs[] = {
        &m->from,       &m->mime,       &m->texts,      &m->inner,
        &m->message.id, &m->message.p1, &m->message.p2, &m->message.text,
    };

    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        twf_buf_fini(bufs[i]);
    gen_body_fini(&m->body);
    twf_free(m->orgs);
    twf_free(m);
}

static const struct gen_head *choose_head(struct gen_maker *m)
{
    uint32_t at = gen_below(&m->values.rng, m->head_weight);
    const struct gen_head *head = m->recipe->heads;

    while (at >= head->weight) {
        at -= head->weight;
        head++;
    }
    return head;
}

/* The weight of an attack among those that can be seen behind this head. */
static uint32_t weight_of(const struct gen_attack *a, const struct gen_head *head, bool journal)
{
    bool seen = (head->trusted_auth || !a->needs_auth) && (head->trusted_p1 || !a->needs_p1) &&
                !(journal && a->needs_plain);

    return seen ? a->weight : 0;
}

static const struct gen_attack *choose_attack(struct gen_maker *m, const struct gen_head *head,
                                              bool journal)
{
    const struct gen_attack *a = m->recipe->attacks;
    uint32_t weight = 0, at;

    if (!head->attackable || !gen_chance(&m->values.rng, m->recipe->attack_share))
        return NULL;
    for (size_t i = 0; i < m->recipe->attack_count; i++)
        weight += weight_of(&a[i], head, journal);
    if (weight == 0)
        return NULL;
    at = gen_below(&m->values.rng, weight);
    while (at >= weight_of(a, head, journal))
        at -= weight_of(a++, head, journal);
    return a;
}

static const struct gen_template *choose_from(struct gen_maker *m)
{
    uint32_t at = gen_below(&m->values.rng, m->from_weight);
    const struct gen_from *f = m->recipe->froms;

    while (at >= f->weight) {
        at -= f->weight;
        f++;
    }
    return &f->text;
}

/* People and hosts. */
static void fill_people(struct gen_maker *m)
{
    struct gen_rng *rng = &m->values.rng;
    const struct org *org = &m->orgs[gen_skewed(rng, m->recipe->orgs)];
    const struct org *bad = &m->bad[gen_skewed(rng, ATTACKERS)];
    uint32_t person = gen_skewed(rng, 40) * 7 + (uint32_t)(org - m->orgs);
    uint32_t to = gen_skewed(rng, RECIPIENTS);

    place(m, GEN_PLACE_FIRST, firsts[person % FIRSTS]);
    place(m, GEN_PLACE_LAST, lasts[person / 3 % LASTS]);
    place(m, GEN_PLACE_LOCAL, m->locals[person % FIRSTS][person / 3 % LASTS]);
    place(m, GEN_PLACE_DOMAIN, org->domain);
    place(m, GEN_PLACE_IP, org->ip);
    place(m, GEN_PLACE_TO_FIRST, firsts[to % FIRSTS]);
    place(m, GEN_PLACE_TO_LAST, lasts[to / 5 % LASTS]);
    place(m, GEN_PLACE_TO_LOCAL, m->locals[to % FIRSTS][to / 5 % LASTS]);
    place(m, GEN_PLACE_OWN, m->recipe->own);
    place(m, GEN_PLACE_BAD_LOCAL, TWF_ONE_OF(rng, bad_locals));
    place(m, GEN_PLACE_BAD_DOMAIN, bad->domain);
    place(m, GEN_PLACE_BAD_IP, bad->ip);
    place(m, GEN_PLACE_BANK_LOCAL, TWF_ONE_OF(rng, bank_locals));
    place(m, GEN_PLACE_BANK_DOMAIN, TWF_ONE_OF(rng, banks));
    place(m, GEN_PLACE_LIST, TWF_ONE_OF(rng, lists));
    place(m, GEN_PLACE_MAILBOX, m->mailbox[gen_skewed(rng, SERVERS)]);
    place(m, GEN_PLACE_MAILBOX2, m->mailbox[gen_skewed(rng, SERVERS)]);
    place(m, GEN_PLACE_EOP, m->eop[gen_skewed(rng, SERVERS)]);
    place(m, GEN_PLACE_SERVER, gen_chance(rng, 5000) ? "EX01" : "EX02");
}

/* The place takes what stands in texts from here on; texts must not grow beyond TEXTS_MAX. */
static void place_from(struct gen_maker *m, enum gen_place which, size_t at)
{
    m->values.place[which] = twf_span(m->texts.ptr + at, m->texts.len - at);
}

/* Ids, dates and the subject: one behind the other in texts, which has room for all of them. */
static void fill_ids(struct gen_maker *m, const struct gen_attack *attack)
{
    static const struct {
        int minutes;
        const char *text;
    } zones[] = {{0, "+0000"}, {60, "+0100"}, {120, "+0200"}, {-300, "-0500"}, {540, "+0900"}};
    static const uint32_t guid[] = {8, 4, 4, 4, 12};
    struct gen_rng *rng = &m->values.rng;
    struct twf_buf *b = &m->texts;
    uint32_t zone = gen_below(rng, 5);
    size_t at = 0;

    twf_buf_reset(b);
    if (twf_buf_reserve(b, TEXTS_MAX) == NULL)
        gen_die("out of memory");
    twf_buf_u64(b, m->message.index);
    place_from(m, GEN_PLACE_NUMBER, at);
    at = b->len;
    for (int i = 0; i < 5; i++) {
        if (i > 0)
            twf_buf_byte(b, '-');
        gen_text_hex(rng, guid[i], false, b);
    }
    place_from(m, GEN_PLACE_GUID, at);
    at = b->len;
    gen_text_b64(rng, 43, 0, "", b);
    twf_buf_byte(b, '=');
    place_from(m, GEN_PLACE_BH, at);
    at = b->len;
    gen_text_hex(rng, 20, false, b);
    twf_buf_byte(b, '.');
    twf_buf_u64(b, m->message.index);
    twf_buf_byte(b, '@');
    twf_buf_span(b, m->values.place[attack != NULL ? GEN_PLACE_BAD_DOMAIN : GEN_PLACE_DOMAIN]);
    place_from(m, GEN_PLACE_MID, at);
    at = b->len;
    gen_text_date(m->values.date, zones[zone].minutes, b);
    place_from(m, GEN_PLACE_LOCAL_DATE, at);
    at = b->len;
    place(m, GEN_PLACE_ZONE, zones[zone].text);
    if (gen_chance(rng, 4000))
        twf_buf_str(b, "Re: ");
    gen_text_words(rng, 2 + gen_below(rng, 5), b);
    place_from(m, GEN_PLACE_SUBJECT, at);
    twf_buf_reset(&m->message.id);
    twf_buf_span(&m->message.id, m->values.place[GEN_PLACE_MID]);
}

/* What servers say of a message with these addresses. */
static void fill_auth(struct gen_maker *m, enum gen_auth auth)
{
    static const char *const words[][5] = {
        [GEN_AUTH_PASS] = {"pass", "pass", "pass", "pass reason=100", "none"},
        [GEN_AUTH_NONE] = {"pass", "none", "none", "none reason=405", "none"},
        [GEN_AUTH_FAIL] = {"pass", "none", "fail", "fail reason=000", "oreject"},
    };

    place(m, GEN_PLACE_SPF, words[auth][0]);
    place(m, GEN_PLACE_DKIM, words[auth][1]);
    place(m, GEN_PLACE_DMARC, words[auth][2]);
    place(m, GEN_PLACE_COMPAUTH, words[auth][3]);
    place(m, GEN_PLACE_POLICY, words[auth][4]);
}

static struct twf_span domain_of(const struct twf_buf *address)
{
    struct twf_span s = twf_buf_view(address);

    return twf_span_slice(s, twf_span_find(s, '@') + 1, s.len);
}

/* P1, P2 and the From field. */
static void fill_addresses(struct gen_maker *m, const struct gen_head *head,
                           const struct gen_attack *attack)
{
    struct gen_message *msg = &m->message;

    twf_buf_reset(&msg->p1);
    twf_buf_reset(&msg->p2);
    twf_buf_reset(&m->from);
    gen_template_write(attack != NULL ? &attack->p1 : &head->p1, &m->values, &msg->p1);
    gen_template_write(attack != NULL ? &attack->p2 : &head->p2, &m->values, &msg->p2);
    place_buf(m, GEN_PLACE_P1, &msg->p1);
    place_buf(m, GEN_PLACE_P2_DOMAIN, &msg->p2);
    m->values.place[GEN_PLACE_P2_DOMAIN] = domain_of(&msg->p2);
    m->values.place[GEN_PLACE_P1_DOMAIN] = domain_of(&msg->p1);
    if (msg->p1.len == 0)
        m->values.place[GEN_PLACE_P1_DOMAIN] =
            m->values.place[attack != NULL ? GEN_PLACE_BAD_DOMAIN : GEN_PLACE_DOMAIN];
    m->values.place[GEN_PLACE_P1_IP] =
        m->values.place[attack != NULL ? GEN_PLACE_BAD_IP : GEN_PLACE_IP];
    if (attack == NULL)
        twf_buf_str(&m->from, "From: ");
    gen_template_write(attack != NULL   ? &attack->from
                       : head->has_from ? &head->from
                                        : choose_from(m),
                       &m->values, &m->from);
    if (m->from.len > 0)
        twf_buf_byte(&m->from, '\n');
    place_buf(m, GEN_PLACE_FROM, &m->from);
}

const struct gen_message *gen_make(struct gen_maker *m, uint64_t index)
{
    const struct gen_recipe *r = m->recipe;
    struct gen_message *msg = &m->message;
    struct gen_rng *rng = &m->values.rng;
    const struct gen_head *head;
    const struct gen_attack *attack;
    bool journal;

    *rng = gen_rng_at(r->seed, index);
    msg->index = index;
    msg->date = r->since + (int64_t)(index * r->step) + gen_below(rng, r->step + 1);
    m->values.date = msg->date;
    head = choose_head(m);
    journal = gen_chance(rng, r->journal_share);
    attack = choose_attack(m, head, journal);
    msg->label = attack != NULL ? attack->label : head->label;
    msg->level = attack != NULL ? attack->level : "-";
    fill_people(m);
    fill_ids(m, attack);
    fill_auth(m, attack == NULL       ? GEN_AUTH_PASS
                 : attack->needs_auth ? GEN_AUTH_FAIL
                                      : GEN_AUTH_NONE);
    fill_addresses(m, head, attack);
    twf_buf_reset(&m->mime);
    twf_buf_reset(&msg->text);
    if (!head->own_body)
        gen_body_begin(&m->body, r, rng, &m->mime);
    place_buf(m, GEN_PLACE_MIME, &m->mime);
    gen_template_write(&head->text, &m->values, &msg->text);
    if (!head->own_body) {
        twf_buf_byte(&msg->text, '\n');
        gen_body_write(&m->body, &(struct gen_ink){rng, r->boilerplate}, &msg->text);
    }
    if (journal) {
        struct twf_buf swap = m->inner;
        m->inner = msg->text;
        msg->text = swap;
        twf_buf_reset(&msg->text);
        place_buf(m, GEN_PLACE_INNER, &m->inner);
        gen_template_write(&r->journal.text, &m->values, &msg->text);
    }
    gen_check(&msg->text);
    return msg;
}
