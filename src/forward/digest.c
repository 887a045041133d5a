/* What the numbers of a run came from, in 32 digits each: two files that hold the same
 * model or the same survey have the same digest, whatever their format and name.
 *
 * Everything is hashed value by value, never struct by struct (padding has no content),
 * and every array after its length, so that no two different contents run together. */
#include <stdint.h>

#include "core/hash.h"
#include "forward/job.h"

static void add_count(fm_hash *hash, size_t count)
{
    uint64_t wide = count;
    fm_hash_add(hash, &wide, sizeof wide);
}

static void add_numbers(fm_hash *hash, const double *numbers, size_t n)
{
    add_count(hash, numbers ? n : 0);
    if (numbers) {
        fm_hash_add(hash, numbers, n * sizeof *numbers);
    }
}

/* The number of values, cushion included. */
static size_t count_values(const fm_model *model)
{
    size_t ring = model->interpolation == FM_BSPLINE ? 2 : 0;
    return model->values ? (model->nx + ring) * (model->nz + ring) : 0;
}

/* What derivatives depend on, but no time: whether the cushion follows the vertices.
 * Only the exception is hashed, so that the digests of all other models stay. */
static void add_cushion(fm_hash *hash, const fm_model *model)
{
    if (model->cushion_extrapolated) {
        fm_hash_add_text(hash, "cushion extrapolated");
    }
}

static void add_cosines(fm_hash *hash, const fm_model *model)
{
    if (model->kind == FM_MODEL_COSINES) {
        add_count(hash, model->quantity);
        add_numbers(hash, &model->reference, 1);
    }
}

static void add_model(fm_hash *hash, const fm_model *model)
{
    const double numbers[] = {
        model->radius_km, model->x_min, model->x_max,      model->z_min,
        model->z_max,     model->speed, model->gradient_x, model->gradient_z,
        model->x0,        model->dx,    model->z0,         model->dz,
    };
    fm_hash_add_text(hash, fm_geometry_name(model->geometry));
    add_count(hash, model->kind);
    add_numbers(hash, numbers, sizeof numbers / sizeof *numbers);
    add_numbers(hash, model->depth_km, model->nknots);
    add_numbers(hash, model->knot_speed, model->nknots);
    fm_hash_add_text(hash, fm_interpolation_name(model->interpolation));
    add_count(hash, model->nx);
    add_count(hash, model->nz);
    add_numbers(hash, model->values, count_values(model));
    add_cushion(hash, model);
    add_cosines(hash, model);
}

static void add_grid(fm_hash *hash, const fm_grid *grid)
{
    const double numbers[] = {grid->radius_km, grid->x0, grid->dx};
    fm_hash_add_text(hash, fm_geometry_name(grid->geometry));
    add_numbers(hash, numbers, sizeof numbers / sizeof *numbers);
    add_count(hash, grid->nx);
    add_numbers(hash, grid->z, grid->nz);
}

static void add_interfaces(fm_hash *hash, const fm_medium *medium)
{
    size_t n = medium->ninterfaces;
    add_count(hash, n);
    for (size_t i = 0; i < n; i++) {
        add_count(hash, medium->interface_row[i]);
    }
    add_numbers(hash, medium->slowness_beyond, n * medium->grid.nx);
}

static void add_stations(fm_hash *hash, const fm_stations *stations)
{
    add_count(hash, stations->n);
    for (size_t i = 0; i < stations->n; i++) {
        const double point[] = {stations->point[i].x, stations->point[i].z};
        fm_hash_add_text(hash, stations->id[i]);
        add_numbers(hash, point, 2);
    }
}

static void add_pairs(fm_hash *hash, const fm_survey *survey)
{
    add_count(hash, survey->npairs);
    for (size_t p = 0; p < survey->npairs; p++) {
        add_count(hash, survey->pair_source[p]);
        add_count(hash, survey->pair_receiver[p]);
    }
    add_numbers(hash, survey->observed_s, survey->npairs);
    add_numbers(hash, survey->sigma_s, survey->npairs);
}

fm_status fm_model_digest(const fm_model *model, char text[33], fm_error *error)
{
    fm_hash *hash = NULL;
    fm_status status = fm_hash_create(&hash, error);
    if (status == FM_OK) {
        add_model(hash, model);
        fm_hash_text(hash, text);
    }
    fm_hash_destroy(hash);
    return status;
}

fm_status fm_medium_digest(const fm_medium *medium, char text[33], fm_error *error)
{
    fm_hash *hash = NULL;
    fm_status status = fm_hash_create(&hash, error);
    if (status == FM_OK) {
        add_grid(hash, &medium->grid);
        add_numbers(hash, medium->slowness, fm_grid_nodes(&medium->grid));
        add_interfaces(hash, medium);
        fm_hash_text(hash, text);
    }
    fm_hash_destroy(hash);
    return status;
}

fm_status fm_survey_digest(const fm_survey *survey, char text[33], fm_error *error)
{
    fm_hash *hash = NULL;
    fm_status status = fm_hash_create(&hash, error);
    if (status == FM_OK) {
        add_stations(hash, &survey->sources);
        add_stations(hash, &survey->receivers);
        add_pairs(hash, survey);
        fm_hash_text(hash, text);
    }
    fm_hash_destroy(hash);
    return status;
}
