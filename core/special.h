#pragma once
#include "core/wire.h"
typedef struct
{
  int x;
} DotlsSpecial;
gboolean dotls_special_find (const DotlsKey *key, DotlsSpecial *s);
void dotls_special_body (const DotlsSpecial *s, DotlsBody *b);
