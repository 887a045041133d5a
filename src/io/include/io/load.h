#ifndef FM_IO_LOAD_H
#define FM_IO_LOAD_H

#include "forward/job.h"

/* Read all that the spec names: the model by its file's kind (.vtx; .grd .nc .h5; .csv)
 * or its formula, the survey's tables. Takes the spec over into job->spec. Validated,
 * lengths in km; not yet prepared (fm_job_prepare). On failure the job is empty. */
fm_status fm_job_load(fm_job_spec *spec, fm_job *job, fm_error *error);

/* One file each. All FM_BAD_INPUT messages begin with "FILE:LINE: " (text) or "FILE: ";
 * FM_IO_FAILED when the file cannot be read at all. Lengths are multiplied by
 * length_scale (km per unit in the file), speeds by the same (0.001: the file is in m
 * and m/s). */

/* FMST velocity grid: cubic B-spline coefficients with a cushion ring
 * (docs/formats.md). geographic only takes degrees; cartesian takes the same numbers as
 * km (x from the west, z from the north: rows are turned to ascend). */
fm_status fm_vtx_read(const char *path, fm_geometry geometry, double radius_km,
                      fm_model *model, fm_error *error);

/* 2-D variable of an HDF5 or netCDF file, by name or (NULL) the only one there is,
 * with its coordinate variables. Understands _FillValue and NaN (masked), units
 * attributes m, km, m s-1, m/s, km s-1, km/s, degrees*, descending axes. */
fm_status fm_grid_file_read(const char *path, const char *variable,
                            fm_geometry geometry, double radius_km,
                            fm_interpolation interpolation, double length_scale,
                            fm_model *model, fm_error *error);

/* CSV with a header that has depth_km (or depth_m) and the speed column (NULL:
 * vp_km_s, vp_m_s, speed_km_s or speed_m_s, whichever is there). The extent is not of
 * this file and taken as it is: check it with fm_model_check_extent. */
fm_status fm_profile_read(const char *path, const char *column, fm_geometry geometry,
                          double radius_km, const double extent[4], fm_model *model,
                          fm_error *error);

/* CSV with the columns kx, kz (whole numbers from 0, below FM_MOST_COSINES, no pair
 * twice) and value: the coefficients of cosines, those that are missing 0, each
 * multiplied by `scale`. Sets nx, nz and values of a model of cosines; the rest of it
 * is the caller's. */
fm_status fm_cosines_read(const char *path, double scale, fm_model *model,
                          fm_error *error);

/* id,x,z | id,lon,lat | id,angle,radius by geometry; also, in polar geometry,
 * id,angle,depth (km below the surface). Pairs: source,receiver[,time,sigma]; NULL:
 * all. */
fm_status fm_survey_read(const char *sources, const char *receivers, const char *pairs,
                         fm_geometry geometry, double radius_km, double length_scale,
                         fm_survey *survey, fm_error *error);

#endif
