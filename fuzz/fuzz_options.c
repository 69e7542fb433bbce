/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options and config files: whatever a line says, it is taken or refused in words. Options that
 * read files are left out: a path out of nowhere may be a pipe that nobody writes to.
 */
#include <stdlib.h>
#include <string.h>

#include <twofrom/tools.h>

#include "fuzz/fuzz.h"

enum { NAME_MAX_LEN = 64, VALUE_MAX_LEN = 512 };

static bool reads_files(const char *name, const char *value)
{
    static const char *const names[] = {"psl",      "rules",       "filters",
                                        "tracking", "disclaimers", "redact-key",
                                        "resume",   "checkpoint",  "plan"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return value != NULL && value[0] == '@';
}

/* One line, "name" or "name=value". */
static void take_line(struct twf_options *o, struct twf_span line)
{
    char name[NAME_MAX_LEN + 1], value[VALUE_MAX_LEN + 1];
    size_t eq = twf_span_find(line, '=');
    struct twf_span v = twf_span_slice(line, eq + 1, line.len);
    struct twf_error err = {0};
    const char *given = eq < line.len ? value : NULL;
    enum twf_status status;

    if (eq > NAME_MAX_LEN || v.len > VALUE_MAX_LEN)
        return;
    memcpy(name, line.ptr, eq);
    name[eq] = '\0';
    if (v.len > 0)
        memcpy(value, v.ptr, v.len);
    value[v.len] = '\0';
    if (reads_files(name, given))
        return;
    status = twf_options_set(o, name, given, &err);
    FUZZ_CHECK(status == TWF_OK || status == TWF_ERR_ARG, "status %d of --%s", status, name);
    FUZZ_CHECK(status == TWF_OK || err.text[0] != '\0', "--%s is refused without a word", name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct twf_options *o;
    struct twf_check *check = NULL;
    struct twf_span left = twf_span(data, size);
    struct fuzz_rng r = fuzz_rng_of(data, size);
    struct twf_error err = {0};

    FUZZ_CHECK(twf_options_new(&o, NULL) == TWF_OK, "no memory");
    while (left.len > 0) {
        size_t end = twf_span_find(left, '\n');

        take_line(o, twf_span_slice(left, 0, end));
        left = twf_span_slice(left, end + 1, left.len);
    }
    /* What was taken line by line may still not go together. Without a database: it costs too much. */
    if (fuzz_random(&r, 8) == 0 && twf_options_set(o, "no-prefilter", NULL, NULL) == TWF_OK) {
        enum twf_status status = twf_check_new(o, &check, &err);

        FUZZ_CHECK(status == TWF_OK || (status == TWF_ERR_ARG && err.text[0] != '\0'),
                   "status %d: %s", status, err.text);
        twf_check_free(check);
    }
    twf_options_free(o);
    return 0;
}
