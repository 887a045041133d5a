/* The only file compiled with the version, so that a new one recompiles nothing else.
 */
#include "core/version.h"

const char *fm_version(void)
{
    return FM_VERSION;
}
