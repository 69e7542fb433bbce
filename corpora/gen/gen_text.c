/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of mail. Chance is drawn 64 bits at a time and words lie in slots of 16 bytes that are copied
 * whole: the generator must not be what a benchmark of a stream waits for.
 */
#include "corpora/gen/gen_text.h"

#include "corpora/gen/gen.h"

static const char b64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

enum { SLOT = 16 };

#define W(text)                                                                                    \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
static const struct {
    char text[SLOT - 1];
    uint8_t len;
} words[] = {
#include "corpora/gen/gen_words.def"
};
enum { WORDS = sizeof words / sizeof *words };

/* Endings make thousands of forms of these words; none comes most often. */
static const struct {
    char text[SLOT - 1];
    uint8_t len;
} endings[16] = {W(""), W(""),  W(""),  W(""), W(""),   W(""),   W(""), W(""),
                 W(""), W("s"), W("s"), W(""), W("er"), W("ed"), W(""), W("")};
#undef W

/* Snippets of HTML that repeat in a page as they do in real ones. */
static const char *const html_open[] = {
    "<tr><td style=\"padding:0 24px 12px "
    "24px;font-family:Arial,Helvetica,sans-serif;font-size:14px;"
    "line-height:20px;color:#333333;\">",
    "<p style=\"margin:0 0 10px 0\">",
    "<div class=\"content\"><span style=\"color:#0f2b46;font-weight:bold\">",
    "<p class=MsoNormal><span style='font-size:11.0pt;font-family:\"Calibri\",sans-serif'>",
    "<li>",
    "<td align=\"left\" valign=\"top\" width=\"50%\">",
};
static const char *const html_close[] = {
    "</td></tr>\n", "</p>\n", "</span></div>\n", "<o:p></o:p></span></p>\n", "</li>\n", "</td>\n",
};
enum { HTML_KINDS = sizeof html_open / sizeof *html_open };

static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static uint8_t *room(struct twf_buf *out, uint64_t more)
{
    if (more > SIZE_MAX / 2 || twf_buf_reserve(out, (size_t)more) == NULL)
        gen_die("out of memory");
    return out->ptr + out->len;
}

void gen_text_hex(struct gen_rng *rng, uint32_t n, bool upper, struct twf_buf *out)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    uint8_t *p = room(out, n);
    uint64_t bits = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (i % 16 == 0)
            bits = gen_u64(rng);
        p[i] = (uint8_t)digits[bits & 15];
        bits >>= 4;
    }
    out->len += n;
}

void gen_text_digits(struct gen_rng *rng, uint32_t n, struct twf_buf *out)
{
    uint8_t *p = room(out, n);
    uint64_t bits = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (i % 16 == 0)
            bits = gen_u64(rng);
        p[i] = (uint8_t)('0' + bits % 10);
        bits /= 10;
    }
    out->len += n;
}

/* n characters without folds; writes up to 10 more, for which there is room. */
static void b64_run(struct gen_rng *rng, uint8_t *p, uint64_t n)
{
    for (uint64_t i = 0; i < n; i += 10) {
        uint64_t bits = gen_u64(rng);
        for (int k = 0; k < 10; k++) {
            p[i + (uint64_t)k] = (uint8_t)b64_digits[bits & 63];
            bits >>= 6;
        }
    }
}

void gen_text_b64(struct gen_rng *rng, uint64_t n, uint32_t width, const char *fold,
                  struct twf_buf *out)
{
    size_t fold_len = strlen(fold);
    uint64_t left = n, line = width > 0 ? width : n;
    uint8_t *p = room(out, n + (n / (line + 1) + 2) * fold_len + n / (line + 1) + 16), *begin = p;

    while (left > 0) {
        uint64_t take = left < line ? left : line;
        b64_run(rng, p, take);
        p += take;
        left -= take;
        if (left > 0) {
            memcpy(p, fold, fold_len);
            p += fold_len;
        }
    }
    out->len += (size_t)(p - begin);
}

void gen_text_ewords(struct gen_rng *rng, uint32_t n, uint32_t width, struct twf_buf *out)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            twf_buf_str(out, "\n ");
        twf_buf_str(out, "=?Windows-1252?Q?");
        gen_text_b64(rng, width, 0, "", out);
        twf_buf_str(out, "?=");
    }
}

/* One word and its ending at p, which has room for two slots; its length. Uses 36 bits. */
static size_t word_at(uint8_t *p, uint64_t bits)
{
    uint32_t skew = (uint32_t)((bits & 0xFFFF) * (bits >> 16 & 0xFFFF) >> 16);
    size_t i = (size_t)skew * WORDS >> 16, e = bits >> 32 & 15;

    memcpy(p, words[i].text, SLOT - 1);
    /* no ending on the articles and prepositions at the top */
    if (i < 40)
        e = 0;
    memcpy(p + words[i].len, endings[e].text, SLOT - 1);
    return (size_t)words[i].len + endings[e].len;
}

void gen_text_words(struct gen_rng *rng, uint32_t n, struct twf_buf *out)
{
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *p = room(out, 3 * SLOT);
        if (i > 0)
            *p++ = ' ';
        out->len += word_at(p, gen_u64(rng)) + (i > 0);
    }
}

/* A sentence of about this many words at p, which has room for it; its end. */
static uint8_t *sentence(struct gen_rng *rng, uint32_t count, uint8_t *p)
{
    p += word_at(p, gen_u64(rng));
    for (uint32_t i = 1; i < count; i++) {
        uint64_t bits = gen_u64(rng);
        if ((bits >> 50 & 15) == 0)
            *p++ = ',';
        *p++ = ' ';
        p += word_at(p, bits);
    }
    *p++ = '.';
    return p;
}

enum { SENTENCE_WORDS = 20, SENTENCE_MAX = SENTENCE_WORDS * (2 * SLOT + 2), STOCK = 200 };

/* Sentences until size bytes are there. */
static void sentences(const struct gen_ink *ink, uint64_t size, struct twf_buf *out)
{
    uint8_t *p = room(out, size + SENTENCE_MAX + 2), *begin = p;

    while ((uint64_t)(p - begin) < size) {
        struct gen_rng stock = *ink->rng, *rng = ink->rng;
        uint64_t bits = gen_u64(rng);
        uint8_t *first = p;

        /* sentence number k of the stock is the one that stream k gives */
        if (gen_chance(rng, ink->boilerplate)) {
            stock = gen_rng_at(0, 1 + bits % STOCK);
            bits = gen_u64(&stock);
            rng = &stock;
        }
        p = sentence(rng, 5 + (uint32_t)(bits >> 40 & 15), p);
        first[0] = (uint8_t)(first[0] & ~0x20);
        *p++ = ' ';
    }
    out->len += (size_t)(p - begin);
}

void gen_text_prose(const struct gen_ink *ink, uint64_t size, struct twf_buf *out)
{
    size_t at = out->len;

    sentences(ink, size, out);
    /* a line ends at the first blank behind column 66 */
    while (out->len - at > 66) {
        uint8_t *blank = memchr(out->ptr + at + 66, ' ', out->len - at - 66);
        if (blank == NULL)
            break;
        *blank = '\n';
        at = (size_t)(blank - out->ptr) + 1;
    }
    out->ptr[out->len - 1] = '\n';
}

void gen_text_html(const struct gen_ink *ink, uint64_t size, struct twf_buf *out)
{
    struct gen_rng *rng = ink->rng;
    size_t begin = out->len;

    twf_buf_str(out,
                "<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; "
                "charset=utf-8\"><style type=\"text/css\">body{margin:0;padding:0}img{border:0}"
                "table{border-collapse:collapse}a{color:#0f6cbf}</style></head><body>\n<table "
                "width=\"600\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\">\n");
    while (out->len - begin < size) {
        uint32_t kind = gen_below(rng, HTML_KINDS), what = gen_below(rng, 8);

        twf_buf_str(out, html_open[kind]);
        if (what == 0) {
            twf_buf_str(out, "<a href=\"https://click.mailer.example/ls/click?upn=");
            gen_text_b64(rng, 60 + gen_below(rng, 200), 0, "", out);
            twf_buf_str(out, "\" style=\"color:#ffffff;text-decoration:none;display:block\" "
                             "target=\"_blank\">");
            gen_text_words(rng, 3, out);
            twf_buf_str(out, "</a>");
        } else if (what == 1) {
            twf_buf_str(out, "<img src=\"https://img.mailer.example/");
            gen_text_hex(rng, 24, false, out);
            twf_buf_str(out, ".png\" width=\"552\" height=\"120\" alt=\"\" border=\"0\">&nbsp;");
        } else {
            sentences(ink, 40 + gen_below(rng, 220), out);
        }
        twf_buf_str(out, html_close[kind]);
    }
    twf_buf_str(out, "</table></body></html>\n");
}

void gen_text_encode(struct twf_span src, struct twf_buf *out)
{
    const uint8_t *s = src.ptr;
    uint8_t *p = room(out, (uint64_t)src.len / 3 * 4 + src.len / 57 + 8), *begin = p;
    size_t i = 0;

    for (; src.len - i >= 3; i += 3) {
        uint32_t bits = (uint32_t)(s[i] << 16 | s[i + 1] << 8 | s[i + 2]);
        p[0] = (uint8_t)b64_digits[bits >> 18];
        p[1] = (uint8_t)b64_digits[bits >> 12 & 63];
        p[2] = (uint8_t)b64_digits[bits >> 6 & 63];
        p[3] = (uint8_t)b64_digits[bits & 63];
        p += 4;
        if (i % 57 == 54)
            *p++ = '\n';
    }
    if (i < src.len) {
        uint32_t bits = (uint32_t)(s[i] << 16 | (src.len - i > 1 ? s[i + 1] << 8 : 0));
        p[0] = (uint8_t)b64_digits[bits >> 18];
        p[1] = (uint8_t)b64_digits[bits >> 12 & 63];
        p[2] = src.len - i > 1 ? (uint8_t)b64_digits[bits >> 6 & 63] : (uint8_t)'=';
        p[3] = '=';
        p += 4;
    }
    if (p > begin && p[-1] != '\n')
        *p++ = '\n';
    out->len += (size_t)(p - begin);
}

struct civil {
    int year, month, day, hour, minute, second, weekday;
};

int64_t gen_days(int year, int month, int day)
{
    /* years begin in March, so that the leap day is the last of its year */
    int64_t y = year - (month <= 2), m = (month + 9) % 12;

    return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 719469;
}

static struct civil civil_of(int64_t date)
{
    int64_t days_ = date / 86400;
    int second = (int)(date % 86400), day;
    struct civil c = {.hour = second / 3600, .minute = second / 60 % 60, .second = second % 60};

    c.weekday = (int)(days_ % 7);
    /* a year at most too early, and a month */
    c.year = 1970 + (int)(days_ / 366);
    while (gen_days(c.year + 1, 1, 1) <= days_)
        c.year++;
    day = (int)(days_ - gen_days(c.year, 1, 1));
    c.month = day / 31 + 1;
    if (c.month < 12 && gen_days(c.year, c.month + 1, 1) <= days_)
        c.month++;
    c.day = (int)(days_ - gen_days(c.year, c.month, 1)) + 1;
    return c;
}

static void two(struct twf_buf *out, int n, char pad)
{
    twf_buf_byte(out, (uint8_t)(n < 10 ? pad : '0' + n / 10));
    twf_buf_byte(out, (uint8_t)('0' + n % 10));
}

static void clock_text(struct twf_buf *out, const struct civil *c)
{
    two(out, c->hour, '0');
    twf_buf_byte(out, ':');
    two(out, c->minute, '0');
    twf_buf_byte(out, ':');
    two(out, c->second, '0');
}

static void day_text(struct twf_buf *out, const struct civil *c)
{
    two(out, c->day, '0');
    twf_buf_byte(out, ' ');
    twf_buf_put(out, months[c->month - 1], 3);
    twf_buf_byte(out, ' ');
    twf_buf_u64(out, (uint64_t)c->year);
    twf_buf_byte(out, ' ');
}

void gen_text_date(int64_t date, int zone, struct twf_buf *out)
{
    struct civil c = civil_of(date + (int64_t)zone * 60);
    int minutes = zone < 0 ? -zone : zone;

    twf_buf_put(out, days[c.weekday], 3);
    twf_buf_str(out, ", ");
    day_text(out, &c);
    clock_text(out, &c);
    twf_buf_str(out, zone < 0 ? " -" : " +");
    two(out, minutes / 60, '0');
    two(out, minutes % 60, '0');
}

void gen_text_stamp(int64_t date, uint32_t fraction, struct twf_buf *out)
{
    struct civil c = civil_of(date);

    day_text(out, &c);
    clock_text(out, &c);
    twf_buf_byte(out, '.');
    two(out, (int)(fraction / 100), '0');
    two(out, (int)(fraction % 100), '0');
    twf_buf_str(out, " (UTC)");
}

void gen_text_ctime(int64_t date, struct twf_buf *out)
{
    struct civil c = civil_of(date);

    twf_buf_put(out, days[c.weekday], 3);
    twf_buf_byte(out, ' ');
    twf_buf_put(out, months[c.month - 1], 3);
    twf_buf_byte(out, ' ');
    two(out, c.day, ' ');
    twf_buf_byte(out, ' ');
    clock_text(out, &c);
    twf_buf_byte(out, ' ');
    twf_buf_u64(out, (uint64_t)c.year);
}
