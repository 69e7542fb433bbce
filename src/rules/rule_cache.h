/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled rules, kept from one run to the next. Hyperscan trusts the bytes of a database, so they are taken
 * from nowhere but a folder of our own user that nobody else can write to, under a MAC whose key lies there
 * too; whatever is wrong with a file, it is as if there were none.
 */
#ifndef TWF_RULES_RULE_CACHE_H
#define TWF_RULES_RULE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum { RULE_CACHE_KEY = 32, RULE_CACHE_FILES = 64 };

/* What was stored under key, into out (which is reset); false: nothing that can be trusted. */
bool twf_rule_cache_load(const char *dir, const uint8_t key[RULE_CACHE_KEY], struct twf_buf *out);
/*
 * Stores bytes under key: written beside and renamed. Makes the last folder of dir, and at most
 * RULE_CACHE_FILES files: the oldest goes. What cannot be stored is not: a cache is a convenience.
 */
void twf_rule_cache_store(const char *dir, const uint8_t key[RULE_CACHE_KEY], struct twf_span bytes);

#endif
