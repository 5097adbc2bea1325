/* The same for WebAssembly: plain functions over addresses in its memory. Mixtures are blocks of
   numbers, as em_loop.h has them, and `dense` means that covariances have an orientation. */

#include "baseline.c"

#include "centers.h"
#include "em_loop.h"
#include "mstep.h"

size_t mixtura_scratch_size(int d, int k, int dense)
{
    return mixtura_baseline.scratch_size(d, k, dense, 0, 0);
}

/* sums: weight, objective, counts (k), first (k x d) and second moments, as in estep.h. */
void mixtura_expect(const double *rows, int n, int d, const double *weight, int k, int dense,
                    const double *means, const double *whitening, const double *constants,
                    int hard, double *sums, void *scratch)
{
    Table table = {rows, 0, n, d, weight, 1};
    Components components = {k, d, dense, means, whitening, constants};
    Sums to = {sums, sums + 1, sums + 2, sums + 2 + k, sums + 2 + k + k * d};
    mixtura_baseline.expect(&table, &components, hard, &to, scratch);
}

/* log_density (n), responsibilities (n x k) and labels (n); 0 for what is not wanted. */
void mixtura_score(const double *rows, int n, int d, int k, int dense, const double *means,
                   const double *whitening, const double *constants, double *log_density,
                   double *responsibilities, int64_t *labels, void *scratch)
{
    Table table = {rows, 0, n, d, NULL, 0};
    Components components = {k, d, dense, means, whitening, constants};
    Scores scores = {log_density, responsibilities, NULL, labels};
    mixtura_baseline.score(&table, &components, &scores, scratch);
}

/* Counts (k), means (k x d) and scatters of n rows, from weighted responsibilities (n x k). */
void mixtura_gather(const double *rows, int n, int d, int k, int dense,
                    const double *responsibilities, double *count, double *mean, double *scatter)
{
    Moments moments = {count, mean, scatter};
    mixtura_moments(n, k, d, dense, rows, responsibilities, &moments);
}

/* Covariances of the mixture `next` from counts and scatters; `now` is NULL for none. */
int mixtura_maximize(int volume, int shape, int orientation, const double *floor, int k, int d,
                     const double *count, const double *scatter, double *now, double *next,
                     double *work)
{
    Manner how = {.volume = volume, .shape = shape, .orientation = orientation, .floor = floor};
    int dense = orientation != TIE_NONE;
    Mixture before, after = mixtura_mixture_at(next, k, d, dense);
    if (now) before = mixtura_mixture_at(now, k, d, dense);
    return mixtura_estimate(&how, k, d, count, scatter, now ? &before : NULL, &after, work);
}

/* Iterations of plain EM: see em_loop.h. */
int mixtura_iterate(const double *rows, int n, int d, const double *weight, int volume, int shape,
                    int orientation, const double *floor, double tol, int k, double *state,
                    double *trace, int known, int most, double *work, void *scratch, int *place)
{
    Table table = {rows, 0, n, d, weight, 1};
    Manner how = {
        .weights = WEIGHTS_FREE, .volume = volume, .shape = shape, .orientation = orientation,
        .floor = floor, .tol = tol,
    };
    return mixtura_climb(&mixtura_baseline, &table, &how, k, state, trace, known, most, work,
                         scratch, place);
}

size_t mixtura_choice_size(int n, int d, int k)
{
    Choice choice = {.k = k};
    return mixtura_centers_work_size(&choice, n, d);
}

/* k rows to begin with, from numbers from 0 to 1 (k x candidates): see centers.h. */
void mixtura_choose(const double *rows, int n, int d, const double *weight, int k, int candidates,
                    int by_distance, const double *uniform, double *centers, double *work,
                    void *scratch)
{
    Table table = {rows, 0, n, d, weight, 1};
    Choice choice = {1, k, candidates, by_distance, 0};
    mixtura_centers(&mixtura_baseline, &table, &choice, uniform, centers, work, scratch);
}
