/* The front. A step takes all nodes of one window of time at once, without sorting
 * them: then the work goes through lists, each with a plain loop, and the update, which
 * is most of it, runs on many nodes at a time.
 *
 *   entries of the window -> those still trial are accepted -> their trial and far
 *   neighbours are the candidates -> new times -> those that improve are filed
 *
 * A window is a 32nd of the time that a wave takes to cross a step, so that a node
 * in it hardly ever depends on another one; the few that do - accepted together with a
 * neighbour that is earlier - are marched once more, in order. Without this the
 * rows along the axes, where the wave runs almost along the grid, would lose the
 * slowness across.
 *
 * Where even one bucket is wider than that (a medium so contrasted that the ring of
 * buckets would get too long), and everywhere if `exact` is asked for, the nodes of the
 * bucket are accepted one by one, earliest first, equal times by node number, by way of
 * a heap: the order of textbooks.
 *
 * What the widths mean for the times: docs/method.md, "Order". */
#include "front.h"
#include "update.h"

#include <stdlib.h>
#include <string.h>

/* Width of a window in crossing times. */
static const double fraction = 1.0 / 32;

/* ---- buckets ---- */

enum { SAMPLES = 256 };

static int compare(const void *one, const void *two)
{
    double a = *(const double *)one, b = *(const double *)two;
    return (a > b) - (a < b);
}

/* A time in which all but a hundredth of the steps are crossed, from nodes spread over
 * the grid. Which ones does not matter much: what is slower is filed late. */
static double usual_crossing(const fm_march *march)
{
    const fm_grid *grid = &march->medium->grid;
    size_t nodes = fm_grid_nodes(grid), found = 0;
    double crossing[SAMPLES];
    for (size_t n = 0; n < SAMPLES; n++) {
        /* Multiples of the golden section do not fall in step with rows. */
        double place = (double)(n + 1) * 0.6180339887498949;
        size_t node = (size_t)((place - floor(place)) * (double)nodes);
        node = node < nodes ? node : nodes - 1;
        double slowness = march->medium->slowness[node];
        if (slowness < INFINITY) {
            crossing[found++] =
                slowness * fm_frame_row(&march->frame, node / grid->nx)->least;
        }
    }
    qsort(crossing, found, sizeof *crossing, compare);
    return found > 0 ? crossing[found - 1 - found / 100] : 0;
}

/* How much longer steps along one axis are than along the other. */
static double unequal_steps(const fm_march *march)
{
    const fm_grid *grid = &march->medium->grid;
    double rows = (grid->z[grid->nz - 1] - grid->z[0]) * march->frame.km_per_z /
                  (double)(grid->nz - 1);
    double columns = 1 / fm_frame_row(&march->frame, grid->nz / 2)->along;
    return fmax(rows / columns, columns / rows);
}

/* Buckets as wide as the narrowest window, in a ring long enough for the slowest
 * step; if the contrast is too much for that, as narrow as the longest ring allows. */
bool fm_front_start(fm_march *march, double least)
{
    fm_front *front = &march->front;
    front->accepted.n = front->candidates.n = front->redo.n = 0;
    front->heap_n = 0;
    front->least = front->least_before = INFINITY;
    front->turn_ends = 0;
    least = least < INFINITY ? least : 1;
    double usual = fmax(least, usual_crossing(march));
    double span = 3 * unequal_steps(march) * usual;
    double width = fmax(least * fraction, span / FM_BUCKETS_MAX);
    return fm_queue_start(&front->queue, width, span + 2 * width);
}

void fm_front_clear(fm_front *front)
{
    fm_queue_clear(&front->queue);
    free(front->accepted.node);
    free(front->candidates.node);
    free(front->redo.node);
    free(front->heap);
    free(front->time);
    *front = (fm_front){0};
}

/* The front of a smooth wave is a few times the perimeter of the grid. */
double fm_front_bytes(size_t nx, size_t nz)
{
    return (double)(nx + nz) * 64 + 64 * 1024;
}

static bool reserve_times(fm_front *front, size_t n)
{
    if (n <= front->room) {
        return true;
    }
    size_t room = n + n / 2 + 64;
    free(front->time);
    front->time = malloc(room * sizeof *front->time);
    front->room = front->time ? room : 0;
    return front->room > 0;
}

/* ---- from accepted nodes to their neighbours ---- */

/* New times for a list of nodes, which has room for a strip more. */
static void update(fm_march *march, fm_list *list)
{
    double crossing;
    if (list->n == 0) {
        return;
    }
    for (size_t j = 0; j < FM_STRIP; j++) {
        list->node[list->n + j] = list->node[list->n - 1];
    }
    march->update(march, list->node, list->n, march->front.time, &crossing);
    march->front.least = fmin(march->front.least, crossing);
}

static uint64_t bits_of(double time)
{
    uint64_t bits;
    memcpy(&bits, &time, sizeof bits);
    return bits;
}

/* Lists for the nodes just accepted: their trial and far neighbours, the candidates;
 * and those of them to redo, accepted not before `begin` with an earlier neighbour. The
 * wave goes where nodes are not accepted: what lies further that way will soon be read.
 *
 * Times are compared as unsigned integers (march.h) and nothing branches: which way the
 * wave goes from a node is what no processor can predict. */
static void list_neighbours(fm_march *march, const uint32_t *accepted, size_t count,
                            double begin)
{
    const double *time = march->time, *slowness = march->medium->slowness;
    const ptrdiff_t stride = (ptrdiff_t)march->stride;
    const ptrdiff_t nx = (ptrdiff_t)march->medium->grid.nx;
    const double per_stride = march->per_stride;
    const uint64_t early = bits_of(begin);
    uint32_t *candidate = march->front.candidates.node, *redo = march->front.redo.node;
    size_t n = 0, m = 0;
    for (size_t k = 0; k < count; k++) {
        ptrdiff_t node = accepted[k];
        const double *here = time + node;
        uint64_t west = bits_of(here[-1]), east = bits_of(here[1]);
        uint64_t low = bits_of(here[-stride]), high = bits_of(here[stride]);
        uint64_t span = bits_of(here[0]) - early;
        candidate[n] = (uint32_t)(node - 1);
        n += west >> 63;
        candidate[n] = (uint32_t)(node + 1);
        n += east >> 63;
        candidate[n] = (uint32_t)(node - stride);
        n += low >> 63;
        candidate[n] = (uint32_t)(node + stride);
        n += high >> 63;
        redo[m] = (uint32_t)node;
        m += (west - early < span) | (east - early < span) | (low - early < span) |
             (high - early < span);
        ptrdiff_t row = (ptrdiff_t)(((double)node + 0.5) * per_stride);
        ptrdiff_t lower = -(ptrdiff_t)(low >> 63), left = -(ptrdiff_t)(west >> 63);
        ptrdiff_t right = 8 - (16 & left);
        const double *medium =
            slowness + node - row * (stride - nx) - FM_MARGIN * (nx + 1);
        __builtin_prefetch(here + 4 * stride - (8 * stride & lower));
        __builtin_prefetch(here + right);
        __builtin_prefetch(medium + 2 * nx - (4 * nx & lower));
        __builtin_prefetch(medium + right);
    }
    march->front.candidates.n = n;
    march->front.redo.n = m;
}

/* A candidate that improves is filed. */
static bool file_candidates(fm_march *march)
{
    fm_queue *queue = &march->front.queue;
    const uint32_t *candidate = march->front.candidates.node;
    const size_t n = march->front.candidates.n;
    const double *fresh = march->front.time;
    double *restrict times = march->time;
    for (size_t k = 0; k < n; k++) {
        uint32_t node = candidate[k];
        double time = fresh[k];
        if (time < -times[node]) {
            times[node] = -time;
            if (!fm_queue_push(queue, node, time)) {
                return false;
            }
        }
    }
    return true;
}

/* Room for what n accepted nodes can lead to. */
static bool reserve(fm_front *front, size_t n)
{
    return fm_list_reserve(&front->candidates, 4 * n + FM_STRIP) &&
           fm_list_reserve(&front->redo, n + FM_STRIP) &&
           reserve_times(front, 4 * n + FM_STRIP);
}

static bool file_neighbours(fm_march *march)
{
    update(march, &march->front.candidates);
    return file_candidates(march);
}

bool fm_front_spread(fm_march *march)
{
    fm_front *front = &march->front;
    if (!reserve(front, front->accepted.n)) {
        return false;
    }
    list_neighbours(march, front->accepted.node, front->accepted.n, 0);
    return file_neighbours(march);
}

/* ---- a heap: the earliest entry first, equal times by node number ---- */

static bool earlier(fm_entry one, fm_entry two)
{
    return one.time < two.time || (one.time == two.time && one.node < two.node);
}

static bool push(fm_front *front, fm_entry entry)
{
    if (front->heap_n == front->heap_room) {
        size_t room = 2 * front->heap_room + 64;
        fm_entry *heap = realloc(front->heap, room * sizeof *heap);
        if (!heap) {
            return false;
        }
        front->heap = heap;
        front->heap_room = room;
    }
    size_t place = front->heap_n++;
    while (place > 0 && earlier(entry, front->heap[(place - 1) / 2])) {
        front->heap[place] = front->heap[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    front->heap[place] = entry;
    return true;
}

static fm_entry pop(fm_front *front)
{
    fm_entry first = front->heap[0], last = front->heap[--front->heap_n];
    size_t place = 0;
    for (size_t child = 1; child < front->heap_n; child = 2 * place + 1) {
        if (child + 1 < front->heap_n &&
            earlier(front->heap[child + 1], front->heap[child])) {
            child++;
        }
        if (!earlier(front->heap[child], last)) {
            break;
        }
        front->heap[place] = front->heap[child];
        place = child;
    }
    front->heap[place] = last;
    return first;
}

/* ---- a window at once ---- */

static double crossing_time(const fm_march *march, uint32_t node)
{
    const size_t nx = march->medium->grid.nx;
    size_t row = node / march->stride - FM_MARGIN;
    size_t column = node % march->stride - FM_MARGIN;
    return march->medium->slowness[row * nx + column] *
           fm_frame_row(&march->frame, row)->least;
}

/* File again the nodes that were put aside, those still trial. There may be very many
 * for which it is still too early: they cost no more than a look. */
static bool file_late(fm_march *march)
{
    fm_front *front = &march->front;
    fm_queue *queue = &front->queue;
    size_t n = queue->late_n;
    queue->late_n = 0;
    queue->late_first = INT64_MAX;
    for (size_t k = 0; k < n; k++) {
        uint32_t node = queue->late[k]; /* read before anything is written there */
        double time = -march->time[node];
        if (time > 0) {
            front->least = fmin(front->least, crossing_time(march, node));
            if (!fm_queue_push(queue, node, time)) {
                return false;
            }
        }
    }
    return true;
}

/* Take the entries of the buckets up to `last`. */
static bool take(fm_march *march, int64_t last)
{
    fm_front *front = &march->front;
    if (!fm_list_reserve(&front->accepted, fm_queue_most(&front->queue))) {
        return false;
    }
    front->accepted.n = fm_queue_take(&front->queue, last, front->accepted.node);
    return true;
}

/* Of the entries taken, keep and accept those that are still trial. */
static void accept_all(fm_march *march)
{
    fm_list *accepted = &march->front.accepted;
    double *time = march->time;
    size_t kept = 0;
    for (size_t k = 0; k < accepted->n; k++) {
        uint32_t node = accepted->node[k];
        double signed_time = time[node];
        accepted->node[kept] = node;
        kept += signed_time < 0;
        time[node] = fabs(signed_time);
    }
    accepted->n = kept;
    march->accepted += kept;
}

/* Make the nodes to redo trial again, with times from all others, in the heap. */
static bool begin_redo(fm_march *march)
{
    fm_front *front = &march->front;
    fm_list *list = &front->redo;
    for (size_t k = 0; k < list->n; k++) {
        march->time[list->node[k]] *= -1;
    }
    update(march, list);
    for (size_t k = 0; k < list->n; k++) {
        double *time = &march->time[list->node[k]];
        *time = front->time[k] < -*time ? -front->time[k] : *time;
        if (!push(front, (fm_entry){-*time, list->node[k]})) {
            return false;
        }
    }
    return true;
}

/* A neighbour of a node just accepted again, if it is to be redone as well. */
static bool redo_neighbour(fm_march *march, uint32_t node, double end)
{
    double *known = &march->time[node];
    if (*known >= 0 || -*known >= end) {
        return true;
    }
    double crossing, time = fm_update_one(march, node, &crossing);
    if (!(time < -*known)) {
        return true;
    }
    *known = -time;
    return push(&march->front, (fm_entry){time, node});
}

/* The nodes of the window that need not be redone come first. */
static void record_rest(fm_march *march)
{
    const fm_list *accepted = &march->front.accepted;
    for (size_t k = 0; march->backward.order && k < accepted->n; k++) {
        if (march->time[accepted->node[k]] >= 0) {
            fm_march_record(march, &accepted->node[k], 1);
        }
    }
}

/* March through the nodes to redo in order; `end` is that of the window. */
static bool redo(fm_march *march, double end)
{
    fm_front *front = &march->front;
    const uint32_t stride = (uint32_t)march->stride;
    bool enough_memory = begin_redo(march);
    record_rest(march);
    while (front->heap_n > 0) {
        uint32_t node = pop(front).node;
        if (march->time[node] >= 0) {
            continue;
        }
        march->time[node] *= -1;
        fm_march_record(march, &node, 1);
        enough_memory = enough_memory && redo_neighbour(march, node - 1, end) &&
                        redo_neighbour(march, node + 1, end) &&
                        redo_neighbour(march, node - stride, end) &&
                        redo_neighbour(march, node + stride, end);
    }
    return enough_memory;
}

static bool step_at_once(fm_march *march, int64_t last)
{
    fm_front *front = &march->front;
    double begin = (double)front->queue.current * front->queue.width;
    double end = (double)(last + 1) * front->queue.width;
    if (!take(march, last)) {
        return false;
    }
    accept_all(march);
    if (!reserve(front, front->accepted.n)) {
        return false;
    }
    list_neighbours(march, front->accepted.node, front->accepted.n, begin);
    return redo(march, end) && file_neighbours(march);
}

/* ---- a bucket in order ---- */

/* Accept a node and file its neighbours: those of this bucket in the heap. */
static bool accept_one(fm_march *march, uint32_t node)
{
    fm_front *front = &march->front;
    march->time[node] = -march->time[node];
    march->accepted++;
    fm_march_record(march, &node, 1);
    list_neighbours(march, &node, 1, 0);
    update(march, &front->candidates);
    for (size_t k = 0; k < front->candidates.n; k++) {
        uint32_t neighbour = front->candidates.node[k];
        double time = front->time[k];
        if (!(time < -march->time[neighbour])) {
            continue;
        }
        march->time[neighbour] = -time;
        bool now = fm_queue_number(&front->queue, time) <= front->queue.current;
        if (!(now ? push(front, (fm_entry){time, neighbour})
                  : fm_queue_push(&front->queue, neighbour, time))) {
            return false;
        }
    }
    return true;
}

static bool step_in_order(fm_march *march)
{
    fm_front *front = &march->front;
    if (!take(march, front->queue.current) || !reserve(front, 1)) {
        return false;
    }
    for (size_t k = 0; k < front->accepted.n; k++) {
        uint32_t node = front->accepted.node[k];
        if (march->time[node] < 0 &&
            !push(front, (fm_entry){-march->time[node], node})) {
            return false;
        }
    }
    front->accepted.n = 0;
    while (front->heap_n > 0) {
        uint32_t node = pop(front).node;
        if (march->time[node] >= 0) {
            continue;
        }
        if (!fm_list_reserve(&front->accepted, front->accepted.n + 1) ||
            !accept_one(march, node)) {
            return false;
        }
        front->accepted.node[front->accepted.n++] = node;
    }
    return true;
}

static void begin_turn(fm_front *front)
{
    if (front->queue.current >= front->turn_ends) {
        front->least_before = front->least;
        front->least = INFINITY;
        front->turn_ends = front->queue.current + (int64_t)front->queue.buckets;
    }
}

bool fm_front_step(fm_march *march)
{
    fm_front *front = &march->front;
    fm_queue *queue = &front->queue;
    if (fm_queue_advance(queue)) {
        return file_late(march);
    }
    begin_turn(front);
    double window = fraction * fmin(front->least, front->least_before);
    int64_t last = march->exact ? -1 : fm_queue_window(queue, window);
    return last < queue->current ? step_in_order(march) : step_at_once(march, last);
}
