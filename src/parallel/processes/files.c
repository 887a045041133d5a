/* Descriptors above the three that everybody prints to.
 *
 * In a program whose standard output is closed the next file opened gets its number,
 * and what the program prints, or a kernel in a worker, would go there: into a socket
 * of the pool, or into the memory of a map. */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int fm_file_raise(int file)
{
    if (file < 0 || file > STDERR_FILENO) {
        return file;
    }
    int raised = fcntl(file, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), failure = errno;
    close(file);
    errno = failure;
    return raised;
}

bool fm_file_pair(int type, int ends[2])
{
    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) != 0) {
        return false;
    }
    ends[0] = fm_file_raise(ends[0]);
    int failure = errno;
    ends[1] = fm_file_raise(ends[1]);
    if (ends[0] >= 0 && ends[1] >= 0) {
        return true;
    }
    failure = ends[0] < 0 ? failure : errno;
    for (int i = 0; i < 2; i++) {
        if (ends[i] >= 0) {
            close(ends[i]);
        }
        ends[i] = -1;
    }
    errno = failure;
    return false;
}

void fm_file_fill_standard(void)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) {
        if (fcntl(file, F_GETFD) < 0 && errno == EBADF) {
            open("/dev/null", O_RDONLY); /* gets the lowest number that is free */
        }
    }
}
