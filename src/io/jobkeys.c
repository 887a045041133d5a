/* The keys of a job file: a table of their names with a small function for each that
 * converts the value and stores it. What keys mean to one another is not decided here
 * but in jobfile.c. */
#include "jobkeys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "entry_values.h"
#include "lines.h"
#include "spelling.h"

enum { MOST_DICE = 1000 };

typedef struct job_key {
    const char *name;
    bool list;
    fm_status (*set)(const fm_entries *entries, const fm_entry *entry,
                     fm_job_spec *spec, fm_error *error);
} job_key;

/* --- File names --- */

static fm_status set_string(char **target, char *made, fm_error *error)
{
    *target = made;
    return made ? FM_OK : fm_fail_memory(error, "a file name", 256);
}

static fm_status set_file(const fm_entries *entries, const fm_entry *entry,
                          char **target, fm_error *error)
{
    const char *name = NULL;
    fm_status status = fm_entry_text(entries, entry, &name, error);
    return status == FM_OK
               ? set_string(target, fm_path_beside(entries->path, name), error)
               : status;
}

static fm_status set_model_file(const fm_entries *entries, const fm_entry *entry,
                                fm_job_spec *spec, fm_error *error)
{
    return set_file(entries, entry, &spec->model_file, error);
}

static fm_status set_sources(const fm_entries *entries, const fm_entry *entry,
                             fm_job_spec *spec, fm_error *error)
{
    return set_file(entries, entry, &spec->sources, error);
}

static fm_status set_receivers(const fm_entries *entries, const fm_entry *entry,
                               fm_job_spec *spec, fm_error *error)
{
    return set_file(entries, entry, &spec->receivers, error);
}

static fm_status set_pairs(const fm_entries *entries, const fm_entry *entry,
                           fm_job_spec *spec, fm_error *error)
{
    return set_file(entries, entry, &spec->pairs, error);
}

/* The command line speaks of the folder in which it is typed. */
static fm_status set_output(const fm_entries *entries, const fm_entry *entry,
                            fm_job_spec *spec, fm_error *error)
{
    const char *name = NULL;
    fm_status status = fm_entry_text(entries, entry, &name, error);
    if (status != FM_OK) {
        return status;
    }
    return set_string(&spec->output,
                      entry->override ? fm_text_copy(name)
                                      : fm_path_beside(entries->path, name),
                      error);
}

/* --- The model --- */

static fm_status set_variable(const fm_entries *entries, const fm_entry *entry,
                              fm_job_spec *spec, fm_error *error)
{
    const char *name = NULL;
    fm_status status = fm_entry_text(entries, entry, &name, error);
    return status == FM_OK
               ? set_string(&spec->model_variable, fm_text_copy(name), error)
               : status;
}

static fm_status set_constant(const fm_entries *entries, const fm_entry *entry,
                              fm_job_spec *spec, fm_error *error)
{
    spec->constant = true;
    fm_status status = fm_entry_number(entries, entry, &spec->speed, error);
    if (status == FM_OK && !(spec->speed > 0)) {
        status = fm_entry_fail(entries, entry, error, "is a positive speed, not '%s'",
                               entry->value[0]);
    }
    return status;
}

static fm_status set_gradient(const fm_entries *entries, const fm_entry *entry,
                              fm_job_spec *spec, fm_error *error)
{
    double value[3] = {0};
    spec->gradient = true;
    fm_status status = fm_entry_numbers(
        entries, entry, "[v0, gx, gz], speed = v0 + gx x + gz z", 3, value, error);
    spec->speed = value[0];
    spec->gradient_x = value[1];
    spec->gradient_z = value[2];
    return status;
}

/* A job that names a model file as well is refused later (jobfile.c). */
static fm_status set_cosines(const fm_entries *entries, const fm_entry *entry,
                             fm_job_spec *spec, fm_error *error)
{
    free(spec->model_file);
    spec->model_file = NULL;
    spec->cosines = true;
    return set_file(entries, entry, &spec->model_file, error);
}

static fm_status set_quantity(const fm_entries *entries, const fm_entry *entry,
                              fm_job_spec *spec, fm_error *error)
{
    static const char *const words[] = {"speed", "slowness"};
    size_t which = 0;
    fm_status status = fm_entry_word(entries, entry, words, 2, &which, error);
    spec->quantity = which == 0 ? FM_SPEED : FM_SLOWNESS;
    return status;
}

static fm_status set_reference(const fm_entries *entries, const fm_entry *entry,
                               fm_job_spec *spec, fm_error *error)
{
    return fm_entry_number(entries, entry, &spec->reference, error);
}

static fm_status set_geometry(const fm_entries *entries, const fm_entry *entry,
                              fm_job_spec *spec, fm_error *error)
{
    static const char *const words[] = {"cartesian", "geographic", "polar"};
    static const fm_geometry geometries[] = {FM_CARTESIAN, FM_GEOGRAPHIC, FM_POLAR};
    size_t which = 0;
    fm_status status = fm_entry_word(entries, entry, words, 3, &which, error);
    spec->geometry = geometries[which];
    return status;
}

static fm_status set_radius(const fm_entries *entries, const fm_entry *entry,
                            fm_job_spec *spec, fm_error *error)
{
    fm_status status = fm_entry_number(entries, entry, &spec->radius_km, error);
    if (status == FM_OK && !(spec->radius_km > 0)) {
        status = fm_entry_fail(entries, entry, error, "is positive, in km, not '%s'",
                               entry->value[0]);
    }
    return status;
}

static fm_status set_interpolation(const fm_entries *entries, const fm_entry *entry,
                                   fm_job_spec *spec, fm_error *error)
{
    static const char *const words[] = {"linear", "cubic", "bspline"};
    static const fm_interpolation kinds[] = {FM_LINEAR, FM_CUBIC, FM_BSPLINE};
    size_t which = 0;
    fm_status status = fm_entry_word(entries, entry, words, 3, &which, error);
    spec->interpolation = kinds[which];
    spec->interpolation_given = true;
    return status;
}

static fm_status set_dice(const fm_entries *entries, const fm_entry *entry,
                          fm_job_spec *spec, fm_error *error)
{
    uint64_t dice[2] = {0};
    fm_status status =
        fm_entry_shape(entries, entry, "[nx, nz] of whole numbers", 2, error);
    for (size_t i = 0; i < 2 && status == FM_OK; i++) {
        status = fm_entry_count(entries, entry, i, 1, MOST_DICE, &dice[i], error);
    }
    spec->spacing.dice_x = (size_t)dice[0];
    spec->spacing.dice_z = (size_t)dice[1];
    return status;
}

static fm_status set_spacing(const fm_entries *entries, const fm_entry *entry,
                             fm_job_spec *spec, fm_error *error)
{
    double step[2] = {0};
    fm_status status = fm_entry_numbers(entries, entry, "[dx, dz]", 2, step, error);
    if (status == FM_OK && !(step[0] > 0 && step[1] > 0)) {
        status =
            fm_entry_fail(entries, entry, error, "takes positive steps, not [%s, %s]",
                          entry->value[0], entry->value[1]);
    }
    spec->spacing.dx = step[0];
    spec->spacing.dz = step[1];
    return status;
}

static fm_status set_extent(const fm_entries *entries, const fm_entry *entry,
                            fm_job_spec *spec, fm_error *error)
{
    spec->extent_given = true;
    fm_status status = fm_entry_numbers(entries, entry, "[x_min, x_max, z_min, z_max]",
                                        4, spec->extent, error);
    for (size_t i = 0; i < 4 && status == FM_OK; i += 2) {
        if (!(spec->extent[i] < spec->extent[i + 1])) {
            status = fm_entry_fail(
                entries, entry, error,
                "is [x_min, x_max, z_min, z_max], each min below its max; "
                "%s is not below %s",
                entry->value[i], entry->value[i + 1]);
        }
    }
    return status;
}

/* --- The rest --- */

/* What the word asks for; NULL: nothing. */
static bool *wanted(fm_job_spec *spec, const char *word)
{
    const struct {
        const char *word;
        bool *want;
    } wants[] = {
        {"times", &spec->want_times},       {"fields", &spec->want_fields},
        {"sum", &spec->want_sum},           {"rays", &spec->want_rays},
        {"frechet", &spec->want_frechet},   {"misfit", &spec->want_misfit},
        {"gradient", &spec->want_gradient}, {"coverage", &spec->want_coverage},
    };
    for (size_t i = 0; i < sizeof wants / sizeof *wants; i++) {
        if (strcmp(word, wants[i].word) == 0) {
            return wants[i].want;
        }
    }
    return NULL;
}

#define WANTS "times, fields, sum, rays, frechet, misfit, gradient, coverage"

static fm_status set_want(const fm_entries *entries, const fm_entry *entry,
                          fm_job_spec *spec, fm_error *error)
{
    for (size_t i = 0; i < entry->n; i++) {
        bool *want = wanted(spec, entry->value[i]);
        if (!want) {
            return fm_entry_fail(entries, entry, error,
                                 "is a list of some of " WANTS
                                 "; '%.60s' is none of them",
                                 entry->value[i]);
        }
        if (*want) {
            return fm_entry_fail(entries, entry, error, "names '%s' twice",
                                 entry->value[i]);
        }
        *want = true;
    }
    return entry->n > 0 ? FM_OK
                        : fm_entry_fail(entries, entry, error,
                                        "is empty: it is a list of some of " WANTS);
}

static fm_status set_precision(const fm_entries *entries, const fm_entry *entry,
                               fm_job_spec *spec, fm_error *error)
{
    static const char *const words[] = {"f32", "f64"};
    size_t which = 0;
    fm_status status = fm_entry_word(entries, entry, words, 2, &which, error);
    spec->fields_f64 = which == 1;
    return status;
}

static fm_status set_units(const fm_entries *entries, const fm_entry *entry,
                           fm_job_spec *spec, fm_error *error)
{
    static const char *const words[] = {"km", "m"};
    size_t which = 0;
    fm_status status = fm_entry_word(entries, entry, words, 2, &which, error);
    spec->length_scale = which == 1 ? 0.001 : 1;
    return status;
}

static fm_status set_reciprocity(const fm_entries *entries, const fm_entry *entry,
                                 fm_job_spec *spec, fm_error *error)
{
    static const char *const words[] = {"auto", "never"};
    size_t which = 0;
    fm_status status = fm_entry_word(entries, entry, words, 2, &which, error);
    spec->allow_reciprocal = which == 0;
    return status;
}

static fm_status set_order(const fm_entries *entries, const fm_entry *entry,
                           fm_job_spec *spec, fm_error *error)
{
    static const char *const words[] = {"1", "2"};
    size_t which = 0;
    fm_status status = fm_entry_word(entries, entry, words, 2, &which, error);
    spec->solver.order = (int)which + 1;
    return status;
}

static fm_status set_refine(const fm_entries *entries, const fm_entry *entry,
                            fm_job_spec *spec, fm_error *error)
{
    static const char *const words[] = {"auto", "0", "1", "2", "3", "4", "5", "6"};
    size_t which = 0;
    fm_status status =
        fm_entry_word(entries, entry, words, FM_REFINE_MAX + 2, &which, error);
    spec->solver.refine = which == 0 ? FM_REFINE_AUTO : (int)which - 1;
    return status;
}

static fm_status set_truth(const fm_entries *entries, const fm_entry *entry,
                           bool *truth, fm_error *error)
{
    static const char *const words[] = {"false", "true"};
    size_t which = 0;
    fm_status status = fm_entry_word(entries, entry, words, 2, &which, error);
    *truth = which == 1;
    return status;
}

static fm_status set_stop_early(const fm_entries *entries, const fm_entry *entry,
                                fm_job_spec *spec, fm_error *error)
{
    return set_truth(entries, entry, &spec->solver.stop_early, error);
}

static fm_status set_exact(const fm_entries *entries, const fm_entry *entry,
                           fm_job_spec *spec, fm_error *error)
{
    return set_truth(entries, entry, &spec->solver.exact, error);
}

/* --- Derivatives --- */

static fm_status set_derivatives_quantity(const fm_entries *entries,
                                          const fm_entry *entry, fm_job_spec *spec,
                                          fm_error *error)
{
    static const char *const words[] = {"speed", "slowness"};
    size_t which = 0;
    fm_status status = fm_entry_word(entries, entry, words, 2, &which, error);
    spec->derivatives.quantity = which == 1 ? FM_SLOWNESS : FM_SPEED;
    spec->derivatives.quantity_given = true;
    return status;
}

static fm_status set_cushions(const fm_entries *entries, const fm_entry *entry,
                              fm_job_spec *spec, fm_error *error)
{
    static const char *const words[] = {"fold", "keep"};
    size_t which = 0;
    fm_status status = fm_entry_word(entries, entry, words, 2, &which, error);
    spec->derivatives.cushions = which == 1;
    return status;
}

static fm_status set_threshold(const fm_entries *entries, const fm_entry *entry,
                               fm_job_spec *spec, fm_error *error)
{
    fm_status status =
        fm_entry_number(entries, entry, &spec->derivatives.threshold, error);
    if (status == FM_OK &&
        !(spec->derivatives.threshold >= 0 && spec->derivatives.threshold < 1)) {
        status = fm_entry_fail(entries, entry, error,
                               "is a part of a row's greatest entry, from 0 to less "
                               "than 1, not '%s'",
                               entry->value[0]);
    }
    return status;
}

static const job_key keys[] = {
    {"model.file", false, set_model_file},
    {"model.variable", false, set_variable},
    {"model.constant", false, set_constant},
    {"model.gradient", true, set_gradient},
    {"model.cosines", false, set_cosines},
    {"model.quantity", false, set_quantity},
    {"model.reference", false, set_reference},
    {"model.geometry", false, set_geometry},
    {"model.radius", false, set_radius},
    {"model.interpolation", false, set_interpolation},
    {"model.dice", true, set_dice},
    {"model.spacing", true, set_spacing},
    {"model.extent", true, set_extent},
    {"survey.sources", false, set_sources},
    {"survey.receivers", false, set_receivers},
    {"survey.pairs", false, set_pairs},
    {"want", true, set_want},
    {"precision", false, set_precision},
    {"units", false, set_units},
    {"reciprocity", false, set_reciprocity},
    {"solver.order", false, set_order},
    {"solver.refine", false, set_refine},
    {"solver.stop_early", false, set_stop_early},
    {"solver.exact", false, set_exact},
    {"derivatives.quantity", false, set_derivatives_quantity},
    {"derivatives.cushions", false, set_cushions},
    {"derivatives.threshold", false, set_threshold},
    {"output", false, set_output},
};
enum { NKEYS = sizeof keys / sizeof *keys };

static const job_key *find_key(const char *name)
{
    for (size_t i = 0; i < NKEYS; i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return &keys[i];
        }
    }
    return NULL;
}

bool fm_jobkeys_list(const char *key)
{
    const job_key *found = find_key(key);
    return found && found->list;
}

fm_status fm_jobkeys_apply(const fm_entries *entries, fm_job_spec *spec,
                           fm_error *error)
{
    for (size_t i = 0; i < NKEYS; i++) {
        const fm_entry *entry = fm_entries_find(entries, keys[i].name);
        fm_status status = entry ? keys[i].set(entries, entry, spec, error) : FM_OK;
        if (status != FM_OK) {
            return status;
        }
    }
    return FM_OK;
}

/* --- Keys that are none --- */

/* The key that was probably meant, or NULL: a slip of two letters, or the right word in
 * the wrong section. */
static const char *nearest_key(const char *name)
{
    const char *nearest = NULL;
    size_t least = 3;
    const char *dot = strrchr(name, '.');
    const char *word = dot ? dot + 1 : name;
    for (size_t i = 0; i < NKEYS; i++) {
        const char *key_dot = strrchr(keys[i].name, '.');
        const char *key_word = key_dot ? key_dot + 1 : keys[i].name;
        size_t apart =
            strcmp(word, key_word) == 0 ? 1 : fm_letters_apart(name, keys[i].name);
        if (apart < least) {
            least = apart;
            nearest = keys[i].name;
        }
    }
    return nearest;
}

static bool is_section(const char *name, const char *key)
{
    size_t length = strlen(name);
    return strncmp(key, name, length) == 0 && key[length] == '.';
}

static fm_status fail_unknown(const fm_entries *entries, const fm_entry *entry,
                              fm_error *error)
{
    char all[900];
    size_t used = 0;
    bool section = false;
    for (size_t i = 0; i < NKEYS; i++) {
        section = section || is_section(entry->key, keys[i].name);
        int length = snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "",
                              keys[i].name);
        used += (size_t)length;
    }
    if (section) {
        return fm_entry_fail(entries, entry, error,
                             "takes no value itself but keys below it; the keys are: "
                             "%s",
                             all);
    }
    const char *meant = nearest_key(entry->key);
    return fm_entry_fail(entries, entry, error, "is no key%s%s%s; the keys are: %s",
                         meant ? " (did you mean " : "", meant ? meant : "",
                         meant ? "?)" : "", all);
}

fm_status fm_jobkeys_check(const fm_entries *entries, fm_error *error)
{
    for (size_t i = 0; i < entries->n; i++) {
        if (!find_key(entries->entry[i].key)) {
            return fail_unknown(entries, &entries->entry[i], error);
        }
    }
    return FM_OK;
}
