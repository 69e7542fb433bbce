/* SPDX-License-Identifier: Apache-2.0 */
#include "api/message_name.h"

#include <string.h>
#include <unistd.h>

#include "api/flat_json.h"
#include "base/alloc.h"
#include "base/digits.h"

bool twf_path_of_uri(struct twf_span uri, char *out)
{
    for (size_t i = 0; i < uri.len; i++) {
        int high, low;

        if (uri.ptr[i] != '%') {
            *out++ = (char)uri.ptr[i];
            continue;
        }
        if (uri.len - i < 3 || (high = twf_hex_digit(uri.ptr[i + 1])) < 0 ||
            (low = twf_hex_digit(uri.ptr[i + 2])) < 0 || high + low == 0)
            return false;
        *out++ = (char)(high << 4 | low);
        i += 2;
    }
    *out = '\0';
    return true;
}

bool twf_message_name_parse(const char *spec, struct twf_message_name *out)
{
    const char *at = strrchr(spec, '@'), *hash = strrchr(spec, '#');
    const char *sign = at == NULL || (hash != NULL && hash > at) ? hash : at;
    size_t len = strlen(spec);
    char *other;

    *out = (struct twf_message_name){.by = TWF_MESSAGE_FIRST};
    if (sign != NULL && twf_json_u64(twf_span_str(sign + 1), &out->value)) {
        len = (size_t)(sign - spec);
        out->by = *sign == '#' ? TWF_MESSAGE_BY_INDEX : TWF_MESSAGE_BY_OFFSET;
    }
    out->path = twf_calloc(1, len + 1);
    other = twf_calloc(1, len + 1);
    if (out->path != NULL && other != NULL) {
        memcpy(out->path, spec, len);
        if (access(out->path, F_OK) != 0 && twf_path_of_uri(twf_span(spec, len), other) && access(other, F_OK) == 0)
            memcpy(out->path, other, len + 1);
    }
    twf_free(other);
    if (other == NULL) {
        twf_free(out->path);
        out->path = NULL;
    }
    return out->path != NULL;
}
