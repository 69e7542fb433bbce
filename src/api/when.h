/* SPDX-License-Identifier: Apache-2.0 */
/* Points and spans of time as --since, --until and --last take them. */
#ifndef TWF_API_WHEN_H
#define TWF_API_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/* "YYYY-MM-DD", or with "THH:MM" or "THH:MM:SS" and maybe "Z" behind it; UTC. Microseconds since 1970. */
bool twf_when_parse(const char *text, int64_t *us);
/* "30d", "12h", "45m", "90s" or "8w", in microseconds; at most a thousand years. */
bool twf_lapse_parse(const char *text, int64_t *us);

#endif
