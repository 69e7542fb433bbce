/* SPDX-License-Identifier: Apache-2.0 */
/* Which program this is and what it runs with: the libraries that are loaded, not those it was built with. */
#define _GNU_SOURCE
#include <twofrom/tools.h>

#include <openssl/crypto.h>
#include <string.h>

#include "base/buf.h"
#include "base/compiler.h"
#include "decode/decode.h"
#include "kernels/cpu.h"
#include "match/match.h"
#include "parse/parse.h"
#include "rules/rules.h"

size_t twf_version_text(char *dst, size_t cap)
{
    struct twf_buf b;
    size_t n;

    if (cap == 0)
        return 0;
    twf_buf_init(&b);
    twf_buf_printf(&b, "twofrom " TWF_VERSION "  schema " TWF_SCHEMA "  abi %d  parser %d", TWF_ABI,
                   TWF_PARSER);
    twf_match_libraries(&b);
    twf_decode_libraries(&b);
    twf_rules_libraries(&b);
    twf_parse_libraries(&b);
    twf_buf_printf(&b, "  openssl %s  psl %s  kernels", OpenSSL_version(OPENSSL_VERSION_STRING),
                   twf_psl_date(twf_psl_embedded()));
    for (int level = 0; level <= (int)twf_cpu_detect(); level++)
        twf_buf_printf(&b, " %s", twf_cpu_level_name((enum twf_cpu_level)level));
    n = b.failed ? 0 : TWF_MIN(b.len, cap - 1);
    if (n > 0)
        memcpy(dst, b.ptr, n);
    dst[n] = '\0';
    twf_buf_fini(&b);
    return n;
}
