#ifndef FM_PARALLEL_LAUNCHER_H
#define FM_PARALLEL_LAUNCHER_H

#include <stdbool.h>

/* Whether the environment says that mpirun (or srun) started this process. */
bool fm_under_mpirun(void);

#endif
