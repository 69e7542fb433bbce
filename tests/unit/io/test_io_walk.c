/* SPDX-License-Identifier: Apache-2.0 */
/* Folders and lists into paths: order, kinds, maildirs, errors that concern one path. */
#define _GNU_SOURCE
#include "io_files.h"

#include <limits.h>

static void touch(const char *path)
{
    make_file(path, 1, 3);
}

static struct twf_walk *new_walk(void)
{
    struct twf_walk *w;

    assert_int_equal(twf_walk_new(&w, NULL), TWF_OK);
    return w;
}

static void add(struct twf_walk *w, const char *path)
{
    assert_int_equal(twf_walk_add(w, path, NULL), TWF_OK);
}

/* The walk as text: a line an entry, "n" named, "m" maildir, "a" AppleDouble, "!errno path" an
 * error. */
static void walk_text(struct twf_walk *w, char *text, size_t room)
{
    size_t used = 0;

    text[0] = '\0';
    for (;;) {
        struct twf_walk_entry e;
        struct twf_error err = {0};
        enum twf_status status = twf_walk_next(w, &e, &err);

        if (status == TWF_END)
            break;
        if (status == TWF_OK)
            used += (size_t)snprintf(text + used, room - used, "%s%s%s%s\n", e.path,
                                     e.named ? " n" : "", e.maildir ? " m" : "",
                                     e.apple_double ? " a" : "");
        else
            used += (size_t)snprintf(text + used, room - used, "!%s %s\n",
                                     strerrorname_np(err.sys_errno), err.path);
        assert_true(used < room);
    }
    twf_walk_free(w);
}

static void assert_walk(struct twf_walk *w, const char *expected)
{
    static char text[65536];

    walk_text(w, text, sizeof(text));
    assert_string_equal(text, expected);
}

static void assert_passed(const char *path, uint64_t count)
{
    struct twf_walk *w = new_walk();
    struct twf_walk_entry e;
    struct twf_error err;

    add(w, path);
    while (twf_walk_next(w, &e, &err) != TWF_END)
        ;
    assert_int_equal(twf_walk_next(w, &e, &err), TWF_END); /* and it stays at its end */
    assert_int_equal(twf_walk_passed_over(w), count);
    twf_walk_free(w);
}

static void order_and_kinds(void **state)
{
    (void)state;
    assert_int_equal(mkdir("t", 0700), 0);
    assert_int_equal(mkdir("t/b", 0700), 0);
    assert_int_equal(mkdir("t/b/empty", 0700), 0);
    assert_int_equal(mkdir("t/__MACOSX", 0700), 0);
    assert_int_equal(mkdir("t/__MACOSX/deep", 0700), 0);
    assert_int_equal(mkdir("t/x.mbox", 0700), 0);
    touch("t/b.eml");
    touch("t/b-");
    touch("t/B");
    touch("t/b/2");
    touch("t/b/10");
    touch("t/\xff");
    touch("t/.hidden");
    touch("t/._b.eml");
    touch("t/__MACOSX/deep/x");
    touch("t/x.mbox/mbox");
    touch("t/a.twofrom.arrow");
    touch("t/out.jsonl.partial");
    touch("t/partial");
    assert_int_equal(symlink("b", "t/link-to-folder"), 0);
    assert_int_equal(symlink("..", "t/b/loop"), 0);
    assert_int_equal(symlink("B", "t/link-to-file"), 0);
    assert_int_equal(symlink("nowhere", "t/dangling"), 0);
    assert_int_equal(mkfifo("t/fifo", 0600), 0);

    struct twf_walk *w = new_walk();
    add(w, "t/");
    add(w, "t/link-to-file"); /* named: followed */
    add(w, "t/a.twofrom.arrow");
    add(w, "t/._b.eml");
    add(w, "t/fifo");
    add(w, "-");
    add(w, "t/link-to-folder");
    assert_walk(w, "t/._b.eml a\n"
                "t/.hidden\n"
                "t/B\n"
                "t/__MACOSX/deep/x a\n"
                "t/b/10\n"
                "t/b/2\n"
                "t/b-\n"
                "t/b.eml\n"
                "t/partial\n"
                "t/x.mbox/mbox\n"
                "t/\xff\n"
                "t/link-to-file n\n"
                "t/a.twofrom.arrow n\n"
                "t/._b.eml n a\n"
                "t/fifo n\n"
                "- n\n"
                "t/link-to-folder/10\n"
                "t/link-to-folder/2\n");
    assert_passed("t", 7); /* four links, the FIFO, the index, the partial file */
}

static void maildirs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        static const char *const names[2][6] = {
            {"m", "m/cur", "m/new", "m/tmp", "m/cur/sub", "m/other"},
            {"m/.Sent", "m/.Sent/cur", "m/.Sent/tmp", "m/cur/.x", "m/tmp/dir", "m/other/new"},
        };
        for (unsigned k = 0; k < 6; k++)
            assert_int_equal(mkdir(names[i][k], 0700), 0);
    }
    touch("m/dovecot-uidlist");
    touch("m/cur/1:2,S");
    touch("m/cur/sub/2");
    touch("m/new/3");
    touch("m/tmp/4");
    touch("m/tmp/dir/5");
    touch("m/.Sent/cur/6");
    touch("m/.Sent/tmp/7");
    touch("m/other/new/8");

    struct twf_walk *w = new_walk();
    add(w, "m");
    assert_walk(w, "m/.Sent/cur/6\n" /* without new/ it is no maildir, and its tmp/ a folder */
                "m/.Sent/tmp/7\n"
                "m/cur/1:2,S m\n"
                "m/cur/sub/2 m\n"
                "m/dovecot-uidlist\n"
                "m/new/3 m\n"
                "m/other/new/8\n");
    assert_passed("m", 2); /* what is in tmp/ */
}

static void write_text(const char *path, const char *text, size_t len)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void lists(void **state)
{
    static const char text[] = "l/one\n\nl/two\r\n\r\nl/folder\nl/missing\nl/a b \n@at\n-\n"
                               "bad\0nul\nl/last";
    static char expected[2 * PATH_MAX], line[20000];
    struct twf_walk *w;
    int saved = dup(STDIN_FILENO), fd;

    (void)state;
    assert_int_equal(mkdir("l", 0700), 0);
    assert_int_equal(mkdir("l/folder", 0700), 0);
    touch("l/one");
    touch("l/two");
    touch("l/folder/in");
    touch("l/a b ");
    touch("l/last");
    touch("@at");
    touch("-");
    write_text("list", text, sizeof(text) - 1);
    static const char found[] = "l/one n\nl/two n\nl/folder/in\n!ENOENT l/missing\nl/a b  n\n"
                                "@at n\n./- n\n!EINVAL bad\nl/last n\n";
    w = new_walk();
    add(w, "@list");
    add(w, "@no list");
    add(w, "l/one");
    (void)snprintf(expected, sizeof(expected), "%s!ENOENT no list\nl/one n\n", found);
    assert_walk(w, expected);

    fd = open("list", O_RDONLY);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    w = new_walk();
    add(w, "@-");
    assert_walk(w, found);
    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    (void)close(saved);
    (void)close(fd);

    /* Lines around the longest path, one longer than any buffer, and the next one is itself again.
     * */
    for (size_t len = PATH_MAX - 3; len <= sizeof(line) - 10;
         len += len < PATH_MAX + 3 ? 1 : 3001) {
        struct twf_walk_entry e;
        struct twf_error err;

        memset(line, 'x', len);
        memcpy(line + len, "\r\nl/one", 7);
        write_text("long", line, len + 7);
        w = new_walk();
        add(w, "@long");
        assert_int_equal(twf_walk_next(w, &e, &err), TWF_ERR_IO);
        assert_int_equal(err.sys_errno, ENAMETOOLONG);
        assert_int_equal(twf_walk_next(w, &e, &err), TWF_OK);
        assert_string_equal(e.path, "l/one");
        assert_int_equal(twf_walk_next(w, &e, &err), TWF_END);
        twf_walk_free(w);
    }
}

static void list_errors_name_the_line(void **state)
{
    struct twf_walk *w = new_walk();
    struct twf_walk_entry e;
    struct twf_error err;

    (void)state;
    write_text("list2", "\n\na\0b\n", 7);
    add(w, "@list2");
    assert_int_equal(twf_walk_next(w, &e, &err), TWF_ERR_IO);
    assert_int_equal(err.line, 3);
    twf_walk_free(w); /* in the middle of a list */
}

static void unreadable(void **state)
{
    struct twf_walk *w;

    (void)state;
    assert_int_equal(mkdir("u", 0755), 0);
    assert_int_equal(mkdir("u/1", 0755), 0);
    assert_int_equal(mkdir("u/2", 0700), 0);
    touch("u/1/a");
    touch("u/2/b");
    touch("u/3");
    assert_int_equal(chmod("u/2", 0), 0);
    assert_int_equal(chmod(".", 0755), 0);
    if (geteuid() == 0)
        assert_int_equal(seteuid(65534), 0);
    w = new_walk();
    add(w, "");
    add(w, "u/none");
    add(w, "u/2");
    add(w, "u");
    assert_walk(w, "!ENOENT \n!ENOENT u/none\n!EACCES u/2\nu/1/a\n!EACCES u/2\nu/3\n");
    if (getuid() == 0)
        assert_int_equal(seteuid(0), 0);
}

/* Deeper than we go, and longer than a path can be: errors of those folders, and the rest is
 * walked. */
static void deep(void **state)
{
    static const char *const names[] = {"d", "a-name-that-makes-the-path-longer-than-paths-can-be"};
    unsigned before = open_descriptors();

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        int top = open(".", O_RDONLY | O_DIRECTORY);
        char root[8];
        struct twf_walk *w = new_walk();
        struct twf_walk_entry e;
        struct twf_error err;
        unsigned files = 0, errors = 0;
        int at;

        (void)snprintf(root, sizeof(root), "deep%u", i);
        assert_int_equal(mkdir(root, 0700), 0);
        at = open(root, O_RDONLY | O_DIRECTORY);
        for (unsigned k = 0; k < 300; k++) {
            int next, file = openat(at, "file", O_CREAT | O_WRONLY, 0600);

            (void)close(file);
            assert_int_equal(mkdirat(at, names[i], 0700), 0);
            next = openat(at, names[i], O_RDONLY | O_DIRECTORY);
            (void)close(at);
            at = next;
        }
        (void)close(at);
        add(w, root);
        for (;;) {
            enum twf_status status = twf_walk_next(w, &e, &err);

            if (status == TWF_END)
                break;
            if (status == TWF_OK) {
                files++;
            } else {
                assert_int_equal(err.sys_errno, i == 0 ? ELOOP : ENAMETOOLONG);
                errors++;
            }
        }
        assert_int_equal(errors, 1);
        /* The path is kept a byte shorter than PATH_MAX. */
        assert_int_equal(files, i == 0 ? 256
                                       : (PATH_MAX - 2 - strlen("deep1/file")) /
                                                 (strlen(names[1]) + 1) + 1);
        twf_walk_free(w);
        (void)close(top);
    }
    assert_int_equal(open_descriptors(), before);
}

static void large_folder(void **state)
{
    enum { NAMES = 20000 };
    struct twf_walk *w = new_walk();
    struct twf_walk_entry e;
    uint64_t in_use = twf_alloc_in_use();
    char last[32] = "";
    unsigned n = 0;

    (void)state;
    assert_int_equal(mkdir("many", 0700), 0);
    for (unsigned i = 0; i < NAMES; i++) {
        char name[32];
        int fd;

        (void)snprintf(name, sizeof(name), "many/%u", i * 2654435761u);
        fd = open(name, O_CREAT | O_WRONLY | O_EXCL, 0600);
        assert_true(fd >= 0);
        (void)close(fd);
    }
    add(w, "many");
    for (; twf_walk_next(w, &e, NULL) == TWF_OK; n++) {
        assert_true(strcmp(last, e.path) < 0);
        (void)snprintf(last, sizeof(last), "%s", e.path);
    }
    assert_int_equal(n, NAMES);
    assert_true(twf_alloc_in_use() - in_use < 4096); /* gone with the folder */
    twf_walk_free(w);
}

/* Without memory at any allocation: an error, or all the names; never a part of them in silence. */
static void memory_fails(void **state)
{
    unsigned before = open_descriptors();
    uint64_t in_use = twf_alloc_in_use();
    bool done = false;

    (void)state;
    for (uint64_t k = 1; !done; k++) {
        struct twf_walk *w = NULL;
        struct twf_walk_entry e;
        enum twf_status status;
        unsigned files = 0, errors = 0;

        twf_alloc_fail_at(k);
        status = twf_walk_new(&w, NULL);
        if (status == TWF_OK)
            status = twf_walk_add(w, "m", NULL);
        if (status == TWF_OK) {
            while ((status = twf_walk_next(w, &e, NULL)) != TWF_END) {
                files += status == TWF_OK;
                errors += status == TWF_ERR_NOMEM;
            }
            assert_true(errors > 0 || files == 7);
            done = errors == 0;
        } else {
            assert_int_equal(status, TWF_ERR_NOMEM);
        }
        twf_alloc_fail_at(0);
        twf_walk_free(w);
        assert_int_equal(twf_alloc_in_use(), in_use);
        assert_int_equal(open_descriptors(), before);
        assert_true(k < 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_kinds), cmocka_unit_test(maildirs),
        cmocka_unit_test(lists),           cmocka_unit_test(list_errors_name_the_line),
        cmocka_unit_test(unreadable),      cmocka_unit_test(deep),
        cmocka_unit_test(large_folder),    cmocka_unit_test(memory_fails),
    };

    return cmocka_run_group_tests(tests, folder_setup, folder_teardown);
}
