/* Placeholder, replaced presently. */
#include "sampler.h"

fm_status fm_lattice_create(const fm_model *model, const fm_grid *grid,
                            fm_lattice *lattice, fm_error *error)
{
    (void)model;
    (void)grid;
    (void)lattice;
    return fm_fail(error, FM_FAILED, "not yet");
}
void fm_lattice_clear(fm_lattice *lattice)
{
    (void)lattice;
}
void fm_lattice_row(fm_lattice *lattice, size_t row, double *speed)
{
    (void)lattice;
    (void)row;
    (void)speed;
}
