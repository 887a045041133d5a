/* Links and other spellings of one name: files that are there are asked who they are,
 * and of those that are not the folder. */
#include "io/same_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool same_thing(const char *a, const char *b)
{
    struct stat sa, sb;
    return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
           sa.st_ino == sb.st_ino;
}

/* The name in its folder; the folder with its slash. */
static const char *split(const char *path, char folder[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    int length = slash ? (int)(slash - path) + 1 : 0;
    snprintf(folder, PATH_MAX, "%.*s", length, path);
    if (!slash) {
        strcpy(folder, ".");
    }
    return slash ? slash + 1 : path;
}

bool fm_same_file(const char *a, const char *b)
{
    char folder_a[PATH_MAX], folder_b[PATH_MAX];
    if (!a || !b) {
        return false;
    }
    if (strcmp(a, b) == 0 || same_thing(a, b)) {
        return true;
    }
    const char *name_a = split(a, folder_a), *name_b = split(b, folder_b);
    return strcmp(name_a, name_b) == 0 && same_thing(folder_a, folder_b);
}
