/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>
#include <gnutls/gnutls.h>

#include "core/error.h"
#include "core/facts.h"
#include "core/forward.h"

/* Everything about TLS with one upstream but its sockets: what is offered, who the peer must be,
 * and the tickets to resume with.  The transport's part is
 *
 *   session = dotls_tls_session_new (tls, &error);
 *   gnutls_transport_set_…; gnutls_handshake until it is neither EAGAIN nor INTERRUPTED;
 *   < 0: dotls_tls_explain();  0: dotls_tls_verify(), and no byte of ours before it said NONE;
 *   gnutls_record_…; gnutls_deinit (session).
 *
 * Tickets need no call: they are kept as they arrive.  The session's user pointer
 * (gnutls_session_set_ptr) and handshake hook belong to DotlsTls, which must outlive the session.
 * Read GNUTLS_E_REHANDSHAKE and GNUTLS_E_REAUTH_REQUEST as a breach of protocol: both are refused
 * (RFC 9325 section 3.5). */

/* Keeps a reference to SPEC.  Fails only where the crypto library refuses our choice of algorithms
 * (a system-wide policy that forbids them all), with DOTLS_ERROR_TLS. */
DotlsTls *dotls_tls_new (DotlsUpstreamSpec *spec, GError **error);

/* Wipes the tickets. */
void dotls_tls_free (DotlsTls *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DotlsTls, dotls_tls_free)

/* A client session, non-blocking, that offers TLS 1.3 and 1.2, ALPN "dot" (RFC 7858 section 3.1)
 * and never early data; SNI only where the upstream has a name (RFC 6066 section 3: never an
 * address); and a kept ticket, which leaves the store.  Caller ends it with gnutls_deinit(). */
gnutls_session_t dotls_tls_session_new (DotlsTls *self, GError **error);

/* Who is at the other end of SESSION, after its handshake, full or resumed.  PEER is the address it
 * was dialled at.  DOTLS_ERROR_NONE: who it should be (RFC 8310 section 8):
 *   name        its chain leads to an authority of ca_file or the system's, is valid now and for
 *               servers, and a SAN dNSName matches;
 *   pins        its own key is one of them.  Without a ca_file nothing else is asked, neither dates
 * nor issuer: a pin is knowledge of the very key, and RFC 7858 section 4.2 lets it stand alone;
 *   both        both hold; so do pins and address where a ca_file is given;
 *   neither     as for a name, with a SAN iPAddress equal to PEER.
 * A stapled OCSP answer counts, and a certificate that demands one must have it (RFC 7633).
 * Otherwise the fault, and close SESSION.  DOTLS_ERROR_CLOSED means that only a resumed session
 * could not be verified any more, say because its certificate ran out since: the tickets are gone,
 * connect again at once, it is nothing against the upstream.
 * RET_FACTS, zeroed or cleared by the caller, is filled in either case as far as known.  RET_TEXT
 * gets a clause for people (what, what to do) on failure; caller frees. */
DotlsError dotls_tls_verify (DotlsTls *self,
                             gnutls_session_t session,
                             const DotlsAddress *peer,
                             DotlsTlsFacts *ret_facts,
                             char **ret_text);

/* What it means that gnutls_handshake() or gnutls_record_…() returned CODE < 0, and a clause for
 * people.  Caller frees RET_TEXT. */
DotlsError dotls_tls_explain (gnutls_session_t session, int code, char **ret_text);

/* Tickets kept at this moment. */
guint dotls_tls_count_tickets (DotlsTls *self);

/* For a change of network or of settings: the next handshake is a full one. */
void dotls_tls_forget_tickets (DotlsTls *self);

/* Frees what FACTS holds and zeroes it. */
void dotls_tls_facts_clear (DotlsTlsFacts *facts);
