/* Signals. A handler may do next to nothing, so the first signal is noted in a flag,
 * which the run looks at between shots. The second one means that the user will not
 * wait: temporary files are removed (unlink is allowed in a handler) and the signal
 * takes its ordinary course. These are the program's only variables at file scope: a
 * handler has no other way to be told anything. (The names are copies, because a file's
 * own goes away with the file.) */
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static volatile sig_atomic_t removable; /* how many */
static char to_remove[INTERRUPT_NAMES][4096];

static void handle(int signal_number)
{
    int saved = errno;
    if (!caught) {
        caught = signal_number;
    } else {
        for (int i = 0; i < removable; i++) {
            unlink(to_remove[i]);
        }
        signal(signal_number, SIG_DFL);
        raise(signal_number);
    }
    errno = saved;
}

void interrupt_watch(void)
{
    static const int watched[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof watched / sizeof *watched; i++) {
        struct sigaction before;
        if (sigaction(watched[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
            sigaction(watched[i], &action, NULL);
        }
    }
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
}

void interrupt_remove(const char *temporary)
{
    if (!temporary) {
        removable = 0;
    } else if (removable < INTERRUPT_NAMES && strlen(temporary) < sizeof *to_remove) {
        memcpy(to_remove[removable], temporary, strlen(temporary) + 1);
        removable = removable + 1;
    }
}

int interrupt_caught(void)
{
    return caught;
}
