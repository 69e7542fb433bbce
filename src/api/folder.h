/* SPDX-License-Identifier: Apache-2.0 */
/* The folder in which a file lies: for what is renamed there, and for the sandbox. */
#ifndef TWF_API_FOLDER_H
#define TWF_API_FOLDER_H

/* Cut out of a copy of path, "." where it has no slash; twf_free. NULL without memory. */
char *twf_folder_of(const char *path);
/*
 * Names made, changed or removed in the folder are on the disk. 0, or an errno; a file system that cannot
 * sync a folder counts as one that did.
 */
int twf_folder_sync(const char *folder);

#endif
