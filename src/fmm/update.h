#ifndef FM_FMM_UPDATE_H
#define FM_FMM_UPDATE_H

#include "march.h"

/* The update of many nodes, the same source text (lanes.h) compiled for several sets of
 * vector instructions. All give the same bits. */

fm_update fm_update_baseline; /* any processor */
fm_update fm_update_avx2;
fm_update fm_update_avx512;

fm_explain fm_explain_baseline;
fm_explain fm_explain_avx2;
fm_explain fm_explain_avx512;

typedef struct fm_update_choice {
    const char *name;
    fm_update *update;
    fm_explain *explain;
    bool runs_here; /* this processor has the instructions */
} fm_update_choice;

enum { FM_UPDATE_CHOICES_MAX = 3 };

/* Fill in all that were compiled, slowest first; returns how many. */
size_t fm_update_choices(fm_update_choice choice[FM_UPDATE_CHOICES_MAX]);

/* The last of them that runs here. */
fm_update_choice fm_update_best(void);

/* One node, as it would be updated in a list. */
static inline double fm_update_one(const fm_march *march, uint32_t node,
                                   double *crossing)
{
    uint32_t list[FM_STRIP];
    double time[FM_STRIP];
    for (size_t j = 0; j < FM_STRIP; j++) {
        list[j] = node;
    }
    march->update(march, list, 1, time, crossing);
    return time[0];
}

/* One node by itself, those included that the vectorised update leaves alone. */
double fm_update_special(const fm_march *march, uint32_t node, double *crossing);

/* The slowness left for one axis alone, and what it leaves out: 0 where it is all. */
typedef struct fm_along {
    double x, z;
    double across_x, across_z; /* x^2 = s^2 - across_z^2, z^2 = s^2 - across_x^2 */
} fm_along;
fm_along fm_slowness_along(const fm_march *march, size_t column, size_t row,
                           const fm_look *look, double s);

#endif
