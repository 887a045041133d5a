/* How tasks come home to rank 0, and how it tells the ranks that they have. */
#include <string.h>

#include "mpi_root.h"

/* ---- results ---- */

static void came_home(fm_mpi_root *m, size_t rank, fm_task *task)
{
    m->away--;
    fm_mpi_set_tasks(m, rank, m->peers[rank].tasks - 1);
    fm_task_list_push(&m->finished, task);
}

static void take_result(fm_mpi_root *m, size_t rank, fm_mpi_reader *reader, size_t body)
{
    fm_mpi_result record;
    fm_mpi_read(reader, &record, sizeof record);
    fm_task *task = (fm_task *)(uintptr_t)record.token; /* ours: we sent it */
    char message[sizeof((fm_error *)NULL)->message + 1];
    memcpy(message, fm_mpi_read_here(reader, record.message_size), record.message_size);
    message[record.message_size] = '\0';
    task->status = (fm_status)record.status;
    task->worker = record.worker;
    task->process = (long)rank;
    task->seconds = record.seconds;
    if (task->status != FM_OK) {
        fm_task_fail(task, task->status, message);
    }
    size_t size = (size_t)record.size;
    void *place = size > 0 ? fm_output_reserve(&task->output, size) : NULL;
    if (size > 0 && !place) {
        fm_task_fail(task, FM_NO_MEMORY, "no memory for the result");
    }
    if (body > 0) {
        fm_mpi_receive_body(&m->link, (int)rank, place, body, task);
        return;
    }
    const void *bytes = fm_mpi_read_here(reader, size);
    if (place) {
        memcpy(place, bytes, size);
    }
    came_home(m, rank, task);
}

static void take_recalled(fm_mpi_root *m, size_t rank, fm_mpi_reader *reader, size_t n)
{
    m->peers[rank].bare = n == 0;
    fm_task_list back = {0};
    for (size_t i = 0; i < n; i++) {
        uint64_t token = 0;
        fm_mpi_read(reader, &token, sizeof token);
        fm_task_list_push(&back, (fm_task *)(uintptr_t)token);
    }
    m->away -= n;
    fm_mpi_set_tasks(m, rank, m->peers[rank].tasks - n);
    fm_mpi_hold(m, &back);
}

static bool hear(fm_mpi_root *m)
{
    int source = 0;
    const fm_mpi_head *head = fm_mpi_look(&m->link, &source);
    if (!head) {
        return false;
    }
    fm_mpi_reader reader = {(const unsigned char *)(head + 1)};
    if (head->kind == FM_MPI_RECALLED) {
        take_recalled(m, (size_t)source, &reader, head->n);
    } else {
        for (uint32_t i = 0; i < head->n; i++) {
            take_result(m, (size_t)source, &reader, (size_t)head->body);
        }
    }
    fm_mpi_next(&m->link);
    return true;
}

bool fm_mpi_collect_own(fm_mpi_root *m, double seconds)
{
    size_t had = m->finished.n;
    bool any = fm_mpi_site_collect(&m->site, seconds, &m->finished);
    fm_mpi_set_tasks(m, 0, m->peers[0].tasks - (m->finished.n - had));
    return any;
}

bool fm_mpi_progress(fm_mpi_root *m)
{
    bool any = fm_mpi_collect_own(m, 0);
    if (!m->mpi) {
        return any;
    }
    while (hear(m)) {
        any = true;
    }
    int source = 0;
    for (fm_task *task; (task = fm_mpi_arrived(&m->link, &source));) {
        came_home(m, (size_t)source, task);
        any = true;
    }
    return fm_mpi_link_progress(&m->link) || any;
}

/* ---- the window of the static schedule ---- */

/* To tell of every result would cost as much as the result. */
static bool is_worth_telling(fm_mpi_credit credit)
{
    return credit.n > 1024 || credit.bytes > 256 << 10;
}

static void tell_credit(fm_mpi_root *m, fm_mpi_peer *p)
{
    if (p == m->peers) {
        fm_mpi_site_consumed(&m->site, p->owed);
    } else {
        fm_mpi_parcel *parcel = fm_mpi_pack(&m->link, FM_MPI_CREDIT);
        fm_mpi_put(parcel, &p->owed, sizeof p->owed);
        fm_mpi_send(&m->link, parcel, (int)(p - m->peers));
    }
    p->owed = (fm_mpi_credit){0};
}

/* What was handed to the pool in the last poll has been consumed when it polls again.
 */
void fm_mpi_send_credit(fm_mpi_root *m, bool all)
{
    for (fm_mpi_peer **at = &m->owed; *at;) {
        fm_mpi_peer *p = *at;
        if (all || is_worth_telling(p->owed)) {
            tell_credit(m, p);
            *at = p->next_owed;
        } else {
            at = &p->next_owed;
        }
    }
}

void fm_mpi_note_credit(fm_mpi_root *m)
{
    for (const fm_task *task = m->finished.first; task; task = task->next) {
        if (task->where == FM_MPI_HELD) {
            continue; /* it failed before it went */
        }
        fm_mpi_peer *p = &m->peers[task->where];
        if (p->owed.n == 0) {
            p->next_owed = m->owed;
            m->owed = p;
        }
        fm_mpi_credit credit = fm_mpi_credit_of(task);
        p->owed.n += credit.n;
        p->owed.bytes += credit.bytes;
    }
}
