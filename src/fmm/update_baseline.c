/* The update for any processor (CMakeLists.txt has the compiler's flags). */
#define FM_LANES_UPDATE fm_update_baseline
#define FM_LANES_EXPLAIN fm_explain_baseline
#include "lanes.h"
