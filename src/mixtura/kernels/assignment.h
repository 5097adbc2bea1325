/* What all passes share: working memory, the rows' weights, and the way from joint log-densities to
   responsibilities, the objective and scores. Rows are in the lanes of vectors. */

#ifndef MIXTURA_ASSIGNMENT_H
#define MIXTURA_ASSIGNMENT_H

#include "estep.h"
#include "vectors.h"

enum {
    TERMS = 32 /* factors in a product before its log: k^32 does not overflow */
};

/* ------------------------------------------------------------------------ working memory */

INLINE ptrdiff_t filled(ptrdiff_t n, ptrdiff_t unit) { return (n + unit - 1) / unit * unit; }
INLINE ptrdiff_t smaller(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

static void *take(char *base, size_t *used, size_t count, size_t size)
{
    void *place = base ? base + *used : NULL;
    *used += (count * size + 63) / 64 * 64;
    return place;
}

static void clear(void *place, size_t bytes)
{
    for (size_t i = 0; i < bytes / sizeof(double); i++) ((double *)place)[i] = 0.0;
}

INLINE double value(const Table *t, ptrdiff_t index, const int single)
{
    return single ? (double)((const float *)t->rows)[index] : ((const double *)t->rows)[index];
}

/* Heights of the register blocks that d rows are cut into, as equal as can be. */
INLINE int block_height(ptrdiff_t d, ptrdiff_t row)
{
    ptrdiff_t blocks = (d + TALL - 1) / TALL, height = d / blocks, taller = d % blocks;
    return (int)(row < taller * (height + 1) ? height + 1 : height);
}

/* The weights of n rows from `first` on; 0 for those that fill up the last register block. */
static void load_weight(const Table *t, ptrdiff_t first, ptrdiff_t n, vec *weights)
{
    double *weight = (double *)weights;
    if (!t->weight || t->weight_step == 0) {
        vec same = splat(t->weight ? *t->weight : 1.0);
        for (ptrdiff_t v = 0; v * LANES < n; v++) weights[v] = same;
    } else {
        for (ptrdiff_t i = 0; i < n; i++) weight[i] = t->weight[(first + i) * t->weight_step];
    }
    for (ptrdiff_t i = n; i < filled(n, LANES * WIDE); i++) weight[i] = 0.0;
}

/* --------------------------------------------------- assignment: joint -> responsibilities */

/* The rows of a tile: their weights, and log-densities that become responsibilities. */
typedef struct {
    ptrdiff_t k;
    ptrdiff_t stride;  /* of joint: odd, so that a column of it does not crowd a cache's sets */
    vec *joint;        /* rows / LANES x stride */
    vec *weight;       /* rows */
} Joint;

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

INLINE vec largest_of(const vec *joint, ptrdiff_t k)
{
    vec largest = joint[0];
    for (ptrdiff_t j = 1; j < k; j++) largest = LARGER(joint[j], largest);
    return largest;
}

/* sum_j exp(joint_j - reference), whose terms replace joint, and the reference: the largest. */
INLINE vec sum_exp(vec *joint, ptrdiff_t k, vec *reference)
{
    vec largest = largest_of(joint, k), total = splat(0.0);
    /* A row that no component can reach: measured from 0 instead of -inf every term stays 0, and
       no inf - inf arises. (NaN stays NaN.) */
    *reference = only(largest != -INFINITE, largest);
    for (ptrdiff_t j = 0; j < k; j++) {
        joint[j] = exp_or_nothing(joint[j] - *reference);
        total += joint[j];
    }
    return total;
}

/* The objective: sum of weight * (high + log(low)). Where all weights are 1 the logs are
   taken of products. */
typedef struct {
    vec sum, product;
    int terms;
} Objective;

INLINE void settle(Objective *o)
{
    o->sum += log_anywhere(o->product);
    o->product = splat(1.0);
    o->terms = 0;
}

/* all_one: all of these rows have weight 1. Rows of weight 0 do not count, even at -inf. */
INLINE void add_objective(Objective *o, vec weight, vec high, vec low, int all_one)
{
    if (all_one) {
        o->sum += high;
        o->product *= low;
        if (++o->terms == TERMS) settle(o);
    } else {
        o->sum += only(weight > 0.0, weight * (high + log_anywhere(low)));
    }
}

/* Two components take one exp: their shares are 1 and t of 1 + t. */
INLINE void assign_two_softly(vec *joint, vec weight, int all_one, Objective *o)
{
    ivec second = joint[1] > joint[0];
    vec high = where(second, joint[1], joint[0]), low = where(second, joint[0], joint[1]);
    vec t = exp_or_nothing(low - high);
    vec total = only(high > -INFINITE, 1.0 + t);
    vec scale = only(high > -INFINITE, weight / total), rest = t * scale;
    joint[0] = where(second, rest, scale);
    joint[1] = where(second, scale, rest);
    add_objective(o, weight, high, total, all_one);
}

INLINE void assign_softly(vec *joint, const ptrdiff_t k, vec weight, int all_one,
                          Objective *o)
{
    if (k == 2) {
        assign_two_softly(joint, weight, all_one, o);
        return;
    }
    vec reference, total = sum_exp(joint, k, &reference);
    vec scale = only(total > 0.0, weight / total);
    for (ptrdiff_t j = 0; j < k; j++) joint[j] *= scale;
    add_objective(o, weight, reference, total, all_one);
}

INLINE void assign_hard(vec *joint, ptrdiff_t k, vec weight, Objective *o)
{
    vec largest;
    ivec label = label_of(joint, k, &largest);
    for (ptrdiff_t j = 0; j < k; j++) joint[j] = only(label == isplat(j), weight);
    o->sum += only(weight > 0.0, weight * largest);
}

/* Rows of a known component stay there: no other can reach them. What they add to the objective,
   even -inf, is added here; then their component is certain. */
static void keep_known(const int64_t *labels, const Joint *w, ptrdiff_t n, Objective *o)
{
    const double *weight = (const double *)w->weight;
    for (ptrdiff_t i = 0; i < n; i++) {
        if (labels[i] < 0) continue;
        double *joint = (double *)(w->joint + i / LANES * w->stride) + i % LANES;
        if (weight[i] > 0.0) o->sum[i % LANES] += weight[i] * joint[labels[i] * LANES];
        for (ptrdiff_t j = 0; j < w->k; j++) joint[j * LANES] = -INFINITE;
        joint[labels[i] * LANES] = 0.0;
    }
}

/* Fetch the rows that come after a vector of the tile in the next one, while there is arithmetic to
   do: reading memory and computing overlap. */
INLINE void prefetch(const Table *t, ptrdiff_t row)
{
    if (row + LANES > t->n) return;
    ptrdiff_t size = t->d * (t->single ? 4 : 8);
    const char *from = (const char *)t->rows + row * size;
    for (ptrdiff_t i = 0; i < LANES * size; i += 64) __builtin_prefetch(from + i);
}

INLINE void assign_all_softly(const Table *t, ptrdiff_t next, const Joint *w, ptrdiff_t n,
                              const ptrdiff_t k, int equal_weights, Objective *o)
{
    for (ptrdiff_t v = 0; v * LANES < n; v++) {
        prefetch(t, next + v * LANES);
        int all_one = equal_weights && (v + 1) * LANES <= n;
        assign_softly(w->joint + v * w->stride, k, w->weight[v], all_one, o);
    }
}

/* Responsibilities of the n rows of the tile, the known components of which are in labels if that
   is not NULL, and their share of the objective. The next tile begins at row `next`. */
static void assign(const Table *t, const int64_t *labels, ptrdiff_t next, const Joint *w,
                   ptrdiff_t n, int hard, int equal_weights, Objective *o)
{
    if (labels) keep_known(labels, w, n, o);
    if (hard) {
        for (ptrdiff_t v = 0; v * LANES < n; v++)
            assign_hard(w->joint + v * w->stride, w->k, w->weight[v], o);
        return;
    }
    switch (w->k) { /* few components stay in registers */
    case 1: assign_all_softly(t, next, w, n, 1, equal_weights, o); break;
    case 2: assign_all_softly(t, next, w, n, 2, equal_weights, o); break;
    case 3: assign_all_softly(t, next, w, n, 3, equal_weights, o); break;
    default: assign_all_softly(t, next, w, n, w->k, equal_weights, o);
    }
}

/* ---------------------------------------------------------------------------- scoring */

/* Scores of the first n (at most LANES) rows of one vector. */
INLINE void score_vector(vec *joint, ptrdiff_t k, ptrdiff_t row, ptrdiff_t n, const Scores *out)
{
    if (out->labels) {
        vec largest;
        ivec label = label_of(joint, k, &largest);
        label |= ~(largest > -INFINITE); /* -1, and so it is where that is NaN */
        for (ptrdiff_t i = 0; i < n; i++) out->labels[row + i] = label[i];
    }
    if (!out->log_density && !out->responsibilities && !out->largest) return;
    vec reference, total = sum_exp(joint, k, &reference);
    vec log_density = reference + log_anywhere(total);
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

#endif
