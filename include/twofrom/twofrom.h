/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libtwofrom: open a run, add paths, take batches of records; or check one message in memory.
 *
 * Damaged mail and damaged archives are results, not errors: twf_run_next goes on and the summary
 * tells. The library neither prints nor exits nor installs signal handlers.
 */
#ifndef TWF_TWOFROM_H
#define TWF_TWOFROM_H

#include <stddef.h>
#include <stdint.h>

#include <twofrom/record.h>
#include <twofrom/status.h>

#define TWF_VERSION "0.1.0"

#endif
