/* The same passes for WebAssembly: plain functions over addresses in its memory. */

#include "baseline.c"

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

/* log_density (n) and responsibilities (n x k); 0 for what is not wanted. */
void mixtura_score(const double *rows, int n, int d, int k, int dense, const double *means,
                   const double *whitening, const double *constants, double *log_density,
                   double *responsibilities, void *scratch)
{
    Table table = {rows, 0, n, d, NULL, 0};
    Components components = {k, d, dense, means, whitening, constants};
    Scores scores = {log_density, responsibilities, NULL, NULL};
    mixtura_baseline.score(&table, &components, &scores, scratch);
}
