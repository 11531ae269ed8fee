/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include <string.h>

#include "tests/fault/fault.h"

/* Who the upstream is: T1 to T15, D1, D14. */

#define BY_NAME NULL
#define BY_ADDRESS "ca-file = $CA"
#define BY_PIN "pin-sha256 = $PIN"
#define BY_NAME_AND_PIN "auth-name = dot.test\nca-file = $CA\npin-sha256 = $PIN"
#define BY_WILD_NAME "auth-name = lab.dot.test\nca-file = $CA"

/* The upstream is who it should be. */
static void
run_accepted (Fault *f)
{
  fault_expect_good (f, "secret.test");
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_QUERIES), ==, 1);
}

/* People are told what is wrong by its kind and in a sentence. */
static void
check_error (Fault *f)
{
  g_autofree char *error = daemon_get_upstream_text (f->daemon, "one", "last-error");
  g_autofree char *text = daemon_get_upstream_text (f->daemon, "one", "last-error-text");

  g_assert_nonnull (f->scenario->data);
  g_assert_cmpstr (error, ==, f->scenario->data);
  g_assert_cmpuint (strlen (text), >, 20);
}

/* It is not: SERVFAIL, and not one question, in clear or encrypted, reaches it. */
static void
run_rejected (Fault *f)
{
  fault_expect_servfail (f, "secret.test");
  fault_expect_servfail (f, "other.test");
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_CONNECTIONS), >=, 1);
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_QUERIES), ==, 0);
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_STRAYS), ==, 0);
  g_assert_false (fake_dot_saw_plaintext (f->one, "secret"));
  check_error (f);
}

/* It is not, and another one is: the answer is the other one's, and comes soon. */
static void
run_passed_over (Fault *f)
{
  gint64 start = g_get_monotonic_time ();

  fault_expect_address (f, "secret.test", "192.0.2.2");
  g_assert_cmpint (g_get_monotonic_time () - start, <, 3500 * 1000);
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_QUERIES), ==, 0);
  g_assert_false (fake_dot_saw_plaintext (f->one, "secret"));
}

/* T1 to T4, D14: what the ClientHello offers and what it does not give away. */
static void
check_hello (Fault *f, const char *sni)
{
  FakePeer peer;

  fault_expect_good (f, "a.test");
  peer = fake_dot_get_peer (f->one, 1);
  g_assert_true (peer.has_hello && peer.has_handshake);
  g_assert_true (peer.offers_tls13 && peer.offers_tls12);
  g_assert_false (peer.offers_older);
  g_assert_false (peer.offers_weak_cipher);
  g_assert_true (peer.offers_extended_master_secret);
  g_assert_false (peer.offers_early_data || peer.offers_ticket);
  g_assert_cmpstr (peer.alpn, ==, "dot");
  g_assert_cmpstr (peer.sni, ==, sni);
}

static void
run_hello (Fault *f)
{
  check_hello (f, "dot.test");
}

/* T4: an address is no name. */
static void
run_hello_of_address (Fault *f)
{
  check_hello (f, NULL);
}

static char *
other_pin (Fault *f)
{
  return certs_pin (f->certs, CERT_EXPIRED, NULL);
}

static void
start_with_pins (Fault *f, const char *first, const char *second)
{
  g_autofree char *lines = second != NULL
                               ? g_strdup_printf ("pin-sha256 = %s ; %s\n", first, second)
                               : g_strdup_printf ("pin-sha256 = %s\n", first);

  daemon_set_upstreams (f->daemon, "");
  daemon_add_upstream (f->daemon, "one", f->one, lines);
  daemon_start (f->daemon);
}

/* T6: any of several pins is enough: the second one is the backup. */
static void
run_backup_pin (Fault *f)
{
  g_autofree char *wrong = other_pin (f), *right = certs_pin (f->certs, CERT_VALID, NULL);

  start_with_pins (f, wrong, right);
  run_accepted (f);
}

/* T6: no pin matches. */
static void
run_wrong_pin (Fault *f)
{
  g_autofree char *wrong = other_pin (f);

  start_with_pins (f, wrong, NULL);
  run_rejected (f);
}

/* T6: the pin is the server's own key's: another key of the chain must not open anything. */
static void
run_intermediate_pin (Fault *f)
{
  g_autofree char *pin = certs_intermediate_pin (f->certs);

  start_with_pins (f, pin, NULL);
  run_rejected (f);
}

/* A certificate of one's own, named as its own authority. */
static void
run_trusted_leaf (Fault *f)
{
  g_autofree char *path = daemon_get_path (f->daemon, "leaf.pem");
  g_autofree char *lines = g_strdup_printf ("auth-name = dot.test\nca-file = %s\n", path);

  certs_write_leaf (f->certs, CERT_SELF_SIGNED, path);
  daemon_set_upstreams (f->daemon, "");
  daemon_add_upstream (f->daemon, "one", f->one, lines);
  daemon_start (f->daemon);
  run_accepted (f);
}

/* Ends the connection from outside, as servers do with idle ones; dotls need not notice before it
 * wants to use it. */
static void
end_connections (Fault *f)
{
  fake_dot_close_all (f->one, "close-notify");
}

/* T10: a new connection resumes with a ticket, and each ticket is used once. */
static void
run_resumption (Fault *f)
{
  for (guint i = 1; i <= 4; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);

      fault_expect_good (f, name);
      g_assert_cmpuint (fake_dot_get (f->one, FAKE_RESUMED), ==, i - 1);
      end_connections (f);
    }
}

/* T10: with TLS 1.2 a resumed connection may bring no new ticket; the one there was is not used
 * again. */
static void
run_resumption_1_2 (Fault *f)
{
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);

      fault_expect_good (f, name);
      end_connections (f);
    }
  g_assert_true (fake_dot_get_peer (f->one, 2).is_resumed);
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_RESUMED), <=, 3);
}

/* T10: tickets that the server no longer knows: a full handshake, nobody notices. */
static void
run_forgotten_tickets (Fault *f)
{
  fault_expect_good (f, "a.test");
  end_connections (f);
  fake_dot_forget_tickets (f->one);
  fault_expect_good (f, "b.test");
  g_assert_true (fake_dot_get_peer (f->one, 2).offers_ticket);
  g_assert_cmpuint (fake_dot_get (f->one, FAKE_RESUMED), ==, 0);
}

/* T10: changed settings of the upstream: nothing of the old relation is used on. */
static void
run_reload_drops_tickets (Fault *f)
{
  g_autofree char *lines = fault_verify_lines (f, BY_NAME_AND_PIN);

  fault_expect_good (f, "a.test");
  daemon_set_upstreams (f->daemon, "");
  daemon_add_upstream (f->daemon, "one", f->one, lines);
  daemon_reload (f->daemon);
  fault_expect_good (f, "b.test");
  fake_dot_wait (f->one, FAKE_CONNECTIONS, 2);
  g_assert_false (fake_dot_get_peer (f->one, 2).offers_ticket);
}

/* T8, T10: a server that was good and whose certificate is bad now: its tickets do not vouch for
 * the new one. */
static void
run_turned_bad (Fault *f)
{
  fault_expect_good (f, "a.test");
  end_connections (f);
  fake_dot_forget_tickets (f->one);
  fake_dot_script (f->one, "certificate=expired");
  fault_expect_servfail (f, "secret.test");
  g_assert_cmpuint (fake_dot_count_queries (f->one, "secret.test", 0), ==, 0);
}

/* T15: while one handshake hangs, clients are answered by the other upstream and from the cache. */
static void
run_hanging_handshake (Fault *f)
{
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *name = g_strdup_printf ("n%u.test", i);
      gint64 start = g_get_monotonic_time ();

      fault_expect_address (f, name, "192.0.2.2");
      g_assert_cmpint (g_get_monotonic_time () - start, <, 3 * G_TIME_SPAN_SECOND);
      fault_expect_address (f, name, "192.0.2.2");
    }
}

/* T15, D8: it hangs, and there is no other: SERVFAIL in time. */
static void
run_hanging_alone (Fault *f)
{
  fault_expect_servfail (f, "a.test");
}

/* A slow handshake that ends well within the limit is waited for. */
static void
run_slow_handshake (Fault *f)
{
  fault_expect_good (f, "a.test");
}

#define GOOD(kind, means, by)                                                                      \
  {                                                                                                \
    "tls/" kind "-" means, run_accepted, "certificate=" kind, .verify = by                         \
  }
#define BAD(kind, means, by, error)                                                                \
  {                                                                                                \
    "tls/" kind "-" means, run_rejected, "certificate=" kind, .verify = by, .data = error          \
  }
#define CERT_OTHER(kind)                                                                           \
  {                                                                                                \
    "tls/" kind "-passed-over", run_passed_over, "certificate=" kind, ""                           \
  }

const FaultScenario fault_tls[] = {
  { "tls/hello", run_hello },
  { "tls/hello-of-address", run_hello_of_address, .verify = BY_ADDRESS },
  { "tls/old-version", run_rejected, "tls=1.1", .data = "Tls" }, /* T1 */
  { "tls/only-1.2", run_accepted, "tls=1.2" },
  { "tls/only-1.3", run_accepted, "tls=1.3" },
  { "tls/hello-retry", run_accepted, "group=SECP384R1" }, /* T12 */
  { "tls/no-alpn", run_accepted, "alpn=none" },           /* T3 */
  { "tls/other-alpn", run_rejected, "alpn=doq", .data = "Protocol" },
  { "tls/other-alpn-1.2", run_rejected, "alpn=doq; tls=1.2", .data = "Protocol" },
  { "tls/plain", run_rejected, "plain", .data = "Timeout" }, /* D1 */
  { "tls/banner", run_rejected, "banner", .data = "Tls" },

  /* T5, T8: the name */
  GOOD ("valid", "name", BY_NAME),
  GOOD ("intermediate", "name", BY_NAME),
  GOOD ("wrong-order", "name", BY_NAME),
  GOOD ("wildcard", "name", BY_WILD_NAME),
  GOOD ("many-names", "name", BY_NAME),
  BAD ("wrong-name", "name", BY_NAME, "NameMismatch"),
  BAD ("unknown-issuer", "name", BY_NAME, "UnknownIssuer"),
  BAD ("self-signed", "name", BY_NAME, "UnknownIssuer"),
  BAD ("expired", "name", BY_NAME, "CertificateExpired"),
  BAD ("not-yet-valid", "name", BY_NAME, "CertificateNotYetValid"),
  BAD ("address-only", "name", BY_NAME, "NameMismatch"),
  BAD ("address-as-name", "name", BY_NAME, "NameMismatch"),
  BAD ("common-name", "name", BY_NAME, "NameMismatch"),
  BAD ("wrong-purpose", "name", BY_NAME, "BadCertificate"),
  BAD ("partial-wildcard", "name", BY_WILD_NAME, "NameMismatch"),
  BAD ("missing-intermediate", "name", BY_NAME, "UnknownIssuer"),
  BAD ("long-chain", "name", BY_NAME, "BadCertificate"),

  /* T5: the address */
  GOOD ("valid", "address", BY_ADDRESS),
  GOOD ("address-only", "address", BY_ADDRESS),
  BAD ("address-as-name", "address", BY_ADDRESS, "NameMismatch"),
  BAD ("wrong-name", "address", BY_ADDRESS, "NameMismatch"),
  BAD ("common-name", "address", BY_ADDRESS, "NameMismatch"),
  BAD ("unknown-issuer", "address", BY_ADDRESS, "UnknownIssuer"),
  BAD ("expired", "address", BY_ADDRESS, "CertificateExpired"),

  /* T6: the key */
  GOOD ("valid", "pin", BY_PIN),
  GOOD ("valid", "name-and-pin", BY_NAME_AND_PIN),
  BAD ("wildcard", "pin", BY_PIN, "PinMismatch"),
  /* the name holds, the pin does not */
  BAD ("intermediate", "name-and-pin", BY_NAME_AND_PIN, "PinMismatch"),
  { "tls/backup-pin", run_backup_pin, .is_delayed = TRUE },
  { "tls/wrong-pin", run_wrong_pin, .data = "PinMismatch", .is_delayed = TRUE },
  { "tls/intermediate-pin", run_intermediate_pin, "certificate=intermediate", .data = "PinMismatch",
    .is_delayed = TRUE },
  { "tls/trusted-leaf", run_trusted_leaf, "certificate=self-signed", .is_delayed = TRUE },

  CERT_OTHER ("wrong-name"),
  CERT_OTHER ("unknown-issuer"),
  CERT_OTHER ("expired"),
  CERT_OTHER ("not-yet-valid"),
  { "tls/plain-passed-over", run_passed_over, "plain", "" },
  { "tls/old-version-passed-over", run_passed_over, "tls=1.1", "" },
  { "tls/other-alpn-passed-over", run_passed_over, "alpn=doq", "" },

  { "tls/resumption", run_resumption }, /* T10 */
  { "tls/resumption-1.2", run_resumption_1_2, "tls=1.2" },
  { "tls/one-ticket", run_resumption, "tickets=1" },
  { "tls/many-tickets", run_resumption, "tickets=50" },
  { "tls/no-tickets", run_accepted, "tickets=0" },
  { "tls/forgotten-tickets", run_forgotten_tickets },
  { "tls/reload-drops-tickets", run_reload_drops_tickets },
  { "tls/turned-bad", run_turned_bad },

  { "tls/stall", run_hanging_handshake, "stall", "" }, /* T15 */
  { "tls/deaf", run_hanging_handshake, "deaf", "" },
  { "tls/endless-handshake", run_hanging_handshake, "slow-handshake=50", "" },
  { "tls/stall-alone", run_hanging_alone, "stall" },
  { "tls/endless-handshake-alone", run_hanging_alone, "slow-handshake=50" },
  { "tls/slow-handshake", run_slow_handshake, "slow-handshake=1" },
  { NULL },
};
