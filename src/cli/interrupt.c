/* Signals. A handler may do next to nothing, so the first signal is noted in a flag,
 * which the run looks at between shots. The second one means that the user will not
 * wait: the temporary file is removed (unlink is allowed in a handler) and the signal
 * takes its ordinary course. These are the program's only variables at file scope: a
 * handler has no other way to be told anything. (The name is a copy, because the file's
 * own goes away with the file.) */
#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t caught;
static volatile sig_atomic_t removable;
static char to_remove[4096];

static void handle(int signal_number)
{
    int saved = errno;
    if (!caught) {
        caught = signal_number;
    } else {
        if (removable) {
            unlink(to_remove);
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
    removable = 0;
    if (temporary && strlen(temporary) < sizeof to_remove) {
        memcpy(to_remove, temporary, strlen(temporary) + 1);
        removable = 1;
    }
}

int interrupt_caught(void)
{
    return caught;
}
