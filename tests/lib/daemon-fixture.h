/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#pragma once

#include <glib.h>

#include "tests/lib/certs.h"
#include "tests/lib/dns-client.h"
#include "tests/lib/fake-dot.h"

/* The built dotlsd as a process of its own, with a configuration, a runtime and a state directory
 * that are thrown away, on a port of loopback that is free.  The path of the program is in the
 * environment variable DOTLSD. */
typedef struct _Daemon Daemon;

Daemon *daemon_new (void);

/* Stops it as daemon_stop() does if it runs, and removes its directory. */
void daemon_free (Daemon *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Daemon, daemon_free)

/* Addresses to listen on instead of 127.0.0.1 and ::1, each with %u for the port. */
void daemon_set_listen (Daemon *self, const char *addresses);

/* A program and its arguments, NULL-terminated and valid until the start, in front of dotlsd. */
void daemon_set_wrapper (Daemon *self, const char *const *wrapper);

/* Adds lines to the group [dns] of the configuration. */
void daemon_set (Daemon *self, const char *lines);

/* Adds an [upstream ID] at the port of FAKE on 127.0.0.1; LINES say how it is verified. */
void daemon_add_upstream (Daemon *self, const char *id, FakeDot *fake, const char *lines);

/* The same verified by the name dot.test and the authority of CERTS. */
void daemon_add_good_upstream (Daemon *self, const char *id, FakeDot *fake, Certs *certs);

/* Replaces the whole text after the [dns] group. */
void daemon_set_upstreams (Daemon *self, const char *text);

/* A file in the directory of the daemon, the caller's to free. */
char *daemon_get_path (Daemon *self, const char *name);

/* Writes the configuration, starts the daemon and returns when it says that it is ready.  Aborts,
 * with what it wrote to stderr, when it does not or ends before. */
void daemon_start (Daemon *self);

/* Writes the configuration anew, sends SIGHUP and waits until the daemon says that it is ready
 * again. */
void daemon_reload (Daemon *self);

/* Sends SIGTERM and waits for the end, which must come within ten seconds and with status 0; any
 * report of a sanitizer on stderr fails the test. */
void daemon_stop (Daemon *self);

GPid daemon_get_pid (Daemon *self);
guint16 daemon_get_port (Daemon *self);

/* What it wrote to stderr so far.  Caller frees. */
char *daemon_read_log (Daemon *self);

/* Clients on 127.0.0.1. */
DnsClient *daemon_connect_udp (Daemon *self);
DnsClient *daemon_connect_tcp (Daemon *self);

/* A counter of `dotlsctl --json statistics`, such as "bad-format".  The program is in the
 * environment variable DOTLSCTL. */
gint64 daemon_get_counter (Daemon *self, const char *name);

/* A number of `dotlsctl --json upstream list`, such as "in-flight", or one of its "statistics". */
gint64 daemon_get_upstream_number (Daemon *self, const char *id, const char *name);

/* A text of the same, such as "last-error".  Caller frees. */
char *daemon_get_upstream_text (Daemon *self, const char *id, const char *name);

/* How many descriptors the process has open. */
guint daemon_count_descriptors (Daemon *self);

/* Its resident memory in bytes. */
gsize daemon_get_memory (Daemon *self);

/* Its processor time so far, in milliseconds. */
guint64 daemon_get_cpu_ms (Daemon *self);
