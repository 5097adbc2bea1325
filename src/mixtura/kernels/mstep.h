/* What an M-step does with k small matrices, in one call where NumPy needs many. */

#ifndef MIXTURA_MSTEP_H
#define MIXTURA_MSTEP_H

#include <stddef.h>

#define EPSILON 0x1p-52
#define LOG_TWO_PI 1.8378770664093454836

/* As in statistics.py: a count below this is none. */
#define SMALLEST_COUNT 0x1p-1022

static inline double size_of(double x) { return x < 0.0 ? -x : x; }
static inline double larger(double x, double y) { return x > y ? x : y; }

static inline void copy(double *to, const double *from, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i++) to[i] = from[i];
}

/* In four sums, which need not wait for each other. */
static inline double dot(const double *x, const double *y, ptrdiff_t n)
{
    double a = 0.0, b = 0.0, c = 0.0, e = 0.0;
    ptrdiff_t i = 0;
    for (; i + 4 <= n; i += 4) {
        a += x[i] * y[i], b += x[i + 1] * y[i + 1];
        c += x[i + 2] * y[i + 2], e += x[i + 3] * y[i + 3];
    }
    for (; i < n; i++) a += x[i] * y[i];
    return (a + b) + (c + e);
}

/* Most dimensions of what follows; above, LAPACK is faster. */
#define MSTEP_DIMENSIONS 40

/* a b, or a^T b where `across`: d x d, in any number of dimensions. */
void mixtura_product(ptrdiff_t d, int across, const double *a, const double *b, double *result);

/* Counts, sums of the deviations from centres, and second moments about those -> counts, means,
   and second moments about the means (k x d x d, or k x d where not dense). */
typedef struct {
    double *count, *first, *second;
} Moments;

/* Gives 0 where a mean lies so far from its centre that digits cancel. */
int mixtura_recentre(ptrdiff_t k, ptrdiff_t d, int dense, const double *centres,
                     const Moments *about_centres, const Moments *about_means);

/* Counts, means and moments about these of n rows (n x d), from weighted responsibilities (n x k).
   Of MSTEP_DIMENSIONS at most. */
void mixtura_moments(ptrdiff_t n, ptrdiff_t k, ptrdiff_t d, int dense, const double *rows,
                     const double *resp, const Moments *moments);

/* What the components' log-densities add to -|W_j^T (x - mean_j)|^2 / 2: log(w_j) less half of
   d log(2 pi) + log-determinant; -inf for a component of weight 0. */
void mixtura_constants(ptrdiff_t k, ptrdiff_t d, const double *weights,
                       const double *log_determinants, double *constants);

/* Upper triangular U with U^T U = matrix - diag(floor); rest 0. Gives 0 where a pivot is no more
   than a share of the variance it is what is left of. */
int mixtura_upper_factor(ptrdiff_t d, const double *matrix, const double *floor, double share,
                         double *u);

/* Upper triangular W with W W^T = inverse of each matrix (k x d x d), and the log-determinants:
   -inf for a matrix that is singular to working precision. Gives the number of those. */
ptrdiff_t mixtura_factorize(ptrdiff_t k, ptrdiff_t d, const double *matrices, double *whitening,
                            double *log_determinants);

/* Whether each matrix less diag(floor) is positive definite. */
int mixtura_exceeds(ptrdiff_t k, ptrdiff_t d, const double *matrices, const double *floor);

/* Doubles that the work below takes. */
ptrdiff_t mixtura_form_work_size(ptrdiff_t k, ptrdiff_t d, int dense);

/* Scales and form for which scale_j form is likeliest; scales (k) are those to start from.
   scatter: k x d x d, or k x d where not dense. A scale of 0 marks a component that collapsed. */
void mixtura_common_form(ptrdiff_t k, ptrdiff_t d, int dense, const double *count,
                         const double *scatter, double *scales, double *form, double *work);

#endif
