/* SPDX-License-Identifier: Apache-2.0 */
/* Head files and the table of attacks; what they say: recipes/README.md. */
#define _GNU_SOURCE
#include <string.h>

#include "base/alloc.h"
#include "corpora/gen/gen.h"
#include "corpora/gen/gen_lines.h"

/* A line of a head that begins with %. */
static void head_order(struct gen_head *head, char *text, const char *where)
{
    size_t n = strcspn(text, " ");
    char *value = text + n + (text[n] == ' ');

    text[n] = '\0';
    if (strcmp(text, "%label") == 0) {
        gen_line_copy(head->label, sizeof head->label, value, where);
    } else if (strcmp(text, "%attackable") == 0) {
        head->attackable = true;
    } else if (strcmp(text, "%trusted-auth") == 0) {
        head->trusted_auth = true;
    } else if (strcmp(text, "%trusted-p1") == 0) {
        head->trusted_p1 = true;
    } else if (strcmp(text, "%own-body") == 0) {
        head->own_body = true;
    } else if (strcmp(text, "%p1") == 0) {
        gen_template_fini(&head->p1);
        gen_template_read(&head->p1, value, where);
    } else if (strcmp(text, "%p2") == 0) {
        gen_template_fini(&head->p2);
        gen_template_read(&head->p2, value, where);
    } else if (strcmp(text, "%from") == 0) {
        gen_line_unescape(value, where);
        gen_template_fini(&head->from);
        gen_template_read(&head->from, value, where);
        head->has_from = true;
    } else {
        gen_die("%s: unknown order %s", where, text);
    }
}

void gen_head_read(struct gen_head *head, const char *path)
{
    struct gen_line_at at = {.line = 0};
    char *data = gen_file_read(path), *rest = data, *line, where[GEN_WHERE_MAX];

    *head = (struct gen_head){.weight = 1};
    gen_line_copy(at.file, sizeof at.file, path, path);
    gen_template_read(&head->p1, "{addr}", path);
    gen_template_read(&head->p2, "{addr}", path);
    gen_line_copy(head->label, sizeof head->label, "direct", path);
    while (*rest == '#' || *rest == '%') {
        line = gen_line_next(&rest, &at);
        if (line[0] == '%')
            head_order(head, line, gen_line_where(where, sizeof where, &at));
    }
    if (*rest == '\0')
        gen_die("%s: holds no header", path);
    gen_template_read(&head->text, rest, path);
    twf_free(data);
}

/* Columns: label level weight needs p1 p2 from, separated by tabs; the first line names them. */
void gen_attacks_read(struct gen_recipe *r, const char *path)
{
    struct gen_line_at at = {.line = 0};
    char *data = gen_file_read(path), *rest = data, *line, where[GEN_WHERE_MAX];

    gen_line_copy(at.file, sizeof at.file, path, path);
    gen_line_next(&rest, &at);
    while ((line = gen_line_next(&rest, &at)) != NULL) {
        struct gen_attack *a = &r->attacks[r->attack_count];
        char *cell[7];
        size_t n = 0;

        gen_line_where(where, sizeof where, &at);
        if (line[0] == '#' || line[0] == '\0')
            continue;
        if (r->attack_count == GEN_ATTACKS_MAX)
            gen_die("%s: more than %d attacks", where, GEN_ATTACKS_MAX);
        while (n < 7 && line != NULL)
            cell[n++] = strsep(&line, "\t");
        if (n != 7 || line != NULL)
            gen_die("%s: not 7 columns", where);
        gen_line_copy(a->label, sizeof a->label, cell[0], where);
        gen_line_copy(a->level, sizeof a->level, cell[1], where);
        a->weight = gen_line_number32(cell[2], where);
        a->needs_auth = strcmp(cell[3], "auth") == 0;
        a->needs_p1 = strcmp(cell[3], "p1") == 0;
        a->needs_plain = strcmp(cell[3], "plain") == 0;
        if (!a->needs_auth && !a->needs_p1 && !a->needs_plain && strcmp(cell[3], "-") != 0)
            gen_die("%s: needs auth, p1, plain or -", where);
        gen_template_read(&a->p1, strcmp(cell[4], "-") == 0 ? "" : cell[4], where);
        gen_template_read(&a->p2, strcmp(cell[5], "-") == 0 ? "" : cell[5], where);
        gen_line_unescape(cell[6], where);
        gen_template_read(&a->from, cell[6], where);
        r->attack_count++;
    }
    twf_free(data);
}

void gen_head_fini(struct gen_head *head)
{
    gen_template_fini(&head->p1);
    gen_template_fini(&head->p2);
    gen_template_fini(&head->from);
    gen_template_fini(&head->text);
}
