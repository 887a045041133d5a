/* bench_fixed [ELEMENTS [REPEATS]]: nanoseconds an element of the exact sums, on fields
 * like those of travel times, beside plain addition. The best of the repeats, because
 * other programs only ever make it slower. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/fixed.h"
#include "core/number.h"

enum { LSB = -80, WAYS = 5 };

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

/* Runs one of the ways once; returns ns an element. `rough` has values on both sides of
 * the rounding, in random order. */
static double run(size_t way, fm_fixed *sum, const fm_fixed *other,
                  const double *smooth, const double *rough, double *plain, size_t n)
{
    double began = now_ns();
    if (way <= 1) {
        fm_fixed_add_doubles(sum, sum, way == 0 ? smooth : rough, n, LSB);
    } else if (way == 2) {
        fm_fixed_merge(sum, other, n);
    } else {
        for (size_t i = 0; i < n; i++) {
            plain[i] =
                way == 3 ? fm_fixed_to_double(sum[i], LSB) : plain[i] + smooth[i];
        }
    }
    return (now_ns() - began) / (double)n;
}

int main(int argc, char **argv)
{
    uint64_t n = 4096;
    uint64_t repeats = 2000;
    if (argc > 3 || (argc > 1 && (!fm_count_parse(argv[1], &n) || n == 0)) ||
        (argc > 2 && (!fm_count_parse(argv[2], &repeats) || repeats == 0))) {
        fputs("usage: bench_fixed [ELEMENTS [REPEATS]]\n", stderr);
        return 2;
    }
    fm_fixed *sum = calloc(n, sizeof *sum);
    fm_fixed *other = calloc(n, sizeof *other);
    double *values = calloc(n, 3 * sizeof *values);
    if (!sum || !other || !values) {
        fputs("bench_fixed: out of memory\n", stderr);
        return EXIT_FAILURE;
    }
    double *rough = values + n;
    srand(1);
    for (size_t i = 0; i < n; i++) {
        double random = rand() / (RAND_MAX + 1.0) - 0.5;
        values[i] = 30 + 20.0 * (double)i / (double)n + 1e-3 * random;
        rough[i] = random / (double)(UINT64_C(1) << rand() % 60);
    }
    fm_fixed_add_doubles(other, other, values, n, LSB);
    static const char *const names[WAYS] = {"add", "add, mixed", "merge", "to_double",
                                            "plain +="};
    for (size_t way = 0; way < WAYS; way++) {
        double best = 1e300;
        for (uint64_t r = 0; r < repeats; r++) {
            double took = run(way, sum, other, values, rough, values + 2 * n, n);
            best = took < best ? took : best;
        }
        printf("%-10s %8.2f ns/element\n", names[way], best);
    }
    free(values);
    free(other);
    free(sum);
    return EXIT_SUCCESS;
}
