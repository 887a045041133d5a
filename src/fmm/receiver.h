#ifndef FM_FMM_RECEIVER_H
#define FM_FMM_RECEIVER_H

#include "march.h"

/* Times between the nodes, interpolated as the march factors them. */

/* Want the nodes that the time at this point will be read from. */
fm_status fm_receiver_want(fm_march *march, fm_point point, fm_error *error);

/* The time at a point. False when no node around it was reached. `whole` (may be NULL)
 * tells whether every node of the full cubic stencil was there. */
bool fm_receiver_time(const fm_march *march, fm_point point, double *time, bool *whole);

/* The adjoint of fm_receiver_time, where that says true: give the nodes around (and
 * what the source was fitted to) `weight` times its derivative with respect to their
 * times, before fm_backward_run. */
void fm_receiver_give(fm_march *march, fm_point point, double weight);
/* The slowness that it may depend on besides, after fm_backward_finish. */
void fm_receiver_give_slowness(fm_march *march, fm_point point, double weight);

#endif
