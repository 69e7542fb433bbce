/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the walk share. A walk keeps the names of one folder for each depth it is in,
 * and no more: walk_folder.c reads and sorts them, walk_list.c reads "@LIST" line by line, walk.c
 * goes through both.
 */
#ifndef TWF_IO_WALK_STATE_H
#define TWF_IO_WALK_STATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/io.h"

enum {
    TWF_WALK_DEPTH = 256, /* folders in folders; each open one costs a descriptor */
    TWF_WALK_LINE = PATH_MAX
};

/* ---- walk_folder.c ---- */

enum twf_walk_kind { TWF_WALK_FILE, TWF_WALK_FOLDER, TWF_WALK_OTHER };

struct twf_walk_name {
    size_t at;     /* in names */
    uint32_t kind; /* enum twf_walk_kind */
};

struct twf_walk_folder {
    int fd;
    char *text; /* names, each with its NUL */
    size_t text_len, text_cap;
    struct twf_walk_name *names;
    size_t count, cap, next;
    size_t path_len;   /* of the walk's path, down to this folder and its slash */
    bool maildir;      /* has cur/ and new/ */
    bool in_maildir;   /* is cur/ or new/ of one, or below */
    bool apple_double; /* is __MACOSX, or below */
};

/*
 * Reads the names of the folder fd and sorts them by bytes. fd becomes the folder's, also on
 * failure; after TWF_ERR_IO the names read so far are there, after TWF_ERR_NOMEM none.
 */
TWF_MUST_USE enum twf_status twf_walk_folder_open(struct twf_walk_folder *d, int fd,
                                                  struct twf_error *err);
void twf_walk_folder_close(struct twf_walk_folder *d);
bool twf_walk_folder_has(const struct twf_walk_folder *d, const char *name,
                         enum twf_walk_kind kind);

/* ---- walk_list.c ---- */

struct twf_walk_list {
    int fd; /* -1: no list is open */
    uint32_t line;
    size_t from, to; /* unread bytes in buf */
    char path[TWF_WALK_LINE + 2];
    char buf[8192];
};

/* path is what follows the "@"; "-" is standard input. */
TWF_MUST_USE enum twf_status twf_walk_list_open(struct twf_walk_list *l, const char *path,
                                                struct twf_error *err);
void twf_walk_list_close(struct twf_walk_list *l);
/* TWF_OK with the next path in l->path, TWF_END, or what is wrong with one line (err->line). */
TWF_MUST_USE enum twf_status twf_walk_list_next(struct twf_walk_list *l, struct twf_error *err);

#endif
