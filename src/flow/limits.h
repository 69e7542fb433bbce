/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every bound on what input may cost. A limit that is met becomes a limit record
 * ("name=value@offset") and exit status 3; it never stops the scan.
 */
#ifndef TWF_FLOW_LIMITS_H
#define TWF_FLOW_LIMITS_H

#include <stdint.h>

/* L(ID, option name, default, meaning) */
#define TWF_LIMITS(L)                                                                              \
    L(HEADER, "header", 1048576, "bytes of a header block; the rest is not searched for fields")   \
    L(FIELDS, "fields", 4096, "fields of a header; later ones are not read")                       \
    L(FIELD, "field", 262144, "bytes of a field value; the rest is cut")                           \
    L(FROM, "from", 16384, "bytes of a From value; the rest is cut")                               \
    L(MAILBOXES, "mailboxes", 64, "mailboxes in one From; the rest is not parsed")                 \
    L(COMMENT, "comment", 8, "depth of comments; deeper parentheses are text")                     \
    L(MESSAGE, "message", 268435456, "bytes of a message kept for unwrapping a journal report")    \
    L(MIME_DEPTH, "mime-depth", 64, "nested MIME parts")                                           \
    L(MIME_PARTS, "mime-parts", 10000, "MIME parts of a message")                                  \
    L(JOURNAL, "journal", 4, "journal and NDR layers around a message")                            \
    L(TAR_NAME, "tar-name", 4096, "bytes of a member name")                                        \
    L(TAR_PAX, "tar-pax", 1048576, "bytes of a pax header")                                        \
    L(REGEX, "regex", 1000000, "steps of a rule's expression on one value; more is no match")     \
    L(ROWS, "rows", 10000, "rows of an inventory such as pairs; the rest is counted")

enum twf_limit {
#define L(id, name, value, text) TWF_LIMIT_##id,
    TWF_LIMITS(L)
#undef L
        TWF_LIMIT_COUNT
};

/* The limits of one run. Filled by twf_limits_default, changed by --limit NAME=VALUE. */
struct twf_limits {
    uint64_t value[TWF_LIMIT_COUNT];
};

void twf_limits_default(struct twf_limits *l);
/* The option name of a limit; static. */
const char *twf_limit_name(enum twf_limit id);

/* One limit that was met. */
struct twf_limit_hit {
    enum twf_limit id;
    uint64_t off; /* message-relative */
};

#endif
