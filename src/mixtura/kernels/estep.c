/* The fused pass of EM for Gaussian components, and for those with heavy tails.

   A tile of rows at a time: log-densities, log-sum-exp, responsibilities, and the moments of the
   rows about the current means. Nothing of size n x k is ever stored. It is compiled once for each
   instruction set: see passes.c.

   Rows are in the lanes of vectors, except for second moments in many dimensions, where
   the dimensions are. Rows that fill up the last vector have weight 0.

   Accuracy: differences from the mean come first, whitening after; moments are about the means. */

#include "assignment.h"

/* What was measured to be best, or near it. */
enum {
    SMALL_TILE = 48 << 10,  /* bytes of a tile and what becomes of it: half of a second-level */
    LARGE_TILE = 512 << 10, /* cache where the rows are gathered again, much less elsewhere */
    BATCH = 64,             /* rows whose outer products are added up at a time */
    AXES = 4,               /* features at a time, along the axes */
    SKIP_FROM = 5,          /* dimensions above which empty responsibilities are skipped */
    PRUNE_FROM = 24,        /* dimensions from which far components are looked for */
    KEPT = 2048 << 10,      /* bytes at most of deviations of rows with gaps that are kept from the
                               log-densities to the moments, and as many of roots */
    PATIENCE = 16           /* tiles that do not look after one that found too few */
};

/* ------------------------------------------------------------------------ working memory */

/* Rows of a tile that miss the same cells, and the places of what belongs to them. */
typedef struct {
    ptrdiff_t pattern;
    ptrdiff_t start, end;  /* its rows in the tile */
    int n_missing, n_observed;
    const int32_t *missing, *observed; /* its columns */
    ptrdiff_t pivot, root; /* where its own begin among those of all runs */
} Run;

/* For rows with gaps: see gaps.c. */
typedef struct {
    ptrdiff_t complete;   /* rows without gaps, which come first */
    ptrdiff_t first, n;   /* the tile's place in the order, and its rows */
    ptrdiff_t pattern;    /* that of the tile's first row, or one before it */
    Run *runs;            /* rows: the tile's */
    ptrdiff_t n_runs;
    ptrdiff_t n_pivots, n_root; /* numbers in them, for one component and all runs */
    int may_keep, kept;   /* whether the deviations and roots of all components are */
    void *rows;           /* rows x d: the tile's, brought together */
    double *weight;       /* rows */
    int64_t *labels;      /* rows */
    double *coupling;     /* k x d x d: precisions, row a times unit a */
    double *unit;         /* k x d: those in which the rows of a precision's root are at most 1 */
    double *log_scale;    /* k x d: minus their logs */
    vec *columns;         /* d x rows: deviations from one component's mean; k times that if kept */
    double *tile;         /* rows x padded: the same, for many dimensions */
    double *zeros;        /* padded */
    vec *constant, *power, *slope, *usual; /* rows each: of one component's marginal densities */
    int32_t *lists;       /* rows x 2 d: the columns that runs miss, and those observed */
    double *roots;        /* of the precision of a run's missing cells, or all runs' if kept */
    double *inverse;      /* d x d: the inverse of one, after that of which it was made */
    double *pivots;       /* rows x d: of one component's roots, then their logs */
    vec *solution;        /* d */
    Scores scores;        /* rows: those of a tile, before they are handed out */
} GapWork;

typedef struct {
    ptrdiff_t d, k;
    ptrdiff_t padded;    /* d filled up to whole vectors */
    ptrdiff_t rows;      /* of a tile, in whole register blocks */
    vec *columns;        /* d x rows: the tile, rows in lanes */
    vec *weight;         /* rows */
    ptrdiff_t stride;    /* of joint: see Joint */
    vec *joint;          /* rows / LANES x stride: log-densities, then responsibilities */
    vec *tails;          /* three like joint: u, y u - log(1 + y) and log(1 + y) - y */
    vec *tail_sums;      /* k x 3: sums over the rows, still spread over lanes */
    double *tile;        /* rows x padded: the tile as it came, for many dimensions */
    double *centres;     /* k x padded: the means, for many dimensions */
    double *factors;     /* whitening factors, in the order in which they are used */
    vec *deviations;     /* of one register block */
    double *batch;       /* BATCH x padded: deviations times square roots of responsibilities */
    int32_t *active;     /* rows: some rows, or vectors of rows, of the tile */
    double *roots;       /* rows: square roots of active rows' responsibilities */
    uint64_t *shares;    /* rows / 64 x k: bits for the rows that a component has a share in */
    ivec *likeliest;     /* rows: the component with the highest bound */
    vec *least;          /* rows: the least log-density that matters */
    int patience;        /* tiles to go before the next look for far components */
    int all_matter;      /* far components too: some rows are known to be theirs */
    vec *sums;           /* the moments, still spread over lanes or padded */
    size_t sums_size;    /* in bytes */
    GapWork gap;
} Work;

INLINE ptrdiff_t triangle(ptrdiff_t d) { return d * (d + 1) / 2; }

/* each: numbers that are kept of a row and a component. */
static ptrdiff_t tile_rows(ptrdiff_t d, ptrdiff_t k, int few, int each)
{
    ptrdiff_t rows = few ? SMALL_TILE / (8 * (d + each * k)) : LARGE_TILE / (8 * (2 * d + each * k));
    rows = rows < 64 ? 64 : rows > 1024 ? 1024 : rows;
    return filled(rows, LANES * WIDE);
}

/* The same of what only rows with gaps need. */
static size_t lay_out_gaps(const Work *w, GapWork *g, char *base, int dense, int tailed)
{
    size_t used = 0, d = w->d, vectors = w->rows / LANES;
    g->rows = take(base, &used, w->rows * d, sizeof(double));
    g->weight = take(base, &used, w->rows, sizeof(double));
    g->labels = take(base, &used, w->rows, sizeof(int64_t));
    g->unit = take(base, &used, w->k * d, sizeof(double));
    g->log_scale = take(base, &used, filled(w->k * d, LANES), sizeof(double));
    g->runs = take(base, &used, w->rows, sizeof(Run));
    g->lists = take(base, &used, w->rows * 2 * d, sizeof(int32_t));
    g->may_keep = w->k * d * vectors * sizeof(vec) <= KEPT;
    g->columns = take(base, &used, (g->may_keep ? w->k : 1) * d * vectors, sizeof(vec));
    g->zeros = take(base, &used, w->padded, sizeof(double));
    g->constant = take(base, &used, vectors, sizeof(vec));
    if (tailed) {
        g->power = take(base, &used, vectors, sizeof(vec));
        g->slope = take(base, &used, vectors, sizeof(vec));
        g->usual = take(base, &used, vectors, sizeof(vec));
    }
    g->scores.log_density = take(base, &used, w->rows, sizeof(double));
    g->scores.responsibilities = take(base, &used, w->rows * w->k, sizeof(double));
    g->scores.largest = take(base, &used, w->rows, sizeof(double));
    g->scores.labels = take(base, &used, w->rows, sizeof(int64_t));
    if (!dense) return used;
    g->coupling = take(base, &used, w->k * d * d, sizeof(double));
    if (w->d > FEW_DIMENSIONS) g->tile = take(base, &used, w->rows * w->padded, sizeof(double));
    g->roots = take(base, &used, d * d + (g->may_keep ? KEPT / sizeof(double) : 0), sizeof(double));
    g->inverse = take(base, &used, d * d, sizeof(double));
    g->pivots = take(base, &used, filled(w->rows * d, LANES), sizeof(double));
    g->solution = take(base, &used, d, sizeof(vec));
    return used;
}

/* Lay the working memory out from base on, and give its size. */
static size_t lay_out(Work *w, char *base, ptrdiff_t d, ptrdiff_t k, int dense, int tailed,
                      int gappy)
{
    int few = !dense || d <= FEW_DIMENSIONS;
    size_t used = 0;
    w->d = d, w->k = k;
    w->padded = filled(d, LANES);
    w->rows = tile_rows(d, k, few, tailed ? 4 : 1);
    size_t vectors = w->rows / LANES;
    w->columns = take(base, &used, d * vectors, sizeof(vec));
    w->weight = take(base, &used, vectors, sizeof(vec));
    w->stride = k | 1;
    w->joint = take(base, &used, w->stride * vectors, sizeof(vec));
    if (tailed) {
        w->tails = take(base, &used, 3 * w->stride * vectors, sizeof(vec));
        w->tail_sums = take(base, &used, 3 * k, sizeof(vec));
    }
    w->factors = take(base, &used, k * (dense ? triangle(d) + d * TALL : d), sizeof(double));
    w->active = take(base, &used, w->rows, sizeof(int32_t));
    w->shares = take(base, &used, k * filled(w->rows, 64) / 64, sizeof(uint64_t));
    if (few) {
        size_t each = dense ? 1 + d + triangle(d) : 1 + 2 * d;
        w->sums_size = k * each * sizeof(vec);
    } else {
        w->tile = take(base, &used, w->rows * w->padded, sizeof(double));
        w->centres = take(base, &used, k * w->padded, sizeof(double));
        w->deviations = take(base, &used, d * WIDE, sizeof(vec));
        w->batch = take(base, &used, BATCH * w->padded, sizeof(double));
        w->roots = take(base, &used, w->rows, sizeof(double));
        w->likeliest = take(base, &used, vectors, sizeof(ivec));
        w->least = take(base, &used, vectors, sizeof(vec));
        w->sums_size = k * (d + 1) * w->padded * sizeof(double);
    }
    w->sums = take(base, &used, w->sums_size, 1);
    if (!gappy) return used;
    return used + lay_out_gaps(w, &w->gap, base ? base + used : NULL, dense, tailed);
}

static size_t scratch_size(ptrdiff_t d, ptrdiff_t k, int dense, int tailed, int gappy)
{
    Work w = {0};
    return lay_out(&w, NULL, d, k, dense, tailed, gappy);
}

/* Rows first ... first + n of the table, in lanes; the last vectors are filled up with the last
   row, of weight 0. */
INLINE void load_columns_of(const Table *t, ptrdiff_t first, ptrdiff_t n, const Work *w,
                            const ptrdiff_t d, const int single)
{
    double *columns = (double *)w->columns;
    ptrdiff_t end = filled(n, LANES * WIDE), whole = n / LANES * LANES;
    for (ptrdiff_t i = 0; i < whole; i += LANES)
        for (ptrdiff_t a = 0; a < d; a++)
            for (ptrdiff_t lane = 0; lane < LANES; lane++)
                columns[a * w->rows + i + lane] = value(t, (first + i + lane) * d + a, single);
    for (ptrdiff_t i = whole; i < end; i++)
        for (ptrdiff_t a = 0; a < d; a++)
            columns[a * w->rows + i] = value(t, (first + smaller(i, n - 1)) * d + a, single);
}

#if IN_REGISTERS == 16
#define FOR_EACH_IN_REGISTERS(USE) \
    FOR_EACH_FEW_DIMENSIONS(USE) USE(13) USE(14) USE(15) USE(16)
#else
#define FOR_EACH_IN_REGISTERS FOR_EACH_FEW_DIMENSIONS
#endif

#if FEW_DIMENSIONS == 12
#define FOR_EACH_FEW_DIMENSIONS(USE) \
    USE(1) USE(2) USE(3) USE(4) USE(5) USE(6) USE(7) USE(8) USE(9) USE(10) USE(11) USE(12)
#else
#define FOR_EACH_FEW_DIMENSIONS(USE) USE(1) USE(2) USE(3) USE(4) USE(5) USE(6) USE(7) USE(8)
#endif

static void load_columns(const Table *t, ptrdiff_t first, ptrdiff_t n, const Work *w)
{
    load_weight(t, first, n, w->weight);
    switch (t->d) {
#define FEW(D) case D: \
        if (t->single) load_columns_of(t, first, n, w, D, 1); \
        else load_columns_of(t, first, n, w, D, 0); \
        break;
    FOR_EACH_FEW_DIMENSIONS(FEW)
#undef FEW
    default:
        if (t->single) load_columns_of(t, first, n, w, t->d, 1);
        else load_columns_of(t, first, n, w, t->d, 0);
    }
}

static void load_tile(const Table *t, ptrdiff_t first, ptrdiff_t n, const Work *w)
{
    load_columns(t, first, n, w);
    if (!w->tile) return;
    for (ptrdiff_t i = 0; i < n; i++) {
        double *row = w->tile + i * w->padded;
        ptrdiff_t from = (first + i) * w->d;
        if (t->single)
            for (ptrdiff_t a = 0; a < w->d; a++) row[a] = value(t, from + a, 1);
        else
            for (ptrdiff_t a = 0; a < w->d; a++) row[a] = value(t, from + a, 0);
    }
}

/* ------------------------------------------------- log-densities: columns -> joint */

/* A squared distance above this would come near overflow; no row is out of reach of a tail. */
#define FURTHEST 5e299

INLINE vec nearer(vec q) { return where(q > FURTHEST, splat(FURTHEST), q); }

/* log(1 + y), and what tails need besides. */
INLINE vec log_tail(vec y, vec *kept)
{
    vec u, log = log_one_more(y, &u);
    kept[0] = u;
    kept[1] = y * u - log;
    kept[2] = log - y;
    return log;
}

/* The log-density of component j at rows whose half squared distances are given; what else tails
   need is kept, three vectors. */
INLINE vec log_density_at(const Components *c, ptrdiff_t j, vec q, vec *kept)
{
    if (!c->power) return c->constants[j] - q;
    vec y = c->slope[j] * (nearer(q) - 0.5 * (double)c->d);
    return c->constants[j] - c->power[j] * log_tail(y, kept);
}

/* The same at vector v of the tile. */
INLINE vec log_density(const Components *c, const Work *w, ptrdiff_t v, ptrdiff_t j, vec q)
{
    return log_density_at(c, j, q, w->tails + 3 * (v * w->stride + j));
}

/* Few dimensions: a row's values stay in registers. The factors are packed triangles. */
INLINE void log_joint_few(const Components *c, const Work *w, ptrdiff_t v, const int d)
{
    vec x[IN_REGISTERS], *joint = w->joint + v * w->stride;
    for (int a = 0; a < d; a++) x[a] = w->columns[a * (w->rows / LANES) + v];
    const double *mean = c->means, *factor = w->factors;
    for (ptrdiff_t j = 0; j < w->k; j++, mean += d, factor += triangle(d)) {
        vec deviation[IN_REGISTERS], squared = splat(0.0);
        const double *row = factor;
        UNROLL for (int b = 0; b < d; b++) {
            deviation[b] = x[b] - mean[b];
            vec white = row[0] * deviation[0];
            UNROLL for (int a = 1; a <= b; a++) white += row[a] * deviation[a];
            squared += white * white;
            row += b + 1;
        }
        joint[j] = log_density(c, w, v, j, squared);
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
            w->joint[(v + p) * w->stride + j] = log_density(c, w, v + p, j, q[p]);
    }
}

/* Room for the panels of one factor. */
INLINE ptrdiff_t panels(ptrdiff_t d) { return triangle(d) + d * TALL; }

/* Add to q the squares of `height` whitened coordinates from row b on. */
INLINE void whiten_block(const vec *dx, const double *panel, ptrdiff_t b, vec *q, const int height,
                         const int width)
{
    vec white[TALL][WIDE];
    UNROLL for (int r = 0; r < height; r++)
        UNROLL for (int p = 0; p < width; p++) white[r][p] = splat(0.0);
    for (ptrdiff_t a = 0; a < b; a++, dx += width, panel += height) {
        UNROLL for (int r = 0; r < height; r++) {
            vec factor = splat(panel[r]);
            UNROLL for (int p = 0; p < width; p++) white[r][p] += factor * dx[p];
        }
    }
    UNROLL for (int s = 0; s < height; s++) {
        UNROLL for (int r = s; r < height; r++) {
            vec factor = splat(panel[s * height + r]);
            UNROLL for (int p = 0; p < width; p++) white[r][p] += factor * dx[s * width + p];
        }
    }
    UNROLL for (int r = 0; r < height; r++)
        UNROLL for (int p = 0; p < width; p++) q[p] += white[r][p] * white[r][p];
}

/* Half the squared distances of the `width` vectors of rows whose deviations dx are given, over the
   first so many of the d whitened coordinates. */
INLINE void half_squared_distances(const vec *dx, const double *panel, ptrdiff_t d,
                              ptrdiff_t coordinates, vec *q, const int width)
{
    UNROLL for (int p = 0; p < width; p++) q[p] = splat(0.0);
    for (ptrdiff_t b = 0; b < coordinates;) {
        int height = block_height(d, b);
        switch (height) {
        case 1: whiten_block(dx, panel, b, q, 1, width); break;
        case 2: whiten_block(dx, panel, b, q, 2, width); break;
        case 3: whiten_block(dx, panel, b, q, 3, width); break;
        case 4: whiten_block(dx, panel, b, q, 4, width); break;
#if TALL > 4
        case 5: whiten_block(dx, panel, b, q, 5, width); break;
        case 6: whiten_block(dx, panel, b, q, 6, width); break;
        case 7: whiten_block(dx, panel, b, q, 7, width); break;
        case 8: whiten_block(dx, panel, b, q, 8, width); break;
#endif
        }
        b += height;
        panel += b * height;
    }
}

/* All components at the WIDE vectors of rows from v on. With fewer than all d whitened coordinates
   the distances are too short, and the log-densities upper bounds. */
static void log_joint_many(const Components *c, const Work *w, ptrdiff_t v, ptrdiff_t coordinates)
{
    ptrdiff_t vectors = w->rows / LANES;
    for (ptrdiff_t j = 0; j < w->k; j++) {
        const double *mean = c->means + j * w->d;
        for (ptrdiff_t a = 0; a < coordinates; a++)
            UNROLL for (int p = 0; p < WIDE; p++)
                w->deviations[a * WIDE + p] = w->columns[a * vectors + v + p] - mean[a];
        vec q[WIDE];
        half_squared_distances(w->deviations, w->factors + j * panels(w->d), w->d, coordinates, q,
                               WIDE);
        UNROLL for (int p = 0; p < WIDE; p++)
            w->joint[(v + p) * w->stride + j] = log_density(c, w, v + p, j, q[p]);
    }
}

/* Component j at n rows, at most `width` vectors of them, exactly. */
INLINE void log_joint_block(const Components *c, const Work *w, ptrdiff_t j, const int32_t *rows,
                            ptrdiff_t n, const int width)
{
    const double *mean = c->means + j * w->d;
    double *dx = (double *)w->deviations;
    for (ptrdiff_t i = 0; i < LANES * width; i++) {
        const double *x = w->tile + rows[smaller(i, n - 1)] * w->padded;
        for (ptrdiff_t a = 0; a < w->d; a++) dx[a * LANES * width + i] = x[a] - mean[a];
    }
    vec q[WIDE];
    half_squared_distances(w->deviations, w->factors + j * panels(w->d), w->d, w->d, q, width);
    for (int p = 0; p < width; p++) {
        vec kept[3], density = log_density_at(c, j, q[p], kept);
        for (ptrdiff_t lane = 0, i = p * LANES; lane < LANES && i < n; lane++, i++) {
            ptrdiff_t place = rows[i] / LANES * w->stride + j, to = rows[i] % LANES;
            w->joint[place][to] = density[lane];
            for (int part = 0; c->power && part < 3; part++)
                w->tails[3 * place + part][to] = kept[part][lane];
        }
    }
}

static void log_joint_at(const Components *c, const Work *w, ptrdiff_t j, const int32_t *rows,
                         ptrdiff_t n)
{
    for (; n > 0; n -= LANES * WIDE, rows += LANES * WIDE) {
        if (n <= LANES) log_joint_block(c, w, j, rows, n, 1);
        else if (n <= 2 * LANES) log_joint_block(c, w, j, rows, n, 2);
        else log_joint_block(c, w, j, rows, smaller(n, LANES * WIDE), WIDE);
    }
}

/* Append the rows of one vector, the first of which is `row`, where a mask holds. */
INLINE ptrdiff_t append(int32_t *rows, ptrdiff_t n, ptrdiff_t row, ivec mask)
{
    for (unsigned bits = BITS(mask); bits; bits &= bits - 1)
        rows[n++] = (int32_t)(row + __builtin_ctz(bits));
    return n;
}

/* Pairs of rows and components that the bounds do not rule out. */
static ptrdiff_t count_left(const Work *w, ptrdiff_t end)
{
    ivec left = isplat(0);
    for (ptrdiff_t v = 0; v < end; v++)
        for (ptrdiff_t j = 0; j < w->k; j++) left -= w->joint[v * w->stride + j] >= w->least[v];
    int64_t total = 0;
    for (int lane = 0; lane < LANES; lane++) total += left[lane];
    return total;
}

/* Far components need no exact distance: a bound that lies 60 below the log-density of another
   is as good as 0 already. First bounds for all pairs; then the exact value where the bound is
   highest; then wherever the bounds do not rule it out. Returns 0 where they rule out too few. */
static int log_joint_pruned(const Components *c, const Work *w, ptrdiff_t n)
{
    ptrdiff_t end = filled(n, LANES * WIDE) / LANES;
    ptrdiff_t lead = 0;
    while (lead < 12 + w->d / 8) lead += block_height(w->d, lead);
    for (ptrdiff_t v = 0; v < end; v += WIDE) log_joint_many(c, w, v, lead);
    for (ptrdiff_t v = 0; v < end; v++) {
        vec highest;
        w->likeliest[v] = label_of(w->joint + v * w->stride, w->k, &highest);
    }
    for (ptrdiff_t j = 0; j < w->k; j++) {
        ptrdiff_t found = 0;
        for (ptrdiff_t v = 0; v < end; v++)
            found = append(w->active, found, v * LANES, w->likeliest[v] == isplat(j));
        log_joint_at(c, w, j, w->active, found);
    }
    for (ptrdiff_t v = 0; v < end; v++)
        for (int lane = 0; lane < LANES; lane++)
            w->least[v][lane] = w->joint[v * w->stride + w->likeliest[v][lane]][lane] + NOTHING;
    if (count_left(w, end) > n * w->k / 4) return 0;
    for (ptrdiff_t j = 0; j < w->k; j++) {
        ptrdiff_t found = 0;
        for (ptrdiff_t v = 0; v < end; v++) {
            ivec near = w->joint[v * w->stride + j] >= w->least[v];
            found = append(w->active, found, v * LANES, near & (w->likeliest[v] != isplat(j)));
        }
        log_joint_at(c, w, j, w->active, found);
    }
    return 1;
}

#define ROOT_HALF 0x1.6a09e667f3bcdp-1

/* Copy the factors into the order in which they are used, scaled so that squares are halved. */
static void pack_factors(const Components *c, const Work *w)
{
    ptrdiff_t d = w->d, many = d > IN_REGISTERS;
    for (ptrdiff_t j = 0; j < w->k; j++) {
        if (!c->dense) {
            for (ptrdiff_t a = 0; a < d; a++) {
                double inverse = c->whitening[j * d + a];
                w->factors[j * d + a] = 0.5 * inverse * inverse;
            }
            continue;
        }
        double *to = w->factors + j * (many ? panels(d) : triangle(d));
        const double *from = c->whitening + j * d * d;
        for (ptrdiff_t b = 0; b < d;) {
            int height = many ? block_height(d, b) : 1;
            for (ptrdiff_t a = 0; a < b + height; a++)
                for (int r = 0; r < height; r++) *to++ = ROOT_HALF * from[a * d + b + r];
            b += height;
        }
        for (ptrdiff_t a = 0; w->centres && a < d; a++)
            w->centres[j * w->padded + a] = c->means[j * d + a];
    }
}

/* Whether to look for far components in this tile: not for a while after a tile with too few. */
INLINE int may_prune(Work *w)
{
    if (w->d < PRUNE_FROM || w->k < 4 || w->all_matter) return 0;
    if (w->patience == 0) return 1;
    w->patience--;
    return 0;
}

/* Log-densities of the first n rows of the tile: the one place that chooses the way. */
static void log_joint(const Components *c, Work *w, ptrdiff_t n)
{
    ptrdiff_t end = filled(n, LANES * WIDE) / LANES;
    if (!c->dense) {
        for (ptrdiff_t v = 0; v < end; v += WIDE) log_joint_axes(c, w, v);
        return;
    }
    switch (w->d) {
#define FEW(D) case D: for (ptrdiff_t v = 0; v < end; v++) log_joint_few(c, w, v, D); break;
    FOR_EACH_IN_REGISTERS(FEW)
#undef FEW
    default:
        if (may_prune(w)) {
            if (log_joint_pruned(c, w, n)) return;
            w->patience = PATIENCE;
        }
        for (ptrdiff_t v = 0; v < end; v += WIDE) log_joint_many(c, w, v, w->d);
    }
}

/* Components with tails: add up what they need, and weight the rows by u besides. */
static void weigh(const Work *w, ptrdiff_t end)
{
    for (ptrdiff_t j = 0; j < w->k; j++) {
        vec *sums = w->tail_sums + 3 * j, total[3] = {sums[0], sums[1], sums[2]};
        for (ptrdiff_t v = 0; v < end; v++) {
            vec *resp = w->joint + v * w->stride + j;
            const vec *kept = w->tails + 3 * (v * w->stride + j);
            total[0] += *resp;
            total[1] += *resp * kept[1];
            total[2] += *resp * kept[2];
            *resp *= kept[0];
        }
        for (int part = 0; part < 3; part++) sums[part] = total[part];
    }
}

/* --------------------------------------- moments: columns, responsibilities -> sums */

/* Few dimensions: rows `low` to `high` of the lower triangle of one component, in registers.
   sums holds the count, the first moments and the triangle. */
INLINE void moments_few(const Work *w, const vec *resp, const double *mean, vec *sums,
                        const int32_t *active, ptrdiff_t end, const int d, const int low,
                        const int high)
{
    ptrdiff_t vectors = w->rows / LANES;
    vec *first = sums + 1, *second = sums + 1 + d, count = sums[0];
    vec one[FEW_DIMENSIONS], two[FEW_DIMENSIONS][FEW_DIMENSIONS], share[FEW_DIMENSIONS];
    UNROLL for (int a = low; a < high; a++) {
        one[a] = first[a];
        UNROLL for (int b = 0; b <= a; b++) two[a][b] = second[triangle(a) + b];
    }
    for (ptrdiff_t i = 0; i < end; i++) {
        ptrdiff_t v = d > SKIP_FROM ? active[i] : i;
        vec r = resp[v * w->stride];
        if (low == 0) count += r;
        UNROLL for (int a = low; a < high; a++) {
            share[a] = r * (w->columns[a * vectors + v] - mean[a]);
            one[a] += share[a];
        }
        UNROLL for (int b = 0; b < high; b++) {
            vec dx = w->columns[b * vectors + v] - mean[b];
            UNROLL for (int a = b < low ? low : b; a < high; a++) two[a][b] += share[a] * dx;
        }
    }
    sums[0] = count;
    UNROLL for (int a = low; a < high; a++) {
        first[a] = one[a];
        UNROLL for (int b = 0; b <= a; b++) second[triangle(a) + b] = two[a][b];
    }
}

/* Mark the rows that components have a share in. */
static void mark_shares(const Work *w, ptrdiff_t end)
{
    for (ptrdiff_t v = 0; v < end; v++) {
        const vec *resp = w->joint + v * w->stride;
        uint64_t *shares = w->shares + v * LANES / 64 * w->k;
        int place = v * LANES % 64;
        for (ptrdiff_t j = 0; j < w->k; j++) {
            uint64_t bits = (uint64_t)BITS(resp[j] > 0.0) << place;
            shares[j] = place ? shares[j] | bits : bits;
        }
    }
}

/* Vectors of rows that component j has a share in, and how many. */
INLINE ptrdiff_t find_active_vectors(const Work *w, ptrdiff_t j, ptrdiff_t end)
{
    ptrdiff_t found = 0;
    for (ptrdiff_t v = 0; v < end; v++) {
        uint64_t shares = w->shares[v * LANES / 64 * w->k + j] >> (v * LANES % 64);
        w->active[found] = (int32_t)v;
        found += (shares & ((1 << LANES) - 1)) != 0;
    }
    return found;
}

/* The triangle in passes whose accumulators fit the registers: these are the rows between them. */
#if BUDGET >= 21
#define FOR_EACH_PASS(USE) USE(0, 5) USE(5, 8) USE(8, 10) USE(10, 12)
#else
#define FOR_EACH_PASS(USE) USE(0, 3) USE(3, 5) USE(5, 6) USE(6, 7) USE(7, 8)
#endif

INLINE void moments_few_in_passes(const Components *c, const Work *w, ptrdiff_t end, const int d)
{
    for (ptrdiff_t j = 0; j < w->k; j++) {
        const vec *resp = w->joint + j;
        const double *mean = c->means + j * d;
        vec *sums = w->sums + j * (1 + d + triangle(d));
        ptrdiff_t found = d > SKIP_FROM ? find_active_vectors(w, j, end) : end;
#define PASS(LOW, HIGH) \
        if (d > LOW) \
            moments_few(w, resp, mean, sums, w->active, found, d, LOW, d < HIGH ? d : HIGH);
        FOR_EACH_PASS(PASS)
#undef PASS
    }
}

/* Along the axes: `width` features from a on. sums holds the count, then
   the first and then the second moments. */
INLINE void moments_axes_block(const Work *w, const vec *resp, const double *mean, vec *sums,
                               ptrdiff_t end, ptrdiff_t a, const int width)
{
    ptrdiff_t vectors = w->rows / LANES;
    vec one[AXES], two[AXES];
    UNROLL for (int b = 0; b < width; b++) one[b] = two[b] = splat(0.0);
    for (ptrdiff_t v = 0; v < end; v++) {
        vec r = resp[v * w->stride];
        UNROLL for (int b = 0; b < width; b++) {
            vec dx = w->columns[(a + b) * vectors + v] - mean[a + b], share = r * dx;
            one[b] += share;
            two[b] += share * dx;
        }
    }
    UNROLL for (int b = 0; b < width; b++) {
        sums[1 + a + b] += one[b];
        sums[1 + w->d + a + b] += two[b];
    }
}

static void moments_axes(const Components *c, const Work *w, ptrdiff_t end)
{
    for (ptrdiff_t j = 0; j < w->k; j++) {
        const vec *resp = w->joint + j;
        const double *mean = c->means + j * w->d;
        vec *sums = w->sums + j * (1 + 2 * w->d);
        ptrdiff_t a = 0;
        for (ptrdiff_t v = 0; v < end; v++) sums[0] += resp[v * w->stride];
        for (; a + AXES <= w->d; a += AXES)
            moments_axes_block(w, resp, mean, sums, end, a, AXES);
        for (; a < w->d; a++) moments_axes_block(w, resp, mean, sums, end, a, 1);
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
static void outer_products(const double *rows, ptrdiff_t n, ptrdiff_t d, ptrdiff_t padded,
                           double *second)
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

/* Rows that component j has a share in, the square roots of the shares, and how many. */
INLINE ptrdiff_t find_active(const Work *w, ptrdiff_t j, ptrdiff_t n, double *count)
{
    ptrdiff_t found = 0;
    for (size_t start = 0; start < (size_t)n; start += 64)
        for (uint64_t bits = w->shares[start / 64 * w->k + j]; bits; bits &= bits - 1) {
            size_t row = start + __builtin_ctzll(bits);
            const vec *shares = w->joint + row / LANES * w->stride + j;
            w->active[found] = (int32_t)row;
            w->roots[found++] = ((const double *)shares)[row % LANES];
        }
    vec total = splat(0.0);
    ptrdiff_t end = filled(found, LANES);
    for (ptrdiff_t i = found; i < end; i++) w->roots[i] = 0.0;
    for (ptrdiff_t i = 0; i < end; i += LANES) total += *(vec *)(w->roots + i);
    for (ptrdiff_t i = 0; i < end; i++) w->roots[i] = __builtin_sqrt(w->roots[i]);
    *count += total_of(total);
    return found;
}

/* Of `width` vectors of features from a on: the deviations of n active rows from a mean times the
   square roots of their responsibilities, and the first moments. */
INLINE void gather_block(const Work *w, ptrdiff_t j, const int32_t *active, ptrdiff_t n,
                         const double *roots, double *first, ptrdiff_t a, const int width)
{
    vec mean[2], sum[2]; /* two, since one sum would wait for itself */
    UNROLL for (int p = 0; p < width; p++) {
        mean[p] = *(const vec *)(w->centres + j * w->padded + a + p * LANES);
        sum[p] = splat(0.0);
    }
    for (ptrdiff_t i = 0; i < n; i++) {
        const double *row = w->tile + active[i] * w->padded + a;
        vec root = splat(roots[i]);
        UNROLL for (int p = 0; p < width; p++) {
            vec y = root * (*(const vec *)(row + p * LANES) - mean[p]);
            *(vec *)(w->batch + i * w->padded + a + p * LANES) = y;
            sum[p] += root * y;
        }
    }
    UNROLL for (int p = 0; p < width; p++) *(vec *)(first + a + p * LANES) += sum[p];
}

/* The deviations of n active rows from a mean, times the square roots of their responsibilities:
   their outer products are the second moments. Adds up the first moments. */
INLINE void gather(const Work *w, ptrdiff_t j, ptrdiff_t start, ptrdiff_t n, double *first)
{
    const int32_t *active = w->active + start;
    const double *roots = w->roots + start;
    ptrdiff_t a = 0;
    for (; a + 2 * LANES <= w->padded; a += 2 * LANES)
        gather_block(w, j, active, n, roots, first, a, 2);
    if (a < w->padded) gather_block(w, j, active, n, roots, first, a, 1);
}

/* Many dimensions, which are in the lanes, over the rows that matter. sums holds for each
   component the first moments, then d rows of second moments, padded. */
static void moments_many(const Work *w, ptrdiff_t n, double *counts)
{
    ptrdiff_t d = w->d, padded = w->padded;
    for (ptrdiff_t j = 0; j < w->k; j++) {
        double *first = (double *)w->sums + j * (d + 1) * padded;
        ptrdiff_t found = find_active(w, j, n, counts + j);
        for (ptrdiff_t start = 0; start < found; start += BATCH) {
            ptrdiff_t size = smaller(BATCH, found - start);
            gather(w, j, start, size, first);
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
    if (w->d > SKIP_FROM) mark_shares(w, end);
    switch (w->d) {
#define FEW(D) case D: moments_few_in_passes(c, w, end, D); break;
    FOR_EACH_FEW_DIMENSIONS(FEW)
#undef FEW
    default:
        moments_many(w, n, sums->counts);
    }
}

/* Hand the sums out: add up lanes, drop padding, write out symmetric matrices. Inline, since GCC
   forgets to clear the upper halves of registers around a call at the end of a pass, and what comes
   after it would be half as fast. */
INLINE void finish(const Components *c, const Work *w, const Sums *sums)
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
            for (ptrdiff_t b = 0; c->dense && b <= a; b++) {
                const vec *lane = lanes + 1 + d + triangle(a) + b;
                double sum = many ? padded[(a + 1) * w->padded + b] : total_of(*lane);
                second[a * d + b] = second[b * d + a] = sum;
            }
        }
    }
}

/* --------------------------------------------------------------------------- the passes */

static void begin_gaps(const Gaps *gaps, const Components *c, Work *w);
static ptrdiff_t next_tile_with_gaps(const Table *t, const Components *c, Work *w, ptrdiff_t first);
static void add_tile_with_gaps(const Gaps *gaps, const Components *c, const Work *w,
                               const Sums *sums);
static void score_tile_in_order(const Work *w, const int64_t *order, ptrdiff_t n,
                                const Scores *out);

/* Working memory for some components, sums at 0. */
static Work begin(const Table *t, const Components *c, void *scratch)
{
    Work w = {0};
    lay_out(&w, scratch, c->d, c->k, c->dense, c->power != NULL, t->gaps != NULL);
    clear(w.sums, w.sums_size);
    if (c->power) clear(w.tail_sums, 3 * w.k * sizeof(vec));
    if (w.padded > w.d) { /* padding must hold finite numbers */
        clear(w.tile, w.tile ? w.rows * w.padded * sizeof(double) : 0);
        clear(w.centres, w.tile ? w.k * w.padded * sizeof(double) : 0);
    }
    pack_factors(c, &w);
    if (t->gaps) begin_gaps(t->gaps, c, &w);
    return w;
}

/* Load the rows of the next tile, of which no more than `first` have been seen, and make their
   log-densities. Returns how many they are. */
static ptrdiff_t next_tile(const Table *t, const Components *c, Work *w, ptrdiff_t first)
{
    if (t->gaps) return next_tile_with_gaps(t, c, w, first);
    ptrdiff_t n = smaller(w->rows, t->n - first);
    load_tile(t, first, n, w);
    log_joint(c, w, n);
    return n;
}

/* The known components of the tile's rows, from `first` on; NULL where all are unknown. */
static const int64_t *labels_of_tile(const Table *t, const Work *w, ptrdiff_t first)
{
    if (!t->labels) return NULL;
    return t->gaps ? w->gap.labels : t->labels + first;
}

/* Add up what the M-step needs of the tile's n rows, from `first` on. */
static void add_moments(const Table *t, const Components *c, const Work *w, ptrdiff_t first,
                        ptrdiff_t n, const Sums *sums)
{
    if (t->gaps && first >= w->gap.complete) {
        add_tile_with_gaps(t->gaps, c, w, sums);
        return;
    }
    if (c->power) weigh(w, filled(n, LANES) / LANES);
    moments(c, w, n, sums);
}

static void expect(const Table *t, const Components *c, int hard, const Sums *sums, void *scratch)
{
    Work w = begin(t, c, scratch);
    Objective objective = {splat(0.0), splat(1.0), 0};
    int equal_weights = t->weight_step == 0 && *t->weight == 1.0;
    vec weight = splat(0.0);
    const Joint tile = {w.k, w.stride, w.joint, w.weight};
    ptrdiff_t lines = t->gaps ? w.d + 1 : 1; /* of tails: the last is that of complete rows */
    *sums->weight = (double)t->n;
    w.all_matter = t->labels != NULL;
    clear(sums->counts, c->k * sizeof(double));
    if (c->power) clear(sums->tails, 3 * lines * w.k * sizeof(double));
    for (ptrdiff_t first = 0, n; first < t->n; first += n) {
        n = next_tile(t, c, &w, first);
        assign(t, labels_of_tile(t, &w, first), t->gaps ? t->n : first + n, &tile, n, hard,
               equal_weights, &objective);
        for (ptrdiff_t v = 0; !equal_weights && v * LANES < n; v++) weight += w.weight[v];
        add_moments(t, c, &w, first, n, sums);
    }
    settle(&objective);
    *sums->objective = total_of(objective.sum);
    if (!equal_weights) *sums->weight = total_of(weight);
    finish(c, &w, sums);
    for (ptrdiff_t i = 0; c->power && i < 3 * w.k; i++)
        sums->tails[((i % 3 + 1) * lines - 1) * w.k + i / 3] += total_of(w.tail_sums[i]);
}

/* ---------------------------------------------------------------------------- scoring */

/* Scores of the tile's n rows, the first of which has the number `first`. */
static void score_tile(const Work *w, ptrdiff_t first, ptrdiff_t n, const Scores *out)
{
    for (ptrdiff_t i = 0; i < n; i += LANES)
        score_vector(w->joint + i / LANES * w->stride, w->k, first + i, smaller(LANES, n - i), out);
}

static void score(const Table *t, const Components *c, const Scores *out, void *scratch)
{
    Work w = begin(t, c, scratch);
    for (ptrdiff_t first = 0, n; first < t->n; first += n) {
        n = next_tile(t, c, &w, first);
        if (t->gaps) score_tile_in_order(&w, t->gaps->order + first, n, out);
        else score_tile(&w, first, n, out);
    }
}
