/* What was probably meant: the distance between two words after Wagner and Fischer (The
 * string-to-string correction problem, J. ACM 21, 1974), one row of their table at a
 * time. */
#include "spelling.h"

#include <string.h>

enum { LONGEST = 30 };

size_t fm_letters_apart(const char *a, const char *b)
{
    size_t row[LONGEST + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST || m > LONGEST) {
        return LONGEST;
    }
    for (size_t j = 0; j <= m; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t shift = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = change < shift ? change : shift;
        }
    }
    return row[m];
}
