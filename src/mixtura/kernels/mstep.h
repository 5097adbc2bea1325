/* What an M-step does with k small matrices, in one call where NumPy needs many. */

#ifndef MIXTURA_MSTEP_H
#define MIXTURA_MSTEP_H

#include <stddef.h>

/* Most dimensions of what follows up to the last; LAPACK is faster above. */
#define MSTEP_DIMENSIONS 24

/* Counts, sums of the deviations from centres, and second moments about those -> counts, means,
   and second moments about the means (k x d x d, or k x d where not dense). */
typedef struct {
    double *count, *first, *second;
} Moments;

/* Gives 0 where a mean lies so far from its centre that digits cancel. */
int mixtura_recentre(ptrdiff_t k, ptrdiff_t d, int dense, const double *centres,
                     const Moments *about_centres, const Moments *about_means);

/* What the components' log-densities add to -|W_j^T (x - mean_j)|^2 / 2: log(w_j) less half of
   d log(2 pi) + log-determinant; -inf for a component of weight 0. */
void mixtura_constants(ptrdiff_t k, ptrdiff_t d, const double *weights,
                       const double *log_determinants, double *constants);

/* Upper triangular W with W W^T = inverse of each matrix (k x d x d), and the log-determinants:
   -inf for a matrix that is singular to working precision. Gives the number of those. */
ptrdiff_t mixtura_factorize(ptrdiff_t k, ptrdiff_t d, const double *matrices, double *whitening,
                            double *log_determinants);

/* Whether each matrix less diag(floor) is positive definite. */
int mixtura_exceeds(ptrdiff_t k, ptrdiff_t d, const double *matrices, const double *floor);

/* Spreads (k x d), ascending, along the principal axes (k x d x d, in columns) of each symmetric
   matrix; none is negative. */
void mixtura_principal(ptrdiff_t k, ptrdiff_t d, const double *matrices, double *spread,
                       double *axes);

/* Scales and form for which scale_j form is likeliest; scales (k) are those to start from.
   scatter: k x d x d, or k x d where not dense. A scale of 0 marks a component that collapsed. */
void mixtura_common_form(ptrdiff_t k, ptrdiff_t d, int dense, const double *count,
                         const double *scatter, double *scales, double *form);

/* Turn axes (d x d) until no turn makes the covariances along them likelier; in any number of
   dimensions. turned: the scatters along the axes (k x d x d). shares (k): the counts, then where volumes are equal the
   geometric means of the spreads along the axes. */
void mixtura_common_axes(ptrdiff_t k, ptrdiff_t d, int equal_volumes, double *shares,
                         double *turned, double *axes);

#endif
