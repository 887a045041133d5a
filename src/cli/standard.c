/* Standard files that are closed (`fermat forward job.yaml >&-`).
 *
 * The next file opened would get the number of the missing one, and the report would be
 * printed into the result or into a socket of the pool. What stands there instead
 * cannot be written, so that printing fails and is told, as it is by other programs. */
#include "standard.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

bool standard_files_fill(void)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) {
        bool closed = fcntl(file, F_GETFD) < 0 && errno == EBADF;
        if (closed && open("/dev/null", O_RDONLY) != file) {
            return false;
        }
    }
    return true;
}
