/* A stream of messages with buffers on both ends.
 *
 * Why a stream and not packets: a message may be of any size, and many small ones
 * travel in one system call. The caller never waits in here: what the socket does not
 * take stays in the buffer, so that a caller that wants to write and a worker that
 * wants to write do not wait for each other. */
#include "channel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_SIZE = 32 * 1024, KEPT_SIZE = 256 * 1024 };

/* ---- buffers ---- */

/* Room for `size` bytes behind the end. */
static bool make_room(fm_pipe_buffer *buffer, size_t size)
{
    size_t used = buffer->end - buffer->begin;
    if (buffer->begin > 0 && buffer->capacity - buffer->end < size) {
        memmove(buffer->data, buffer->data + buffer->begin, used);
        buffer->begin = 0;
        buffer->end = used;
    }
    if (buffer->capacity - buffer->end >= size) {
        return true;
    }
    if (size > SIZE_MAX / 4 - used) {
        return false;
    }
    size_t capacity = used + size < READ_SIZE ? READ_SIZE : used + size + used / 2;
    void *grown = realloc(buffer->data, capacity);
    if (!grown) {
        return false;
    }
    buffer->data = grown;
    buffer->capacity = capacity;
    return true;
}

/* What a large message took is given back. */
static void forget_read(fm_pipe_buffer *buffer)
{
    if (buffer->begin < buffer->end) {
        return;
    }
    buffer->begin = buffer->end = 0;
    if (buffer->capacity > KEPT_SIZE) {
        free(buffer->data);
        *buffer = (fm_pipe_buffer){0};
    }
}

static void append(fm_pipe_buffer *buffer, const void *bytes, size_t size)
{
    if (size > 0) {
        memcpy(buffer->data + buffer->end, bytes, size);
        buffer->end += size;
    }
}

/* ---- out ---- */

bool fm_channel_put(fm_channel *channel, const fm_message *message, const void *payload)
{
    size_t size = message->drawer ? 0 : (size_t)message->size;
    if (size > SIZE_MAX / 8 || !make_room(&channel->out, sizeof *message + size)) {
        return false;
    }
    append(&channel->out, message, sizeof *message);
    append(&channel->out, payload, size);
    return true;
}

void fm_channel_attach(fm_channel *channel, int file)
{
    assert(channel->nattached < FM_CHANNEL_FILES);
    channel->attached[channel->nattached++] = file;
}

static void add_files(const fm_channel *channel, struct msghdr *header, void *control)
{
    size_t size = channel->nattached * sizeof *channel->attached;
    header->msg_control = control;
    header->msg_controllen = CMSG_SPACE(size);
    memset(control, 0, CMSG_SPACE(size));
    struct cmsghdr *rights = CMSG_FIRSTHDR(header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(rights), channel->attached, size);
}

fm_flow fm_channel_flush(fm_channel *channel)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(FM_CHANNEL_FILES * sizeof(int))];
    fm_pipe_buffer *out = &channel->out;
    while (out->begin < out->end) {
        struct iovec piece = {out->data + out->begin, out->end - out->begin};
        struct msghdr header = {.msg_iov = &piece, .msg_iovlen = 1};
        if (channel->nattached > 0) {
            add_files(channel, &header, control);
        }
        ssize_t sent = sendmsg(channel->socket, &header, channel->flags | MSG_NOSIGNAL);
        if (sent > 0) {
            out->begin += (size_t)sent;
            channel->nattached = 0;
        } else if (sent < 0 && errno != EINTR) {
            /* The last: too many files are under way, until they are taken. */
            bool later =
                errno == EAGAIN || errno == EWOULDBLOCK || errno == ETOOMANYREFS;
            return later ? FM_BLOCKED : FM_ENDED;
        }
    }
    forget_read(out);
    return FM_FLOWS;
}

bool fm_channel_has_output(const fm_channel *channel)
{
    return channel->out.begin < channel->out.end;
}

/* ---- in ---- */

/* A message that is not there as a whole says how much is missing. */
static size_t missing(const fm_pipe_buffer *in)
{
    fm_message message;
    size_t there = in->end - in->begin;
    if (there < sizeof message) {
        return READ_SIZE;
    }
    memcpy(&message, in->data + in->begin, sizeof message);
    size_t size = message.drawer ? 0 : (size_t)message.size;
    if (size > SIZE_MAX / 8) {
        return SIZE_MAX;
    }
    size_t whole = sizeof message + size;
    return whole > there && whole - there > READ_SIZE ? whole - there : READ_SIZE;
}

static void keep_files(fm_channel *channel, struct msghdr *header)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part;
         part = CMSG_NXTHDR(header, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t n = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int file;
            memcpy(&file, CMSG_DATA(part) + i * sizeof file, sizeof file);
            if (channel->nfiles < FM_CHANNEL_FILES) {
                channel->files[channel->nfiles++] = file;
            } else {
                close(file);
            }
        }
    }
}

fm_flow fm_channel_fill(fm_channel *channel)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(FM_CHANNEL_FILES * sizeof(int))];
    fm_pipe_buffer *in = &channel->in;
    forget_read(in);
    if (!make_room(in, missing(in))) {
        return FM_ENDED;
    }
    struct iovec piece = {in->data + in->end, in->capacity - in->end};
    struct msghdr header = {.msg_iov = &piece,
                            .msg_iovlen = 1,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    ssize_t got;
    do {
        got = recvmsg(channel->socket, &header, channel->flags | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        in->end += (size_t)got;
        keep_files(channel, &header);
        return FM_FLOWS;
    }
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) ? FM_BLOCKED : FM_ENDED;
}

bool fm_channel_next(fm_channel *channel, fm_message *message, const void **payload)
{
    fm_pipe_buffer *in = &channel->in;
    size_t there = in->end - in->begin;
    if (there < sizeof *message) {
        return false;
    }
    memcpy(message, in->data + in->begin, sizeof *message);
    size_t size = message->drawer ? 0 : (size_t)message->size;
    if (there - sizeof *message < size) {
        return false;
    }
    *payload = in->data + in->begin + sizeof *message;
    in->begin += sizeof *message + size;
    return true;
}

int fm_channel_take_file(fm_channel *channel)
{
    if (channel->nfiles == 0) {
        return -1;
    }
    int file = channel->files[0];
    channel->nfiles--;
    memmove(channel->files, channel->files + 1, channel->nfiles * sizeof(int));
    return file;
}

void fm_channel_close(fm_channel *channel)
{
    if (channel->socket >= 0) {
        close(channel->socket);
    }
    for (int file; (file = fm_channel_take_file(channel)) >= 0;) {
        close(file);
    }
    free(channel->out.data);
    free(channel->in.data);
    *channel = (fm_channel){.socket = -1};
}
