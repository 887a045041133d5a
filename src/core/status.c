/* Statuses and the sentences that go with them. */
#include "core/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *fm_status_name(fm_status status)
{
    switch (status) {
#define FM_STATUS_NAME(name, text)                                                     \
    case name:                                                                         \
        return text;
        FM_STATUS_LIST(FM_STATUS_NAME)
#undef FM_STATUS_NAME
    }
    return "unknown status";
}

fm_status fm_fail(fm_error *error, fm_status status, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
        error->status = status;
    }
    return status;
}

fm_status fm_fail_memory(fm_error *error, const char *what, double size)
{
    return fm_fail(error, FM_NO_MEMORY, "no memory for %s (%.1f MB)", what, size / 1e6);
}

fm_status fm_fail_within(fm_error *error, const char *format, ...)
{
    if (!error) {
        return FM_FAILED;
    }
    char inner[sizeof error->message];
    memcpy(inner, error->message, sizeof inner);
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length + 2 < sizeof error->message) {
        size_t used = (size_t)length;
        snprintf(error->message + used, sizeof error->message - used, ": %.*s",
                 (int)(sizeof inner - used - 3), inner);
    }
    return error->status;
}
