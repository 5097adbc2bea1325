/* What an M-step does with k small matrices. Plain C11: no libc, no Python.

   Each function is a faster equal of NumPy code: recentre of Moments.of, the others of the
   reference in families/gaussian/structures/algebra.py, where the formulas are explained. */

#include "mstep.h"

#include "estep.h"

#define LOG_TWO_PI 1.8378770664093454836
/* A pivot of no more than this share of its variance, times d, may be nothing but rounding. */
#define SINGULAR (16.0 * EPSILON)

enum { TURNS = 10000 };

static const double SETTLED = 1e-12;

/* Where one component alone has any spread in some direction, its scale outgrows the others'. */
static const double VANISHED = 1e-100;

/* Share of a second moment about the old mean that may be left about the new one: the rest
   cancels, and takes digits with it. */
static const double CANCELLED = 1e-3;

extern const Kernel mixtura_baseline;

static double dot(const double *x, const double *y, ptrdiff_t n)
{
    double sum = 0.0;
    for (ptrdiff_t i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

/* --------------------------------------------------------------------------- moments */

int mixtura_recentre(ptrdiff_t k, ptrdiff_t d, int dense, const double *centres,
                     const Moments *about_centres, const Moments *about_means)
{
    ptrdiff_t each = dense ? d * d : d;
    const double *first = about_centres->first, *second = about_centres->second;
    double *mean = about_means->first, *scatter = about_means->second;
    for (ptrdiff_t j = 0; j < k; j++) {
        double count = about_centres->count[j];
        if (count < 0x1p-1022) count = 0.0; /* denormal numbers have lost digits */
        double rows = count > 0.0 ? count : 1.0;
        about_means->count[j] = count;
        for (ptrdiff_t a = 0; a < d; a++, first++, mean++, centres++) {
            double shift = *first / rows;
            *mean = *centres + shift;
            ptrdiff_t own = dense ? a * d + a : a;
            double left = second[own] - *first * shift;
            int moved = size_of(shift) > 64.0 * EPSILON * size_of(*centres);
            if (left < CANCELLED * second[own] && moved) return 0;
            if (!dense) scatter[a] = left;
            for (ptrdiff_t b = 0; dense && b <= a; b++) {
                double moment = second[a * d + b] - first[b - a] * shift;
                scatter[a * d + b] = scatter[b * d + a] = moment;
            }
        }
        second += each;
        scatter += each;
    }
    return 1;
}

/* ---------------------------------------------------------------------- factorisation */

void mixtura_constants(ptrdiff_t k, ptrdiff_t d, const double *weights,
                       const double *log_determinants, double *constants)
{
    mixtura_baseline.log(weights, constants, k);
    for (ptrdiff_t j = 0; j < k; j++) {
        constants[j] -= 0.5 * (d * LOG_TWO_PI + log_determinants[j]);
        if (weights[j] == 0.0) constants[j] = -__builtin_inf();
    }
}

int mixtura_upper_factor(ptrdiff_t d, const double *matrix, const double *floor, double share,
                         double *u)
{
    for (ptrdiff_t a = 0; a < d; a++) {
        double *row = u + a * d;
        for (ptrdiff_t b = 0; b < d; b++) row[b] = b < a ? 0.0 : matrix[a * d + b];
        if (floor) row[a] -= floor[a];
        for (ptrdiff_t m = 0; m < a; m++) {
            double factor = u[m * d + a];
            for (ptrdiff_t b = a; b < d; b++) row[b] -= factor * u[m * d + b];
        }
        if (!(row[a] > share * matrix[a * d + a])) return 0;
        double inverse = 1.0 / __builtin_sqrt(row[a]);
        for (ptrdiff_t b = a; b < d; b++) row[b] *= inverse;
    }
    return 1;
}

/* The inverse of an upper triangular matrix, in its place. */
static void invert_upper(ptrdiff_t d, double *u)
{
    double row[MSTEP_DIMENSIONS];
    for (ptrdiff_t a = d - 1; a >= 0; a--) {
        double inverse = 1.0 / u[a * d + a];
        for (ptrdiff_t b = a; b < d; b++) row[b] = 0.0;
        for (ptrdiff_t m = a + 1; m < d; m++)
            for (ptrdiff_t b = m; b < d; b++) row[b] -= u[a * d + m] * u[m * d + b];
        u[a * d + a] = inverse;
        for (ptrdiff_t b = a + 1; b < d; b++) u[a * d + b] = row[b] * inverse;
    }
}

ptrdiff_t mixtura_factorize(ptrdiff_t k, ptrdiff_t d, const double *matrices, double *whitening,
                            double *log_determinants)
{
    ptrdiff_t singular = 0;
    double pivots[MSTEP_DIMENSIONS];
    for (ptrdiff_t j = 0; j < k; j++, matrices += d * d, whitening += d * d) {
        log_determinants[j] = -__builtin_inf();
        if (!mixtura_upper_factor(d, matrices, NULL, d * SINGULAR, whitening)) {
            singular++;
            continue;
        }
        for (ptrdiff_t a = 0; a < d; a++) pivots[a] = whitening[a * d + a];
        mixtura_baseline.log(pivots, pivots, d);
        double sum = 0.0;
        for (ptrdiff_t a = 0; a < d; a++) sum += pivots[a];
        log_determinants[j] = 2.0 * sum;
        invert_upper(d, whitening);
    }
    return singular;
}

int mixtura_exceeds(ptrdiff_t k, ptrdiff_t d, const double *matrices, const double *floor)
{
    double u[MSTEP_DIMENSIONS * MSTEP_DIMENSIONS];
    for (ptrdiff_t j = 0; j < k; j++)
        if (!mixtura_upper_factor(d, matrices + j * d * d, floor, 0.0, u)) return 0;
    return 1;
}

/* ------------------------------------------------------------- proportional covariances */

/* The inverse of a form, (d x d) or its diagonal; 0 where it is singular. */
static int invert(ptrdiff_t d, int dense, const double *form, double *inverse)
{
    if (!dense) {
        for (ptrdiff_t a = 0; a < d; a++) {
            if (!(form[a] > 0.0)) return 0;
            inverse[a] = 1.0 / form[a];
        }
        return 1;
    }
    double u[MSTEP_DIMENSIONS * MSTEP_DIMENSIONS];
    if (!mixtura_upper_factor(d, form, NULL, d * SINGULAR, u)) return 0;
    invert_upper(d, u);
    for (ptrdiff_t a = 0; a < d; a++)
        for (ptrdiff_t b = 0; b <= a; b++)
            inverse[a * d + b] = inverse[b * d + a] = dot(u + a * d + a, u + b * d + a, d - a);
    return 1;
}

void mixtura_common_form(ptrdiff_t k, ptrdiff_t d, int dense, const double *count,
                         const double *scatter, double *scales, double *form)
{
    ptrdiff_t each = dense ? d * d : d;
    double inverse[MSTEP_DIMENSIONS * MSTEP_DIMENSIONS], total = 0.0;
    for (ptrdiff_t j = 0; j < k; j++) total += count[j];
    for (int turn = 0; turn < TURNS; turn++) {
        for (ptrdiff_t i = 0; i < each; i++) form[i] = 0.0;
        for (ptrdiff_t j = 0; j < k; j++) {
            double share = 1.0 / (scales[j] * total);
            for (ptrdiff_t i = 0; i < each; i++) form[i] += share * scatter[j * each + i];
        }
        int settled = 1, collapsed = 0, regular = invert(d, dense, form, inverse);
        double largest = 0.0;
        for (ptrdiff_t j = 0; j < k; j++) {
            double trace = regular ? dot(scatter + j * each, inverse, each) : 0.0;
            double scale = trace > 0.0 ? trace / (d * count[j]) : 0.0;
            settled &= size_of(scale - scales[j]) <= SETTLED * scale;
            scales[j] = scale;
            largest = scale > largest ? scale : largest;
        }
        for (ptrdiff_t j = 0; j < k; j++) {
            if (!(scales[j] > VANISHED * largest)) scales[j] = 0.0;
            collapsed |= scales[j] == 0.0;
        }
        if (settled || collapsed) return;
    }
}
