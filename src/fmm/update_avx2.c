/* The update for processors with AVX2 (CMakeLists.txt has the compiler's flags). */
#define FM_LANES_UPDATE fm_update_avx2
#define FM_LANES_EXPLAIN fm_explain_avx2
#include "lanes.h"
