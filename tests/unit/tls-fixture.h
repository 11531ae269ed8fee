/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include "core/spec.h"
#include "core/tls.h"
#include "tests/unit/pki.h"
#include "tests/unit/tls-pair.h"

#define CHAIN(...)                                                                                 \
  (const PkiCert *const[])                                                                         \
  {                                                                                                \
    __VA_ARGS__, NULL                                                                              \
  }

/* An authority in a ca-file, an upstream that trusts it, and the server it meets. */
typedef struct
{
  char *directory;
  char *ca_file;
  PkiCert *root;
  PkiCert *middle; /* by root */
  PkiCert *leaf;   /* by root, dot.test 127.0.0.1 ::1 */
  DotlsUpstreamSpec *spec;
  DotlsAddress peer;
  TlsPairServer server;
  DotlsTlsFacts facts;
  char *text; /* of the last failure */
} TlsFixture;

extern const PkiShape tls_fixture_root; /* what the root is made of */
extern const PkiShape tls_fixture_leaf; /* a good server: dot.test 127.0.0.1 ::1 */

void tls_fixture_set_up (TlsFixture *self, gconstpointer data);
void tls_fixture_tear_down (TlsFixture *self, gconstpointer data);

/* Changes what the upstream is known by.  CERT NULL: a pin that no key has. */
void tls_fixture_set_name (TlsFixture *self, const char *name);
void tls_fixture_add_pin (TlsFixture *self, const PkiCert *cert);

DotlsTls *tls_fixture_new_tls (TlsFixture *self);

/* One connection through TLS; the handshake must succeed.  RET_PAIR may be NULL. */
DotlsError tls_fixture_connect (TlsFixture *self, DotlsTls *tls, TlsPair **ret_pair);

/* What comes of a server that shows CHAIN. */
DotlsError tls_fixture_judge (TlsFixture *self, const PkiCert *const *chain);

/* The same for a fresh leaf of SHAPE, issued by the root. */
DotlsError tls_fixture_judge_shape (TlsFixture *self, const PkiShape *shape);

#define assert_fault(fault, expected)                                                              \
  g_assert_cmpstr (dotls_error_nick (fault), ==, dotls_error_nick (DOTLS_ERROR_##expected))
