/* Job files for tests of their reader. */
#include "job_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "read_fixture.h"

fm_status read_with(const void *state, const char *text, const char *override,
                    fm_job_spec *spec, fm_error *error)
{
    const char *path = put(state, "job.yaml", text);
    return fm_jobfile_read(path, &override, override ? 1 : 0, spec, error);
}

void refuse_with(const void *state, const char *text, const char *override,
                 const char *words)
{
    fm_job_spec spec;
    fm_error error = {0};
    assert_refused(read_with(state, text, override, &spec, &error), &error, words);
    assert_null(spec.path);
    assert_null(spec.model_file);
    assert_null(spec.output);
}

void accept_with(const void *state, const char *text, const char *override,
                 fm_job_spec *spec)
{
    fm_error error = {0};
    assert_read(read_with(state, text, override, spec, &error), &error);
}
