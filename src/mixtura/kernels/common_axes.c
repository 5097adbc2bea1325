/* Axes that are found by turns. Plain C11: no libc, no Python.

   The common axes are a faster equal of families/gaussian/structures/common_principal_axes.py, where
   the formulas are explained. */

#include "common_axes.h"

#include "estep.h"
#include "mstep.h"

/* Of principal axes: sweeps of Jacobi's method, and the columns from which on a tridiagonal form is
   found first; steps for each eigenvalue of that. */
enum { MOST_SWEEPS = 200, MANY = 5, MOST_SHIFTS = 60 };

/* As in eigen.py. */
static const double LOST = 1e-13;

/* As in common_principal_axes.py. */
enum { SWEEPS = 2, ROUNDS = 3, STEPS = 150, MEMORY = 10, TRIALS = 12 };

static const double FARTHEST = 0.2, ARMIJO = 1e-4, FLAT = 1e-6, LEVEL = 1e-13, SETTLED = 1e-20;

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

static void jacobi(ptrdiff_t d, const double *given, double *spread, double *axes)
{
    double matrix[MSTEP_DIMENSIONS * MSTEP_DIMENSIONS];
    for (ptrdiff_t i = 0; i < d * d; i++) {
        matrix[i] = given[i];
        axes[i] = i % (d + 1) == 0;
    }
    int turned = 1;
    for (int sweep = 0; sweep < MOST_SWEEPS && turned; sweep++) {
        turned = 0;
        for (ptrdiff_t p = 0; p < d; p++)
            for (ptrdiff_t q = p + 1; q < d; q++) turned |= clear(d, matrix, axes, p, q);
    }
    for (ptrdiff_t a = 0; a < d; a++) spread[a] = matrix[a * d + a];
}

/* Householder's reflections that make a matrix tridiagonal: its diagonal, what is beside that, and
   the orthogonal rows (d x d) along which it is so. The matrix is lost. */
static void tridiagonal(ptrdiff_t d, double *matrix, double *diagonal, double *beside, double *rows)
{
    double moved[MSTEP_DIMENSIONS], factors[MSTEP_DIMENSIONS];
    for (ptrdiff_t i = 0; i + 1 < d; i++) {
        ptrdiff_t n = d - i - 1;
        double *v = matrix + i * d + i + 1, first = v[0];
        double length = __builtin_sqrt(dot(v, v, n)), scale = first > 0.0 ? -length : length;
        diagonal[i] = matrix[i * d + i];
        beside[i] = scale;
        v[0] = first - scale;
        double factor = factors[i] = length > 0.0 && n > 1 ? -1.0 / (scale * v[0]) : 0.0;
        if (factor == 0.0) {
            beside[i] = first;
            continue;
        }
        for (ptrdiff_t a = 0; a < n; a++)
            moved[a] = factor * dot(matrix + (i + 1 + a) * d + i + 1, v, n);
        double back = 0.5 * factor * dot(moved, v, n);
        for (ptrdiff_t a = 0; a < n; a++) moved[a] -= back * v[a];
        for (ptrdiff_t a = 0; a < n; a++) {
            double *row = matrix + (i + 1 + a) * d + i + 1, x = v[a], y = moved[a];
            for (ptrdiff_t b = 0; b < n; b++) row[b] -= x * moved[b] + y * v[b];
        }
    }
    diagonal[d - 1] = matrix[d * d - 1];
    beside[d - 1] = 0.0;
    for (ptrdiff_t i = 0; i < d * d; i++) rows[i] = i % (d + 1) == 0;
    for (ptrdiff_t i = d - 3; i >= 0; i--) {
        const double *v = matrix + i * d + i + 1;
        for (ptrdiff_t a = i + 1; a < d; a++) {
            double *row = rows + a * d + i + 1, share = factors[i] * dot(row, v, d - i - 1);
            for (ptrdiff_t b = 0; b < d - i - 1; b++) row[b] -= share * v[b];
        }
    }
}

static double hypotenuse(double x, double y) { return __builtin_sqrt(x * x + y * y); }

/* Eigenvalues of a tridiagonal matrix in its diagonal, by QL steps with implicit shifts (Bowdler,
   Martin, Reinsch and Wilkinson 1968), and the rows turned along; gives 0 where they do not end. */
static int turn_tridiagonal(ptrdiff_t d, double *diagonal, double *beside, double *rows)
{
    for (ptrdiff_t l = 0; l < d; l++)
        for (int shifts = 0;; shifts++) {
            ptrdiff_t m = l;
            while (m + 1 < d && size_of(beside[m]) > EPSILON * (size_of(diagonal[m]) +
                                                               size_of(diagonal[m + 1])))
                m++;
            if (m == l) break;
            if (shifts == MOST_SHIFTS) return 0;
            double g = (diagonal[l + 1] - diagonal[l]) / (2.0 * beside[l]), r = hypotenuse(g, 1.0);
            g = diagonal[m] - diagonal[l] + beside[l] / (g + (g < 0.0 ? -r : r));
            double sine = 1.0, cosine = 1.0, shift = 0.0;
            ptrdiff_t i = m - 1;
            for (; i >= l; i--) {
                double f = sine * beside[i], b = cosine * beside[i];
                beside[i + 1] = r = hypotenuse(f, g);
                if (r == 0.0) break;
                sine = f / r, cosine = g / r;
                g = diagonal[i + 1] - shift;
                r = (diagonal[i] - g) * sine + 2.0 * cosine * b;
                shift = sine * r;
                diagonal[i + 1] = g + shift;
                g = cosine * r - b;
                double *upper = rows + i * d, *lower = upper + d;
                for (ptrdiff_t a = 0; a < d; a++) {
                    double x = upper[a], y = lower[a];
                    lower[a] = sine * x + cosine * y;
                    upper[a] = cosine * x - sine * y;
                }
            }
            if (i >= l) { /* it fell into two parts */
                diagonal[i + 1] -= shift;
                beside[m] = 0.0;
                continue;
            }
            diagonal[l] -= shift;
            beside[l] = g;
            beside[m] = 0.0;
        }
    return 1;
}

/* Gives 0 where they are not found. */
static int by_tridiagonal(ptrdiff_t d, const double *given, double *spread, double *axes)
{
    double matrix[MSTEP_DIMENSIONS * MSTEP_DIMENSIONS], rows[MSTEP_DIMENSIONS * MSTEP_DIMENSIONS];
    double beside[MSTEP_DIMENSIONS];
    copy(matrix, given, d * d);
    tridiagonal(d, matrix, spread, beside, rows);
    if (!turn_tridiagonal(d, spread, beside, rows)) return 0;
    for (ptrdiff_t a = 0; a < d; a++)
        for (ptrdiff_t b = 0; b < d; b++) axes[b * d + a] = rows[a * d + b];
    return 1;
}

/* Whether Jacobi's method would find more digits of the least spreads. */
static int has_lost_digits(ptrdiff_t d, const double *matrix, const double *spread)
{
    double least = spread[0], most = spread[0], u[MSTEP_DIMENSIONS * MSTEP_DIMENSIONS];
    for (ptrdiff_t a = 1; a < d; a++) {
        least = spread[a] < least ? spread[a] : least;
        most = larger(spread[a], most);
    }
    return !(least >= LOST * most) && mixtura_upper_factor(d, matrix, NULL, 0.0, u);
}

static void swap_columns(ptrdiff_t d, double *matrix, ptrdiff_t p, ptrdiff_t q)
{
    for (ptrdiff_t a = 0; a < d; a++, matrix += d) {
        double x = matrix[p];
        matrix[p] = matrix[q];
        matrix[q] = x;
    }
}

void mixtura_principal(ptrdiff_t k, ptrdiff_t d, int fine, const double *matrices, double *spread,
                       double *axes)
{
    for (ptrdiff_t j = 0; j < k; j++, matrices += d * d, spread += d, axes += d * d) {
        int found = d < MANY ? 0 : by_tridiagonal(d, matrices, spread, axes);
        if (!found || (fine && has_lost_digits(d, matrices, spread)))
            jacobi(d, matrices, spread, axes);
        for (ptrdiff_t a = 1; a < d; a++)
            for (ptrdiff_t b = a; b > 0 && spread[b - 1] > spread[b]; b--) {
                double own = spread[b];
                spread[b] = spread[b - 1], spread[b - 1] = own;
                swap_columns(d, axes, b, b - 1);
            }
        for (ptrdiff_t a = 0; a < d; a++) /* rounding can make the least negative */
            if (!(spread[a] > 0.0)) spread[a] = 0.0;
    }
}

/* ------------------------------------------------------------------------ common axes */

/* The best turn in the plane of axes p and q; gives 0 where a component has collapsed onto fewer
   axes. */
static int turn(ptrdiff_t k, ptrdiff_t d, int equal_volumes, double *shares, double *turned,
                   double *axes, ptrdiff_t p, ptrdiff_t q)
{
    double x = 0.0, y = 0.0;
    for (ptrdiff_t j = 0; j < k; j++) {
        const double *s = turned + j * d * d;
        double along_p = s[p * d + p], along_q = s[q * d + q];
        if (!(along_p > 0.0 && along_q > 0.0)) return 0;
        double difference = shares[j] / along_p - shares[j] / along_q;
        x -= 0.5 * difference * (along_p - along_q);
        y -= difference * s[p * d + q];
    }
    double scale = larger(size_of(x), size_of(y)); /* whose square may overflow */
    if (!(scale > 0.0 && scale < __builtin_inf())) return 1;
    x /= scale, y /= scale;
    double length = __builtin_sqrt(x * x + y * y);
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
    return 1;
}

/* Sweeps through all planes; gives 0 as above. */
static int sweep(ptrdiff_t k, ptrdiff_t d, int equal_volumes, double *shares, double *turned,
                 double *axes, int times)
{
    for (int time = 0; time < times; time++)
        for (ptrdiff_t p = 0; p < d; p++)
            for (ptrdiff_t q = p + 1; q < d; q++)
                if (!turn(k, d, equal_volumes, shares, turned, axes, p, q)) return 0;
    return 1;
}

/* ------------------------------------------------------------ turns in all planes at once */

/* What the best axes make least; renews the shares where volumes are equal. logs: d. */
static double unlikeliness(ptrdiff_t k, ptrdiff_t d, int equal_volumes, double *shares,
                           const double *turned, double *logs)
{
    double sum = 0.0;
    for (ptrdiff_t j = 0; j < k; j++, turned += d * d) {
        double total = 0.0;
        for (ptrdiff_t a = 0; a < d; a++) {
            logs[a] = turned[a * d + a];
            if (!(logs[a] > 0.0)) return __builtin_inf();
        }
        mixtura_baseline.log(logs, logs, d);
        for (ptrdiff_t a = 0; a < d; a++) total += logs[a];
        if (equal_volumes) shares[j] = exp_of(total / d);
        sum += equal_volumes ? shares[j] : shares[j] * total;
    }
    return equal_volumes ? d * log_of(sum) : sum;
}

/* Cayley's orthogonal matrix that turns by about these angles in all planes, 2 (I - K / 2)^-1 - I.
   The pivots of what has a skew difference from I are all positive. */
static void cayley(ptrdiff_t d, const double *angles, double share, double *restrict turn)
{
    for (ptrdiff_t p = 0, i = 0; p < d; p++) {
        turn[p * d + p] = 1.0;
        for (ptrdiff_t q = p + 1; q < d; q++, i++) {
            turn[p * d + q] = 0.5 * share * angles[i];
            turn[q * d + p] = -turn[p * d + q];
        }
    }
    for (ptrdiff_t m = 0; m < d; m++) {
        double *pivot = turn + m * d, inverse = 1.0 / pivot[m];
        pivot[m] = 1.0;
        for (ptrdiff_t c = 0; c < d; c++) pivot[c] *= inverse;
        for (ptrdiff_t i = 0; i < d; i++) {
            double *row = turn + i * d, factor = row[m];
            if (i == m) continue;
            row[m] = 0.0;
            for (ptrdiff_t c = 0; c < d; c++) row[c] -= factor * pivot[c];
        }
    }
    for (ptrdiff_t i = 0; i < d * d; i++) turn[i] = 2.0 * turn[i] - (i % (d + 1) == 0);
}

/* Slope (planes), and about the curvature in each plane. inverse: d. */
static void slope_and_curvature(ptrdiff_t k, ptrdiff_t d, int equal_volumes, const double *shares,
                                const double *turned, double *slope, double *curvature,
                                double *inverse)
{
    double total = 0.0, weights = 0.0;
    for (ptrdiff_t j = 0; j < k; j++) total += shares[j];
    weights = equal_volumes ? 1.0 : total;
    for (ptrdiff_t i = 0; i < d * (d - 1) / 2; i++) slope[i] = 0.0, curvature[i] = FLAT * weights;
    for (ptrdiff_t j = 0; j < k; j++, turned += d * d) {
        double twice = 2.0 * (equal_volumes ? shares[j] / total : shares[j]);
        for (ptrdiff_t a = 0; a < d; a++) inverse[a] = 1.0 / turned[a * d + a];
        for (ptrdiff_t p = 0, i = 0; p < d; p++)
            for (ptrdiff_t q = p + 1; q < d; q++, i++) {
                double difference = twice * (inverse[p] - inverse[q]);
                slope[i] += difference * turned[p * d + q];
                curvature[i] += difference * (turned[q * d + q] - turned[p * d + p]);
            }
    }
}

/* The last steps and what they changed in the slope (planes each), in a circle. */
typedef struct {
    double *step, *change, products[MEMORY];
    ptrdiff_t made;
} Memory;

/* Less the slope by the inverse of the curvature that the last steps told. */
static void newton_step(ptrdiff_t n, const Memory *memory, const double *slope,
                        const double *curvature, double *angles)
{
    double shares[MEMORY], scale = 1.0;
    ptrdiff_t known = memory->made < MEMORY ? memory->made : MEMORY;
    for (ptrdiff_t i = 0; i < n; i++) angles[i] = -slope[i];
    for (ptrdiff_t back = 1; back <= known; back++) {
        ptrdiff_t at = (memory->made - back) % MEMORY;
        shares[at] = dot(memory->step + at * n, angles, n) / memory->products[at];
        for (ptrdiff_t i = 0; i < n; i++) angles[i] -= shares[at] * memory->change[at * n + i];
    }
    if (known) {
        ptrdiff_t at = (memory->made - 1) % MEMORY;
        double bent = 0.0;
        for (ptrdiff_t i = 0; i < n; i++)
            bent += memory->change[at * n + i] * (memory->change[at * n + i] / curvature[i]);
        scale = memory->products[at] / bent;
    }
    for (ptrdiff_t i = 0; i < n; i++) angles[i] = scale * (angles[i] / curvature[i]);
    for (ptrdiff_t back = known; back > 0; back--) {
        ptrdiff_t at = (memory->made - back) % MEMORY;
        double share = shares[at] - dot(memory->change + at * n, angles, n) / memory->products[at];
        for (ptrdiff_t i = 0; i < n; i++) angles[i] += share * memory->step[at * n + i];
    }
}

ptrdiff_t mixtura_axes_work_size(ptrdiff_t k, ptrdiff_t d)
{
    return d + (k + 2) * d * d + (4 + 2 * MEMORY) * (d * (d - 1) / 2);
}

/* Gives whether it ends at a minimum, the unlikeliness in *best. */
static int descend(ptrdiff_t k, ptrdiff_t d, int equal_volumes, double level, double *shares,
                   double *turned, double *axes, double *work, double *best)
{
    ptrdiff_t n = d * (d - 1) / 2, each = d * d;
    double *column = work, *turn = column + d, *half = turn + each, *trial = half + each;
    double *slope = trial + k * each, *before = slope + n, *curvature = before + n;
    double *angles = curvature + n;
    Memory memory = {.step = angles + n, .change = angles + n + MEMORY * n, .made = 0};
    double last = __builtin_inf();
    slope_and_curvature(k, d, equal_volumes, shares, turned, slope, curvature, column);
    for (int step = 0; step < STEPS; step++) {
        newton_step(n, &memory, slope, curvature, angles);
        double promised = -dot(slope, angles, n), largest = 0.0, share = 1.0;
        int trusted = promised <= level, taken = 0;
        if (!(promised > level * SETTLED / LEVEL && promised < last)) return 1;
        last = trusted ? promised : __builtin_inf();
        for (ptrdiff_t i = 0; i < n; i++) largest = larger(size_of(angles[i]), largest);
        if (largest > FARTHEST) share = FARTHEST / largest;
        for (int tried = 0; tried < TRIALS; tried++, share *= 0.5) {
            cayley(d, angles, share, turn);
            for (ptrdiff_t j = 0; j < k; j++) {
                mixtura_product(d, 0, turned + j * each, turn, half);
                mixtura_product(d, 1, turn, half, trial + j * each);
            }
            double now = unlikeliness(k, d, equal_volumes, shares, trial, column);
            taken = trusted || now <= *best - ARMIJO * share * promised;
            if (!taken) continue;
            *best = now;
            break;
        }
        if (!taken) {
            unlikeliness(k, d, equal_volumes, shares, turned, column);
            return 1;
        }
        mixtura_product(d, 0, axes, turn, half);
        copy(axes, half, each);
        copy(turned, trial, k * each);
        copy(before, slope, n);
        slope_and_curvature(k, d, equal_volumes, shares, turned, slope, curvature, column);
        ptrdiff_t at = memory.made % MEMORY;
        for (ptrdiff_t i = 0; i < n; i++) {
            memory.step[at * n + i] = share * angles[i];
            memory.change[at * n + i] = slope[i] - before[i];
        }
        memory.products[at] = dot(memory.step + at * n, memory.change + at * n, n);
        memory.made += memory.products[at] > 0.0;
    }
    return 0;
}

void mixtura_common_axes(ptrdiff_t k, ptrdiff_t d, int equal_volumes, double *shares,
                         double *turned, double *axes, double *work)
{
    for (ptrdiff_t j = 0; equal_volumes && j < k; j++) {
        const double *s = turned + j * d * d;
        double logs = 0.0;
        for (ptrdiff_t a = 0; a < d; a++) logs += log_of(s[a * d + a]);
        shares[j] = exp_of(logs / d);
    }
    double best = __builtin_inf(), level = 0.0;
    for (ptrdiff_t j = 0; j < k; j++) level += LEVEL * (equal_volumes ? 1.0 / k : shares[j]);
    int settled = 1;
    for (int round = 0; round < ROUNDS; round++) {
        if (!sweep(k, d, equal_volumes, shares, turned, axes, round ? 1 : SWEEPS)) return;
        double now = unlikeliness(k, d, equal_volumes, shares, turned, work);
        if (!settled || !(now < best - level - LEVEL * size_of(now))) return;
        best = now;
        settled = descend(k, d, equal_volumes, level, shares, turned, axes, work, &best);
    }
}
