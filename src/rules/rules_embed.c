/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tool of the build: rules_embed OUT ROOT FILE... writes the shipped rules as a C file, so that
 * the program is whole alone. Paths are written as they lie below ROOT.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int put_file(FILE *out, const char *path, unsigned number, size_t *len)
{
    FILE *in = fopen(path, "rb");
    int c;

    if (in == NULL) {
        perror(path);
        return 0;
    }
    *len = 0;
    (void)fprintf(out, "static const uint8_t rule_%u[] = {", number);
    while ((c = getc(in)) != EOF) {
        (void)fprintf(out, "%s%d,", *len % 24 == 0 ? "\n" : "", c);
        ++*len;
    }
    (void)fprintf(out, "0};\n");
    c = ferror(in);
    (void)fclose(in);
    return c == 0;
}

int main(int argc, char **argv)
{
    size_t *lens = calloc((size_t)argc + 1, sizeof(*lens));
    size_t skip;
    FILE *out;
    int ok = lens != NULL;

    if (argc < 3 || !ok) {
        (void)fputs("usage: rules_embed OUT ROOT FILE...\n", stderr);
        free(lens);
        return 2;
    }
    out = fopen(argv[1], "w");
    if (out == NULL) {
        perror(argv[1]);
        free(lens);
        return 1;
    }
    skip = strlen(argv[2]) + 1;
    (void)fputs("/* Made by rules_embed out of rules/. */\n#include \"rules/rule_files.h\"\n\n",
                out);
    for (int i = 3; ok && i < argc; i++)
        ok = put_file(out, argv[i], (unsigned)i, &lens[i]);
    (void)fputs("\nconst struct rule_embedded twf_rules_embedded[] = {\n", out);
    for (int i = 3; ok && i < argc; i++)
        (void)fprintf(out, "    {\"%s\", rule_%u, %zu},\n", argv[i] + skip, (unsigned)i, lens[i]);
    (void)fprintf(out, "    {0, 0, 0}};\nconst size_t twf_rules_embedded_count = %d;\n", argc - 3);
    ok = ok && ferror(out) == 0;
    ok = fclose(out) == 0 && ok;
    free(lens);
    return ok ? 0 : 1;
}
