/* EM on a table, many iterations in one call. Plain C11: no libc, no Python. */

#ifndef MIXTURA_CLIMB_H
#define MIXTURA_CLIMB_H

#include <stddef.h>

#include "estep.h"

/* Whether the components have a thing each of their own, all the same one, or none. */
typedef enum { TIE_NONE, TIE_SHARED, TIE_OWN } Tie;

/* What becomes of the weights: they stay, are the rows' shares, or the last alone is one, and the
   others are equal. */
typedef enum { WEIGHTS_STAY, WEIGHTS_FREE, WEIGHTS_FREE_LAST } Weights;

/* A conjugate prior, as the rows that it is worth to each component (see
   families/gaussian/prior.py). */
typedef struct {
    double constant;        /* of the log-density of all components */
    double count;           /* what it adds to the factor of -1/2 log|S| */
    double rows;            /* how many rows its mean is worth */
    const double *mean;     /* d */
    const double *scatter;  /* d x d, or d where the orientation is none */
} Prior;

/* What is made of the rows. */
typedef struct {
    int hard;                         /* all of a row to its likeliest component */
    Weights weights;
    Tie volume, shape, orientation;   /* of the covariances */
    const double *floor;              /* d: least variances, all positive; zeros for none */
    double tol;                       /* gains and projected gains that a rule would stop at */
    int noise;                        /* whether the last component is noise: see climbing */
    int fixed_means;
    const Prior *prior;               /* NULL for none */
} Manner;

/* k components in d dimensions; covariances and whitening are k x d x d, or k x d where the
   orientation is none. */
typedef struct {
    ptrdiff_t k, d;
    double *weights, *means, *covariances, *whitening, *log_determinants;
} Mixture;

/* Doubles that a mixture takes, and those that the work takes. */
ptrdiff_t mixtura_mixture_size(ptrdiff_t k, ptrdiff_t d, int dense);
ptrdiff_t mixtura_work_size(ptrdiff_t k, ptrdiff_t d, int dense);

/* The mixture whose numbers begin at a place, in the order of its parts. */
Mixture mixtura_mixture_at(double *place, ptrdiff_t k, ptrdiff_t d, int dense);

/* The likeliest covariances of k components, with their whitening and log-determinants, from counts
   (all positive) and scatters (k x d x d, or k x d where the orientation is none); `now` has the
   covariances before, or is NULL. Neither weights nor means are looked at. work: as for climbing.
   Gives 0 where an estimate is not regular. */
int mixtura_estimate(const Manner *how, ptrdiff_t k, ptrdiff_t d, const double *count,
                     const double *scatter, const Mixture *now, Mixture *next, double *work);

/* The mixture that is next, the one before, and one to be written. */
enum { CLIMB_MIXTURES = 3 };

/* Iterations of EM from a mixture, `most` at most. state: mixtures one after the other, of which
   the first is where to start. trace: `known` objectives from before, to which those of the
   mixtures that were left are added.

   Where cells are missing the table has the patterns, and those of the noise: the constants by
   numbers of observed cells are made here.

   Noise is a component whose whitening is 0, which makes all distances 0. It has a weight, and the
   rest of it stays as it is.

   Gives the number of iterations, and in *place which mixture they led to; the last one that was
   left is the one before it, in a circle. It comes back where a rule may stop, and before anything
   but a regular iteration: where nothing is gained, digits cancel, or a component has no rows or
   no spread. */
ptrdiff_t mixtura_climb(const Kernel *kernel, const Table *table, const Manner *manner,
                        ptrdiff_t k, double *state, double *trace, ptrdiff_t known,
                        ptrdiff_t most, double *work, void *scratch, int *place);

#endif
