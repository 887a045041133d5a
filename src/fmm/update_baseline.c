/* The update for any processor (CMakeLists.txt has the compiler's flags). */
#define FM_LANES_UPDATE fm_update_baseline
#include "lanes.h"
