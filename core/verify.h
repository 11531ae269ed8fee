/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <gnutls/gnutls.h>

#include "core/error.h"
#include "core/facts.h"
#include "core/forward.h"

/* Whether SESSION, its handshake done, leads to whom SPEC names; the rules are told at
 * dotls_tls_verify().  FACTS gets verified_by and certificate_expires on DOTLS_ERROR_NONE; RET_TEXT
 * a clause that says what is wrong and what to do otherwise, NULL on success; caller frees.
 * Puts the authorities that the chain needs into the session's credentials. */
DotlsError dotls_verify_peer (gnutls_session_t session,
                              const DotlsUpstreamSpec *spec,
                              const DotlsAddress *peer,
                              DotlsTlsFacts *facts,
                              char **ret_text);
