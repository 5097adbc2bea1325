/* The fused pass of EM for components whose log-density is linear in statistics of the row.

   A tile of rows at a time: scores constant_j + weights_j . t_i, log-sum-exp, responsibilities, and
   the sums of the statistics. Components are in the lanes of vectors for scores and sums, rows in
   between. The statistics are the cells, or else zeros and ones for the levels of the cells, which
   are never written out: a score is a sum of weights that are looked up.

   Columns of few levels are looked up a few at a time: a group of them is one column whose levels
   are the combinations of theirs. */

#include "assignment.h"

enum {
    LINEAR_TILE = 32 << 10, /* bytes of a tile and what becomes of it */
    COMBINATIONS = 64,      /* of a group of columns, at most */
    LOOKED_UP = 64 << 10    /* bytes of the weights of all combinations: they and the sums, which take as
                               much, should stay near the processor */
};

/* Stands for a weight of -inf, since 0 times it is 0. A statistic is 0 there, or 1 or more, and a
   sum with such a term in it is below the limit, which counts and zeros and ones never come near. */
#define BARRED -1e300
#define BARRED_BELOW -1e250

typedef double loose __attribute__((vector_size(8 * LANES), aligned(8), may_alias));

typedef struct {
    ptrdiff_t d, k;
    ptrdiff_t padded;    /* k filled up to whole vectors */
    ptrdiff_t rows;      /* of a tile, in whole register blocks */
    ptrdiff_t entries;   /* statistics, or combinations of levels of all groups */
    ptrdiff_t groups;    /* of columns, where they have levels */
    Joint tile;
    vec *counts;         /* k: still spread over lanes */
    double *constants;   /* padded */
    double *weights;     /* entries x padded */
    double limit;        /* scores below are -inf: BARRED_BELOW, or -inf where nothing is barred */
    double *sums;        /* entries x padded */
    double *shares;      /* rows x padded: scores, then responsibilities */
    double *cells;       /* rows x d: of rows that cannot be read where they are */
    int32_t *ends;       /* groups: the column after the last */
    ptrdiff_t stride;    /* of places: groups filled up to whole vectors */
    double *places;      /* rows x stride: the entry that a row has in each group, and ROUNDER */
    double *origins;     /* stride: the first entry of each group, and ROUNDER */
    double *units;       /* d x LANES: what one level of a column adds, in the lane of its group */
    double *last_levels; /* TALL x d: of each column, for each row of a register block */
} LinearWork;

/* Neighboring columns in groups of so many combinations at most. */
static void group_columns(const Linear *c, LinearWork *w, ptrdiff_t most)
{
    w->groups = w->entries = 0;
    for (ptrdiff_t a = 0; a < c->d;) {
        ptrdiff_t combinations = c->levels[a++];
        while (a < c->d && combinations <= most / c->levels[a]) combinations *= c->levels[a++];
        if (w->ends) w->ends[w->groups] = (int32_t)a;
        w->entries += combinations;
        w->groups++;
    }
}

/* What looking up takes should not outgrow a cache, nor be more work than the n rows are. */
static ptrdiff_t most_combinations(const Linear *c, LinearWork *w, ptrdiff_t n)
{
    ptrdiff_t most = COMBINATIONS, each = w->padded * sizeof(double);
    for (; most > 1; most /= 2) {
        group_columns(c, w, most);
        if (w->entries <= LOOKED_UP / each && w->entries <= n / 4) break;
    }
    return most;
}

/* Lay the working memory out from base on, and give its size. */
static size_t lay_out_linear(LinearWork *w, char *base, const Linear *c, ptrdiff_t n)
{
    size_t used = 0;
    ptrdiff_t d = w->d = c->d, k = w->k = c->k, most = 0;
    w->padded = filled(k, LANES);
    w->entries = d, w->groups = 0;
    if (c->levels) {
        w->ends = NULL;
        most = most_combinations(c, w, n);
        w->ends = take(base, &used, d, sizeof(int32_t));
        LinearWork counted = *w;
        if (!base) counted.ends = NULL;
        group_columns(c, &counted, most);
        w->groups = counted.groups, w->entries = counted.entries;
    }
    w->stride = filled(w->groups, LANES);
    ptrdiff_t each = sizeof(double) * (d + w->padded + k + 1 + w->stride);
    ptrdiff_t rows = LINEAR_TILE / each;
    w->rows = filled(rows < 64 ? 64 : rows > 1024 ? 1024 : rows, TALL * WIDE);
    size_t vectors = w->rows / LANES;
    w->tile.k = k, w->tile.stride = k | 1;
    w->tile.joint = take(base, &used, w->tile.stride * vectors, sizeof(vec));
    w->tile.weight = take(base, &used, vectors, sizeof(vec));
    w->counts = take(base, &used, k, sizeof(vec));
    w->constants = take(base, &used, w->padded, sizeof(double));
    w->weights = take(base, &used, w->entries * w->padded, sizeof(double));
    w->sums = take(base, &used, w->entries * w->padded, sizeof(double));
    w->shares = take(base, &used, w->rows * w->padded, sizeof(double));
    w->cells = take(base, &used, w->rows * d, sizeof(double));
    if (c->levels) {
        w->places = take(base, &used, w->rows * w->stride, sizeof(double));
        w->origins = take(base, &used, w->stride, sizeof(double));
        w->units = take(base, &used, d * LANES, sizeof(double));
        w->last_levels = take(base, &used, TALL * d, sizeof(double));
    }
    return used;
}

static size_t linear_size(const Linear *c, ptrdiff_t n)
{
    LinearWork w;
    return lay_out_linear(&w, NULL, c, n);
}

/* ------------------------------------------------------------------------------- tables */

/* The weights of all combinations of levels, and how cells lead to them. */
static void tabulate(const Linear *c, const LinearWork *w)
{
    ptrdiff_t padded = w->padded, origin = 0, a = 0;
    const double *weights = c->weights;
    clear(w->origins, w->stride * sizeof(double));
    clear(w->units, w->d * LANES * sizeof(double));
    for (ptrdiff_t g = 0; g < w->groups; g++) {
        w->origins[g] = ROUNDER + (double)origin;
        double *table = w->weights + origin * padded;
        ptrdiff_t combinations = 1;
        clear(table, padded * sizeof(double));
        for (; a < w->ends[g]; a++) {
            ptrdiff_t levels = c->levels[a];
            w->units[a * LANES + g % LANES] = (double)combinations;
            for (ptrdiff_t r = 0; r < TALL; r++) w->last_levels[r * w->d + a] = (double)(levels - 1);
            for (ptrdiff_t level = levels - 1; level >= 0; level--)
                for (ptrdiff_t e = 0; e < combinations; e++)
                    for (ptrdiff_t j = 0; j < padded; j++)
                        table[(level * combinations + e) * padded + j] =
                            table[e * padded + j] + (j < w->k ? weights[j * c->m + level] : 0.0);
            combinations *= levels;
            weights += levels;
        }
        origin += combinations;
    }
}

/* Working memory for some components, sums at 0. */
static LinearWork begin_linear(const Table *t, const Linear *c, void *scratch)
{
    LinearWork w;
    lay_out_linear(&w, scratch, c, t->n);
    w.limit = -INFINITE;
    clear(w.sums, w.entries * w.padded * sizeof(double));
    clear(w.counts, w.k * sizeof(vec));
    for (ptrdiff_t j = 0; j < w.padded; j++) w.constants[j] = j < w.k ? c->constants[j] : 0.0;
    if (c->levels) {
        tabulate(c, &w);
        return w;
    }
    for (ptrdiff_t a = 0; a < w.d; a++)
        for (ptrdiff_t j = 0; j < w.padded; j++) {
            double weight = j < w.k ? c->weights[j * c->m + a] : 0.0;
            int barred = weight == -INFINITE;
            w.weights[a * w.padded + j] = barred ? BARRED : weight;
            if (barred) w.limit = BARRED_BELOW;
        }
    return w;
}

/* ----------------------------------------------------------------- log-densities: scores */

/* Cells of TALL rows of the tile from row i on; the last of its n rows stands for those beyond. */
INLINE const double *register_block(const Table *t, const LinearWork *w, ptrdiff_t first,
                                    ptrdiff_t i, ptrdiff_t n)
{
    ptrdiff_t d = w->d, from = (first + i) * d;
    if (!t->single && i + TALL <= n) return (const double *)t->rows + from;
    double *cells = w->cells + i * d;
    if (i + TALL <= n)
        for (ptrdiff_t x = 0; x < TALL * d; x++) cells[x] = value(t, from + x, 1);
    else
        for (ptrdiff_t r = 0; r < TALL; r++)
            for (ptrdiff_t a = 0; a < d; a++)
                cells[r * d + a] = value(t, from + smaller(r, n - 1 - i) * d + a, t->single);
    return cells;
}

/* Whether all cells of TALL rows are levels. */
INLINE int are_levels(const LinearWork *w, const double *cells)
{
    ivec good = isplat(-1);
    for (ptrdiff_t x = 0; x < TALL * w->d; x += LANES) {
        vec cell = *(const loose *)(cells + x), whole = (cell + ROUNDER) - ROUNDER;
        good &= (whole == cell) & (cell >= 0.0) & (cell <= *(vec *)(w->last_levels + x));
    }
    return BITS(good) == (1u << LANES) - 1;
}

/* The places of TALL rows from row i on: of whole numbers such sums are exact. */
INLINE void find_places(const LinearWork *w, const double *cells, ptrdiff_t i)
{
    for (ptrdiff_t g = 0, a = 0; g < w->groups; g += LANES) {
        vec sum[TALL];
        UNROLL for (int r = 0; r < TALL; r++) sum[r] = *(vec *)(w->origins + g);
        for (ptrdiff_t end = w->ends[smaller(g + LANES, w->groups) - 1]; a < end; a++)
            UNROLL for (int r = 0; r < TALL; r++)
                sum[r] += cells[r * w->d + a] * *(vec *)(w->units + a * LANES);
        UNROLL for (int r = 0; r < TALL; r++) *(vec *)(w->places + (i + r) * w->stride + g) = sum[r];
    }
}

/* The number in the low bits of a place: see ROUNDER. */
INLINE ptrdiff_t entry_at(const double *place)
{
    union { double place; uint64_t bits; } at = {*place};
    return (ptrdiff_t)(at.bits & 0xffffffff);
}

/* Scores of n rows, which are looked up: `width` vectors of components from j on. */
INLINE void look_up(const LinearWork *w, ptrdiff_t n, ptrdiff_t j, const int width)
{
    vec constants[WIDE];
    UNROLL for (int p = 0; p < width; p++) constants[p] = *(vec *)(w->constants + j + p * LANES);
    for (ptrdiff_t i = 0; i < n; i++) {
        const double *places = w->places + i * w->stride;
        vec sum[WIDE];
        UNROLL for (int p = 0; p < width; p++) sum[p] = constants[p];
        for (ptrdiff_t g = 0; g < w->groups; g++) {
            const double *entry = w->weights + entry_at(places + g) * w->padded + j;
            UNROLL for (int p = 0; p < width; p++) sum[p] += *(const vec *)(entry + p * LANES);
        }
        UNROLL for (int p = 0; p < width; p++)
            *(vec *)(w->shares + i * w->padded + j + p * LANES) = sum[p];
    }
}

/* Scores of TALL rows from row i on, which are products. */
INLINE void multiply(const LinearWork *w, const double *cells, ptrdiff_t i, ptrdiff_t j,
                     const int width)
{
    vec sum[TALL][WIDE];
    UNROLL for (int r = 0; r < TALL; r++)
        UNROLL for (int p = 0; p < width; p++) sum[r][p] = *(vec *)(w->constants + j + p * LANES);
    for (ptrdiff_t a = 0; a < w->d; a++) {
        const double *weights = w->weights + a * w->padded + j;
        UNROLL for (int r = 0; r < TALL; r++) {
            vec cell = splat(cells[r * w->d + a]);
            UNROLL for (int p = 0; p < width; p++)
                sum[r][p] += cell * *(const vec *)(weights + p * LANES);
        }
    }
    UNROLL for (int r = 0; r < TALL; r++)
        UNROLL for (int p = 0; p < width; p++)
            *(vec *)(w->shares + (i + r) * w->padded + j + p * LANES) =
                where(sum[r][p] < w->limit, splat(-INFINITE), sum[r][p]);
}

/* All components, WIDE vectors of them at a time. */
#if WIDE > 2
#define FOR_ALL_COMPONENTS(USE) \
    for (ptrdiff_t j = 0; j < w->padded; j += WIDE * LANES) switch ((w->padded - j) / LANES) { \
        case 1: USE(1); break; \
        case 2: USE(2); break; \
        default: USE(3); \
    }
#else
#define FOR_ALL_COMPONENTS(USE) \
    for (ptrdiff_t j = 0; j < w->padded; j += WIDE * LANES) switch ((w->padded - j) / LANES) { \
        case 1: USE(1); break; \
        default: USE(2); \
    }
#endif

/* Scores of the n rows of a tile from `first` on; whether all cells are levels where they must. */
static int find_scores(const Table *t, const LinearWork *w, ptrdiff_t first, ptrdiff_t n)
{
    ptrdiff_t end = filled(n, TALL);
    for (ptrdiff_t i = 0; i < end; i += TALL) {
        const double *cells = register_block(t, w, first, i, n);
        if (w->groups) {
            if (!are_levels(w, cells)) return 0;
            find_places(w, cells, i);
        } else {
#define MULTIPLY(WIDTH) multiply(w, cells, i, j, WIDTH)
            FOR_ALL_COMPONENTS(MULTIPLY)
        }
    }
    if (w->groups) {
#define LOOK_UP(WIDTH) look_up(w, end, j, WIDTH)
        FOR_ALL_COMPONENTS(LOOK_UP)
    }
    return 1;
}

/* Where component 0 has row i among the joint log-densities; the next one is LANES further. */
INLINE double *in_lanes(const LinearWork *w, ptrdiff_t i)
{
    return (double *)(w->tile.joint + i / LANES * w->tile.stride) + i % LANES;
}

/* Log-densities of the n rows of a tile from `first` on, in lanes. */
static int log_joint_linear(const Table *t, const LinearWork *w, ptrdiff_t first, ptrdiff_t n)
{
    if (!find_scores(t, w, first, n)) return 0;
    for (ptrdiff_t i = 0; i < filled(n, LANES); i++) {
        const double *scores = w->shares + i * w->padded;
        double *joint = in_lanes(w, i);
        for (ptrdiff_t j = 0; j < w->k; j++) joint[j * LANES] = scores[j];
    }
    return 1;
}

/* ---------------------------------------------------- responsibilities, statistics -> sums */

INLINE void sum_looked_up(const LinearWork *w, ptrdiff_t n, ptrdiff_t j, const int width)
{
    for (ptrdiff_t i = 0; i < n; i++) {
        const double *places = w->places + i * w->stride;
        vec share[WIDE];
        UNROLL for (int p = 0; p < width; p++)
            share[p] = *(vec *)(w->shares + i * w->padded + j + p * LANES);
        for (ptrdiff_t g = 0; g < w->groups; g++) {
            double *entry = w->sums + entry_at(places + g) * w->padded + j;
            UNROLL for (int p = 0; p < width; p++) *(vec *)(entry + p * LANES) += share[p];
        }
    }
}

/* `height` statistics from a on. */
INLINE void sum_block(const LinearWork *w, const double *cells, ptrdiff_t n, ptrdiff_t a,
                      ptrdiff_t j, const int height, const int width)
{
    vec sum[TALL][WIDE];
    double *sums = w->sums + a * w->padded + j;
    UNROLL for (int s = 0; s < height; s++)
        UNROLL for (int p = 0; p < width; p++) sum[s][p] = *(vec *)(sums + s * w->padded + p * LANES);
    for (ptrdiff_t i = 0; i < n; i++) {
        const double *shares = w->shares + i * w->padded + j;
        UNROLL for (int s = 0; s < height; s++) {
            vec cell = splat(cells[i * w->d + a + s]);
            UNROLL for (int p = 0; p < width; p++)
                sum[s][p] += cell * *(const vec *)(shares + p * LANES);
        }
    }
    UNROLL for (int s = 0; s < height; s++)
        UNROLL for (int p = 0; p < width; p++) *(vec *)(sums + s * w->padded + p * LANES) = sum[s][p];
}

INLINE void sum_multiplied(const LinearWork *w, const double *cells, ptrdiff_t n, ptrdiff_t j,
                           const int width)
{
    for (ptrdiff_t a = 0; a < w->d;) {
        int height = block_height(w->d, a);
        switch (height) {
        case 1: sum_block(w, cells, n, a, j, 1, width); break;
        case 2: sum_block(w, cells, n, a, j, 2, width); break;
        case 3: sum_block(w, cells, n, a, j, 3, width); break;
        case 4: sum_block(w, cells, n, a, j, 4, width); break;
#if TALL > 4
        case 5: sum_block(w, cells, n, a, j, 5, width); break;
        case 6: sum_block(w, cells, n, a, j, 6, width); break;
        case 7: sum_block(w, cells, n, a, j, 7, width); break;
        case 8: sum_block(w, cells, n, a, j, 8, width); break;
#endif
        }
        a += height;
    }
}

/* Add the n rows of a tile from `first` on to the sums. */
static void add_tile(const Table *t, const LinearWork *w, ptrdiff_t first, ptrdiff_t n)
{
    for (ptrdiff_t v = 0; v * LANES < n; v++)
        for (ptrdiff_t j = 0; j < w->k; j++) w->counts[j] += w->tile.joint[v * w->tile.stride + j];
    for (ptrdiff_t i = 0; i < n; i++) {
        const double *joint = in_lanes(w, i);
        double *shares = w->shares + i * w->padded;
        for (ptrdiff_t j = 0; j < w->k; j++) shares[j] = joint[j * LANES];
    }
    if (w->groups) {
#define SUM_LOOKED_UP(WIDTH) sum_looked_up(w, n, j, WIDTH)
        FOR_ALL_COMPONENTS(SUM_LOOKED_UP)
    } else {
        const double *cells = t->single ? w->cells : (const double *)t->rows + first * w->d;
#define SUM_MULTIPLIED(WIDTH) sum_multiplied(w, cells, n, j, WIDTH)
        FOR_ALL_COMPONENTS(SUM_MULTIPLIED)
    }
}

/* Sums of combinations as sums of the levels of each column. */
static void take_apart(const Linear *c, const LinearWork *w, double *totals)
{
    const double *sums = w->sums;
    double *group = totals;
    clear(totals, w->k * c->m * sizeof(double));
    for (ptrdiff_t g = 0, first = 0; g < w->groups; first = w->ends[g++]) {
        ptrdiff_t combinations = 1, after = 0;
        for (ptrdiff_t a = first; a < w->ends[g]; a++) combinations *= c->levels[a];
        for (ptrdiff_t e = 0; e < combinations; e++, sums += w->padded) {
            ptrdiff_t rest = e;
            after = 0;
            for (ptrdiff_t a = first; a < w->ends[g]; after += c->levels[a++]) {
                double *total = group + after + rest % c->levels[a];
                for (ptrdiff_t j = 0; j < w->k; j++) total[j * c->m] += sums[j];
                rest /= c->levels[a];
            }
        }
        group += after;
    }
}

static void linear_expect(const Table *t, const Linear *c, int hard, const Sums *sums,
                          void *scratch)
{
    LinearWork w = begin_linear(t, c, scratch);
    Objective objective = {splat(0.0), splat(1.0), 0};
    int equal_weights = t->weight_step == 0 && *t->weight == 1.0, good = 1;
    vec weight = splat(0.0);
    for (ptrdiff_t first = 0; first < t->n; first += w.rows) {
        ptrdiff_t n = smaller(w.rows, t->n - first);
        load_weight(t, first, n, w.tile.weight);
        good = good && log_joint_linear(t, &w, first, n);
        if (!good) break;
        assign(t, t->labels ? t->labels + first : NULL, first + n, &w.tile, n, hard, equal_weights,
               &objective);
        for (ptrdiff_t v = 0; !equal_weights && v * LANES < n; v++) weight += w.tile.weight[v];
        add_tile(t, &w, first, n);
    }
    settle(&objective);
    *sums->objective = good ? total_of(objective.sum) : __builtin_nan("");
    *sums->weight = equal_weights ? (double)t->n : total_of(weight);
    for (ptrdiff_t j = 0; j < w.k; j++) sums->counts[j] = total_of(w.counts[j]);
    if (c->levels) {
        take_apart(c, &w, sums->first);
        return;
    }
    for (ptrdiff_t j = 0; j < w.k; j++)
        for (ptrdiff_t a = 0; a < w.d; a++) sums->first[j * w.d + a] = w.sums[a * w.padded + j];
}

static int linear_score(const Table *t, const Linear *c, const Scores *out, void *scratch)
{
    LinearWork w = begin_linear(t, c, scratch);
    for (ptrdiff_t first = 0; first < t->n; first += w.rows) {
        ptrdiff_t n = smaller(w.rows, t->n - first);
        if (!log_joint_linear(t, &w, first, n)) return 0;
        for (ptrdiff_t i = 0; i < n; i += LANES)
            score_vector(w.tile.joint + i / LANES * w.tile.stride, w.k, first + i,
                         smaller(LANES, n - i), out);
    }
    return 1;
}
