/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "api/option_values.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/error.h"

enum twf_status twf_option_wrong(const char *name, const char *value, const char *want,
                                 struct twf_error *err)
{
    return twf_error_set(err, TWF_ERR_ARG, 0, "--%s: '%s' is not %s", name, value, want);
}

enum twf_status twf_strings_add(struct twf_strings *s, const char *value, struct twf_error *err)
{
    char **items = twf_realloc(s->items, (s->len + 1) * sizeof(char *));

    if (items == NULL || (s->items = items, items[s->len] = twf_strdup(value)) == NULL)
        return twf_error_set(err, TWF_ERR_NOMEM, 0, "no memory for options");
    s->len++;
    return TWF_OK;
}

bool twf_option_size(const char *text, uint64_t *out)
{
    static const char units[] = "KMGT";
    const char *unit;
    char *end;
    unsigned shift = 0;

    errno = 0;
    *out = strtoull(text, &end, 10);
    if (end == text || errno != 0 || text[0] < '0' || text[0] > '9')
        return false;
    if (*end != '\0' && (unit = strchr(units, *end)) != NULL) {
        shift = 10 * (unsigned)(unit - units + 1);
        end++;
    }
    if (*end != '\0' || *out > UINT64_MAX >> shift)
        return false;
    *out <<= shift;
    return true;
}

int twf_option_word(const char *value, const char *const *words, int n)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(value, words[i]) == 0)
            return i;
    }
    return -1;
}

enum twf_status twf_strings_add_lines(struct twf_strings *s, const char *name, const char *value,
                                      struct twf_error *err)
{
    char line[4096];
    enum twf_status status = TWF_OK;
    FILE *file;

    if (value[0] != '@')
        return twf_strings_add(s, value, err);
    file = fopen(value + 1, "re");
    if (file == NULL)
        return twf_error_sys(err, TWF_ERR_ARG, errno, "--%s: cannot open '%s'", name, value + 1);
    while (status == TWF_OK && fgets(line, sizeof(line), file) != NULL) {
        size_t n = strcspn(line, "\n");

        if (line[n] == '\0' && n == sizeof(line) - 1)
            status = twf_error_set(err, TWF_ERR_ARG, 0, "--%s: a line too long in '%s'", name,
                                   value + 1);
        if (n > 0 && line[n - 1] == '\r')
            n--;
        line[n] = '\0';
        if (status == TWF_OK && n > 0 && line[0] != '#')
            status = twf_strings_add(s, line, err);
    }
    if (status == TWF_OK && ferror(file) != 0)
        status = twf_error_sys(err, TWF_ERR_ARG, errno, "--%s: cannot read '%s'", name, value + 1);
    (void)fclose(file);
    return status;
}

void twf_strings_free(struct twf_strings *s)
{
    for (size_t i = 0; i < s->len; i++)
        twf_free(s->items[i]);
    twf_free(s->items);
}

uint32_t twf_option_cpus(void)
{
    cpu_set_t set;
    int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    return n < 1 ? 1 : (uint32_t)TWF_MIN(n, TWF_THREADS_MAX);
}
