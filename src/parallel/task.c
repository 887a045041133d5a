/* A task and the queues it stands in.
 *
 * Tasks are linked into lists by pointers of their own, so that queueing allocates
 * nothing and cannot fail, and any task can be taken out of the middle of a queue in
 * constant time: to cancel a hundred thousand waiting tasks takes a hundred thousand
 * steps. The buffers of argument and result are kept when a task is used again, so a
 * map that runs a million tasks allocates for its window only. */
#include "task.h"

#include <stdlib.h>
#include <string.h>

/* Room for `size` bytes; what was in the buffer is lost. */
static void *buffer_reserve(fm_buffer *buffer, size_t size)
{
    if (!buffer->data || buffer->capacity < size) {
        free(buffer->data);
        *buffer = (fm_buffer){.data = malloc(size ? size : 1)};
        if (!buffer->data) {
            return NULL;
        }
        buffer->capacity = size;
    }
    buffer->size = size;
    return buffer->data;
}

void *fm_output_reserve(fm_output *output, size_t size)
{
    void *data = buffer_reserve(&output->buffer, size);
    output->refused = !data;
    return data;
}

bool fm_task_set_argument(fm_task *task, fm_bytes argument)
{
    void *data = buffer_reserve(&task->argument, argument.size);
    if (data && argument.size > 0) {
        memcpy(data, argument.data, argument.size);
    }
    return data != NULL;
}

fm_bytes fm_task_argument(const fm_task *task)
{
    return (fm_bytes){task->argument.data, task->argument.size};
}

fm_bytes fm_task_bytes(const fm_task *task)
{
    if (task->status != FM_OK) {
        return (fm_bytes){NULL, 0};
    }
    return (fm_bytes){task->output.buffer.data, task->output.buffer.size};
}

const char *fm_task_message(const fm_task *task)
{
    return task->message ? task->message : fm_status_name(task->status);
}

void fm_task_clear(fm_task *task)
{
    free(task->message);
    task->message = NULL;
    task->status = FM_OK;
    task->output.buffer.size = 0;
    task->output.refused = false;
    task->worker = 0;
    task->seconds = 0;
}

void fm_task_fail(fm_task *task, fm_status status, const char *message)
{
    free(task->message);
    task->message = message && *message ? strdup(message) : NULL;
    task->status = status;
}

void fm_task_release(fm_task *task)
{
    free(task->argument.data);
    free(task->output.buffer.data);
    free(task->message);
}

void fm_task_list_push(fm_task_list *list, fm_task *task)
{
    task->previous = list->last;
    task->next = NULL;
    if (list->last) {
        list->last->next = task;
    } else {
        list->first = task;
    }
    list->last = task;
    list->n++;
}

fm_task *fm_task_list_pop(fm_task_list *list)
{
    fm_task *task = list->first;
    if (task) {
        fm_task_list_remove(list, task);
    }
    return task;
}

void fm_task_list_remove(fm_task_list *list, fm_task *task)
{
    if (task->previous) {
        task->previous->next = task->next;
        task->previous->with_next = task->previous->with_next && task->with_next;
    } else {
        list->first = task->next;
    }
    if (task->next) {
        task->next->previous = task->previous;
    } else {
        list->last = task->previous;
    }
    task->previous = task->next = NULL;
    list->n--;
}

void fm_task_list_append(fm_task_list *list, fm_task_list *from)
{
    fm_task_list_prepend(from, list);
    *list = *from;
    *from = (fm_task_list){0};
}

void fm_task_list_prepend(fm_task_list *list, fm_task_list *from)
{
    if (!from->last) {
        return;
    }
    from->last->next = list->first;
    if (list->first) {
        list->first->previous = from->last;
    } else {
        list->last = from->last;
    }
    list->first = from->first;
    list->n += from->n;
    *from = (fm_task_list){0};
}

fm_task_list fm_task_list_take_batch(fm_task_list *list)
{
    fm_task_list batch = {0};
    bool more = list->n > 0;
    while (more) {
        fm_task *task = fm_task_list_pop(list);
        more = task->with_next && list->n > 0;
        fm_task_list_push(&batch, task);
    }
    return batch;
}
