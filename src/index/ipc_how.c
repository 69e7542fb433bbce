/* SPDX-License-Identifier: Apache-2.0 */
/* How each column is stored: as it is, or as a dictionary. */
#include "index/writer.h"

bool index_is_bulky(enum twf_col_id col)
{
    return col == TWF_COL_authentication_results || col == TWF_COL_received ||
           col == TWF_COL_header_rest;
}

bool index_is_hot(enum twf_col_id col)
{
    switch (col) {
    case TWF_COL_p1_domain:
    case TWF_COL_p1_org:
    case TWF_COL_p2_domain:
    case TWF_COL_p2_org:
    case TWF_COL_from_raw:
    case TWF_COL_relation:
    case TWF_COL_verdict:
    case TWF_COL_level: return true;
    default: return false;
    }
}

enum index_how index_how_stored(enum twf_col_id col)
{
    switch (col) {
    case TWF_COL_source_uri:
    case TWF_COL_source_id:
    case TWF_COL_container_format:
    case TWF_COL_frame_verified:
    case TWF_COL_journal_form:
    case TWF_COL_p1_domain:
    case TWF_COL_p1_org:
    case TWF_COL_p1_source:
    case TWF_COL_p1_trust:
    case TWF_COL_p2_domain:
    case TWF_COL_p2_org:
    case TWF_COL_relation:
    case TWF_COL_verdict:
    case TWF_COL_level:
    case TWF_COL_exchange_tag:
    case TWF_COL_auth_server:
    case TWF_COL_auth_spf:
    case TWF_COL_auth_dkim:
    case TWF_COL_auth_dmarc:
    case TWF_COL_auth_compauth:
    case TWF_COL_list_id:
    /* Authors come back, if not among the first rows: one in ten may be new for ever. */
    case TWF_COL_from_raw:
    case TWF_COL_p2_address:
    case TWF_COL_p2_display:
    case TWF_COL_sender_address:
    case TWF_COL_sender_raw:
    case TWF_COL_reply_to_address:
    case TWF_COL_reply_to_raw:
    case TWF_COL_zone: return HOW_DICT;
    case TWF_COL_record_id:
    case TWF_COL_member:
    case TWF_COL_message_hash:
    case TWF_COL_message_id:
    case TWF_COL_authentication_results:
    case TWF_COL_received:
    case TWF_COL_header_rest: return HOW_PLAIN;
    default:
        return twf_col_infos[col].type == TWF_TYPE_UTF8 || twf_col_infos[col].type == TWF_TYPE_BIN
                   ? HOW_MEASURE
                   : HOW_PLAIN;
    }
}

bool index_is_searched(enum twf_col_id col, uint64_t values, uint64_t mail)
{
    /*
     * Subjects hardly repeat, so each is looked at by a question, and to look at them costs a tenth of what it costs to
     * decode them. Where messages are large, as they are in the archives that hunts are slow on, the plain bytes are a
     * 256th of the mail at most: one or two parts in a hundred of the packed archive.
     */
    return col == TWF_COL_subject_raw && values <= mail / 256;
}
