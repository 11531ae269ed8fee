/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SPDX-FileCopyrightText: The dotls authors */

#include "core/special.h"

#include <string.h>

#include "core/limits.h"

enum
{
  CLASS_CHAOS = 3,
  CLASS_HESIOD = 4,
  CLASS_NONE = 254,
  CLASS_ANY = 255,
  TYPE_SVCB = 64,
  TYPE_HTTPS = 65,
};

typedef enum
{
  RULE_LOOPBACK, /* has the loopback addresses, at any depth */
  RULE_ABSENT,   /* no such top-level domain, says the root */
  RULE_EMPTY,    /* a zone with nothing in it */
  RULE_HOME,     /* the same, but its parent may be asked for DS */
  RULE_SILENT,   /* every name in it exists and has nothing */
} Rule;

typedef struct
{
  const char *domain; /* wire form */
  guint8 length;
  Rule rule;
  guint8 first, last; /* the next label is a number of this range and belongs to the domain */
} Row;

/* clang-format off */
#define ROW(domain, ...)                                                                           \
  {                                                                                                \
    domain, sizeof domain, __VA_ARGS__                                                             \
  }
#define IN_ADDR "\7in-addr\4arpa"
#define IP6 "\3ip6\4arpa"
#define NIBBLES8 "\1" "0\1" "0\1" "0\1" "0\1" "0\1" "0\1" "0\1" "0"
#define ZEROES31 "\1" "0\1" "0\1" "0\1" "0\1" "0\1" "0\1" "0" NIBBLES8 NIBBLES8 NIBBLES8

static const Row rows[] = {
  ROW ("\x9localhost", RULE_LOOPBACK),
  ROW ("\7invalid", RULE_ABSENT),
  ROW ("\5onion", RULE_ABSENT),
  ROW ("\5local", RULE_ABSENT),
  ROW ("\3" "alt", RULE_ABSENT),
  ROW ("\4home\4arpa", RULE_HOME),
  ROW ("\x8resolver\4arpa", RULE_SILENT),
  ROW ("\1" "0" IN_ADDR, RULE_EMPTY),
  ROW ("\2" "10" IN_ADDR, RULE_EMPTY),
  ROW ("\3" "127" IN_ADDR, RULE_EMPTY),
  ROW ("\3" "100" IN_ADDR, RULE_EMPTY, 64, 127),
  ROW ("\3" "172" IN_ADDR, RULE_EMPTY, 16, 31),
  ROW ("\3" "254\3" "169" IN_ADDR, RULE_EMPTY),
  ROW ("\3" "168\3" "192" IN_ADDR, RULE_EMPTY),
  ROW ("\1" "2\1" "0\3" "192" IN_ADDR, RULE_EMPTY),
  ROW ("\3" "100\2" "51\3" "198" IN_ADDR, RULE_EMPTY),
  ROW ("\3" "113\1" "0\3" "203" IN_ADDR, RULE_EMPTY),
  ROW ("\3" "255\3" "255\3" "255\3" "255" IN_ADDR, RULE_EMPTY),
  ROW ("\1" "0" ZEROES31 IP6, RULE_EMPTY),
  ROW ("\1" "1" ZEROES31 IP6, RULE_EMPTY),
  ROW ("\1" "d\1" "f" IP6, RULE_EMPTY),
  ROW ("\1" "8\1" "e\1" "f" IP6, RULE_EMPTY),
  ROW ("\1" "9\1" "e\1" "f" IP6, RULE_EMPTY),
  ROW ("\1" "a\1" "e\1" "f" IP6, RULE_EMPTY),
  ROW ("\1" "b\1" "e\1" "f" IP6, RULE_EMPTY),
  ROW ("\1" "8\1" "b\1" "d\1" "0\1" "1\1" "0\1" "0\1" "2" IP6, RULE_EMPTY),
};

static const Row loopback4 = ROW ("\1" "1\1" "0\1" "0\3" "127" IN_ADDR, RULE_EMPTY);
static const Row loopback6 = ROW ("\1" "1" ZEROES31 IP6, RULE_EMPTY);
/* clang-format on */

/* Whether the name ends in four letters that a row ends in.  This is all that nearly every query
 * pays. */
static gboolean
may_match (const DotlsKey *key)
{
  if (key->name_length < 5)
    return FALSE;
  switch (dotls_read_u32 (key->name + key->name_length - 5))
    {
#define TAIL(a, b, c, d) ((guint32) (a) << 24 | (b) << 16 | (c) << 8 | (d))
    case TAIL ('h', 'o', 's', 't'):
    case TAIL ('a', 'l', 'i', 'd'):
    case TAIL ('n', 'i', 'o', 'n'):
    case TAIL ('o', 'c', 'a', 'l'):
    case TAIL (3, 'a', 'l', 't'):
    case TAIL ('a', 'r', 'p', 'a'):
      return TRUE;
#undef TAIL
    default:
      return FALSE;
    }
}

/* Whether LABEL is the number of the row's range, written as reverse names are. */
static gboolean
is_in_range (const guint8 *label, const Row *row)
{
  guint number = 0;

  if (label[0] == 0 || label[0] > 3 || label[1] == '0')
    return FALSE;
  for (guint i = 1; i <= label[0]; i++)
    {
      if (!g_ascii_isdigit (label[i]))
        return FALSE;
      number = number * 10 + label[i] - '0';
    }
  return number >= row->first && number <= row->last;
}

/* The offset in the name where the row's domain begins, or -1. */
static int
match (const DotlsKey *key, const Row *row)
{
  const guint8 *name = key->name, *before = NULL, *domain;

  if (key->name_length < row->length)
    return -1;
  domain = key->name + key->name_length - row->length;
  while (name < domain)
    {
      before = name;
      name += 1 + *name;
    }
  if (name != domain || memcmp (domain, row->domain, row->length) != 0)
    return -1;
  if (row->last == 0)
    return domain - key->name;
  return before != NULL && is_in_range (before, row) ? before - key->name : -1;
}

static const Row *
find_row (const DotlsKey *key, int *ret_offset)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      *ret_offset = match (key, &rows[i]);
      if (*ret_offset >= 0)
        return &rows[i];
    }
  return NULL;
}

static void
put (DotlsSpecial *special, const void *bytes, gsize length)
{
  memcpy (special->records + special->length, bytes, length);
  special->length += length;
}

static void
put_u16 (DotlsSpecial *special, guint16 value)
{
  dotls_write_u16 (special->records + special->length, value);
  special->length += 2;
}

static void
put_u32 (DotlsSpecial *special, guint32 value)
{
  dotls_write_u32 (special->records + special->length, value);
  special->length += 4;
}

/* The part of the question's name from OFFSET on: a pointer, or the root itself, to which some
 * libraries follow no pointer. */
static void
put_name (DotlsSpecial *special, const DotlsKey *key, guint offset)
{
  if (key->name[offset] == 0)
    put (special, "", 1);
  else
    put_u16 (special, 0xc000 | (DOTLS_HEADER_SIZE + offset));
}

static void
put_head (DotlsSpecial *special, guint16 type, guint16 data_length)
{
  put_u16 (special, type);
  put_u16 (special, DOTLS_CLASS_IN);
  put_u32 (special, DOTLS_SPECIAL_TTL_S);
  put_u16 (special, data_length);
}

/* A record of the question's name. */
static void
put_record (DotlsSpecial *special, guint16 type, const void *data, gsize length)
{
  put_u16 (special, 0xc000 | DOTLS_HEADER_SIZE);
  put_head (special, type, length);
  put (special, data, length);
}

/* An SOA after RFC 6303 section 3, its owner also the name of the server. */
static void
put_authority (DotlsSpecial *special, const DotlsKey *key, guint offset)
{
  static const char mailbox[] = "\6nobody\7invalid";
  guint name_length = key->name[offset] == 0 ? 1 : 2;

  put_name (special, key, offset);
  put_head (special, DOTLS_TYPE_SOA, name_length + sizeof mailbox + 20);
  put_name (special, key, offset);
  put (special, mailbox, sizeof mailbox);
  put_u32 (special, 1);      /* serial */
  put_u32 (special, 3600);   /* refresh */
  put_u32 (special, 1200);   /* retry */
  put_u32 (special, 604800); /* expire */
  put_u32 (special, DOTLS_SPECIAL_TTL_S);
}

/* No, says the zone that begins at OFFSET of the name. */
static gboolean
deny (DotlsSpecial *special, const DotlsKey *key, DotlsSpecialKind kind, guint offset)
{
  special->kind = kind;
  put_authority (special, key, offset);
  return TRUE;
}

static gboolean
answer_loopback (const DotlsKey *key, guint offset, DotlsSpecial *special)
{
  static const guint8 address4[] = { 127, 0, 0, 1 }, address6[16] = { [15] = 1 };

  /* RFC 8482 section 4.1: one of what there is will do for ANY */
  special->kind = DOTLS_SPECIAL_ADDRESS;
  if (key->qtype == DOTLS_TYPE_A || key->qtype == DOTLS_TYPE_ANY)
    put_record (special, DOTLS_TYPE_A, address4, sizeof address4);
  else if (key->qtype == DOTLS_TYPE_AAAA)
    put_record (special, DOTLS_TYPE_AAAA, address6, sizeof address6);
  else
    return deny (special, key, DOTLS_SPECIAL_NODATA, offset);
  return TRUE;
}

/* Whether the name is that of ROW, or between it and the zone at OFFSET. */
static gboolean
leads_to (const DotlsKey *key, const Row *row)
{
  return key->name_length <= row->length
         && memcmp (key->name, row->domain + row->length - key->name_length, key->name_length) == 0;
}

static gboolean
answer_empty (const DotlsKey *key, guint offset, DotlsSpecial *special)
{
  static const char localhost[] = "\x9localhost";
  gboolean is_loopback = leads_to (key, &loopback4) || leads_to (key, &loopback6);

  if (is_loopback && key->name[0] == 1 && key->name[1] == '1'
      && (key->qtype == DOTLS_TYPE_PTR || key->qtype == DOTLS_TYPE_ANY))
    {
      special->kind = DOTLS_SPECIAL_LOCALHOST;
      put_record (special, DOTLS_TYPE_PTR, localhost, sizeof localhost);
      return TRUE;
    }
  if (offset == 0 && (key->qtype == DOTLS_TYPE_SOA || key->qtype == DOTLS_TYPE_ANY))
    return deny (special, key, DOTLS_SPECIAL_AUTHORITY, 0);
  return deny (special, key,
               offset == 0 || is_loopback ? DOTLS_SPECIAL_NODATA : DOTLS_SPECIAL_NXDOMAIN, offset);
}

static gboolean
answer_row (const DotlsKey *key, const Row *row, guint offset, DotlsSpecial *special)
{
  switch (row->rule)
    {
    case RULE_LOOPBACK:
      return answer_loopback (key, offset, special);
    case RULE_ABSENT:
      return deny (special, key, DOTLS_SPECIAL_NXDOMAIN, key->name_length - 1);
    case RULE_SILENT:
      return deny (special, key, DOTLS_SPECIAL_NODATA, offset);
    case RULE_HOME:
      if (offset == 0 && key->qtype == DOTLS_TYPE_DS)
        return FALSE;
      break;
    case RULE_EMPTY:
      break;
    }
  return answer_empty (key, offset, special);
}

static gboolean
is_for_local_network (const DotlsKey *key)
{
  return key->name[0] != 0 && key->name[0] + 2 == key->name_length
         && (key->qtype == DOTLS_TYPE_A || key->qtype == DOTLS_TYPE_AAAA || key->qtype == TYPE_HTTPS
             || key->qtype == TYPE_SVCB);
}

static gboolean
is_refused_class (guint16 qclass)
{
  return qclass == CLASS_CHAOS || qclass == CLASS_HESIOD || qclass == CLASS_NONE
         || qclass == CLASS_ANY;
}

gboolean
dotls_special_find (const DotlsKey *key, DotlsSpecial *ret_special)
{
  const Row *row;
  int offset;

  ret_special->length = 0;
  if (key->qclass != DOTLS_CLASS_IN)
    {
      ret_special->kind = DOTLS_SPECIAL_REFUSED;
      return is_refused_class (key->qclass);
    }
  if (may_match (key))
    {
      row = find_row (key, &offset);
      if (row != NULL)
        return answer_row (key, row, offset, ret_special);
    }
  if (!is_for_local_network (key))
    return FALSE;
  /* Not NXDOMAIN: of a top-level domain that would deny all names below it (RFC 8020). */
  return deny (ret_special, key, DOTLS_SPECIAL_NODATA, key->name_length - 1);
}

void
dotls_special_body (const DotlsSpecial *special, DotlsBody *ret_body)
{
  static const struct
  {
    guint8 rcode, ancount, nscount;
    gint8 ede;
  } shapes[] = {
    [DOTLS_SPECIAL_NODATA] = { DOTLS_RCODE_NOERROR, 0, 1, DOTLS_EDE_NOT_AUTHORITATIVE },
    [DOTLS_SPECIAL_ADDRESS] = { DOTLS_RCODE_NOERROR, 1, 0, DOTLS_EDE_NONE },
    [DOTLS_SPECIAL_LOCALHOST] = { DOTLS_RCODE_NOERROR, 1, 0, DOTLS_EDE_NONE },
    [DOTLS_SPECIAL_AUTHORITY] = { DOTLS_RCODE_NOERROR, 1, 0, DOTLS_EDE_NONE },
    [DOTLS_SPECIAL_NXDOMAIN] = { DOTLS_RCODE_NXDOMAIN, 0, 1, DOTLS_EDE_NOT_AUTHORITATIVE },
    [DOTLS_SPECIAL_REFUSED] = { DOTLS_RCODE_REFUSED, 0, 0, DOTLS_EDE_NOT_SUPPORTED },
  };

  *ret_body = (DotlsBody){
    .bytes = special->records,
    .length = special->length,
    .rcode = shapes[special->kind].rcode,
    .ancount = shapes[special->kind].ancount,
    .nscount = shapes[special->kind].nscount,
    .ede = shapes[special->kind].ede,
  };
}
