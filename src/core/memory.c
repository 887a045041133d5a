/* Memory for large arrays. Transparent huge pages are used where the kernel is asked
 * for them (its usual setting), and only in blocks that start on such a page. */
#define _DEFAULT_SOURCE /* madvise, which POSIX has not */
#include "core/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

void *fm_large_alloc(size_t bytes)
{
    if (bytes < (size_t)2 * HUGE_PAGE || bytes > SIZE_MAX - HUGE_PAGE) {
        return malloc(bytes);
    }
    size_t whole = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *block = aligned_alloc(HUGE_PAGE, whole);
#ifdef MADV_HUGEPAGE
    if (block) {
        (void)madvise(block, whole, MADV_HUGEPAGE); /* refused: slower, not wrong */
    }
#endif
    return block;
}
