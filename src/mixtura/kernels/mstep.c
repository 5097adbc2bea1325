/* What an M-step does with k small matrices. Plain C11: no libc, no Python.

   Each function is a faster equal of NumPy code: recentre of Moments.of, the others of the
   reference in families/gaussian/structures/algebra.py, where the formulas are explained. */

#include "mstep.h"

#include "estep.h"

/* A pivot of no more than this share of its variance, times d, may be nothing but rounding. */
#define SINGULAR (16.0 * EPSILON)

/* As in families/gaussian/structures/algebra.py. */
enum { STEPS = 100, HALVINGS = 12 };

/* As in statistics.py: passes after which a mean is right. */
enum { PASSES = 10 };

static const double FARTHEST = 10.0, SMALL = 0.1, NEAR = 1e-13, FLAT = 1e-12;

/* Where one component alone has any spread in some direction, its scale outgrows the others'. */
static const double VANISHED = 1e-100;

/* Share of a second moment about the old mean that may be left about the new one: the rest
   cancels, and takes digits with it. */
static const double CANCELLED = 1e-3;

/* As in statistics.py: error of a mean that would be seen, in its rows' deviations. */
static const double ROUGH = 1e-6;

extern const Kernel mixtura_baseline;

/* -------------------------------------------------------------------------- products */

/* result += a b, or a^T b */
static void add_product(ptrdiff_t d, int across, const double *restrict a, const double *restrict b,
                        double *restrict result)
{
    ptrdiff_t along = across ? 1 : d, next = across ? d : 1, m = 0;
    for (; m + 4 <= d; m += 4, b += 4 * d)
        for (ptrdiff_t i = 0; i < d; i++) {
            const double *x = a + i * along + m * next;
            double x0 = x[0], x1 = x[next], x2 = x[2 * next], x3 = x[3 * next];
            for (ptrdiff_t c = 0; c < d; c++)
                result[i * d + c] +=
                    x0 * b[c] + x1 * b[d + c] + x2 * b[2 * d + c] + x3 * b[3 * d + c];
        }
    for (; m < d; m++, b += d)
        for (ptrdiff_t i = 0; i < d; i++) {
            double x = a[i * along + m * next];
            for (ptrdiff_t c = 0; c < d; c++) result[i * d + c] += x * b[c];
        }
}

void mixtura_product(ptrdiff_t d, int across, const double *a, const double *b, double *result)
{
    for (ptrdiff_t i = 0; i < d * d; i++) result[i] = 0.0;
    add_product(d, across, a, b, result);
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
        if (count < SMALLEST_COUNT) count = 0.0; /* denormal numbers have lost digits */
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

/* Second moments of weighted rows about a point; the weights are `step` apart. */
static void scatter_about(ptrdiff_t n, ptrdiff_t d, int dense, const double *rows,
                          const double *weight, ptrdiff_t step, const double *mean, double *scatter)
{
    for (ptrdiff_t i = 0; i < (dense ? d * d : d); i++) scatter[i] = 0.0;
    for (ptrdiff_t i = 0; i < n; i++, rows += d, weight += step) {
        if (*weight == 0.0) continue;
        for (ptrdiff_t a = 0; a < d; a++) {
            double deviation = rows[a] - mean[a], weighted = *weight * deviation;
            if (!dense) scatter[a] += weighted * deviation;
            for (ptrdiff_t b = 0; dense && b <= a; b++)
                scatter[a * d + b] += weighted * (rows[b] - mean[b]);
        }
    }
    for (ptrdiff_t a = 0; dense && a < d; a++)
        for (ptrdiff_t b = 0; b < a; b++) scatter[b * d + a] = scatter[a * d + b];
}

/* A nearer mean of weighted rows, from one that is off by some rounding; gives whether it moved. */
static int nearer(ptrdiff_t n, ptrdiff_t d, const double *rows, const double *weight,
                  ptrdiff_t step, double total, double *mean)
{
    int moved = 0;
    for (ptrdiff_t a = 0; a < d; a++) {
        double before = mean[a], sum = 0.0;
        for (ptrdiff_t i = 0; i < n; i++) sum += weight[i * step] * (rows[i * d + a] - before);
        mean[a] = before + sum / total;
        moved |= mean[a] != before;
    }
    return moved;
}

void mixtura_moments(ptrdiff_t n, ptrdiff_t k, ptrdiff_t d, int dense, const double *rows,
                     const double *resp, const Moments *moments)
{
    ptrdiff_t each = dense ? d * d : d;
    double center[MSTEP_DIMENSIONS] = {0.0};
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t a = 0; a < d; a++) center[a] += rows[i * d + a];
    for (ptrdiff_t a = 0; a < d; a++) center[a] /= n;
    for (ptrdiff_t j = 0; j < k; j++) {
        double *mean = moments->first + j * d, *scatter = moments->second + j * each, count = 0.0;
        int rough = 0;
        for (ptrdiff_t i = 0; i < n; i++) count += resp[i * k + j];
        moments->count[j] = count = count < SMALLEST_COUNT ? 0.0 : count;
        copy(mean, center, d);
        if (count > 0.0) nearer(n, d, rows, resp + j, k, count, mean);
        scatter_about(n, d, dense, rows, resp + j, k, mean, scatter);
        for (ptrdiff_t a = 0; a < d; a++) {
            double rounding = EPSILON * (size_of(center[a]) + size_of(mean[a] - center[a]));
            double square = scatter[dense ? a * d + a : a];
            rough |= count * rounding * rounding > ROUGH * ROUGH * square;
        }
        if (!rough) continue;
        for (int pass = 0; pass < PASSES; pass++)
            if (!nearer(n, d, rows, resp + j, k, count, mean)) break;
        scatter_about(n, d, dense, rows, resp + j, k, mean, scatter);
    }
}

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
        invert_upper(d, whitening);
        /* A pivot may be large enough in one order of the features and vanish in another. */
        double inflation = 0.0;
        for (ptrdiff_t a = 0; a < d; a++) {
            double variance = matrices[a * d + a];
            for (ptrdiff_t b = a; b < d; b++) {
                double w = whitening[a * d + b];
                inflation += w * (w * variance);
            }
        }
        if (!(inflation * SINGULAR < 1.0)) {
            singular++;
            continue;
        }
        log_determinants[j] = 2.0 * sum;
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

/* What a form and its scales are judged by. */
typedef struct {
    double *white;                        /* k x d x d, or k x d: in units of the form */
    double *slope, *curvature, value;     /* k, k x k: along the logarithms of the scales */
    double *root, *half;                  /* d x d, or d */
    double *held, *factor, *step, *trial; /* k x k, k x k, k, k */
    double promised, largest;             /* of the step */
} Judged;

ptrdiff_t mixtura_form_work_size(ptrdiff_t k, ptrdiff_t d, int dense)
{
    ptrdiff_t each = dense ? d * d : d;
    return k * (3 + 3 * k + each) + 2 * each;
}

static Judged judged_at(double *work, ptrdiff_t k, ptrdiff_t d, int dense)
{
    Judged judged = {.white = work};
    judged.slope = work + k * (dense ? d * d : d);
    judged.step = judged.slope + k;
    judged.trial = judged.step + k;
    judged.curvature = judged.trial + k;
    judged.held = judged.curvature + k * k;
    judged.factor = judged.held + k * k;
    judged.root = judged.factor + k * k;
    judged.half = judged.root + (dense ? d * d : d);
    return judged;
}

static void likeliest_form(ptrdiff_t k, ptrdiff_t each, double total, const double *scatter,
                           const double *scales, double *form)
{
    for (ptrdiff_t i = 0; i < each; i++) form[i] = 0.0;
    for (ptrdiff_t j = 0; j < k; j++) {
        double share = 1.0 / (scales[j] * total);
        for (ptrdiff_t i = 0; i < each; i++) form[i] += share * scatter[j * each + i];
    }
}

/* Scales of components that collapsed become 0, and then it gives 0. */
static int judge(ptrdiff_t k, ptrdiff_t d, int dense, const double *count, const double *scatter,
                 double *scales, double *form, Judged *judged)
{
    ptrdiff_t each = dense ? d * d : d;
    double largest = 0.0, total = 0.0, log_determinant = 0.0;
    int alive = 1, regular = 1;
    for (ptrdiff_t j = 0; j < k; j++) total += count[j], largest = larger(scales[j], largest);
    for (ptrdiff_t j = 0; j < k; j++)
        if (!(scales[j] > VANISHED * largest)) scales[j] = alive = 0;
    if (!alive) return 0;
    likeliest_form(k, each, total, scatter, scales, form);
    if (dense)
        regular = !mixtura_factorize(1, d, form, judged->root, &log_determinant);
    else {
        for (ptrdiff_t a = 0; a < d; a++) regular &= form[a] > 0.0;
        mixtura_baseline.log(form, judged->half, d);
        for (ptrdiff_t a = 0; a < d; a++) log_determinant += judged->half[a];
    }
    mixtura_baseline.log(scales, judged->slope, k);
    judged->value = total * log_determinant + d * dot(count, judged->slope, k);
    if (!regular)
        for (ptrdiff_t j = 0; j < k; j++) scales[j] = alive = 0;
    for (ptrdiff_t j = 0; j < k && regular; j++) {
        double *white = judged->white + j * each, share = 1.0 / scales[j], trace = 0.0;
        if (dense) {
            mixtura_product(d, 0, scatter + j * each, judged->root, judged->half);
            mixtura_product(d, 1, judged->root, judged->half, white);
            for (ptrdiff_t i = 0; i < each; i++) white[i] *= share;
        }
        for (ptrdiff_t a = 0; a < d; a++) {
            if (!dense) white[a] = share * scatter[j * d + a] / form[a];
            trace += white[dense ? a * d + a : a];
        }
        if (!(trace > 0.0)) scales[j] = alive = 0;
        judged->slope[j] = d * count[j] - trace;
        for (ptrdiff_t l = 0; l <= j; l++) {
            double both = dot(white, judged->white + l * each, each) / total;
            judged->curvature[j * k + l] = judged->curvature[l * k + j] = (j == l) * trace - both;
        }
    }
    return alive;
}

/* Newton's step, and how far the slope falls along it. */
static void newton_step(ptrdiff_t k, ptrdiff_t d, const double *count, Judged *judged)
{
    double *u = judged->factor, *step = judged->step, mean = 0.0;
    judged->promised = judged->largest = 0.0;
    for (ptrdiff_t j = 0; j < k; j++) mean += judged->curvature[j * k + j] / k;
    for (ptrdiff_t i = 0; i < k * k; i++) judged->held[i] = judged->curvature[i] + mean / k;
    for (ptrdiff_t j = 0; j < k; j++) judged->held[j * k + j] += FLAT * d * count[j];
    for (ptrdiff_t j = 0; j < k; j++) step[j] = 0.0;
    if (!mixtura_upper_factor(k, judged->held, NULL, 0.0, u)) return;
    for (ptrdiff_t i = 0; i < k; i++) {
        step[i] = -judged->slope[i];
        for (ptrdiff_t m = 0; m < i; m++) step[i] -= u[m * k + i] * step[m];
        step[i] /= u[i * k + i];
    }
    for (ptrdiff_t i = k - 1; i >= 0; i--) {
        for (ptrdiff_t m = i + 1; m < k; m++) step[i] -= u[i * k + m] * step[m];
        step[i] /= u[i * k + i];
        judged->largest = larger(size_of(step[i]), judged->largest);
    }
    judged->promised = -dot(judged->slope, step, k);
    for (ptrdiff_t i = 0; i < k; i++) step[i] *= FARTHEST / larger(judged->largest, FARTHEST);
}

/* trial = scales exp(step) */
static void move(ptrdiff_t k, const double *scales, const double *step, double *trial)
{
    mixtura_baseline.exp(step, trial, k);
    for (ptrdiff_t j = 0; j < k; j++) trial[j] *= scales[j];
}

void mixtura_common_form(ptrdiff_t k, ptrdiff_t d, int dense, const double *count,
                         const double *scatter, double *scales, double *form, double *work)
{
    Judged judged = judged_at(work, k, d, dense);
    double total = 0.0, before = __builtin_inf();
    for (ptrdiff_t j = 0; j < k; j++) total += count[j];
    if (!judge(k, d, dense, count, scatter, scales, form, &judged)) return;
    for (int i = 0; i < STEPS; i++) {
        double now = judged.value;
        newton_step(k, d, count, &judged);
        int settled = judged.promised <= NEAR * d * total, small = judged.largest <= SMALL;
        int alive = 1, tried = 0;
        if (!settled && small && judged.promised >= before) break; /* by rounding */
        before = small ? judged.promised : __builtin_inf();
        for (; tried < HALVINGS; tried++) {
            move(k, scales, judged.step, judged.trial);
            if (settled) break;
            alive = judge(k, d, dense, count, scatter, judged.trial, form, &judged);
            if (!alive || small || judged.value < now) break;
            for (ptrdiff_t j = 0; j < k; j++) judged.step[j] *= 0.5;
        }
        if (tried < HALVINGS) copy(scales, judged.trial, k);
        if (!alive) return;
        if (settled || tried == HALVINGS) break;
    }
    likeliest_form(k, dense ? d * d : d, total, scatter, scales, form);
}
