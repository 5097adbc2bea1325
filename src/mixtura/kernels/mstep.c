/* What an M-step does with k small matrices. Plain C11: no libc, no Python.

   Each function is a faster equal of NumPy code: recentre of Moments.of, the others of the
   reference in covariance/algebra.py, where the formulas are explained. */

#include "mstep.h"

#include "fused.h"

#define EPSILON 0x1p-52
#define LOG_TWO_PI 1.8378770664093454836
/* A pivot of no more than this share of its variance, times d, may be nothing but rounding. */
#define SINGULAR (16.0 * EPSILON)

/* A dozen sweeps do unless scatters are nearly singular; then the next M-step goes on from here. */
enum { TURNS = 10000, SWEEPS = 200 };

static const double SETTLED = 1e-12, TURNED = 1e-7;

/* Where one component alone has any spread in some direction, its scale outgrows the others'. */
static const double VANISHED = 1e-100;

/* Share of a second moment about the old mean that may be left about the new one: the rest
   cancels, and takes digits with it. */
static const double CANCELLED = 1e-3;

extern const Kernel mixtura_baseline;

static double log_of(double x)
{
    mixtura_baseline.log(&x, &x, 1);
    return x;
}

static double exp_of(double x)
{
    mixtura_baseline.exp(&x, &x, 1);
    return x;
}

static double size_of(double x) { return x < 0.0 ? -x : x; }

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

/* Upper triangular U with U^T U = matrix - diag(floor); rest 0. Gives 0 where a pivot is no more
   than a share of the variance it is what is left of. */
static int upper_factor(ptrdiff_t d, const double *matrix, const double *floor, double share,
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
        if (!upper_factor(d, matrices, NULL, d * SINGULAR, whitening)) {
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
        if (!upper_factor(d, matrices + j * d * d, floor, 0.0, u)) return 0;
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
    if (!upper_factor(d, form, NULL, d * SINGULAR, u)) return 0;
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

/* ------------------------------------------------------------------------------ turns */

/* Turn columns p and q of a matrix. */
static void turn_columns(ptrdiff_t d, double *matrix, ptrdiff_t p, ptrdiff_t q, double cosine,
                         double sine)
{
    for (ptrdiff_t a = 0; a < d; a++, matrix += d) {
        double x = matrix[p], y = matrix[q];
        matrix[p] = cosine * x + sine * y;
        matrix[q] = cosine * y - sine * x;
    }
}

static void turn_rows(ptrdiff_t d, double *matrix, ptrdiff_t p, ptrdiff_t q, double cosine,
                      double sine)
{
    for (ptrdiff_t a = 0; a < d; a++) {
        double x = matrix[p * d + a], y = matrix[q * d + a];
        matrix[p * d + a] = cosine * x + sine * y;
        matrix[q * d + a] = cosine * y - sine * x;
    }
}

/* ---------------------------------------------------------------------- principal axes */

/* Jacobi's rotation that clears the entry at p and q; gives 0 where it is nothing but rounding. */
static int clear(ptrdiff_t d, double *matrix, double *axes, ptrdiff_t p, ptrdiff_t q)
{
    double entry = matrix[p * d + q], along_p = matrix[p * d + p], along_q = matrix[q * d + q];
    double typical = __builtin_sqrt(size_of(along_p)) * __builtin_sqrt(size_of(along_q));
    if (size_of(entry) <= EPSILON * typical) return 0;
    double theta = (along_q - along_p) / (2.0 * entry);
    double tangent = 1.0 / (size_of(theta) + __builtin_sqrt(theta * theta + 1.0));
    if (theta < 0.0) tangent = -tangent;
    double cosine = 1.0 / __builtin_sqrt(tangent * tangent + 1.0), sine = -tangent * cosine;
    turn_columns(d, matrix, p, q, cosine, sine);
    turn_rows(d, matrix, p, q, cosine, sine);
    turn_columns(d, axes, p, q, cosine, sine);
    matrix[p * d + q] = matrix[q * d + p] = 0.0;
    return 1;
}

static void swap_columns(ptrdiff_t d, double *matrix, ptrdiff_t p, ptrdiff_t q)
{
    for (ptrdiff_t a = 0; a < d; a++, matrix += d) {
        double x = matrix[p];
        matrix[p] = matrix[q];
        matrix[q] = x;
    }
}

void mixtura_principal(ptrdiff_t k, ptrdiff_t d, const double *matrices, double *spread,
                       double *axes)
{
    double matrix[MSTEP_DIMENSIONS * MSTEP_DIMENSIONS];
    for (ptrdiff_t j = 0; j < k; j++, matrices += d * d, spread += d, axes += d * d) {
        for (ptrdiff_t i = 0; i < d * d; i++) {
            matrix[i] = matrices[i];
            axes[i] = i % (d + 1) == 0;
        }
        int turned = 1;
        for (int sweep = 0; sweep < SWEEPS && turned; sweep++) {
            turned = 0;
            for (ptrdiff_t p = 0; p < d; p++)
                for (ptrdiff_t q = p + 1; q < d; q++) turned |= clear(d, matrix, axes, p, q);
        }
        for (ptrdiff_t a = 0; a < d; a++) {
            double own = matrix[a * d + a];
            ptrdiff_t b = a;
            for (; b > 0 && spread[b - 1] > own; b--) {
                spread[b] = spread[b - 1];
                swap_columns(d, axes, b, b - 1);
            }
            spread[b] = own;
        }
        for (ptrdiff_t a = 0; a < d; a++) /* rounding can make the least negative */
            if (!(spread[a] > 0.0)) spread[a] = 0.0;
    }
}

/* ------------------------------------------------------------------------ common axes */

/* The best turn in the plane of axes p and q; gives the size of its sine, or 2 where a component
   has collapsed onto fewer axes. */
static double turn(ptrdiff_t k, ptrdiff_t d, int equal_volumes, double *shares, double *turned,
                   double *axes, ptrdiff_t p, ptrdiff_t q)
{
    double x = 0.0, y = 0.0;
    for (ptrdiff_t j = 0; j < k; j++) {
        const double *s = turned + j * d * d;
        double along_p = s[p * d + p], along_q = s[q * d + q];
        if (!(along_p > 0.0 && along_q > 0.0)) return 2.0;
        double difference = shares[j] / along_p - shares[j] / along_q;
        x -= 0.5 * difference * (along_p - along_q);
        y -= difference * s[p * d + q];
    }
    double length = __builtin_sqrt(x * x + y * y);
    if (!(length > 0.0)) return 0.0;
    x /= length, y /= length; /* cosine and sine of twice the angle */
    double cosine, sine;
    if (x >= 0.0) {
        cosine = __builtin_sqrt(0.5 * (1.0 + x));
        sine = 0.5 * y / cosine;
    } else {
        sine = __builtin_sqrt(0.5 * (1.0 - x)) * (y < 0.0 ? -1.0 : 1.0);
        cosine = 0.5 * y / sine;
    }
    turn_columns(d, axes, p, q, cosine, sine);
    for (ptrdiff_t j = 0; j < k; j++) {
        double *s = turned + j * d * d, product = s[p * d + p] * s[q * d + q];
        turn_columns(d, s, p, q, cosine, sine);
        turn_rows(d, s, p, q, cosine, sine);
        if (equal_volumes)
            shares[j] *= exp_of(log_of(s[p * d + p] * s[q * d + q] / product) / d);
    }
    return size_of(sine);
}

void mixtura_common_axes(ptrdiff_t k, ptrdiff_t d, int equal_volumes, double *shares,
                         double *turned, double *axes)
{
    for (ptrdiff_t j = 0; j < k; j++) {
        const double *s = turned + j * d * d;
        double logs = 0.0;
        for (ptrdiff_t a = 0; a < d; a++) logs += log_of(s[a * d + a]);
        if (equal_volumes) shares[j] = exp_of(logs / d);
    }
    double largest = 1.0;
    for (int sweep = 0; sweep < SWEEPS && largest >= TURNED; sweep++) {
        largest = 0.0;
        for (ptrdiff_t p = 0; p < d; p++)
            for (ptrdiff_t q = p + 1; q < d; q++) {
                double sine = turn(k, d, equal_volumes, shares, turned, axes, p, q);
                if (sine > 1.5) return;
                largest = sine > largest ? sine : largest;
            }
    }
}
