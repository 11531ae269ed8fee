#include "core/special.h"
gboolean
dotls_special_find (const DotlsKey *key, DotlsSpecial *s)
{
  return FALSE;
}
void
dotls_special_body (const DotlsSpecial *s, DotlsBody *b)
{
  *b = (DotlsBody){ 0 };
}
