/* Centers to begin with: rows that lie apart, moved by some steps of k-means. Plain C11: no libc,
   no Python. */

#ifndef MIXTURA_CENTERS_H
#define MIXTURA_CENTERS_H

#include <stddef.h>

#include "estep.h"

typedef struct {
    ptrdiff_t tries;      /* of which the tightest is kept */
    ptrdiff_t k;          /* centers */
    ptrdiff_t candidates; /* rows drawn for each, of which the best is kept */
    int by_distance;      /* draw by squared distance; else any row that is no center yet */
    ptrdiff_t steps;      /* of k-means, at most; 0 for none */
} Choice;

/* Doubles that the work takes. */
size_t mixtura_centers_work_size(const Choice *choice, ptrdiff_t n, ptrdiff_t d);

/* k centers (k x d) from rows in float64, and numbers from 0 to 1 (tries x k x candidates). The
   scratch is that of the kernel for k components along the axes. */
void mixtura_centers(const Kernel *kernel, const Table *table, const Choice *choice,
                     const double *uniform, double *centers, double *work, void *scratch);

#endif
