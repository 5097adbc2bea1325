/* EM on a table, many iterations in one call. Plain C11: no libc, no Python.

   A faster equal of plain iterations of em.py with Gaussian components, with or without noise, a
   prior, fixed means, known labels and missing cells: the E-step is the fused pass, the M-steps are those of
   families/gaussian/structures/estimation.py, by the same names and in the same order. What is not
   regular is left to them. */

#include "em_loop.h"

#include "mstep.h"
#include "common_axes.h"

/* As in stopping.py: what gains mean nothing, and how many ratios of gains tell the rate. */
#define ROUNDING (16.0 * EPSILON)
enum { RATIOS = 3 };

/* As in families/gaussian/density.py: error of a difference between a row and a mean. */
#define RESOLUTION (16.0 * EPSILON)

/* As there: the least variance that has an ordinary inverse. */
#define NARROWEST 1e-200

extern const Kernel mixtura_baseline;

static double sum_of(const double *x, ptrdiff_t n)
{
    double sum = 0.0;
    for (ptrdiff_t i = 0; i < n; i++) sum += x[i];
    return sum;
}

/* ----------------------------------------------------------------------------- memory */

static ptrdiff_t each_of(ptrdiff_t d, int dense) { return dense ? d * d : d; }

ptrdiff_t mixtura_mixture_size(ptrdiff_t k, ptrdiff_t d, int dense)
{
    return k * (2 + d + 2 * each_of(d, dense));
}

Mixture mixtura_mixture_at(double *place, ptrdiff_t k, ptrdiff_t d, int dense)
{
    ptrdiff_t each = k * each_of(d, dense);
    double *means = place + k, *covariances = means + k * d, *whitening = covariances + each;
    return (Mixture){k, d, place, means, covariances, whitening, whitening + each};
}

/* What an iteration needs on the way. */
typedef struct {
    double *constants, *sums;
    double *count, *scatter; /* of the moments about the new means */
    double *raised;          /* the scatter where it was below the floor */
    double *spread, *shares, *axes, *form;
    double *search;      /* for common axes, or a common form */
    double *by_observed; /* (d + 1) x k constants: see Gaps */
} Work;

static ptrdiff_t search_size(ptrdiff_t k, ptrdiff_t d, int dense)
{
    ptrdiff_t form = mixtura_form_work_size(k, d, dense), axes = mixtura_axes_work_size(k, d);
    return dense && axes > form ? axes : form;
}

ptrdiff_t mixtura_work_size(ptrdiff_t k, ptrdiff_t d, int dense)
{
    return 2 + k * (5 + 3 * d + 4 * each_of(d, dense)) + each_of(d, dense) +
           search_size(k, d, dense);
}

static Work work_at(double *place, ptrdiff_t k, ptrdiff_t d, int dense)
{
    ptrdiff_t each = k * each_of(d, dense);
    Work work;
    work.constants = place;
    work.sums = work.constants + k;
    work.count = work.sums + 2 + k * (1 + d) + each;
    work.scatter = work.count + k;
    work.raised = work.scatter + each;
    work.spread = work.raised + each;
    work.shares = work.spread + k * d;
    work.axes = work.shares + k;
    work.form = work.axes + each;
    work.search = work.form + each_of(d, dense);
    work.by_observed = work.search + search_size(k, d, dense);
    return work;
}

/* ------------------------------------------------- covariances along the features */

/* Scales and a form in proportion to which the variances are likeliest, from spreads (k x d).
   `now` is NULL where there are no covariances yet, here and below. */
static int proportional(const Mixture *now, ptrdiff_t k, ptrdiff_t d, const Work *work, int dense,
                        const double *spread)
{
    double *scales = work->shares;
    for (ptrdiff_t j = 0; j < k; j++) scales[j] = now ? now->log_determinants[j] / d : 0.0;
    mixtura_baseline.exp(scales, scales, k);
    mixtura_common_form(k, d, dense, work->count, spread, scales, work->form, work->search);
    for (ptrdiff_t j = 0; j < k; j++)
        if (scales[j] == 0.0) return 0;
    return 1;
}

/* VEI and VEE: in proportion to one form. */
static int one_form(const Mixture *now, ptrdiff_t k, ptrdiff_t d, int dense, const double *scatter,
                    const Work *work, double *covariances)
{
    ptrdiff_t each = each_of(d, dense);
    if (!proportional(now, k, d, work, dense, scatter)) return 0;
    for (ptrdiff_t i = 0; i < k * each; i++)
        covariances[i] = work->shares[i / each] * work->form[i % each];
    return 1;
}

static void spheres(const Manner *how, ptrdiff_t k, ptrdiff_t d, const Work *work,
                    double *variances)
{
    double all = sum_of(work->scatter, k * d) / (d * sum_of(work->count, k)), least = 0.0;
    for (ptrdiff_t a = 0; a < d; a++) least = larger(how->floor[a], least);
    for (ptrdiff_t j = 0; j < k; j++) {
        double own = sum_of(work->scatter + j * d, d) / (d * work->count[j]);
        for (ptrdiff_t a = 0; a < d; a++)
            variances[j * d + a] = larger(how->volume == TIE_OWN ? own : all, least);
    }
}

/* Means over the rows of all components, from sums (k x n). */
static void pooled(ptrdiff_t k, ptrdiff_t n, const double *sums, const Work *work, double *means)
{
    double total = sum_of(work->count, k);
    for (ptrdiff_t i = 0; i < n; i++) {
        double sum = 0.0;
        for (ptrdiff_t j = 0; j < k; j++) sum += sums[j * n + i];
        means[i] = sum / total;
    }
}

static void same_variances(const Manner *how, ptrdiff_t k, ptrdiff_t d, const Work *work,
                           double *variances)
{
    pooled(k, d, work->scatter, work, work->form);
    for (ptrdiff_t i = 0; i < k * d; i++)
        variances[i] = larger(work->form[i % d], how->floor[i % d]);
}

/* EVI and EVV: the scatters, with the same determinant for all, from the logarithms of the
   determinants in the shares. */
static void equal_determinants(ptrdiff_t k, ptrdiff_t d, int dense, const double *scatter,
                               const Work *work, double *covariances)
{
    ptrdiff_t each = each_of(d, dense);
    double *roots = work->shares;
    for (ptrdiff_t j = 0; j < k; j++) roots[j] /= d;
    mixtura_baseline.exp(roots, roots, k);
    double volume = sum_of(roots, k) / sum_of(work->count, k);
    /* A power of two that comes last changes no bit, and products of heavy rows do not overflow. */
    double power = volume > 1.0 ? 0x1p256 : 1.0;
    volume /= power;
    for (ptrdiff_t i = 0; i < k * each; i++)
        covariances[i] = volume * scatter[i] / roots[i / each] * power;
}

/* Logarithms of products of d values each. */
static void log_products(ptrdiff_t k, ptrdiff_t d, const double *values, const Work *work,
                         double *result)
{
    mixtura_baseline.log(values, work->spread, k * d);
    for (ptrdiff_t j = 0; j < k; j++) result[j] = sum_of(work->spread + j * d, d);
}

/* Gives whether any spread was below the floor; -1 where one is 0. */
static int raise_spreads(const Manner *how, ptrdiff_t k, ptrdiff_t d, const Work *work)
{
    int raised = 0;
    for (ptrdiff_t j = 0; j < k; j++)
        for (ptrdiff_t a = 0; a < d; a++) {
            double least = work->count[j] * how->floor[a], spread = work->scatter[j * d + a];
            raised |= spread < least;
            work->raised[j * d + a] = larger(spread, least);
            if (!(work->raised[j * d + a] > 0.0)) return -1;
        }
    return raised;
}

/* Variances for the new mixture; gives whether they may fall short of the present ones, -1 where
   they are not regular. */
static int along_features(const Manner *how, const Mixture *now, ptrdiff_t k, ptrdiff_t d,
                          const Work *work, double *variances)
{
    if (how->shape == TIE_NONE) {
        spheres(how, k, d, work, variances);
        return 0;
    }
    if (how->shape == how->volume) {
        if (how->shape == TIE_SHARED) same_variances(how, k, d, work, variances);
        for (ptrdiff_t i = 0; how->shape == TIE_OWN && i < k * d; i++)
            variances[i] = larger(work->scatter[i] / work->count[i / d], how->floor[i % d]);
        return 0;
    }
    int raised = raise_spreads(how, k, d, work);
    if (raised < 0) return -1;
    if (how->shape == TIE_OWN) {
        log_products(k, d, work->raised, work, work->shares);
        equal_determinants(k, d, 0, work->raised, work, variances);
        return raised;
    }
    return one_form(now, k, d, 0, work->raised, work, variances) ? raised : -1;
}

static int whiten_along_features(const Work *work, Mixture *next)
{
    ptrdiff_t k = next->k, d = next->d;
    for (ptrdiff_t i = 0; i < k * d; i++) {
        if (!(next->covariances[i] > 0.0)) return 0;
        next->whitening[i] = 1.0 / __builtin_sqrt(next->covariances[i]);
    }
    log_products(k, d, next->covariances, work, next->log_determinants);
    return 1;
}

/* ------------------------------------------------- covariances in any direction */

/* axes diag(variances) axes^T */
static void along(ptrdiff_t d, const double *axes, const double *variances, double *matrix)
{
    double row[MSTEP_DIMENSIONS];
    for (ptrdiff_t a = 0; a < d; a++) {
        for (ptrdiff_t m = 0; m < d; m++) row[m] = axes[a * d + m] * variances[m];
        for (ptrdiff_t b = 0; b <= a; b++)
            matrix[a * d + b] = matrix[b * d + a] = dot(row, axes + b * d, d);
    }
}

/* Lifts matrices that go below the floor (see estimation.py); gives whether any did. */
static int raise_matrices(ptrdiff_t k, ptrdiff_t d, const double *floor, const Work *work,
                          double *matrices)
{
    double unit[MSTEP_DIMENSIONS], values[MSTEP_DIMENSIONS];
    double *scaled = work->form, *axes = work->axes;
    int raised = 0;
    for (ptrdiff_t a = 0; a < d; a++) unit[a] = __builtin_sqrt(floor[a]);
    for (ptrdiff_t j = 0; j < k; j++, matrices += d * d) {
        if (mixtura_exceeds(1, d, matrices, floor)) continue;
        for (ptrdiff_t i = 0; i < d * d; i++)
            scaled[i] = matrices[i] / (unit[i / d] * unit[i % d]);
        mixtura_principal(1, d, 0, scaled, values, axes);
        if (values[0] >= 1.0) continue;
        raised = 1;
        for (ptrdiff_t a = 0; a < d; a++) values[a] = larger(values[a], 1.0);
        along(d, axes, values, matrices);
        for (ptrdiff_t i = 0; i < d * d; i++) matrices[i] *= unit[i / d] * unit[i % d];
    }
    return raised;
}

/* EVE and VVE: along the same axes. */
static int same_axes(const Manner *how, const Mixture *now, ptrdiff_t k, ptrdiff_t d,
                     const double *scatter, const Work *work, double *matrices)
{
    ptrdiff_t each = d * d;
    const double *known = now ? now->covariances : scatter;
    double *turned = matrices, *pooled = work->form, *axes = work->axes, *shares = work->shares;
    for (ptrdiff_t i = 0; i < each; i++) pooled[i] = 0.0;
    for (ptrdiff_t j = 0; j < k; j++) /* unequal shares: see shared_axes */
        for (ptrdiff_t i = 0; i < each; i++)
            pooled[i] += (1.0 + 0.1 * j / k) * known[j * each + i];
    mixtura_principal(1, d, 1, pooled, work->spread, axes);
    for (ptrdiff_t j = 0; j < k; j++) {
        mixtura_product(d, 0, scatter + j * each, axes, work->search);
        mixtura_product(d, 1, axes, work->search, turned + j * each);
    }
    copy(shares, work->count, k);
    mixtura_common_axes(k, d, how->volume == TIE_SHARED, shares, turned, axes, work->search);
    double volume = sum_of(shares, k) / sum_of(work->count, k);
    for (ptrdiff_t j = 0; j < k; j++) {
        double variances[MSTEP_DIMENSIONS];
        for (ptrdiff_t a = 0; a < d; a++) {
            double spread = turned[j * each + a * d + a];
            if (!(spread > 0.0)) return 0;
            variances[a] = volume * spread / shares[j];
        }
        along(d, axes, variances, matrices + j * each);
    }
    return 1;
}

/* EEV and VEV: one shape, turned. */
static int same_shape(const Manner *how, const Mixture *now, ptrdiff_t k, ptrdiff_t d,
                      const double *scatter, const Work *work, double *matrices)
{
    ptrdiff_t each = d * d;
    double *shape = work->form;
    mixtura_principal(k, d, 1, scatter, work->spread, work->axes);
    if (how->volume == TIE_SHARED)
        pooled(k, d, work->spread, work, shape);
    else if (!proportional(now, k, d, work, 0, work->spread))
        return 0;
    for (ptrdiff_t j = 0; j < k; j++) {
        double variances[MSTEP_DIMENSIONS], scale = how->volume == TIE_OWN ? work->shares[j] : 1.0;
        for (ptrdiff_t a = 0; a < d; a++) variances[a] = scale * shape[a];
        along(d, work->axes + j * each, variances, matrices + j * each);
    }
    return 1;
}

/* EEE: what all have. */
static void one_matrix(const Manner *how, int floored, const Work *work, Mixture *next)
{
    ptrdiff_t k = next->k, d = next->d, each = d * d;
    double *first = next->covariances;
    pooled(k, each, work->scatter, work, first);
    if (floored) raise_matrices(1, d, how->floor, work, first);
    for (ptrdiff_t j = 1; j < k; j++) copy(first + j * each, first, each);
}

/* As along_features. */
static int in_any_direction(const Manner *how, const Mixture *now, int floored, const Work *work,
                            Mixture *next)
{
    ptrdiff_t k = next->k, d = next->d, each = d * d;
    double *matrices = next->covariances, *scatter = work->scatter;
    int own_axes = how->orientation == TIE_OWN, own_shape = how->shape == TIE_OWN;
    int own_volume = how->volume == TIE_OWN, raised = 0, made = 1;
    if (!own_axes && !own_shape && !own_volume) {
        one_matrix(how, floored, work, next);
        return 0;
    }
    for (ptrdiff_t i = 0; i < k * each; i++) matrices[i] = scatter[i] / work->count[i / each];
    if (floored) raised = raise_matrices(k, d, how->floor, work, matrices);
    if (own_axes && own_shape && own_volume) return 0;
    if (raised) {
        scatter = work->raised;
        for (ptrdiff_t i = 0; i < k * each; i++) scatter[i] = matrices[i] * work->count[i / each];
    }
    if (own_axes && own_shape) {
        made = !mixtura_factorize(k, d, scatter, next->whitening, work->shares);
        if (made) equal_determinants(k, d, 1, scatter, work, matrices);
    } else if (own_axes)
        made = same_shape(how, now, k, d, scatter, work, matrices);
    else if (own_shape)
        made = same_axes(how, now, k, d, scatter, work, matrices);
    else
        made = one_form(now, k, d, 1, scatter, work, matrices);
    return made ? raised : -1;
}

/* -1/2 sum_j n_j log|S_j| + tr(S_j^-1 scatter_j) */
static double expected_log_likelihood(const Mixture *mixture, int dense, const Work *work)
{
    ptrdiff_t k = mixture->k, d = mixture->d;
    double twice = 0.0;
    for (ptrdiff_t j = 0; j < k; j++) {
        const double *scatter = work->scatter + j * each_of(d, dense);
        const double *w = mixture->whitening + j * each_of(d, dense);
        twice += work->count[j] * mixture->log_determinants[j];
        for (ptrdiff_t a = 0; !dense && a < d; a++) twice += scatter[a] * w[a] * w[a];
        for (ptrdiff_t a = 0; dense && a < d; a++) {
            twice += scatter[a * d + a] * dot(w + a * d + a, w + a * d + a, d - a);
            for (ptrdiff_t b = 0; b < a; b++)
                twice += 2.0 * scatter[a * d + b] * dot(w + a * d + a, w + b * d + a, d - a);
        }
    }
    return -0.5 * twice;
}

/* Covariances of the new mixture; gives 0 where they are not regular. */
static int estimate(const Manner *how, const Mixture *now, int floored, const Work *work,
                    Mixture *next)
{
    ptrdiff_t k = next->k, d = next->d;
    int dense = how->orientation != TIE_NONE;
    int short_of = dense ? in_any_direction(how, now, floored, work, next)
                         : along_features(how, now, k, d, work, next->covariances);
    if (short_of < 0) return 0;
    if (dense ? mixtura_factorize(k, d, next->covariances, next->whitening,
                                  next->log_determinants) != 0
              : !whiten_along_features(work, next))
        return 0;
    if (now && short_of && !(expected_log_likelihood(next, dense, work) >=
                      expected_log_likelihood(now, dense, work))) {
        copy(next->covariances, now->covariances, k * each_of(d, dense));
        copy(next->whitening, now->whitening, k * each_of(d, dense));
        copy(next->log_determinants, now->log_determinants, k);
    }
    return 1;
}

int mixtura_estimate(const Manner *how, ptrdiff_t k, ptrdiff_t d, const double *count,
                     const double *scatter, const Mixture *now, Mixture *next, double *work_place)
{
    int dense = how->orientation != TIE_NONE;
    Work work = work_at(work_place, k, d, dense);
    copy(work.count, count, k);
    for (ptrdiff_t i = 0; i < k * each_of(d, dense); i++) {
        ptrdiff_t row = i / d % d, column = i % d;
        work.scatter[i] = dense ? 0.5 * (scatter[i] + scatter[i + (column - row) * (d - 1)])
                                : scatter[i];
    }
    next->k = k, next->d = d;
    return estimate(how, now, how->floor[0] > 0.0, &work, next);
}

/* -------------------------------------------------------------------------- a prior */

/* Adds `factor` times the products of the differences between two points. */
static void add_between(ptrdiff_t d, int dense, double factor, const double *from,
                        const double *to, double *scatter)
{
    for (ptrdiff_t a = 0; a < d; a++) {
        double delta = from[a] - to[a];
        if (!dense) scatter[a] += factor * (delta * delta);
        for (ptrdiff_t b = 0; dense && b < d; b++)
            scatter[a * d + b] += factor * (delta * (from[b] - to[b]));
    }
}

/* Counts, means and moments of the rows and of those that the prior is worth, from the rows'. */
static void add_prior(const Manner *how, ptrdiff_t k, ptrdiff_t d, const Work *work, double *means)
{
    const Prior *prior = how->prior;
    int dense = how->orientation != TIE_NONE;
    ptrdiff_t each = each_of(d, dense);
    for (ptrdiff_t j = 0; j < k; j++, means += d) {
        double *scatter = work->scatter + j * each, count = work->count[j];
        double share = prior->rows / (count + prior->rows);
        double between = how->fixed_means ? prior->rows : count * share;
        add_between(d, dense, between, prior->mean, means, scatter);
        for (ptrdiff_t i = 0; i < each; i++) scatter[i] += prior->scatter[i];
        for (ptrdiff_t a = 0; a < d && !how->fixed_means; a++)
            means[a] += share * (prior->mean[a] - means[a]);
        work->count[j] += prior->count;
    }
}

static double log_prior(const Manner *how, const Mixture *now, const Work *work)
{
    const Prior *prior = how->prior;
    int dense = how->orientation != TIE_NONE;
    ptrdiff_t d = now->d, each = each_of(d, dense);
    for (ptrdiff_t j = 0; j < now->k; j++) {
        work->count[j] = prior->count;
        copy(work->scatter + j * each, prior->scatter, each);
        add_between(d, dense, prior->rows, prior->mean, now->means + j * d,
                    work->scatter + j * each);
    }
    return prior->constant + expected_log_likelihood(now, dense, work);
}

/* -------------------------------------------------------------------------- the steps */

/* Whether all deviations are larger than the rounding of the means, and have inverses. */
static int resolved(const Mixture *mixture, int dense)
{
    ptrdiff_t d = mixture->d, each = each_of(d, dense);
    for (ptrdiff_t j = 0; j < mixture->k; j++)
        for (ptrdiff_t a = 0; a < d; a++) {
            double resolution = RESOLUTION * size_of(mixture->means[j * d + a]);
            double variance = mixture->covariances[j * each + (dense ? a * d + a : a)];
            if (!(variance > larger(resolution * resolution, NARROWEST))) return 0;
        }
    return 1;
}

/* The components that have parameters, which come first. */
static Mixture clusters_of(const Manner *how, const Mixture *mixture)
{
    Mixture clusters = *mixture;
    clusters.k -= how->noise;
    return clusters;
}

/* Constants for each number of observed cells: see marginals.py. */
static void by_observed(const Manner *how, const Mixture *now, double *constants)
{
    ptrdiff_t k = now->k, clusters = k - how->noise;
    mixtura_baseline.log(now->weights, constants, k);
    for (ptrdiff_t cells = 1; cells <= now->d; cells++)
        for (ptrdiff_t j = 0; j < k; j++) {
            double nats = j < clusters ? cells * LOG_TWO_PI + now->log_determinants[j] : 0.0;
            constants[cells * k + j] = constants[j] - 0.5 * nats;
        }
}

/* Its objective is that of all rows, in nats, with the prior's share. */
static void e_step(const Kernel *kernel, const Table *table, const Manner *how,
                   const Mixture *now, const Work *work, const Sums *sums, void *scratch)
{
    ptrdiff_t k = now->k, d = now->d;
    mixtura_constants(k, d, now->weights, now->log_determinants, work->constants);
    if (table->gaps) by_observed(how, now, work->by_observed);
    Components components = {
        k, d, how->orientation != TIE_NONE, now->means, now->whitening, work->constants,
    };
    kernel->expect(table, &components, how->hard, sums, scratch);
    Mixture clusters = clusters_of(how, now);
    if (how->prior) *sums->objective += log_prior(how, &clusters, work);
}

/* As mixing_weights.py has them. */
static void mix(const Manner *how, ptrdiff_t k, const double *counts, const double *before,
                double *weights)
{
    double total = sum_of(counts, k), last = counts[k - 1] / total;
    for (ptrdiff_t j = 0; j < k; j++)
        weights[j] = how->weights == WEIGHTS_STAY   ? before[j]
                     : how->weights == WEIGHTS_FREE ? counts[j] / total
                     : j == k - 1                   ? last
                                                    : (1.0 - last) * (1.0 / (double)(k - 1));
}

/* Counts, means and moments of the clusters' rows; gives 0 where some have none or digits
   cancel. About means that are fixed the moments are already. */
static int gather(const Manner *how, const Mixture *now, const Sums *sums, const Work *work,
                  Mixture *next)
{
    ptrdiff_t k = now->k, d = now->d;
    int dense = how->orientation != TIE_NONE;
    Moments about_centres = {sums->counts, sums->first, sums->second};
    Moments about_means = {work->count, next->means, work->scatter};
    for (ptrdiff_t j = 0; j < k; j++)
        if (sums->counts[j] < SMALLEST_COUNT) return 0;
    if (!how->fixed_means)
        return mixtura_recentre(k, d, dense, now->means, &about_centres, &about_means);
    copy(work->count, sums->counts, k);
    copy(next->means, now->means, k * d);
    copy(work->scatter, sums->second, k * each_of(d, dense));
    return 1;
}

/* Gives 0 where the step is not a regular one. */
static int m_step(const Manner *how, const Mixture *now, const Sums *sums, const Work *work,
                  Mixture *next)
{
    Mixture before = clusters_of(how, now), after = clusters_of(how, next);
    int dense = how->orientation != TIE_NONE, floored = how->floor[0] > 0.0;
    if (!gather(how, &before, sums, work, &after)) return 0;
    if (how->prior) add_prior(how, after.k, after.d, work, after.means);
    mix(how, now->k, sums->counts, now->weights, next->weights);
    return estimate(how, &before, floored, work, &after) && (floored || resolved(&after, dense));
}

/* What noise has in place of parameters. */
static void copy_noise(const Mixture *from, Mixture *to, int dense)
{
    ptrdiff_t last = from->k - 1, d = from->d, each = each_of(d, dense);
    copy(to->means + last * d, from->means + last * d, d);
    copy(to->covariances + last * each, from->covariances + last * each, each);
    copy(to->whitening + last * each, from->whitening + last * each, each);
    to->log_determinants[last] = from->log_determinants[last];
}

/* The rule of stopping.py: whether what remains seems to be below the tolerance. */
static int near_the_limit(const double *trace, ptrdiff_t n, double tol)
{
    double gain = trace[n - 1] - trace[n - 2], rate = 0.0;
    if (!(gain < tol) || n < 3) return 0;
    for (ptrdiff_t i = n - 1; i > 1 && i > n - 1 - RATIOS; i--) {
        double before = trace[i - 1] - trace[i - 2];
        if (!(before > 0.0)) return 0;
        double ratio = (trace[i] - trace[i - 1]) / before;
        rate = larger(ratio, rate);
    }
    return rate < 1.0 && gain * rate < tol * (1.0 - rate);
}

ptrdiff_t mixtura_climb(const Kernel *kernel, const Table *table, const Manner *manner,
                        ptrdiff_t k, double *state, double *trace, ptrdiff_t known,
                        ptrdiff_t most, double *work_place, void *scratch, int *place)
{
    ptrdiff_t d = table->d;
    int dense = manner->orientation != TIE_NONE;
    ptrdiff_t size = mixtura_mixture_size(k, d, dense);
    Mixture mixtures[CLIMB_MIXTURES];
    for (int i = 0; i < CLIMB_MIXTURES; i++) {
        mixtures[i] = mixtura_mixture_at(state + i * size, k, d, dense);
        if (manner->noise && i > 0) copy_noise(mixtures, mixtures + i, dense);
    }
    Work work = work_at(work_place, k, d, dense);
    Table seen = *table;
    Gaps gaps;
    if (table->gaps) {
        gaps = *table->gaps;
        gaps.constants = work.by_observed;
        seen.gaps = &gaps;
    }
    double weight, objective, *moments = work.sums + 2;
    Sums sums = {&weight, &objective, moments, moments + k, moments + k + k * d};
    *place = 0;
    for (ptrdiff_t step = 0; step < most; step++) {
        Mixture *now = &mixtures[*place], *next = &mixtures[(*place + 1) % CLIMB_MIXTURES];
        ptrdiff_t n = known + step + 1;
        e_step(kernel, &seen, manner, now, &work, &sums, scratch);
        double mean = trace[n - 1] = objective / weight;
        if (!(size_of(mean) < __builtin_inf())) return step;
        if (n > 1 && mean - trace[n - 2] <= ROUNDING * (1.0 + size_of(mean))) return step;
        if (!m_step(manner, now, &sums, &work, next)) return step;
        *place = (*place + 1) % CLIMB_MIXTURES;
        if (n > 1 && near_the_limit(trace, n, manner->tol)) return step + 1;
    }
    return most;
}
