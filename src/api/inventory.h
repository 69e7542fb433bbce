/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which Exchange servers handled the messages of a run: a row for each (host, build), out of Received
 * fields. Hosts are names that anybody can invent, so the rows are bounded by the limit "rows" and the
 * rest is counted.
 */
#ifndef TWF_API_INVENTORY_H
#define TWF_API_INVENTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "api/options.h"
#include "base/arena.h"
#include "exchange/exchange.h"
#include "flow/exchange_tag.h"

enum twf_server_scope { TWF_SERVER_OWN, TWF_SERVER_ASSUMED, TWF_SERVER_OTHER };
extern const char *const twf_server_scope_names[3];

struct twf_server {
    const char *host; /* lower case, printable */
    bool has_build;
    uint32_t build[4];
    enum twf_server_scope scope; /* the strongest that a message gave it */
    int64_t first_us, last_us;   /* dates of its own lines, UTC; INT64_MIN: none that can be read */
    uint64_t messages, hops, tags, undated;
    uint64_t last_message; /* of the counter in inventory.c */
    struct twf_exchange_judgement judgement;
};

/* Whether an own server of the message could have tagged it. */
enum twf_tag_able { TWF_ABLE_YES, TWF_ABLE_NO, TWF_ABLE_UNKNOWN, TWF_ABLES };

struct twf_inventory {
    const struct twf_exchange_table *table;
    const struct twf_strings *own;
    struct twf_arena names;   /* of hosts */
    struct twf_arena message; /* reset for each message */
    struct twf_server *rows;
    size_t row_count, row_cap, row_most;
    uint32_t *slots; /* index + 1 into rows, 0: free; slot_count is a power of two */
    size_t slot_count;
    bool keep_all;                /* rows for Exchange Online and for servers of others too */
    struct twf_server online;     /* else: all own hops of Exchange Online in one */
    uint64_t messages, more_hops; /* more_hops: of hosts beyond row_most */
    uint64_t
        best[TWF_EXCHANGE_STATUS_COUNT]; /* messages by their best own hop; [0]: they have none */
    uint64_t tags[TWF_TAG_RESULTS][TWF_ABLES];
    struct twf_tag_apart apart;
    bool failed; /* no memory */
};

/* own: HOST or .SUFFIX; empty: the topmost run of Exchange hops in one domain is assumed to be own. */
void twf_inventory_init(struct twf_inventory *v, const struct twf_exchange_table *t,
                        const struct twf_strings *own, bool keep_all, uint64_t row_most);
void twf_inventory_fini(struct twf_inventory *v);
/* A message with its verdict; which of the tag results it is. */
enum twf_tag_result twf_inventory_take(struct twf_inventory *v, const struct twf_head *head,
                                       const struct twf_verdict *verdict);
/* Own servers first, then by host and by the time of the last line; judged. */
void twf_inventory_sort(struct twf_inventory *v);
/* "15.2.1544.14", or "-" */
void twf_server_build_text(const struct twf_server *s, char text[48]);

#endif
