/* SPDX-License-Identifier: Apache-2.0 */
/* What two runs must have in common for one to go on where the other stopped, field by field. */
#ifndef TWF_API_RESUME_FIELDS_H
#define TWF_API_RESUME_FIELDS_H

#include "api/options.h"
#include "base/saved.h"

/* Names and values, a C string each. */
struct twf_fields {
    struct twf_buf text;
    size_t count;
};

void twf_fields_fini(struct twf_fields *f);
void twf_fields_add(struct twf_fields *f, const char *name, const char *value);
/* The options that shape results, by name; not those that only say how a machine comes to them. */
void twf_fields_options(struct twf_fields *f, const struct twf_options *o);
void twf_fields_save(const struct twf_fields *f, struct twf_buf *out);
/* The saved ones are those of f; TWF_ERR_ARG names the first that differs, then and now. */
TWF_MUST_USE enum twf_status twf_fields_compare(const struct twf_fields *f, struct twf_saved *in,
                                                struct twf_error *err);

#endif
