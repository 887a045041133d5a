#ifndef FM_PARALLEL_CHANNEL_H
#define FM_PARALLEL_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec.h"

/* Messages between the caller and one worker process, over a stream socket. */

typedef enum fm_message_type {
    /* to the worker */
    FM_TELL_SETUP = 1, /* fm_setup and names; comes with the arena, and shared data */
    FM_TELL_TASK,
    FM_TELL_SHARED, /* new shared data of size `number`; comes with them if not 0 */
    FM_TELL_SUM,    /* fm_sum_shape; nothing: no sum */
    FM_TELL_END,
    /* to the caller */
    FM_TELL_HELLO,  /* set up; with a status and a message if it could not be */
    FM_TELL_RESULT, /* the bytes, or the error's message */
    FM_TELL_TAKEN   /* the shared data are in place, the earlier ones out of use */
} fm_message_type;

typedef struct fm_message {
    uint32_t type;
    uint32_t code;   /* of a task the kernel, of a result the status */
    uint64_t number; /* of the task at its desk */
    uint64_t id;     /* of the task in its map */
    uint64_t size;   /* of what follows, or of what is in the drawer */
    double seconds;
    uint32_t drawer; /* 1 + the one that has the bytes; 0: they follow */
    uint32_t adds;
} fm_message;

/* What a worker must know; the names of the kernels follow, each with its zero. */
typedef struct fm_setup {
    uint64_t desk;
    uint64_t kernels;
    uint64_t shared_size;
    double timeout_s;
    uint64_t sums; /* there is a sum, of this shape */
    fm_sum_shape shape;
} fm_setup;

typedef struct fm_pipe_buffer {
    unsigned char *data;
    size_t begin, end, capacity;
} fm_pipe_buffer;

enum { FM_CHANNEL_FILES = 4 };

typedef struct fm_channel {
    int socket; /* -1: none */
    int flags;  /* MSG_DONTWAIT in the caller, which never waits here */
    fm_pipe_buffer out, in;
    int files[FM_CHANNEL_FILES];    /* that came and were not taken yet */
    int attached[FM_CHANNEL_FILES]; /* that go with the next bytes; the owner's */
    size_t nfiles, nattached;
} fm_channel;

typedef enum fm_flow {
    FM_FLOWS,
    FM_BLOCKED, /* try again when the socket is ready */
    FM_ENDED    /* nobody is at the other end, or there is no memory */
} fm_flow;

/* Put a message and what follows it, if its drawer is 0, into the buffer; false without
 * memory. */
bool fm_channel_put(fm_channel *channel, const fm_message *message,
                    const void *payload);
/* Send a file, which stays open here, with the next message at the latest. */
void fm_channel_attach(fm_channel *channel, int file);
/* Send what the buffer has. */
fm_flow fm_channel_flush(fm_channel *channel);
/* Read once what there is. */
fm_flow fm_channel_fill(fm_channel *channel);
/* The next message that is there as a whole; what follows it is valid until the next
 * fill. */
bool fm_channel_next(fm_channel *channel, fm_message *message, const void **payload);
/* The file that came first; -1: none. */
int fm_channel_take_file(fm_channel *channel);
bool fm_channel_has_output(const fm_channel *channel);
void fm_channel_close(fm_channel *channel);

#endif
