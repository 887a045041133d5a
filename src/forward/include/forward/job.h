#ifndef FM_FORWARD_JOB_H
#define FM_FORWARD_JOB_H

#include "fmm/solver.h"
#include "model/coefficients.h"
#include "survey/shots.h"

/* Where the values stand that can prove wrong only when the model is known, as messages
 * about them begin: "job.yaml:5:3: model.extent", "--set model.extent=...:
 * model.extent". NULL: not given, or the job was not read from a file. */
typedef struct fm_job_places {
    char *gradient, *extent, *spacing, *dice;
} fm_job_places;

/* How derivatives are wanted. */
typedef struct fm_derivatives {
    bool quantity_given;
    fm_quantity quantity; /* with respect to what; unless given, speeds, or what cosines
                             make */
    bool cushions;        /* those of a B-spline are coefficients of their own */
    double threshold; /* Fréchet entries below so much of their row's greatest go; 0 to
                         less than 1 */
} fm_derivatives;

/* The job file as read: what the user wrote, checked and with defaults filled in, file
 * names resolved against the folder of the job file. NULL strings: not given. */
typedef struct fm_job_spec {
    char *path; /* of the job file */

    /* Exactly one of file, constant, gradient; the table of cosines is a file, too. */
    char *model_file, *model_variable;
    double speed, gradient_x, gradient_z;
    double reference; /* what cosines are added to */
    double radius_km;
    fm_spacing spacing;
    double extent[4];     /* x_min, x_max, z_min, z_max */
    fm_quantity quantity; /* that the cosines make */
    fm_geometry geometry;
    fm_interpolation interpolation;
    bool constant, gradient, cosines, interpolation_given, extent_given;

    bool want_times, want_fields, want_sum;
    bool want_rays, want_frechet, want_misfit, want_gradient, want_coverage;
    bool fields_f64, allow_reciprocal;

    char *sources, *receivers, *pairs;
    double
        length_scale; /* km per length unit in job, survey and model files: 1, 0.001 */
    fm_derivatives derivatives;
    fm_solver_options solver;
    char *output;
    fm_job_places places;

    char *cache; /* a folder as fm_cache_open gave it, or NULL: no shots are kept; not
                    from the job file and not part of the job's text */
} fm_job_spec;

void fm_job_spec_clear(fm_job_spec *spec);

/* Is something wanted that is made from the whole field of every source? Then marches
 * start at the sources, at all of them, and do not stop early. */
bool fm_job_wants_whole_fields(const fm_job_spec *spec);

/* Is something wanted that is found along rays? Then marches do not stop early. */
bool fm_job_wants_rays_traced(const fm_job_spec *spec);

/* Is something wanted that is per coefficient of the model? */
bool fm_job_wants_coefficients(const fm_job_spec *spec);

/* The solver's options as the workers get them: those of the user, and what follows
 * from what is wanted. */
fm_solver_options fm_job_solver_options(const fm_job_spec *spec);

/* When `status` is FM_BAD_INPUT, put the place (or any other words; NULL: none) before
 * the message in `error`. Returns the status. */
fm_status fm_job_blame(const char *place, fm_status status, fm_error *error);

/* The job with everything read: what a run needs. */
typedef struct fm_job {
    fm_job_spec spec;
    fm_model model;
    fm_medium medium;
    fm_survey survey;
    fm_shots shots;
    fm_coefficients coefficients; /* of the model, if they are wanted */
} fm_job;

void fm_job_clear(fm_job *job);

/* After spec, model and survey are filled: lays the grid, samples the medium, places
 * the survey on it and plans the shots. FM_BAD_INPUT: a spacing larger than the model
 * or too small, speeds that are not positive somewhere, stations outside or masked; the
 * message says where that was written. Also: derivatives that the model has not, rays
 * or a misfit of a survey without pairs or times. */
fm_status fm_job_prepare(fm_job *job, fm_error *error);

/* The resolved job as text (YAML, every default spelled out, no file paths: what
 * decides the numbers), into a malloc'ed string; and content digests in hexadecimal. */
fm_status fm_job_text(const fm_job *job, char **text, fm_error *error);
fm_status fm_model_digest(const fm_model *model, char text[33], fm_error *error);
fm_status fm_medium_digest(const fm_medium *medium, char text[33], fm_error *error);
fm_status fm_survey_digest(const fm_survey *survey, char text[33], fm_error *error);

#endif
