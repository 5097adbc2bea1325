/* Every pass over many shapes in buffers of exactly the right size, for AddressSanitizer and
   UBSan to watch: `make sanitize`. What it gives does not matter; fuzz_binding.py comes through the
   binding, with all kinds of wild numbers. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "em_loop.h"
#include "estep.h"
#include "mstep.h"
#include "hierarchy.h"
#include "common_axes.h"

extern const Kernel mixtura_baseline;
#if defined(__x86_64__)
extern const Kernel mixtura_avx2, mixtura_avx512;
#endif

static void *array(size_t count, size_t size)
{
    void *place = aligned_alloc(64, (count * size + 63) / 64 * 64);
    if (!place) abort();
    return place;
}

/* One in so many numbers is wild; 0 for none. */
static int wild_one_in;

static double number(void)
{
    static const double wild[] = {
        __builtin_nan(""), __builtin_inf(), -__builtin_inf(), 5e-324, 1e300, -1e300, 1e-300, 0.0,
    };
    if (wild_one_in && rand() % wild_one_in == 0) return wild[rand() % 8];
    return (double)rand() / RAND_MAX - 0.5;
}

/* -1 for about half of them. */
static int64_t *some_labels(ptrdiff_t n, ptrdiff_t k)
{
    int64_t *labels = malloc(n * sizeof(int64_t));
    for (ptrdiff_t i = 0; i < n; i++) labels[i] = rand() % 2 ? rand() % k : -1;
    return labels;
}

static double *numbers(size_t count)
{
    double *x = malloc(count * sizeof(double));
    for (size_t i = 0; i < count; i++) x[i] = number();
    return x;
}

/* n rows in order of some patterns of missing cells, the first of which may miss none. */
static Gaps some_gaps(ptrdiff_t n, ptrdiff_t d, ptrdiff_t k, int tailed, int noisy)
{
    Gaps gaps = {0};
    int64_t *order = malloc(n * sizeof(int64_t)), *ends = malloc(n * sizeof(int64_t));
    uint8_t *masks = malloc(n * d);
    for (ptrdiff_t i = 0; i < n; i++) order[i] = (i * 7 + 3) % n;
    int complete = rand() % 2;
    for (ptrdiff_t end = 0; end < n; gaps.n++) {
        end += 1 + rand() % (rand() % 2 ? 3 : 40);
        ends[gaps.n] = end = end < n ? end : n;
        for (ptrdiff_t a = 0; a < d; a++)
            masks[gaps.n * d + a] = (gaps.n || !complete) && rand() % 3 == 0;
    }
    gaps.order = order, gaps.ends = ends, gaps.masks = masks;
    gaps.constants = numbers((d + 1) * k);
    gaps.power = tailed ? numbers((d + 1) * k) : NULL;
    gaps.slope = tailed ? numbers((d + 1) * k) : NULL;
    gaps.noise = noisy ? numbers(gaps.n) : NULL;
    return gaps;
}

static void free_gaps(const Gaps *gaps)
{
    free((void *)gaps->order), free((void *)gaps->ends), free((void *)gaps->masks);
    free((void *)gaps->constants), free((void *)gaps->power), free((void *)gaps->slope);
    free((void *)gaps->noise);
}

/* plain: clouds far apart and rows of weight 1, which have ways of their own. */
static void run(const Kernel *kernel, ptrdiff_t n, ptrdiff_t d, ptrdiff_t k, int dense, int single,
                int plain, int tailed, int gappy)
{
    static const double one = 1.0;
    size_t each = dense ? d * d : d;
    double *rows = numbers(n * d), *weight = numbers(n), *means = numbers(k * d);
    double *whitening = numbers(k * each), *constants = numbers(k);
    float *floats = malloc(n * d * sizeof(float));
    for (ptrdiff_t i = 0; i < n * d; i++) floats[i] = (float)rows[i];
    for (ptrdiff_t i = 0; i < n; i++) weight[i] = weight[i] < 0.0 ? 0.0 : weight[i];
    for (ptrdiff_t i = 0; plain && i < k * d; i++) means[i] *= 200.0;
    if (k > 2) constants[1] = -__builtin_inf();

    Table table = {single ? (void *)floats : (void *)rows, single, n, d, plain ? &one : weight, !plain};
    Gaps gaps = some_gaps(n, d, k, tailed, plain);
    if (gappy) table.gaps = &gaps;
    double *tails = numbers(2 * k), *tail_sums = numbers(3 * k * (gappy ? d + 1 : 1));
    Components c = {k, d, dense, means, whitening, constants, tailed ? tails : NULL, tails + k};
    double *sums = numbers(2 + k * (1 + d + each));
    Sums to = {sums, sums + 1, sums + 2, sums + 2 + k, sums + 2 + k + k * d, tail_sums};
    void *scratch = array(kernel->scratch_size(d, k, dense, tailed, gappy), 1);
    kernel->expect(&table, &c, 0, &to, scratch);
    kernel->expect(&table, &c, 1, &to, scratch);
    int64_t *known = some_labels(n, k);
    table.labels = known;
    kernel->expect(&table, &c, n % 2, &to, scratch);

    int64_t *labels = malloc(n * sizeof(int64_t));
    Scores scores = {numbers(n), numbers(n * k), numbers(n), labels};
    kernel->score(&table, &c, &scores, scratch);
    if (gappy) {
        double *resp = numbers(n * k);
        kernel->complete(&table, &c, resp, &to, scratch);
        free(resp);
    }
    kernel->exp(rows, rows, n);
    kernel->log(rows, rows, n);

    free(rows), free(weight), free(means), free(whitening), free(constants), free(floats);
    free(sums), free(scratch), free(labels), free(known), free(tails), free(tail_sums);
    free_gaps(&gaps);
    free(scores.log_density), free(scores.responsibilities), free(scores.largest);
}

/* Of levels, or of cells where `most` is 0. */
static void run_linear(const Kernel *kernel, ptrdiff_t n, ptrdiff_t d, ptrdiff_t k, int most, int single)
{
    int64_t *levels = malloc(d * sizeof(int64_t)), *labels = malloc(n * sizeof(int64_t));
    ptrdiff_t m = 0;
    for (ptrdiff_t a = 0; a < d; a++) m += levels[a] = most ? 1 + rand() % most : 1;
    double *rows = numbers(n * d), *weight = numbers(n);
    double *weights = numbers(k * m), *constants = numbers(k), *sums = numbers(2 + k * (1 + m));
    float *floats = malloc(n * d * sizeof(float));
    for (ptrdiff_t i = 0; i < n * d; i++) {
        if (most) rows[i] = (double)(rand() % levels[i % d]);
        floats[i] = (float)rows[i];
    }
    for (ptrdiff_t i = 0; i < n; i++) weight[i] = weight[i] < 0.0 ? 0.0 : weight[i];
    weights[0] = -__builtin_inf();
    Table table = {single ? (void *)floats : (void *)rows, single, n, d, weight, 1};
    Linear c = {k, d, m, weights, constants, most ? levels : NULL};
    Sums to = {sums, sums + 1, sums + 2, sums + 2 + k, NULL};
    void *scratch = array(kernel->linear_size(&c, n), 1);
    Scores scores = {numbers(n), numbers(n * k), numbers(n), labels};
    int64_t *known = some_labels(n, k);
    for (int bad = 0; bad < 2; bad++) {
        table.labels = n % 2 ? known : NULL;
        kernel->linear_expect(&table, &c, bad, &to, scratch);
        kernel->linear_score(&table, &c, &scores, scratch);
        ptrdiff_t cell = rand() % (n * d);
        rows[cell] = floats[cell] = bad ? -1.0 : 1e9;
    }
    free(levels), free(labels), free(known), free(rows), free(floats), free(weight), free(weights);
    free(constants), free(sums), free(scratch);
    free(scores.log_density), free(scores.responsibilities), free(scores.largest);
}

static void run_all(const Kernel *kernel)
{
    static const ptrdiff_t dimensions[] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                           11, 12, 13, 14, 15, 16, 17, 25, 33, 97};
    static const ptrdiff_t rows[] = {1, 2, 7, 24, 25, 63, 100, 333, 1100};
    static const ptrdiff_t components[] = {1, 2, 3, 17, 70};
    for (size_t a = 0; a < sizeof dimensions / sizeof *dimensions; a++)
        for (size_t b = 0; b < sizeof rows / sizeof *rows; b++)
            for (size_t c = 0; c < sizeof components / sizeof *components; c++)
                for (int kind = 0; kind < 4; kind++) {
                    int plain = (a + b + c + kind) % 3 == 0;
                    wild_one_in = (a + b + kind) % 4 ? 0 : b % 2 ? 3 : 100;
                    int tailed = (a + b + c) % 2;
                    int gaps = rows[b] * components[c] < 25000; /* slow, and smaller ones do */
                    for (int gappy = 0; gappy <= gaps; gappy++)
                        run(kernel, rows[b], dimensions[a], components[c], kind & 1, kind >> 1,
                            plain, tailed, gappy);
                    for (int most = 0; most < 90; most = most ? 3 * most : 2)
                        run_linear(kernel, rows[b], dimensions[a], components[c], most, kind & 1);
                }
    wild_one_in = 0;
    printf("%s: clean\n", kernel->name);
}

/* k scatters: each the sum of the products of some random rows, singular if there are too few. */
static double *scatters(ptrdiff_t k, ptrdiff_t d, ptrdiff_t n)
{
    double *matrices = calloc(k * d * d, sizeof(double));
    for (ptrdiff_t j = 0; j < k; j++)
        for (ptrdiff_t i = 0; i < n; i++) {
            double *row = numbers(d);
            for (ptrdiff_t a = 0; a < d; a++)
                for (ptrdiff_t b = 0; b < d; b++) matrices[(j * d + a) * d + b] += row[a] * row[b];
            free(row);
        }
    return matrices;
}

static void run_mstep(ptrdiff_t k, ptrdiff_t d, ptrdiff_t n)
{
    double *scatter = scatters(k, d, n), *axes = calloc(d * d, sizeof(double));
    double *count = malloc(k * sizeof(double)), *per_component = malloc(k * sizeof(double));
    double *per_feature = numbers(k * d), *means = numbers(k * d), *first = numbers(k * d);
    double *result = malloc(k * d * d * sizeof(double)), *form = malloc(d * d * sizeof(double));
    for (ptrdiff_t a = 0; a < d; a++) axes[a * d + a] = 1.0;
    for (ptrdiff_t j = 0; j < k; j++) count[j] = n, per_component[j] = 1.0;
    for (ptrdiff_t i = 0; i < k * d; i++) per_feature[i] *= per_feature[i];

    mixtura_factorize(k, d, scatter, result, per_component);
    for (ptrdiff_t j = 0; j < k; j++) per_component[j] = 1.0;
    mixtura_exceeds(k, d, scatter, per_feature);
    double *search = malloc(mixtura_form_work_size(k, d, 1) * sizeof(double));
    mixtura_common_form(k, d, 1, count, scatter, per_component, form, search);
    free(search), search = malloc(mixtura_form_work_size(k, d, 0) * sizeof(double));
    for (ptrdiff_t j = 0; j < k; j++) per_component[j] = 1.0;
    mixtura_common_form(k, d, 0, count, per_feature, per_component, form, search);
    Moments dense = {count, first, scatter}, to = {per_component, means, result};
    mixtura_recentre(k, d, 1, per_feature, &dense, &to);
    Moments along = {count, first, per_feature};
    mixtura_recentre(k, d, 0, means, &along, &to);
    free(search), search = malloc(mixtura_axes_work_size(k, d) * sizeof(double));
    for (int equal_volumes = 0; equal_volumes < 2; equal_volumes++)
        mixtura_common_axes(k, d, equal_volumes, count, scatter, axes, search);

    free(scatter), free(search), free(axes), free(count), free(per_component), free(per_feature);
    free(means), free(first), free(result), free(form);
}

static void run_climb(const Kernel *kernel, ptrdiff_t k, ptrdiff_t d, Tie volume, Tie shape,
                      Tie orientation, double least)
{
    ptrdiff_t n = 40, size = mixtura_mixture_size(k, d, orientation != TIE_NONE);
    size_t each = k * (orientation != TIE_NONE ? d * d : d);
    double *rows = numbers(n * d), *weight = numbers(n), *floor = numbers(d), trace[12];
    double *state = numbers(CLIMB_MIXTURES * size), *work = malloc(mixtura_work_size(k, d, orientation != TIE_NONE) * sizeof(double));
    void *scratch = array(kernel->scratch_size(d, k, orientation != TIE_NONE, 0, 0), 1);
    void *for_gaps = array(kernel->scratch_size(d, k, orientation != TIE_NONE, 0, 1), 1);
    for (ptrdiff_t i = 0; i < n; i++) weight[i] = 1.0;
    for (ptrdiff_t a = 0; a < d; a++) floor[a] = least;
    for (ptrdiff_t j = 0; j < k; j++) state[j] = 1.0 / k, state[size - k + j] = 0.0;
    double *covariances = state + k + k * d;
    for (size_t i = 0; i < 2 * each; i++)
        covariances[i] = orientation == TIE_NONE || i % (d * d) % (d + 1) == 0;
    Table table = {rows, 0, n, d, weight, 1};
    Manner how = {0, WEIGHTS_FREE, volume, shape, orientation, floor, 0.0};
    int place;
    double *start = malloc(size * sizeof(double));
    memcpy(start, state, size * sizeof(double));
    int64_t *known = some_labels(n, k);
    Prior prior = {1.0, 2.0, 3.0, rows, covariances};
    Gaps noisy = some_gaps(n, d, k, 0, 1), gaps = noisy;
    gaps.noise = NULL;
    /* A fourth of them each time, and all over the components. */
    for (int kind = (int)((k + d) % 4); kind < 32; kind += 4) {
        how.noise = k > 1 && kind & 1, how.weights = how.noise ? WEIGHTS_FREE_LAST : WEIGHTS_FREE;
        how.prior = kind & 2 ? &prior : NULL, how.fixed_means = kind >> 2 & 1;
        table.labels = kind & 8 ? known : NULL;
        memcpy(state, start, size * sizeof(double));
        table.gaps = !(kind & 16) ? NULL : how.noise ? &noisy : &gaps;
        mixtura_climb(kernel, &table, &how, k, state, trace, 0, 12, work,
                      table.gaps ? for_gaps : scratch, &place);
    }
    free_gaps(&noisy), free(for_gaps);
    free(start), free(known), free(rows), free(weight), free(floor), free(state), free(work), free(scratch);
}

static void run_climbs(const Kernel *kernel)
{
    static const Tie ties[][3] = {
        {TIE_SHARED, TIE_NONE, TIE_NONE}, {TIE_OWN, TIE_NONE, TIE_NONE},
        {TIE_SHARED, TIE_SHARED, TIE_NONE}, {TIE_OWN, TIE_SHARED, TIE_NONE},
        {TIE_SHARED, TIE_OWN, TIE_NONE}, {TIE_OWN, TIE_OWN, TIE_NONE},
        {TIE_SHARED, TIE_SHARED, TIE_SHARED}, {TIE_OWN, TIE_SHARED, TIE_SHARED},
        {TIE_SHARED, TIE_OWN, TIE_SHARED}, {TIE_OWN, TIE_OWN, TIE_SHARED},
        {TIE_SHARED, TIE_SHARED, TIE_OWN}, {TIE_OWN, TIE_SHARED, TIE_OWN},
        {TIE_SHARED, TIE_OWN, TIE_OWN}, {TIE_OWN, TIE_OWN, TIE_OWN},
    };
    for (size_t i = 0; i < sizeof ties / sizeof *ties; i++)
        for (ptrdiff_t d = 1; d <= MSTEP_DIMENSIONS; d += d < 4 ? 1 : 7)
            for (ptrdiff_t k = 1; k < 5; k++)
                for (double least = 0.0; least < 5.0; least += 1.0 + least)
                    run_climb(kernel, k, d, ties[i][0], ties[i][1], ties[i][2], least);
}

static void run_tree(ptrdiff_t size, ptrdiff_t d, int dense)
{
    size_t each = dense ? d * d : d;
    double *count = numbers(size), *mean = numbers(size * d), *scatter = numbers(size * each);
    double *costs = numbers(size * size), *room = numbers(3 * size);
    int64_t *places = malloc(2 * size * sizeof(int64_t)), *merges = malloc(2 * size * sizeof(int64_t));
    for (ptrdiff_t i = 0; i < size; i++) count[i] = i % 3 + 1.0;
    for (size_t i = 0; i < size * each; i++) scatter[i] = 0.0;
    Groups groups = {size, d, dense, 1.0, count, mean, scatter};
    mixtura_merge(&groups, 1e-6, costs, room, places, merges);
    free(count), free(mean), free(scatter), free(costs), free(room), free(places), free(merges);
}

static void run_small(void)
{
    for (ptrdiff_t d = 1; d <= MSTEP_DIMENSIONS; d += d < 13 ? 1 : 9)
        for (ptrdiff_t k = 1; k < 12; k += 5) run_mstep(k, d, d / 2), run_mstep(k, d, 3 * d);
    printf("mstep: clean\n");
    for (ptrdiff_t d = 1; d <= 12; d++)
        for (ptrdiff_t size = 1; size < 60; size += 7) {
            if (d <= TREE_DIMENSIONS) run_tree(size, d, 1);
            run_tree(size, d, 0);
        }
    printf("tree: clean\n");
    run_climbs(&mixtura_baseline);
    printf("climb: clean\n");
}

int main(void)
{
    run_small();
    wild_one_in = 20;
    run_small();
    wild_one_in = 0;
    run_all(&mixtura_baseline);
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) run_all(&mixtura_avx2);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        run_all(&mixtura_avx512);
#endif
    return 0;
}
