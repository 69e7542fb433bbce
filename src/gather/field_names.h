/* SPDX-License-Identifier: Apache-2.0 */
/* The table of names, inside the room. */
#ifndef TWF_GATHER_FIELD_NAMES_H
#define TWF_GATHER_FIELD_NAMES_H

#include "gather/gather.h"

/* Fills g->names. */
void twf_gather_names_build(struct twf_gather *g);

#endif
