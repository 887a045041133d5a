/* The update of many nodes: the same bits for any processor, any batch and any place in
 * it, and the stencil of textbooks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backward.h"
#include "judge.h"
#include "update.h"

enum { NX = 67, NZ = 59, SCENES = 6, LONGEST = 70 };

static double wavy(fm_point at)
{
    return 1 + 0.7 * sin(at.x / 3) * cos(at.z / 4 + 1);
}

static double quick(fm_point at)
{
    return 0.3 * wavy(at);
}

static double noise(fm_point at)
{
    return pow(100, uniform((uint64_t)(at.x * 64 + 4096) * 1048573 +
                            (uint64_t)(at.z * 64 + 65536)));
}

/* Both forms of the plane, the sphere, the section, two slownesses, and noise. */
static fm_medium scene(size_t n)
{
    switch (n) {
    case 0:
        return medium_of(FM_CARTESIAN, NX, NZ, (fm_point){-3, 2}, (fm_point){0.7, 1.3},
                         wavy);
    case 1:
        return medium_of(FM_GEOGRAPHIC, NX, NZ, (fm_point){-30, -20}, (fm_point){1, 1},
                         wavy);
    case 2:
        return medium_of(FM_POLAR, NX, NZ, (fm_point){0, 3471}, (fm_point){0.5, 50},
                         wavy);
    case 3:
        return flat_medium(NX, NZ, noise);
    case 4: {
        fm_medium medium = flat_medium(NX, NZ, wavy);
        for (size_t node = 0; node < (size_t)NX * NZ; node++) {
            if (uniform(node) < 0.2) {
                mask(&medium, node % NX, node / NX);
            }
        }
        return medium;
    }
    default: {
        fm_medium medium = layered_medium(NX, NZ, 20, wavy, quick);
        add_interface(&medium, 33, wavy);
        return medium;
    }
    }
}

/* Anywhere; in an open part of the medium. */
static fm_point somewhere(const fm_medium *medium, uint64_t seed)
{
    const fm_grid *grid = &medium->grid;
    for (uint64_t n = 0;; n++) {
        fm_point at = {
            grid->x0 + uniform(seed + 2 * n) * (fm_grid_x_max(grid) - grid->x0),
            grid->z[0] + uniform(seed + 2 * n + 1) * (grid->z[NZ - 1] - grid->z[0])};
        fm_source source;
        if (fm_source_fit(medium, at, &source, NULL) == FM_OK) {
            return at;
        }
    }
}

/* Those that run here; the first is the baseline. */
static size_t running(fm_update_choice choice[FM_UPDATE_CHOICES_MAX])
{
    size_t n = fm_update_choices(choice), kept = 0;
    for (size_t c = 0; c < n; c++) {
        if (choice[c].runs_here) {
            choice[kept++] = choice[c];
        }
    }
    return kept;
}

static void the_baseline_runs_anywhere_and_the_best_runs_here(void **state)
{
    (void)state;
    fm_update_choice choice[FM_UPDATE_CHOICES_MAX];
    size_t n = running(choice);
    assert_true(n > 0 && choice[0].update == fm_update_baseline);
    assert_true(fm_update_best().update == choice[n - 1].update);
    for (size_t c = 0; c < n; c++) {
        print_message("runs here: %s\n", choice[c].name);
    }
}

static void expect_same_marches(const fm_medium *medium, fm_way way, fm_point source)
{
    fm_update_choice choice[FM_UPDATE_CHOICES_MAX];
    size_t n = running(choice), nodes = fm_grid_nodes(&medium->grid);
    way.update = choice[0].update;
    double *expected = marched(medium, way, source);
    for (size_t c = 1; c < n; c++) {
        way.update = choice[c].update;
        double *field = marched(medium, way, source);
        assert_memory_equal(field, expected, nodes * sizeof *field);
        free(field);
    }
    free(expected);
}

static void every_set_of_instructions_gives_the_same_bits(void **state)
{
    (void)state;
    const fm_way ways[] = {
        {.order = 2}, {.order = 1}, {.order = 2, .unfactored = true}};
    for (size_t s = 0; s < SCENES; s++) {
        fm_medium medium = scene(s);
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            expect_same_marches(&medium, ways[w], somewhere(&medium, 10 * s + w));
            expect_same_marches(&medium, ways[w], somewhere(&medium, 900 + 10 * s + w));
        }
        fm_medium_clear(&medium);
    }
}

/* A march with all kinds of nodes side by side. */
static fm_march unsettled(const fm_medium *medium, fm_way way, uint64_t seed)
{
    fm_march march = begun(medium, way, somewhere(medium, seed));
    assert_int_equal(fm_march_run(&march, false, NULL), FM_OK);
    for (size_t node = 0; node < (size_t)NX * NZ; node++) {
        double *time = &march.time[fm_march_node(&march, node % NX, node / NX)];
        double draw = uniform(seed + node);
        if (*time < INFINITY && draw < 0.5) {
            *time = draw < 0.3 ? -*time : -INFINITY;
        }
    }
    return march;
}

/* Nodes beside at least one accepted one, as all candidates are. */
static size_t candidates_of(const fm_march *march, uint32_t node[NX * NZ])
{
    size_t n = 0, stride = march->stride;
    for (size_t k = 0; k < NZ; k++) {
        for (size_t i = 0; i < NX; i++) {
            size_t here = fm_march_node(march, i, k);
            const double *time = march->time + here;
            const double around[] = {time[-1], time[1], time[-(ptrdiff_t)stride],
                                     time[stride]};
            bool any = false;
            for (size_t a = 0; a < 4; a++) {
                any = any || (around[a] >= 0 && around[a] < INFINITY);
            }
            if (any && *time < INFINITY) {
                node[n++] = (uint32_t)here;
            }
        }
    }
    return n;
}

static double one_by_itself(const fm_march *march, fm_update *update, uint32_t node,
                            double *crossing)
{
    uint32_t list[FM_STRIP];
    double time[FM_STRIP];
    for (size_t j = 0; j < FM_STRIP; j++) {
        list[j] = node;
    }
    update(march, list, 1, time, crossing);
    return time[0];
}

static void expect_batches(const fm_march *march, const uint32_t *node, size_t n,
                           fm_update *update)
{
    double expected_time[NX * NZ], expected_crossing[NX * NZ];
    for (size_t k = 0; k < n; k++) {
        expected_time[k] =
            one_by_itself(march, fm_update_baseline, node[k], &expected_crossing[k]);
    }
    for (size_t length = 1; length <= LONGEST; length++) {
        uint32_t batch[LONGEST + FM_STRIP];
        size_t which[LONGEST], strips = (length + FM_STRIP - 1) / FM_STRIP;
        double time[LONGEST + FM_STRIP + 1], crossing, least = INFINITY;
        time[strips * FM_STRIP] = -7; /* not to be written */
        for (size_t l = 0; l < length; l++) {
            which[l] = (size_t)((double)n * uniform(length * 100 + l));
            batch[l] = node[which[l]];
            least = fmin(least, expected_crossing[which[l]]);
        }
        for (size_t l = length; l < strips * FM_STRIP; l++) {
            batch[l] = batch[length - 1];
        }
        update(march, batch, length, time, &crossing);
        for (size_t l = 0; l < length; l++) {
            assert_memory_equal(&time[l], &expected_time[which[l]], sizeof *time);
        }
        assert_true(crossing == least && time[strips * FM_STRIP] == -7);
    }
}

static void a_batch_of_any_length_and_order_is_its_nodes_one_by_one(void **state)
{
    (void)state;
    const fm_way ways[] = {
        {.order = 2}, {.order = 1}, {.order = 2, .unfactored = true}};
    fm_update_choice choice[FM_UPDATE_CHOICES_MAX];
    size_t choices = running(choice);
    uint32_t node[NX * NZ];
    for (size_t s = 0; s < SCENES; s++) {
        fm_medium medium = scene(s);
        for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
            fm_march march = unsettled(&medium, ways[w], 77 * s + w);
            size_t n = candidates_of(&march, node);
            assert_true(n > 1000);
            for (size_t c = 0; c < choices; c++) {
                expect_batches(&march, node, n, choice[c].update);
            }
            fm_march_clear(&march);
        }
        fm_medium_clear(&medium);
    }
}

static bool is_special(const fm_march *march, uint32_t node)
{
    return march->frame.row_tags[node / march->stride] &
           march->frame.column_tags[node % march->stride];
}

static size_t special_nodes(const fm_march *march)
{
    size_t found = 0;
    for (size_t k = 0; k < NZ; k++) {
        for (size_t i = 0; i < NX; i++) {
            found += fm_march_is_accepted(march, i, k) &&
                     is_special(march, (uint32_t)fm_march_node(march, i, k));
        }
    }
    return found;
}

static void pass_back(fm_march *march)
{
    assert_int_equal(fm_backward_begin(march, NULL), FM_OK);
    for (size_t n = 0; n < march->backward.n; n++) {
        march->backward.kernel[march->backward.order[n]] = 1;
    }
    fm_backward_run(march);
    fm_backward_seeds(march);
    fm_backward_finish(march);
}

/* What a time comes from is told the same by all sets of instructions, and, where nodes
 * are not special, without a search for all but a few. */
static void the_adjoint_has_the_same_bits_too(void **state)
{
    (void)state;
    fm_update_choice choice[FM_UPDATE_CHOICES_MAX];
    size_t choices = running(choice);
    for (size_t s = 0; s < SCENES; s++) {
        fm_medium medium = scene(s);
        fm_march march =
            begun(&medium, (fm_way){.order = 2}, somewhere(&medium, 3000 + s));
        assert_int_equal(fm_march_keep(&march, NULL), FM_OK);
        assert_int_equal(fm_march_run(&march, false, NULL), FM_OK);
        double expected[NX * NZ];
        for (size_t c = 0; c < choices; c++) {
            march.explain = choice[c].explain;
            pass_back(&march);
            if (c == 0) {
                memcpy(expected, march.backward.kernel, sizeof expected);
            }
            assert_memory_equal(expected, march.backward.kernel, sizeof expected);
        }
        assert_true(march.backward.searched <= special_nodes(&march) + NX * NZ / 50);
        assert_true(march.backward.worst < 1e-14);
        fm_march_clear(&march);
        fm_medium_clear(&medium);
    }
}

/* The vectorised form and that of textbooks are the same but for rounding. */
static void the_update_is_the_stencil_of_textbooks(void **state)
{
    (void)state;
    uint32_t node[NX * NZ];
    double largest = 0;
    for (size_t s = 0; s < SCENES; s++) {
        fm_medium medium = scene(s);
        for (int w = 0; w < 6; w++) {
            fm_way way = {.order = w % 3 == 1 ? 1 : 2, .unfactored = w % 3 == 2};
            fm_march march = unsettled(&medium, way, 177 * s + (uint64_t)w);
            size_t n = candidates_of(&march, node);
            for (size_t k = 0; k < n; k++) {
                double crossing, special_crossing;
                double time =
                    one_by_itself(&march, fm_update_baseline, node[k], &crossing);
                double special = fm_update_special(&march, node[k], &special_crossing);
                assert_near(crossing, special_crossing, 1e-15 * crossing);
                if (!is_special(&march, node[k])) {
                    double difference = fabs(time - special) / special;
                    largest = difference <= largest ? largest : difference;
                }
            }
            fm_march_clear(&march);
        }
        fm_medium_clear(&medium);
    }
    print_message("largest difference %.2e of the time\n", largest);
    assert_true(largest < 1e-11);
}

static size_t steps_between(size_t place, size_t cell, double fraction)
{
    size_t low = fraction < 1 ? cell : cell + 1, high = fraction > 0 ? cell + 1 : cell;
    return place < low ? low - place : place > high ? place - high : 0;
}

/* Special are the nodes of interfaces, and those on the lines beside the source as far
 * as its remedy reaches; no others. */
static void nodes_beside_the_source_and_on_interfaces_are_special(void **state)
{
    (void)state;
    fm_medium layered = layered_medium(NX, NZ, 20, wavy, quick);
    fm_medium plain = flat_medium(NX, NZ, wavy);
    const fm_point sources[] = {{33.3, 40.6}, {0, 0}, {66, 58}, {12, 31.5}, {66, 7.2}};
    for (size_t n = 0; n < 2 * sizeof sources / sizeof *sources; n++) {
        const fm_medium *medium = n % 2 ? &layered : &plain;
        fm_march march = begun(medium, (fm_way){.order = 2}, sources[n / 2]);
        const fm_source *source = &march.source;
        const fm_place *place = &source->place;
        for (size_t node = 0; node < (size_t)NX * NZ; node++) {
            size_t i = node % NX, k = node / NX;
            size_t columns = steps_between(i, place->column, place->fx);
            size_t rows = steps_between(k, place->row, place->fz);
            bool special =
                (rows == 0 && columns <= FM_REACH_LINEAR * source->reach_x) ||
                (columns == 0 && rows <= FM_REACH_LINEAR * source->reach_z) ||
                (n % 2 && k == 20);
            assert_true(is_special(&march, (uint32_t)fm_march_node(&march, i, k)) ==
                        special);
        }
        fm_march_clear(&march);
    }
    fm_medium_clear(&plain);
    fm_medium_clear(&layered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_baseline_runs_anywhere_and_the_best_runs_here),
        cmocka_unit_test(every_set_of_instructions_gives_the_same_bits),
        cmocka_unit_test(a_batch_of_any_length_and_order_is_its_nodes_one_by_one),
        cmocka_unit_test(the_adjoint_has_the_same_bits_too),
        cmocka_unit_test(the_update_is_the_stencil_of_textbooks),
        cmocka_unit_test(nodes_beside_the_source_and_on_interfaces_are_special),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
