/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build tool: psl_compile LIST OUTPUT.c writes the suffix list as constant tables. Numbers and not
 * string literals: C promises no more than 4,095 characters of those.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "parse/parse.h"
#include "parse/psl_table.h"

static void write_table(FILE *out, const struct twf_psl *p)
{
    (void)fprintf(out, "/* Made by psl_compile from the public suffix list of %s. */\n"
                 "#include \"parse/psl_table.h\"\n\n"
                 "extern const struct twf_psl twf_psl_embedded_table;\n\n"
                 "static const uint8_t text[] = {",
            p->date);
    for (uint32_t i = 0; i < p->text_len; i++)
        (void)fprintf(out, "%s%u,", i % 24 == 0 ? "\n" : "", p->text[i]);
    (void)fprintf(out, "\n};\n\nstatic const struct twf_psl_node nodes[] = {\n");
    for (uint32_t i = 0; i < p->node_count; i++) {
        const struct twf_psl_node *n = &p->nodes[i];

        (void)fprintf(out, "{%" PRIu32 "u,%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%u,%u,%u,%u},\n", n->hash,
                n->name, n->rule, n->wildcard, n->name_len, n->rule_len, n->wildcard_len, n->kinds);
    }
    (void)fprintf(out, "};\n\nstatic const uint32_t slots[] = {");
    for (uint32_t i = 0; i < p->slot_count; i++)
        (void)fprintf(out, "%s%" PRIu32 ",", i % 16 == 0 ? "\n" : "", p->slots[i]);
    (void)fprintf(out,
            "\n};\n\nconst struct twf_psl twf_psl_embedded_table = {\n"
            "    .text = text,\n    .nodes = nodes,\n    .slots = slots,\n"
            "    .text_len = %" PRIu32 ",\n    .node_count = %" PRIu32 ",\n"
            "    .slot_count = %" PRIu32 ",\n    .rule_count = %" PRIu32 ",\n"
            "    .date = \"%s\",\n    .sha256 = \"%s\",\n    .embedded = true,\n};\n",
            p->text_len, p->node_count, p->slot_count, p->rule_count, p->date, p->sha256);
}

int main(int argc, char **argv)
{
    struct twf_error err = {0};
    struct twf_psl *p = NULL;
    bool written = false;
    FILE *out;

    if (argc != 3) {
        (void)fprintf(stderr, "usage: psl_compile LIST OUTPUT.c\n");
        return EXIT_FAILURE;
    }
    if (twf_psl_load(argv[1], &p, &err) != TWF_OK) {
        (void)fprintf(stderr, "psl_compile: %s:%u: %s\n", err.path, err.line, err.text);
        return EXIT_FAILURE;
    }
    out = fopen(argv[2], "w");
    if (out == NULL) {
        perror(argv[2]);
    } else {
        write_table(out, p);
        written = ferror(out) == 0;
        written = fclose(out) == 0 && written;
    }
    twf_psl_free(p);
    if (!written)
        (void)remove(argv[2]);
    return written ? EXIT_SUCCESS : EXIT_FAILURE;
}
