/* The fused pass of EM for Gaussian components.

   A tile of rows at a time: log-densities, log-sum-exp, responsibilities, and the moments of the
   rows about the current means. Nothing of size n x k is ever stored. The same file is compiled
   once for each instruction set (baseline.c, avx2.c, avx512.c), which sets

       KERNEL   the name of the table of functions at the end
       LANES    rows in a vector
       TALL     rows of a whitening factor in a register block, a multiple of LANES
       WIDE     vectors in a register block: TALL * WIDE accumulators fill the registers
       BUDGET   accumulators of the moments in few dimensions

   Rows are in the lanes of vectors, except for second moments in many dimensions, where
   the dimensions are. Rows that fill up the last vector have weight 0.

   Accuracy: differences from the mean come first, whitening after; moments are about the means.
   Needs GCC's vector extensions (GCC and clang have them) and IEEE arithmetic: never compile it
   with -ffast-math. */

#include "fused.h"

typedef double vec __attribute__((vector_size(8 * LANES)));
typedef int64_t ivec __attribute__((vector_size(8 * LANES)));
typedef uint64_t uvec __attribute__((vector_size(8 * LANES)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")
#define INFINITE __builtin_inf()

/* Rows of a tile, and what becomes of them, should stay in the first or second level of cache. */
enum { FEW_DIMENSIONS = 8, SMALL_TILE = 24 << 10, LARGE_TILE = 512 << 10, BATCH = 64 };

/* ------------------------------------------------------------------------------ vectors */

INLINE vec splat(double x) { return x - (vec){0}; }
INLINE ivec isplat(int64_t x) { return x - (ivec){0}; }
INLINE vec where(ivec mask, vec yes, vec no) { return (vec)((mask & (ivec)yes) | (~mask & (ivec)no)); }
INLINE vec only(ivec mask, vec yes) { return (vec)(mask & (ivec)yes); }
INLINE vec larger(vec a, vec b) { return where(a > b, a, b); }

INLINE double total_of(vec x)
{
    double total = 0.0;
    for (int i = 0; i < LANES; i++) total += x[i];
    return total;
}

/* 1.5 * 2^52: adding it rounds a small number to an integer, in the low bits of the sum. */
#define ROUNDER 0x1.8p52
#define LN2_HIGH 0x1.62e42fefa3000p-1
#define LN2_LOW 0x1.3de6af278ece6p-42

/* exp(x) = 2^n exp(r) with |r| <= log(2) / 2. Gives exp(r), and n + ROUNDER. */
INLINE vec exp_reduced(vec x, vec *shifted)
{
    *shifted = x * 0x1.71547652b82fep0 + ROUNDER;
    vec n = *shifted - ROUNDER;
    vec r = (x - n * LN2_HIGH) - n * LN2_LOW;
    /* Chebyshev fit of (exp(r) - 1 - r) / r^2, error 1e-16. */
    vec p = splat(0x1.af38a9b0ec855p-26);
    p = p * r + 0x1.289185613a3d6p-22;
    p = p * r + 0x1.71de0dae63bb3p-19;
    p = p * r + 0x1.a019b90d2ae7ap-16;
    p = p * r + 0x1.a01a01a7c41d5p-13;
    p = p * r + 0x1.6c16c1788bd90p-10;
    p = p * r + 0x1.11111111109b3p-7;
    p = p * r + 0x1.5555555553d63p-5;
    p = p * r + 0x1.5555555555556p-3;
    p = p * r + 0x1.0000000000001p-1;
    return 1.0 + (r + r * r * p);
}

/* 2^n for n + ROUNDER, n from -1022 to 1023. */
INLINE vec power_of_two(vec shifted) { return (vec)(((ivec)shifted + 1023) << 52); }

/* exp(x) for x <= 0, exactly 0 below -80: denormal responsibilities are many times slower, and
   nothing below e^-80 shows in a sum with 1. */
INLINE vec exp_or_nothing(vec x)
{
    vec shifted, e = exp_reduced(larger(x, splat(-100.0)), &shifted);
    return only(x > -80.0, (vec)((ivec)e + ((ivec)shifted << 52)));
}

/* exp over the whole range, denormal results included. */
INLINE vec exp_anywhere(vec x)
{
    vec inside = where(x < -746.0, splat(-746.0), where(x > 710.0, splat(710.0), x));
    vec shifted, e = exp_reduced(inside, &shifted);
    vec half = (shifted - ROUNDER) * 0.5 + ROUNDER;
    vec rest = (shifted - ROUNDER) - (half - ROUNDER) + ROUNDER;
    return where(x == x, e * power_of_two(half) * power_of_two(rest), x);
}

/* log over the whole range: -inf at 0, NaN below. */
INLINE vec log_anywhere(vec x)
{
    const int64_t root_half = 0x3fe6a09e667f3bcd, one = 0x3ff0000000000000;
    ivec tiny = x < 0x1p-1022;
    ivec bits = (ivec)where(tiny, x * 0x1p54, x) + (one - root_half);
    /* x = 2^n m with m from sqrt(1/2) to sqrt(2). */
    vec n = (vec)(((uvec)bits >> 52) + 0x4330000000000000);
    n = n - (0x1p52 + 1023.0) - only(tiny, splat(54.0));
    vec f = (vec)((bits & 0x000fffffffffffff) + root_half) - 1.0;
    vec s = f / (2.0 + f), z = s * s;
    /* Chebyshev fit of (2 atanh(s) / s - 2) / s^2. */
    vec p = splat(0x1.2b5900de53b32p-3);
    p = p * z + 0x1.39fe51a7c18f9p-3;
    p = p * z + 0x1.7462b51cb66b1p-3;
    p = p * z + 0x1.c71c62e3f11e6p-3;
    p = p * z + 0x1.2492492df281ap-2;
    p = p * z + 0x1.99999999952d7p-2;
    p = p * z + 0x1.5555555555558p-1;
    vec half = 0.5 * f * f;
    vec result = n * LN2_HIGH + (f - (half - (s * (half + z * p) + n * LN2_LOW)));
    result = where(x == INFINITE, x, result);
    result = where(x == 0.0, splat(-INFINITE), result);
    return where(x >= 0.0, result, splat(__builtin_nan("")));
}

/* ------------------------------------------------------------------------ working memory */

typedef struct {
    ptrdiff_t d, k;
    ptrdiff_t padded;    /* d filled up to whole vectors */
    ptrdiff_t rows;      /* of a tile, in whole register blocks */
    vec *columns;        /* d x rows: the tile, rows in lanes */
    vec *weight;         /* rows */
    vec *joint;          /* rows / LANES x k: log-densities, then responsibilities */
    double *tile;        /* rows x padded: the tile as it came, for many dimensions */
    double *centres;     /* k x padded: the means, for many dimensions */
    double *factors;     /* whitening factors, in the order in which they are used */
    vec *deviations;     /* of one register block */
    double *batch;       /* BATCH x padded: deviations times square roots of responsibilities */
    int32_t *active;     /* rows: those that a component has a share in */
    vec *sums;           /* the moments, still spread over lanes or padded */
} Work;

INLINE ptrdiff_t filled(ptrdiff_t n, ptrdiff_t unit) { return (n + unit - 1) / unit * unit; }
INLINE ptrdiff_t triangle(ptrdiff_t d) { return d * (d + 1) / 2; }
INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

static ptrdiff_t tile_rows(ptrdiff_t d, ptrdiff_t k, int few)
{
    ptrdiff_t rows = few ? SMALL_TILE / (8 * (d + k)) : LARGE_TILE / (8 * (2 * d + k));
    rows = rows < 64 ? 64 : rows > 1024 ? 1024 : rows;
    return filled(rows, LANES * WIDE);
}

static void *take(char *base, size_t *used, size_t count, size_t size)
{
    void *place = base ? base + *used : NULL;
    *used += (count * size + 63) / 64 * 64;
    return place;
}

/* Lay the working memory out from base on, and give its size. */
static size_t lay_out(Work *w, char *base, ptrdiff_t d, ptrdiff_t k, int dense)
{
    int few = !dense || d <= FEW_DIMENSIONS;
    size_t used = 0;
    w->d = d, w->k = k;
    w->padded = filled(d, LANES);
    w->rows = tile_rows(d, k, few);
    size_t vectors = w->rows / LANES;
    w->columns = take(base, &used, d * vectors, sizeof(vec));
    w->weight = take(base, &used, vectors, sizeof(vec));
    w->joint = take(base, &used, k * vectors, sizeof(vec));
    w->factors = take(base, &used, k * (dense ? triangle(d) + d * TALL : d), sizeof(double));
    if (few) {
        size_t each = dense ? 1 + d + triangle(d) : 1 + 2 * d;
        w->sums = take(base, &used, k * each, sizeof(vec));
    } else {
        w->tile = take(base, &used, w->rows * w->padded, sizeof(double));
        w->centres = take(base, &used, k * w->padded, sizeof(double));
        w->deviations = take(base, &used, d * WIDE, sizeof(vec));
        w->batch = take(base, &used, BATCH * w->padded, sizeof(double));
        w->active = take(base, &used, w->rows, sizeof(int32_t));
        w->sums = take(base, &used, k * (d + 1) * w->padded, sizeof(double));
    }
    return used;
}

static size_t scratch_size(ptrdiff_t d, ptrdiff_t k, int dense)
{
    Work w;
    return lay_out(&w, NULL, d, k, dense);
}

INLINE double value(const Table *t, ptrdiff_t index)
{
    return t->single ? (double)((const float *)t->rows)[index] : ((const double *)t->rows)[index];
}

/* Rows first ... first + n of the table, in lanes; the vectors are filled up with the last row, of
   weight 0. */
INLINE void load_columns(const Table *t, ptrdiff_t first, ptrdiff_t n, Work *w)
{
    double *columns = (double *)w->columns, *weight = (double *)w->weight;
    ptrdiff_t end = filled(n, LANES * WIDE);
    for (ptrdiff_t i = 0; i < end; i++) {
        ptrdiff_t row = first + smaller(i, n - 1);
        for (ptrdiff_t a = 0; a < w->d; a++)
            columns[a * w->rows + i] = value(t, row * w->d + a);
        weight[i] = i >= n ? 0.0 : t->weight ? t->weight[row * t->weight_step] : 1.0;
    }
}

static void load_tile(const Table *t, ptrdiff_t first, ptrdiff_t n, Work *w)
{
    load_columns(t, first, n, w);
    if (!w->tile) return;
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t a = 0; a < w->padded; a++)
            w->tile[i * w->padded + a] = a < w->d ? value(t, (first + i) * w->d + a) : 0.0;
}

/* ------------------------------------------------- log-densities: columns -> joint */

/* Few dimensions: a row's values stay in registers. The factors are packed triangles. */
INLINE void log_joint_few(const Components *c, const Work *w, ptrdiff_t v, const int d)
{
    vec x[FEW_DIMENSIONS], *joint = w->joint + v * w->k;
    for (int a = 0; a < d; a++) x[a] = w->columns[a * (w->rows / LANES) + v];
    const double *mean = c->means, *factor = w->factors;
    for (ptrdiff_t j = 0; j < w->k; j++, mean += d, factor += triangle(d)) {
        vec deviation[FEW_DIMENSIONS], squared = splat(0.0);
        const double *row = factor;
        UNROLL for (int b = 0; b < d; b++) {
            deviation[b] = x[b] - mean[b];
            vec white = row[0] * deviation[0];
            UNROLL for (int a = 1; a <= b; a++) white += row[a] * deviation[a];
            squared += white * white;
            row += b + 1;
        }
        joint[j] = c->constants[j] - 0.5 * squared;
    }
}

/* Along the axes: each feature on its own. The factors are half the precisions. */
INLINE void log_joint_axes(const Components *c, const Work *w, ptrdiff_t v)
{
    ptrdiff_t vectors = w->rows / LANES;
    for (ptrdiff_t j = 0; j < w->k; j++) {
        vec q[WIDE];
        for (int p = 0; p < WIDE; p++) q[p] = splat(0.0);
        for (ptrdiff_t a = 0; a < w->d; a++) {
            double mean = c->means[j * w->d + a], precision = w->factors[j * w->d + a];
            UNROLL for (int p = 0; p < WIDE; p++) {
                vec deviation = w->columns[a * vectors + v + p] - mean;
                q[p] += precision * deviation * deviation;
            }
        }
        UNROLL for (int p = 0; p < WIDE; p++)
            w->joint[(v + p) * w->k + j] = c->constants[j] - q[p];
    }
}

/* Heights of the register blocks that a factor of d rows is cut into, as equal as can be. */
INLINE int block_height(ptrdiff_t d, ptrdiff_t row)
{
    ptrdiff_t blocks = (d + TALL - 1) / TALL, height = d / blocks, taller = d % blocks;
    return (int)(row < taller * (height + 1) ? height + 1 : height);
}

/* Add to q the squares of `height` whitened coordinates from row b on. */
INLINE void whiten_block(const vec *dx, const double *panel, ptrdiff_t b, vec *q, const int height)
{
    vec white[TALL][WIDE];
    UNROLL for (int r = 0; r < height; r++)
        UNROLL for (int p = 0; p < WIDE; p++) white[r][p] = splat(0.0);
    for (ptrdiff_t a = 0; a < b; a++, dx += WIDE, panel += height) {
        UNROLL for (int r = 0; r < height; r++) {
            vec factor = splat(panel[r]);
            UNROLL for (int p = 0; p < WIDE; p++) white[r][p] += factor * dx[p];
        }
    }
    UNROLL for (int s = 0; s < height; s++) {
        UNROLL for (int r = s; r < height; r++) {
            vec factor = splat(panel[s * height + r]);
            UNROLL for (int p = 0; p < WIDE; p++) white[r][p] += factor * dx[s * WIDE + p];
        }
    }
    UNROLL for (int r = 0; r < height; r++)
        UNROLL for (int p = 0; p < WIDE; p++) q[p] += white[r][p] * white[r][p];
}

/* Squared distances of the WIDE vectors of rows whose deviations dx are given. */
INLINE void squared_distances(const vec *dx, const double *panel, ptrdiff_t d, vec *q)
{
    UNROLL for (int p = 0; p < WIDE; p++) q[p] = splat(0.0);
    for (ptrdiff_t b = 0; b < d;) {
        int height = block_height(d, b);
        switch (height) {
        case 1: whiten_block(dx, panel, b, q, 1); break;
        case 2: whiten_block(dx, panel, b, q, 2); break;
        case 3: whiten_block(dx, panel, b, q, 3); break;
        case 4: whiten_block(dx, panel, b, q, 4); break;
#if TALL > 4
        case 5: whiten_block(dx, panel, b, q, 5); break;
        case 6: whiten_block(dx, panel, b, q, 6); break;
        case 7: whiten_block(dx, panel, b, q, 7); break;
        case 8: whiten_block(dx, panel, b, q, 8); break;
#endif
        }
        b += height;
        panel += b * height;
    }
}

static void log_joint_many(const Components *c, const Work *w, ptrdiff_t v)
{
    ptrdiff_t vectors = w->rows / LANES, size = triangle(w->d) + w->d * TALL;
    for (ptrdiff_t j = 0; j < w->k; j++) {
        for (ptrdiff_t a = 0; a < w->d; a++)
            UNROLL for (int p = 0; p < WIDE; p++)
                w->deviations[a * WIDE + p] = w->columns[a * vectors + v + p] - c->means[j * w->d + a];
        vec q[WIDE];
        squared_distances(w->deviations, w->factors + j * size, w->d, q);
        UNROLL for (int p = 0; p < WIDE; p++)
            w->joint[(v + p) * w->k + j] = c->constants[j] - 0.5 * q[p];
    }
}

/* Copy the factors into the order in which they are used. */
static void pack_factors(const Components *c, const Work *w)
{
    ptrdiff_t d = w->d, many = d > FEW_DIMENSIONS;
    for (ptrdiff_t j = 0; j < w->k; j++) {
        if (!c->dense) {
            for (ptrdiff_t a = 0; a < d; a++) {
                double inverse = c->whitening[j * d + a];
                w->factors[j * d + a] = 0.5 * inverse * inverse;
            }
            continue;
        }
        double *to = w->factors + j * (triangle(d) + (many ? d * TALL : 0));
        const double *from = c->whitening + j * d * d;
        for (ptrdiff_t b = 0; b < d;) {
            int height = many ? block_height(d, b) : 1;
            for (ptrdiff_t a = 0; a < b + height; a++)
                for (int r = 0; r < height; r++) *to++ = from[a * d + b + r];
            b += height;
        }
        for (ptrdiff_t a = 0; many && a < d; a++) w->centres[j * w->padded + a] = c->means[j * d + a];
    }
}

#define FOR_EACH_FEW_DIMENSIONS(USE) USE(1) USE(2) USE(3) USE(4) USE(5) USE(6) USE(7) USE(8)

/* Log-densities of the first n rows of the tile: the one place that chooses the way. */
static void log_joint(const Components *c, const Work *w, ptrdiff_t n)
{
    ptrdiff_t end = filled(n, LANES * WIDE) / LANES;
    if (!c->dense) {
        for (ptrdiff_t v = 0; v < end; v += WIDE) log_joint_axes(c, w, v);
        return;
    }
    switch (w->d) {
#define FEW(D) case D: for (ptrdiff_t v = 0; v < end; v++) log_joint_few(c, w, v, D); break;
    FOR_EACH_FEW_DIMENSIONS(FEW)
#undef FEW
    default:
        for (ptrdiff_t v = 0; v < end; v += WIDE) log_joint_many(c, w, v);
    }
}

/* --------------------------------------------------- assignment: joint -> responsibilities */

INLINE vec largest_of(const vec *joint, ptrdiff_t k)
{
    vec largest = joint[0];
    for (ptrdiff_t j = 1; j < k; j++) largest = larger(joint[j], largest);
    return largest;
}

/* log sum_j exp(joint_j). Leaves the terms, as shares of the largest, and their total. A row that
   no component can reach has total 0 and -inf. */
INLINE vec log_sum_exp(vec *joint, ptrdiff_t k, vec *total)
{
    vec largest = largest_of(joint, k);
    /* Measured from 0 instead of -inf every term stays 0 and no inf - inf arises. */
    vec reference = only(largest != -INFINITE, largest); /* NaN stays */
    *total = splat(0.0);
    for (ptrdiff_t j = 0; j < k; j++) {
        joint[j] = exp_or_nothing(joint[j] - reference);
        *total += joint[j];
    }
    return reference + log_anywhere(*total);
}

/* weight * log-density, 0 for rows of weight 0 even at -inf. */
INLINE vec weighted(vec weight, vec objective) { return only(weight > 0.0, weight * objective); }

INLINE vec assign_softly(vec *joint, ptrdiff_t k, vec weight)
{
    vec total, log_density = log_sum_exp(joint, k, &total);
    vec scale = only(total > 0.0, weight / total);
    for (ptrdiff_t j = 0; j < k; j++) joint[j] *= scale;
    return weighted(weight, log_density);
}

/* Number of the first of the largest. */
INLINE ivec label_of(const vec *joint, ptrdiff_t k, vec *largest)
{
    ivec label = isplat(0);
    *largest = joint[0];
    for (ptrdiff_t j = 1; j < k; j++) {
        ivec better = joint[j] > *largest;
        *largest = where(better, joint[j], *largest);
        label = (better & isplat(j)) | (~better & label);
    }
    return label;
}

INLINE vec assign_hard(vec *joint, ptrdiff_t k, vec weight)
{
    vec largest;
    ivec label = label_of(joint, k, &largest);
    for (ptrdiff_t j = 0; j < k; j++) joint[j] = only(label == isplat(j), weight);
    return weighted(weight, largest);
}

static vec assign(const Work *w, ptrdiff_t n, int hard)
{
    vec objective = splat(0.0);
    for (ptrdiff_t v = 0; v * LANES < n; v++) {
        vec *joint = w->joint + v * w->k;
        objective += hard ? assign_hard(joint, w->k, w->weight[v])
                          : assign_softly(joint, w->k, w->weight[v]);
    }
    return objective;
}

/* --------------------------------------- moments: columns, responsibilities -> sums */

/* Few dimensions: rows `low` to `high` of the lower triangle of one component, in registers.
   sums holds the count, the first moments and the triangle. */
INLINE void moments_few(const Work *w, const vec *resp, const double *mean, vec *sums,
                        ptrdiff_t end, const int d, const int low, const int high)
{
    ptrdiff_t vectors = w->rows / LANES;
    vec *first = sums + 1, *second = sums + 1 + d, count = sums[0];
    vec one[FEW_DIMENSIONS], two[FEW_DIMENSIONS][FEW_DIMENSIONS], dx[FEW_DIMENSIONS];
    UNROLL for (int a = low; a < high; a++) {
        one[a] = first[a];
        UNROLL for (int b = 0; b <= a; b++) two[a][b] = second[triangle(a) + b];
    }
    for (ptrdiff_t v = 0; v < end; v++) {
        vec r = resp[v * w->k];
        if (low == 0) count += r;
        UNROLL for (int a = 0; a < high; a++) {
            dx[a] = w->columns[a * vectors + v] - mean[a];
            if (a < low) continue;
            vec share = r * dx[a];
            one[a] += share;
            UNROLL for (int b = 0; b <= a; b++) two[a][b] += share * dx[b];
        }
    }
    sums[0] = count;
    UNROLL for (int a = low; a < high; a++) {
        first[a] = one[a];
        UNROLL for (int b = 0; b <= a; b++) second[triangle(a) + b] = two[a][b];
    }
}

/* The triangle in as few passes as its accumulators fit the registers. */
INLINE void moments_few_in_passes(const Components *c, const Work *w, ptrdiff_t end, const int d)
{
    for (ptrdiff_t j = 0; j < w->k; j++) {
        const vec *resp = w->joint + j;
        const double *mean = c->means + j * d;
        vec *sums = w->sums + j * (1 + d + triangle(d));
#if BUDGET >= 21
        if (d <= 5) moments_few(w, resp, mean, sums, end, d, 0, d);
        if (d > 5) moments_few(w, resp, mean, sums, end, d, 0, 5);
        if (d > 5) moments_few(w, resp, mean, sums, end, d, 5, d < 7 ? d : 7);
        if (d > 7) moments_few(w, resp, mean, sums, end, d, 7, d);
#else
        if (d <= 3) moments_few(w, resp, mean, sums, end, d, 0, d);
        if (d > 3) moments_few(w, resp, mean, sums, end, d, 0, 3);
        if (d > 3) moments_few(w, resp, mean, sums, end, d, 3, d < 5 ? d : 5);
        if (d > 5) moments_few(w, resp, mean, sums, end, d, 5, 6);
        if (d > 6) moments_few(w, resp, mean, sums, end, d, 6, 7);
        if (d > 7) moments_few(w, resp, mean, sums, end, d, 7, 8);
#endif
    }
}

/* Along the axes: count, then first and second moment of each feature. */
static void moments_axes(const Components *c, const Work *w, ptrdiff_t end)
{
    ptrdiff_t vectors = w->rows / LANES, d = w->d;
    for (ptrdiff_t j = 0; j < w->k; j++) {
        const vec *resp = w->joint + j;
        vec *sums = w->sums + j * (1 + 2 * d);
        for (ptrdiff_t v = 0; v < end; v++) sums[0] += resp[v * w->k];
        for (ptrdiff_t a = 0; a < d; a++) {
            const vec *column = w->columns + a * vectors;
            double mean = c->means[j * d + a];
            vec first = sums[1 + a], second = sums[1 + d + a];
            for (ptrdiff_t v = 0; v < end; v++) {
                vec dx = column[v] - mean, share = resp[v * w->k] * dx;
                first += share;
                second += share * dx;
            }
            sums[1 + a] = first, sums[1 + d + a] = second;
        }
    }
}

/* Many dimensions: second[a..a+height, c..c+width vectors] += sum over rows of the outer products
   of the rows with themselves. */
INLINE void outer_block(const double *rows, ptrdiff_t n, ptrdiff_t padded, ptrdiff_t a, ptrdiff_t c,
                        double *second, const int height, const int width)
{
    vec sum[TALL][WIDE];
    UNROLL for (int r = 0; r < height; r++)
        UNROLL for (int p = 0; p < width; p++)
            sum[r][p] = *(vec *)(second + (a + r) * padded + c + p * LANES);
    for (ptrdiff_t i = 0; i < n; i++, rows += padded) {
        UNROLL for (int r = 0; r < height; r++) {
            vec left = splat(rows[a + r]);
            UNROLL for (int p = 0; p < width; p++)
                sum[r][p] += left * *(const vec *)(rows + c + p * LANES);
        }
    }
    UNROLL for (int r = 0; r < height; r++)
        UNROLL for (int p = 0; p < width; p++)
            *(vec *)(second + (a + r) * padded + c + p * LANES) = sum[r][p];
}

/* The lower triangle of second += rows^T rows. */
static void outer_products(const double *rows, ptrdiff_t n, ptrdiff_t d, ptrdiff_t padded, double *second)
{
    for (ptrdiff_t a = 0; a < d; a += TALL) {
        int height = (int)smaller(TALL, d - a);
        ptrdiff_t end = filled(a + height, LANES);
        for (ptrdiff_t c = 0; c < end; c += WIDE * LANES) {
            int width = (int)smaller(WIDE, (end - c) / LANES);
            switch (height * 4 + width) {
#define BLOCK(H, W) case H * 4 + W: outer_block(rows, n, padded, a, c, second, H, W); break;
#if WIDE > 2
#define BLOCKS(H) BLOCK(H, 1) BLOCK(H, 2) BLOCK(H, 3)
#else
#define BLOCKS(H) BLOCK(H, 1) BLOCK(H, 2)
#endif
            BLOCKS(1) BLOCKS(2) BLOCKS(3) BLOCKS(4)
#if TALL > 4
            BLOCKS(5) BLOCKS(6) BLOCKS(7) BLOCKS(8)
#endif
#undef BLOCKS
#undef BLOCK
            }
        }
    }
}

/* Rows that component j has a share in, and how many. */
INLINE ptrdiff_t find_active(const Work *w, ptrdiff_t j, ptrdiff_t n)
{
    ptrdiff_t found = 0;
    for (ptrdiff_t i = 0; i < n; i++) {
        const double *resp = (const double *)(w->joint + i / LANES * w->k + j);
        w->active[found] = (int32_t)i;
        found += resp[i % LANES] != 0.0;
    }
    return found;
}

/* The deviations of n active rows from a mean, times the square roots of their responsibilities:
   their outer products are the second moments. Adds up the first moments, returns the count. */
INLINE double gather(const Work *w, ptrdiff_t j, const int32_t *active, ptrdiff_t n, vec *first)
{
    double count = 0.0;
    for (ptrdiff_t i = 0; i < n; i++) {
        ptrdiff_t row = active[i];
        double resp = ((const double *)(w->joint + row / LANES * w->k + j))[row % LANES];
        double root = __builtin_sqrt(resp);
        const vec *x = (const vec *)(w->tile + row * w->padded);
        const vec *mean = (const vec *)(w->centres + j * w->padded);
        vec *y = (vec *)(w->batch + i * w->padded);
        for (ptrdiff_t c = 0; c < w->padded / LANES; c++) {
            y[c] = root * (x[c] - mean[c]);
            first[c] += root * y[c];
        }
        count += resp;
    }
    return count;
}

/* Many dimensions, which are in the lanes, over the rows that matter. sums holds for each
   component the first moments, then d rows of second moments, padded. */
static void moments_many(const Work *w, ptrdiff_t n, double *counts)
{
    ptrdiff_t d = w->d, padded = w->padded;
    for (ptrdiff_t j = 0; j < w->k; j++) {
        double *first = (double *)w->sums + j * (d + 1) * padded;
        ptrdiff_t found = find_active(w, j, n);
        for (ptrdiff_t start = 0; start < found; start += BATCH) {
            ptrdiff_t size = smaller(BATCH, found - start);
            counts[j] += gather(w, j, w->active + start, size, (vec *)first);
            outer_products(w->batch, size, d, padded, first + padded);
        }
    }
}

/* The one place that chooses the way to the moments. */
static void moments(const Components *c, const Work *w, ptrdiff_t n, const Sums *sums)
{
    ptrdiff_t end = filled(n, LANES) / LANES;
    if (!c->dense) {
        moments_axes(c, w, end);
        return;
    }
    switch (w->d) {
#define FEW(D) case D: moments_few_in_passes(c, w, end, D); break;
    FOR_EACH_FEW_DIMENSIONS(FEW)
#undef FEW
    default:
        moments_many(w, n, sums->counts);
    }
}

/* Hand the sums out: add up lanes, drop padding, write out symmetric matrices. */
static void finish(const Components *c, const Work *w, const Sums *sums)
{
    ptrdiff_t d = w->d, many = c->dense && d > FEW_DIMENSIONS;
    ptrdiff_t each = c->dense ? triangle(d) : d;
    for (ptrdiff_t j = 0; j < w->k; j++) {
        const vec *lanes = w->sums + j * (1 + d + each);
        const double *padded = (const double *)w->sums + j * (d + 1) * w->padded;
        double *first = sums->first + j * d, *second = sums->second + j * (c->dense ? d * d : d);
        if (!many) sums->counts[j] = total_of(lanes[0]);
        for (ptrdiff_t a = 0; a < d; a++) {
            first[a] = many ? padded[a] : total_of(lanes[1 + a]);
            if (!c->dense) second[a] = total_of(lanes[1 + d + a]);
            for (ptrdiff_t b = 0; c->dense && b <= a; b++)
                second[a * d + b] = second[b * d + a] =
                    many ? padded[(a + 1) * w->padded + b] : total_of(lanes[1 + d + triangle(a) + b]);
        }
    }
}

static void clear(void *place, size_t bytes)
{
    for (size_t i = 0; i < bytes / sizeof(double); i++) ((double *)place)[i] = 0.0;
}

/* Working memory for some components, sums at 0. */
static Work begin(const Components *c, void *scratch)
{
    Work w = {0};
    size_t size = lay_out(&w, scratch, c->d, c->k, c->dense);
    /* Padding must hold finite numbers, so all of it begins as 0. */
    clear(scratch, size);
    pack_factors(c, &w);
    return w;
}

static void expect(const Table *t, const Components *c, int hard, const Sums *sums, void *scratch)
{
    Work w = begin(c, scratch);
    vec objective = splat(0.0), weight = splat(0.0);
    clear(sums->counts, c->k * sizeof(double));
    for (ptrdiff_t first = 0; first < t->n; first += w.rows) {
        ptrdiff_t n = smaller(w.rows, t->n - first);
        load_tile(t, first, n, &w);
        log_joint(c, &w, n);
        objective += assign(&w, n, hard);
        for (ptrdiff_t v = 0; v * LANES < n; v++) weight += w.weight[v];
        moments(c, &w, n, sums);
    }
    *sums->objective = total_of(objective);
    *sums->weight = total_of(weight);
    finish(c, &w, sums);
}

/* ---------------------------------------------------------------------------- scoring */

/* Scores of the first n (at most LANES) rows of one vector. */
INLINE void score_vector(vec *joint, ptrdiff_t k, ptrdiff_t row, ptrdiff_t n, const Scores *out)
{
    if (out->labels) {
        vec largest;
        ivec label = label_of(joint, k, &largest);
        for (ptrdiff_t i = 0; i < n; i++) out->labels[row + i] = label[i];
    }
    if (!out->log_density && !out->responsibilities && !out->largest) return;
    vec total, log_density = log_sum_exp(joint, k, &total);
    vec share = only(total > 0.0, 1.0 / total);
    for (ptrdiff_t i = 0; i < n; i++) {
        if (out->log_density) out->log_density[row + i] = log_density[i];
        if (out->largest) out->largest[row + i] = share[i];
    }
    if (!out->responsibilities) return;
    double *resp = out->responsibilities + row * k;
    for (ptrdiff_t j = 0; j < k; j++) {
        vec r = joint[j] * share;
        for (ptrdiff_t i = 0; i < n; i++) resp[i * k + j] = r[i];
    }
}

static void score(const Table *t, const Components *c, const Scores *out, void *scratch)
{
    Work w = begin(c, scratch);
    for (ptrdiff_t first = 0; first < t->n; first += w.rows) {
        ptrdiff_t n = smaller(w.rows, t->n - first);
        load_columns(t, first, n, &w);
        log_joint(c, &w, n);
        for (ptrdiff_t i = 0; i < n; i += LANES)
            score_vector(w.joint + i / LANES * w.k, w.k, first + i, smaller(LANES, n - i), out);
    }
}

/* --------------------------------------------------------- exp and log, for their tests */

INLINE vec load_some(const double *x, ptrdiff_t n)
{
    vec result = splat(0.0);
    for (ptrdiff_t i = 0; i < n && i < LANES; i++) result[i] = x[i];
    return result;
}

INLINE void store_some(double *to, vec x, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n && i < LANES; i++) to[i] = x[i];
}

static void exp_of(const double *x, double *result, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i += LANES)
        store_some(result + i, exp_anywhere(load_some(x + i, n - i)), n - i);
}

static void log_of(const double *x, double *result, ptrdiff_t n)
{
    for (ptrdiff_t i = 0; i < n; i += LANES)
        store_some(result + i, log_anywhere(load_some(x + i, n - i)), n - i);
}

#define TEXT_OF(NAME) #NAME
#define TEXT(NAME) TEXT_OF(NAME)
#define SYMBOL_OF(NAME) mixtura_##NAME
#define SYMBOL(NAME) SYMBOL_OF(NAME)

const Kernel SYMBOL(KERNEL) = {TEXT(KERNEL), scratch_size, expect, score, exp_of, log_of};
