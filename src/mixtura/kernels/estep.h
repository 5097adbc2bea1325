/* What the fused kernel takes and gives. Plain C11: no libc, no Python. */

#ifndef MIXTURA_FUSED_H
#define MIXTURA_FUSED_H

#include <stddef.h>
#include <stdint.h>

/* Rows by which of their cells are missing, and what marginal densities need. The tables have a line
   for each number of observed cells, from 0 to d; what depends on which cells these are is left to
   the kernel. The constants of no cells are the logs of the weights. */
typedef struct {
    ptrdiff_t n;              /* patterns */
    const int64_t *order;     /* numbers of the rows, pattern by pattern; complete ones come first */
    const int64_t *ends;      /* where each pattern ends in the order: the last at the end */
    const uint8_t *masks;     /* n x d: which cells each pattern misses */
    const double *constants;  /* (d + 1) x k */
    const double *power, *slope; /* (d + 1) x k each; NULL for Gaussian components */
    const double *noise;      /* n: the last component's log-density, where that is noise, of
                                 whitening 0; NULL where all components have a covariance */
} Gaps;

/* n rows of d features, row by row, in float32 or float64. */
typedef struct {
    const void *rows;
    int single;             /* whether the rows are float32 */
    ptrdiff_t n, d;
    const double *weight;   /* of row i: weight[i * weight_step]; NULL for 1 */
    ptrdiff_t weight_step;  /* 0 where all rows have the same weight */
    const int64_t *labels;  /* n: known components, -1 where unknown; NULL where all are */
    const Gaps *gaps;       /* NULL where no cell is missing */
} Table;

/* k Gaussian components: log(w_j p_j(x)) = constant_j - q with q = |W_j^T (x - mean_j)|^2 / 2; or k
   components with heavy tails, constant_j - power_j log(1 + y) with y = slope_j (q - d / 2). Rows
   are then weighted by u = 1 / (1 + y) besides (see families/student_t/density.py). */
typedef struct {
    ptrdiff_t k, d;
    int dense;
    const double *means;      /* k x d */
    const double *whitening;  /* W: k x d x d, upper triangular, or its diagonals k x d */
    const double *constants;  /* k; -inf for a component of weight 0 */
    const double *power, *slope; /* k each; NULL for Gaussian components */
} Components;

/* k components whose log-density is linear in m statistics t of a row: constant_j + weights_j . t.
   These are the row's cells (m = d), or, where the columns have levels 0, 1, ..., zeros but for a
   one at the level of each cell, the levels of all columns side by side. */
typedef struct {
    ptrdiff_t k, d, m;
    const double *weights;    /* k x m; -inf where the statistic has to be 0: else it is at least 1 */
    const double *constants;  /* k; -inf for a component of weight 0 */
    const int64_t *levels;    /* d: how many each column has, m in all; NULL for cells */
} Linear;

/* More levels than this have no place in the tables of numbers of 32 bits. */
enum { LINEAR_LEVELS = 1 << 28 };

/* Sums over the rows, r being weight times responsibility. The moments are about the components'
   current means: second is k x d x d (all of the symmetric matrix), or k x d where not dense. Counts
   and moments of components with tails are those of r u, and there are further sums. Of linear
   components there are the sums of r times the statistics, first, k x m, and no others. */
typedef struct {
    double *weight, *objective;
    double *counts, *first, *second;
    double *tails;  /* 3 x k: of r, of r (y u - log(1 + y)) and of r (log(1 + y) - y); with gaps
                       3 x (d + 1) x k, over the rows with each number of observed cells */
} Sums;

/* What scoring writes for each row; NULL for what nobody asked for. A row that no component can
   reach, with all log-densities -inf, has responsibilities 0 and label -1. */
typedef struct {
    double *log_density;       /* n */
    double *responsibilities;  /* n x k */
    double *largest;           /* n: the largest responsibility */
    int64_t *labels;           /* n: whose it is */
} Scores;

/* One compilation of passes.c for one instruction set. */
typedef struct {
    const char *name;
    size_t (*scratch_size)(ptrdiff_t d, ptrdiff_t k, int dense, int tailed, int gappy);
    /* scratch: scratch_size bytes, aligned to 64. hard: all of a row to its likeliest component. */
    void (*expect)(const Table *, const Components *, int hard, const Sums *, void *scratch);
    void (*score)(const Table *, const Components *, const Scores *, void *scratch);
    /* Counts and moments alone, of rows with missing cells, from given responsibilities (n x k) that
       are weighted. Of the components there are means and whitening. */
    void (*complete)(const Table *, const Components *, const double *resp, const Sums *,
                     void *scratch);
    /* For at most n rows. Where cells are no levels the objective is NaN, and no row has scores. */
    size_t (*linear_size)(const Linear *, ptrdiff_t n);
    void (*linear_expect)(const Table *, const Linear *, int hard, const Sums *, void *scratch);
    int (*linear_score)(const Table *, const Linear *, const Scores *, void *scratch);
    void (*exp)(const double *x, double *result, ptrdiff_t n);
    void (*log)(const double *x, double *result, ptrdiff_t n);
} Kernel;

#endif
