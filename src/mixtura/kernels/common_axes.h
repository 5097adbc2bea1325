/* Axes that are found by turns in the planes of two of them. */

#ifndef MIXTURA_TURNS_H
#define MIXTURA_TURNS_H

#include <stddef.h>

/* Spreads (k x d), ascending, along the principal axes (k x d x d, in columns) of each symmetric
   matrix; none is negative. fine: to a share of each, not of the largest, as far as the matrix tells.
   At most MSTEP_DIMENSIONS. */
void mixtura_principal(ptrdiff_t k, ptrdiff_t d, int fine, const double *matrices, double *spread,
                       double *axes);

/* Doubles that the work below takes. */
ptrdiff_t mixtura_axes_work_size(ptrdiff_t k, ptrdiff_t d);

/* Turn axes (d x d) until no turn makes the covariances along them likelier; in any number of
   dimensions. turned: the scatters along the axes (k x d x d). shares (k): the counts, then where
   volumes are equal the geometric means of the spreads along the axes. */
void mixtura_common_axes(ptrdiff_t k, ptrdiff_t d, int equal_volumes, double *shares,
                         double *turned, double *axes, double *work);

#endif
