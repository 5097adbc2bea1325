/* Rows with missing cells, in the passes of estep.c.

   With the precision P of a component, a row's deviation from its mean is filled so that it is the
   shortest one that goes with the observed cells: P_mm y_m = -P_mo y_o. Then |W^T y| is the
   distance of the observed cells, their covariance has the determinant |S| |P_mm|, the y are what
   is expected of the missing cells, and P_mm^-1 is their covariance given the observed ones. So
   nothing of size d^3 is computed for a pattern.

   The fill depends on the component. So the passes see one component at a time, of mean 0, and a
   copy of the tile that holds deviations from its mean. Rows come pattern by pattern; those of one
   pattern in a tile are a run. Where several runs meet in a vector, each fills its own lanes.

   The moments of a tile follow its log-densities. So where there is room, the deviations of all
   components and the roots that filled them are kept in between; else they are made once more. */

enum {
    AHEAD = 32, /* rows that are fetched before they are needed */
    PULLED = 4  /* missing cells at a time */
};

/* A pivot that is a smaller share of what it was taken from has lost digits. */
#define ROUGH 0x1p-6

/* ---------------------------------------------------------------------- patterns and runs */

/* The runs of the tile, whose last one fills up the last vector. Not inline: the loops around it
   would be left with too few registers. */
static __attribute__((noinline)) void list_runs(const Gaps *gaps, const Work *w, GapWork *g)
{
    ptrdiff_t d = w->d, start = 0;
    g->n_runs = g->n_pivots = g->n_root = 0;
    for (ptrdiff_t pattern = g->pattern; start < g->n; pattern++) {
        ptrdiff_t end = smaller((ptrdiff_t)gaps->ends[pattern] - g->first, g->n);
        if (end <= start) continue;
        const uint8_t *mask = gaps->masks + pattern * d;
        int32_t *missing = g->lists + 2 * d * g->n_runs, *observed = missing + d;
        int n_missing = 0, n_observed = 0;
        for (ptrdiff_t a = 0; a < d; a++) {
            missing[n_missing] = observed[n_observed] = (int32_t)a;
            n_missing += mask[a] != 0;
            n_observed += mask[a] == 0;
        }
        g->runs[g->n_runs++] = (Run){pattern, start, end, n_missing, n_observed, missing, observed,
                                     g->n_pivots, g->n_root};
        g->n_pivots += n_missing;
        g->n_root += n_missing * n_missing;
        start = end;
    }
    g->runs[g->n_runs - 1].end = filled(g->n, LANES);
}

#define FOR_EACH_RUN(g, run) \
    for (const Run *run = (g)->runs; run < (g)->runs + (g)->n_runs; run++)

static const int64_t LANE_NUMBERS[8] __attribute__((aligned(64))) = {0, 1, 2, 3, 4, 5, 6, 7};

/* The lanes of vector v that belong to the run. */
INLINE ivec lanes_of(const Run *run, ptrdiff_t v)
{
    ivec row = *(const ivec *)LANE_NUMBERS + v * LANES;
    return (row >= isplat(run->start)) & (row < isplat(run->end));
}

#define FOR_EACH_VECTOR(run, v) \
    for (ptrdiff_t v = (run)->start / LANES; v * LANES < (run)->end; v++)

/* Where the tile's deviations from the mean of component j are, and the root for a run: of the
   one component that is seen, or of all where they are kept. */
INLINE vec *deviations_of(const Work *w, ptrdiff_t j)
{
    return w->gap.columns + (w->gap.kept ? j * w->d * (w->rows / LANES) : 0);
}

INLINE double *root_of(const GapWork *g, const Run *run, ptrdiff_t j)
{
    return g->roots + (g->kept ? j * g->n_root + run->root : 0);
}

INLINE int is_noise(const Gaps *gaps, const Work *w, ptrdiff_t j)
{
    return gaps->noise && j == w->k - 1;
}

/* ------------------------------------------------------------------------------ the fill */

/* The precision of component j, in units that keep it from overflow. */
static void couple(const Components *c, const GapWork *g, ptrdiff_t j)
{
    ptrdiff_t d = c->d;
    const double *white = c->whitening + j * (c->dense ? d * d : d);
    double *scale = g->log_scale + j * d, *unit = g->unit + j * d;
    for (ptrdiff_t a = 0; a < d; a++) {
        scale[a] = c->dense ? 0.0 : white[a];
        for (ptrdiff_t b = a; c->dense && b < d; b++) {
            double size = __builtin_fabs(white[a * d + b]);
            scale[a] = size > scale[a] ? size : scale[a];
        }
        unit[a] = 1.0 / scale[a];
    }
    for (ptrdiff_t a = 0; c->dense && a < d; a++)
        for (ptrdiff_t b = 0; b < d; b++) {
            double sum = 0.0;
            for (ptrdiff_t e = a > b ? a : b; e < d; e++)
                sum += white[a * d + e] * unit[a] * white[b * d + e];
            g->coupling[(j * d + a) * d + b] = sum;
        }
}

/* What is the same for all patterns. */
static void begin_gaps(const Gaps *gaps, const Components *c, Work *w)
{
    GapWork *g = &w->gap;
    const uint8_t *first = gaps->masks;
    int any = 0;
    for (ptrdiff_t a = 0; gaps->n && a < w->d; a++) any |= first[a];
    g->complete = gaps->n && !any ? (ptrdiff_t)gaps->ends[0] : 0;
    clear(g->zeros, w->padded * sizeof(double));
    clear(g->log_scale, filled(w->k * w->d, LANES) * sizeof(double));
    for (ptrdiff_t j = 0; j < w->k; j++)
        if (!is_noise(gaps, w, j)) couple(c, g, j);
    for (ptrdiff_t i = 0; i < w->k * w->d; i += LANES)
        *(vec *)(g->log_scale + i) = log_anywhere(*(vec *)(g->log_scale + i));
}

/* The root of the missing cells' precision from rows of the whole one's, made orthogonal one after
   the other. That is slower, and keeps twice the digits where the cells hang closely together. */
static void orthogonalize(const Components *c, const Work *w, const Run *run, ptrdiff_t j)
{
    const GapWork *g = &w->gap;
    ptrdiff_t d = w->d;
    double *root = root_of(g, run, j), *pivots = g->pivots + run->pivot;
    for (int i = 0; i < run->n_missing; i++) {
        ptrdiff_t a = run->missing[i];
        double *row = root + i * run->n_missing, *rest = g->inverse + i * d, squares = 0.0;
        for (ptrdiff_t b = 0; b < d; b++)
            rest[b] = b < a ? 0.0 : c->whitening[(j * d + a) * d + b] * g->unit[j * d + a];
        for (int l = 0; l < i; l++) {
            const double *other = g->inverse + l * d;
            row[l] = 0.0;
            for (ptrdiff_t b = 0; b < d; b++) row[l] += rest[b] * other[b];
            for (ptrdiff_t b = 0; b < d; b++) rest[b] -= row[l] * other[b];
        }
        for (ptrdiff_t b = 0; b < d; b++) squares += rest[b] * rest[b];
        pivots[i] = __builtin_sqrt(squares);
        row[i] = 1.0 / pivots[i];
        for (ptrdiff_t b = 0; b < d; b++) rest[b] *= row[i];
    }
}

/* The root of the precision of a run's missing cells: a lower triangle, with the inverses of its
   pivots on the diagonal. */
static void factorize_run(const Components *c, const Work *w, const Run *run, ptrdiff_t j)
{
    const GapWork *g = &w->gap;
    const double *coupling = g->coupling + j * w->d * w->d, *unit = g->unit + j * w->d;
    double *root = root_of(g, run, j), *pivots = g->pivots + run->pivot;
    const int32_t *missing = run->missing;
    int m = run->n_missing, rough = 0;
    for (int i = 0; i < m; i++) {
        double *row = root + i * m;
        for (int l = 0; l <= i; l++) {
            const double *other = root + l * m;
            double whole = coupling[missing[i] * w->d + missing[l]] * unit[missing[l]];
            double sum = whole;
            for (int e = 0; e < l; e++) sum -= row[e] * other[e];
            if (l < i) {
                row[l] = sum * other[l];
            } else {
                rough |= !(sum > ROUGH * whole);
                pivots[i] = __builtin_sqrt(sum);
                row[i] = 1.0 / pivots[i];
            }
        }
    }
    if (rough) orthogonalize(c, w, run, j);
}

/* Deviations of the first vectors of the tile from the mean of component j, NaN where cells miss. */
static void deviate(const Components *c, const Work *w, ptrdiff_t j, ptrdiff_t end)
{
    ptrdiff_t vectors = w->rows / LANES;
    for (ptrdiff_t a = 0; a < w->d; a++) {
        const vec *from = w->columns + a * vectors;
        vec *to = deviations_of(w, j) + a * vectors;
        vec mean = splat(c->means[j * w->d + a]);
        for (ptrdiff_t v = 0; v < end; v++) to[v] = from[v] - mean;
    }
}

/* What is expected of the missing cells of noise, and where features are on their own. */
static void fill_with_zeros(const Work *w, const Run *run, ptrdiff_t j)
{
    ptrdiff_t vectors = w->rows / LANES;
    for (int i = 0; i < run->n_missing; i++) {
        vec *column = deviations_of(w, j) + run->missing[i] * vectors;
        FOR_EACH_VECTOR(run, v) column[v] = only(~lanes_of(run, v), column[v]);
    }
}

/* For `height` missing cells from number i on: minus the sums of coupled observed deviations. */
INLINE void pull_block(const Work *w, const Run *run, ptrdiff_t j, ptrdiff_t v, int i,
                       const int height)
{
    const GapWork *g = &w->gap;
    const double *coupling[PULLED];
    const vec *columns = deviations_of(w, j) + v;
    ptrdiff_t vectors = w->rows / LANES;
    vec sum[PULLED];
    UNROLL for (int r = 0; r < height; r++) {
        coupling[r] = g->coupling + (j * w->d + run->missing[i + r]) * w->d;
        sum[r] = splat(0.0);
    }
    for (int o = 0; o < run->n_observed; o++) {
        ptrdiff_t a = run->observed[o];
        vec deviation = columns[a * vectors];
        UNROLL for (int r = 0; r < height; r++) sum[r] -= coupling[r][a] * deviation;
    }
    UNROLL for (int r = 0; r < height; r++) g->solution[i + r] = sum[r];
}

INLINE void pull(const Work *w, const Run *run, ptrdiff_t j, ptrdiff_t v)
{
    int i = 0;
    for (; i + PULLED <= run->n_missing; i += PULLED) pull_block(w, run, j, v, i, PULLED);
    switch (run->n_missing - i) {
    case 1: pull_block(w, run, j, v, i, 1); break;
    case 2: pull_block(w, run, j, v, i, 2); break;
    case 3: pull_block(w, run, j, v, i, 3); break;
    }
}

/* What is expected of the missing cells of a run that is factorized. */
static void fill(const Work *w, const Run *run, ptrdiff_t j)
{
    const GapWork *g = &w->gap;
    ptrdiff_t vectors = w->rows / LANES;
    const double *unit = g->unit + j * w->d, *root = root_of(g, run, j);
    vec *columns = deviations_of(w, j);
    int m = run->n_missing;
    FOR_EACH_VECTOR(run, v) {
        vec *y = g->solution;
        pull(w, run, j, v);
        for (int i = 0; i < m; i++) {
            vec sum = y[i];
            for (int l = 0; l < i; l++) sum -= root[i * m + l] * y[l];
            y[i] = sum * root[i * m + i];
        }
        ivec own = lanes_of(run, v);
        for (int i = m - 1; i >= 0; i--) {
            vec sum = y[i];
            for (int l = i + 1; l < m; l++) sum -= root[l * m + i] * y[l];
            y[i] = sum *= root[i * m + i];
            vec *cell = columns + run->missing[i] * vectors + v;
            *cell = where(own, sum * unit[run->missing[i]], *cell);
        }
    }
}

/* Put what is expected of a run's missing cells in place of NaN. */
static void expect_cells(const Gaps *gaps, const Components *c, const Work *w, const Run *run,
                         ptrdiff_t j)
{
    if (!c->dense || is_noise(gaps, w, j)) {
        fill_with_zeros(w, run, j);
        return;
    }
    factorize_run(c, w, run, j);
    fill(w, run, j);
}

/* ---------------------------------------------------------------------- one component alone */

/* The component whose mean the deviations are from. */
static Components alone(const Components *c, const Work *w)
{
    return (Components){1, c->d, c->dense, w->gap.zeros, NULL, w->gap.zeros, NULL, NULL};
}

/* Its working memory: the deviations, its own sums and its column of `joint`. */
static Work work_alone(const Components *c, const Work *w, ptrdiff_t j)
{
    Work own = *w;
    ptrdiff_t d = w->d, each = c->dense ? triangle(d) : d;
    own.k = 1;
    own.columns = deviations_of(w, j);
    own.tile = w->gap.tile;
    own.centres = w->gap.zeros;
    own.joint += j;
    own.factors += j * (c->dense && d > IN_REGISTERS ? panels(d) : each);
    if (w->tile) own.sums = (vec *)((double *)w->sums + j * (d + 1) * w->padded);
    else own.sums += j * (1 + d + each);
    return own;
}

/* ------------------------------------------------------------------------- log-densities */

/* Half the log-determinant of the precision of a run's missing cells, from the pivots' logs. */
static double log_root(const Work *w, const Run *run, ptrdiff_t j, int dense)
{
    const GapWork *g = &w->gap;
    double total = 0.0;
    for (int i = 0; i < run->n_missing; i++) total += g->log_scale[j * w->d + run->missing[i]];
    for (int i = 0; dense && i < run->n_missing; i++) total += g->pivots[run->pivot + i];
    return total;
}

/* The pivots of all runs become their logs. */
static void take_logs(const GapWork *g)
{
    for (ptrdiff_t i = g->n_pivots; i % LANES; i++) g->pivots[i] = 1.0;
    for (ptrdiff_t i = 0; i < g->n_pivots; i += LANES) {
        vec *pivots = (vec *)(g->pivots + i);
        *pivots = log_anywhere(*pivots);
    }
}

/* What the marginal density of a run's rows is made of. */
static void set_density(const Gaps *gaps, const Components *c, const Work *w, const Run *run,
                        ptrdiff_t j)
{
    const GapWork *g = &w->gap;
    ptrdiff_t line = run->n_observed * w->k + j;
    double constant = gaps->constants[line];
    if (is_noise(gaps, w, j)) constant += gaps->noise[run->pattern];
    else if (run->n_observed) constant -= log_root(w, run, j, c->dense);
    FOR_EACH_VECTOR(run, v) {
        ivec own = lanes_of(run, v);
        g->constant[v] = where(own, splat(constant), g->constant[v]);
        if (!c->power) continue;
        g->power[v] = where(own, splat(gaps->power[line]), g->power[v]);
        g->slope[v] = where(own, splat(gaps->slope[line]), g->slope[v]);
        g->usual[v] = where(own, splat(0.5 * run->n_observed), g->usual[v]);
    }
}

/* Log-densities of component j at the rows of the tile. */
static void log_joint_with_gaps(const Gaps *gaps, const Components *c, const Work *w, ptrdiff_t j)
{
    const GapWork *g = &w->gap;
    deviate(c, w, j, filled(g->n, LANES * WIDE) / LANES);
    FOR_EACH_RUN(g, run) expect_cells(gaps, c, w, run, j);
    if (c->dense && !is_noise(gaps, w, j)) take_logs(g);
    FOR_EACH_RUN(g, run) set_density(gaps, c, w, run, j);
    Components component = alone(c, w);
    Work own = work_alone(c, w, j);
    log_joint(&component, &own, g->n);
    for (ptrdiff_t v = 0; v * LANES < g->n; v++) {
        vec *joint = own.joint + v * w->stride, q = -*joint;
        if (c->power) {
            vec y = g->slope[v] * (nearer(q) - g->usual[v]);
            q = g->power[v] * log_tail(y, w->tails + 3 * (v * w->stride + j));
        }
        *joint = g->constant[v] - q;
    }
}

/* Bring some rows together that lie anywhere in the table. */
static Table gathered(const Table *t, const GapWork *g, ptrdiff_t first, ptrdiff_t n)
{
    const int64_t *order = t->gaps->order + first;
    ptrdiff_t d = t->d, size = d * (t->single ? 4 : 8);
    for (ptrdiff_t i = 0; i < n; i++) {
        ptrdiff_t later = (ptrdiff_t)order[smaller(i + AHEAD, t->n - first - 1)];
        const char *ahead = (const char *)t->rows + later * size;
        for (ptrdiff_t byte = 0; byte < size; byte += 64) __builtin_prefetch(ahead + byte);
        if (t->single)
            for (ptrdiff_t a = 0; a < d; a++)
                ((float *)g->rows)[i * d + a] = ((const float *)t->rows)[order[i] * d + a];
        else
            for (ptrdiff_t a = 0; a < d; a++)
                ((double *)g->rows)[i * d + a] = ((const double *)t->rows)[order[i] * d + a];
    }
    for (ptrdiff_t i = 0; t->labels && i < n; i++) g->labels[i] = t->labels[order[i]];
    Table part = {.rows = g->rows, .single = t->single, .n = n, .d = d, .weight = t->weight,
                  .weight_step = t->weight_step};
    if (!t->weight || t->weight_step == 0) return part;
    for (ptrdiff_t i = 0; i < n; i++) g->weight[i] = t->weight[order[i] * t->weight_step];
    part.weight = g->weight, part.weight_step = 1;
    return part;
}

/* Load the rows of the next tile. Complete rows and others are in tiles of their own. */
static ptrdiff_t load_tile_with_gaps(const Table *t, Work *w, ptrdiff_t first)
{
    GapWork *g = &w->gap;
    ptrdiff_t end = first < g->complete ? g->complete : t->n, n = smaller(w->rows, end - first);
    Table part = gathered(t, g, first, n);
    load_tile(&part, 0, n, w);
    if (first < g->complete) return n;
    g->first = first, g->n = n;
    while (t->gaps->ends[g->pattern] <= first) g->pattern++;
    list_runs(t->gaps, w, g);
    return n;
}

/* As next_tile. What the moments need once more is kept where there is room. */
static ptrdiff_t next_tile_with_gaps(const Table *t, const Components *c, Work *w, ptrdiff_t first)
{
    GapWork *g = &w->gap;
    ptrdiff_t n = load_tile_with_gaps(t, w, first);
    if (first < g->complete) {
        log_joint(c, w, n);
        return n;
    }
    g->kept = g->may_keep && (!c->dense || w->k * g->n_root * sizeof(double) <= KEPT);
    for (ptrdiff_t j = 0; j < w->k; j++) log_joint_with_gaps(t->gaps, c, w, j);
    return n;
}

/* ------------------------------------------------------------------------------- moments */

/* The sum of a run's responsibilities for component j; and with tails, all that these add up. */
static double add_run(const Components *c, const Work *w, const Run *run, ptrdiff_t j,
                      const Sums *sums)
{
    vec total[3] = {splat(0.0), splat(0.0), splat(0.0)};
    FOR_EACH_VECTOR(run, v) {
        vec r = only(lanes_of(run, v), w->joint[v * w->stride + j]);
        total[0] += r;
        if (!c->power) continue;
        const vec *kept = w->tails + 3 * (v * w->stride + j);
        total[1] += r * kept[1];
        total[2] += r * kept[2];
    }
    for (ptrdiff_t part = 0; c->power && part < 3; part++)
        sums->tails[(part * (w->d + 1) + run->n_observed) * w->k + j] += total_of(total[part]);
    return total_of(total[0]);
}

/* Where the sum of the second moment of features a and b <= a is. */
INLINE double *second_moment(const Components *c, const Work *own, ptrdiff_t a, ptrdiff_t b)
{
    ptrdiff_t d = own->d;
    if (own->tile) return (double *)own->sums + (a + 1) * own->padded + b;
    return (double *)(own->sums + 1 + d + (c->dense ? triangle(a) + b : a));
}

/* What the covariance of a run's missing cells, given the observed ones, adds to the second
   moments. */
static void add_covariance(const Components *c, const Work *own, const Run *run, ptrdiff_t j,
                           double count)
{
    const GapWork *g = &own->gap;
    const double *unit = g->unit + j * own->d;
    int m = run->n_missing;
    for (int i = 0; !c->dense && i < m; i++) {
        double deviation = unit[run->missing[i]];
        *second_moment(c, own, run->missing[i], run->missing[i]) += count * deviation * deviation;
    }
    if (!c->dense) return;
    for (int i = 0; i < m; i++) { /* the inverse of the root */
        const double *root = root_of(g, run, j) + i * m;
        for (int l = 0; l < i; l++) {
            double sum = 0.0;
            for (int e = l; e < i; e++) sum -= root[e] * g->inverse[e * m + l];
            g->inverse[i * m + l] = sum * root[i];
        }
        g->inverse[i * m + i] = root[i];
    }
    for (int i = 0; i < m; i++)
        for (int l = 0; l <= i; l++) {
            double sum = 0.0;
            for (int e = i; e < m; e++) sum += g->inverse[e * m + i] * g->inverse[e * m + l];
            double covariance = sum * unit[run->missing[i]] * unit[run->missing[l]];
            *second_moment(c, own, run->missing[i], run->missing[l]) += count * covariance;
        }
}

/* Many dimensions: the deviations row by row, of rows that component j has a share in. */
static void lay_rows(const Work *w, const Run *run, ptrdiff_t j)
{
    const GapWork *g = &w->gap;
    const double *centre = w->centres + j * w->padded;
    const double *columns = (const double *)deviations_of(w, j);
    for (ptrdiff_t i = run->start; i < smaller(run->end, g->n); i++) {
        const vec *joint = w->joint + i / LANES * w->stride + j;
        if (!(((const double *)joint)[i % LANES] > 0.0)) continue;
        double *to = g->tile + i * w->padded;
        const double *from = w->tile + i * w->padded;
        for (ptrdiff_t a = 0; a < w->padded; a += LANES)
            *(vec *)(to + a) = *(const vec *)(from + a) - *(const vec *)(centre + a);
        for (int e = 0; e < run->n_missing; e++)
            to[run->missing[e]] = columns[run->missing[e] * w->rows + i];
    }
}

/* Moments of component j over the rows of the tile. */
static void add_component(const Gaps *gaps, const Components *c, const Work *w, ptrdiff_t j,
                          const Sums *sums)
{
    const GapWork *g = &w->gap;
    ptrdiff_t end = filled(g->n, LANES) / LANES;
    Components component = alone(c, w);
    Work own = work_alone(c, w, j);
    if (!g->kept) deviate(c, w, j, end);
    FOR_EACH_RUN(g, run) {
        double count = add_run(c, w, run, j, sums);
        int shared = count > 0.0 && !is_noise(gaps, w, j);
        if (!shared) fill_with_zeros(w, run, j);
        else if (!g->kept) expect_cells(gaps, c, w, run, j);
        if (shared) add_covariance(c, &own, run, j, count);
        if (w->tile) lay_rows(w, run, j);
    }
    for (ptrdiff_t v = 0; c->power && v < end; v++)
        own.joint[v * w->stride] *= w->tails[3 * (v * w->stride + j)];
    Sums to = {.counts = sums->counts + j};
    moments(&component, &own, g->n, &to);
}

/* As add_moments, one component after the other. */
static void add_tile_with_gaps(const Gaps *gaps, const Components *c, const Work *w,
                               const Sums *sums)
{
    for (ptrdiff_t j = 0; j < w->k; j++) add_component(gaps, c, w, j, sums);
}

/* ---------------------------------------------------------------- given responsibilities */

/* Those of the tile's n rows, with zeros in the lanes that are left. */
static void take_shares(const Work *w, const int64_t *order, ptrdiff_t n, const double *resp)
{
    for (ptrdiff_t v = 0; v * LANES < n; v++)
        for (ptrdiff_t j = 0; j < w->k; j++) {
            vec share = splat(0.0);
            for (ptrdiff_t i = v * LANES; i < smaller(n, (v + 1) * LANES); i++)
                share[i % LANES] = resp[order[i] * w->k + j];
            w->joint[v * w->stride + j] = share;
        }
}

static void complete(const Table *t, const Components *c, const double *resp, const Sums *sums,
                     void *scratch)
{
    Work w = begin(t, c, scratch);
    clear(sums->counts, c->k * sizeof(double));
    for (ptrdiff_t first = 0, n; first < t->n; first += n) {
        n = load_tile_with_gaps(t, &w, first);
        take_shares(&w, t->gaps->order + first, n, resp);
        add_moments(t, c, &w, first, n, sums);
    }
    finish(c, &w, sums);
}

/* ------------------------------------------------------------------------------- scoring */

/* As score_tile, for rows of the table in some order. */
static void score_tile_in_order(const Work *w, const int64_t *order, ptrdiff_t n,
                                const Scores *out)
{
    Scores own = w->gap.scores;
    if (!out->log_density) own.log_density = NULL;
    if (!out->responsibilities) own.responsibilities = NULL;
    if (!out->largest) own.largest = NULL;
    if (!out->labels) own.labels = NULL;
    score_tile(w, 0, n, &own);
    for (ptrdiff_t i = 0; i < n; i++) {
        ptrdiff_t row = (ptrdiff_t)order[i];
        if (own.log_density) out->log_density[row] = own.log_density[i];
        if (own.largest) out->largest[row] = own.largest[i];
        if (own.labels) out->labels[row] = own.labels[i];
        for (ptrdiff_t j = 0; own.responsibilities && j < w->k; j++)
            out->responsibilities[row * w->k + j] = own.responsibilities[i * w->k + j];
    }
}
