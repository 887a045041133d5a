/* The update for processors with AVX-512 (CMakeLists.txt has the compiler's flags). */
#define FM_LANES_UPDATE fm_update_avx512
#define FM_LANES_EXPLAIN fm_explain_avx512
#include "lanes.h"
