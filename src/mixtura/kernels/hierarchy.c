/* Agglomerative hierarchical clustering by Fraley's criterion. Plain C11: no libc, no Python. */

#include "hierarchy.h"

#include "estep.h"
#include "mstep.h"

extern const Kernel mixtura_baseline;

static double smaller(double x, double y) { return x < y ? x : y; }

/* Of a positive semi-definite matrix, which is lost. */
static double determinant(ptrdiff_t d, double *matrix)
{
    double product = 1.0;
    for (ptrdiff_t j = 0; j < d; j++) {
        double pivot = matrix[j * d + j];
        if (!(pivot > 0.0)) return 0.0;
        product *= pivot;
        for (ptrdiff_t a = j + 1; a < d; a++) {
            double factor = matrix[a * d + j] / pivot;
            for (ptrdiff_t b = j + 1; b <= a; b++) matrix[a * d + b] -= factor * matrix[b * d + j];
        }
    }
    return product;
}

/* det(W / n) + (tr(W) + typical) / n of the union of two groups; without the determinant where
   scatters are not dense. */
static double size_of_union(const Groups *g, ptrdiff_t first, ptrdiff_t second)
{
    ptrdiff_t d = g->d, each = g->dense ? d * d : d;
    double n = g->count[first] + g->count[second], share = 1.0 / n;
    double between = g->count[first] * (g->count[second] * share);
    const double *one = g->scatter + first * each, *other = g->scatter + second * each;
    double matrix[TREE_DIMENSIONS * TREE_DIMENSIONS], trace = g->typical;
    for (ptrdiff_t a = 0; a < d; a++) {
        double delta = g->mean[second * d + a] - g->mean[first * d + a];
        ptrdiff_t own = g->dense ? a * d + a : a;
        trace += one[own] + other[own] + between * delta * delta;
        for (ptrdiff_t b = 0; g->dense && b <= a; b++) {
            double across = g->mean[second * d + b] - g->mean[first * d + b];
            ptrdiff_t place = a * d + b;
            matrix[place] = (one[place] + other[place] + between * delta * across) * share;
        }
    }
    return (g->dense ? determinant(d, matrix) : 0.0) + trace * share;
}

/* The criterion of a group by itself. */
static double criterion(const Groups *g, ptrdiff_t group)
{
    ptrdiff_t d = g->d, each = g->dense ? d * d : d;
    double n = g->count[group], matrix[TREE_DIMENSIONS * TREE_DIMENSIONS], trace = g->typical;
    const double *scatter = g->scatter + group * each;
    for (ptrdiff_t a = 0; a < d; a++) {
        trace += scatter[g->dense ? a * d + a : a];
        for (ptrdiff_t b = 0; g->dense && b <= a; b++) matrix[a * d + b] = scatter[a * d + b] / n;
    }
    double size = (g->dense ? determinant(d, matrix) : 0.0) + trace / n;
    mixtura_baseline.log(&size, &size, 1);
    return n * size;
}

/* What uniting one group with each of some others costs, into its row and its column. Gives 0
   where a cost is no finite number. */
static int find_costs(const Groups *g, const double *own, ptrdiff_t group, ptrdiff_t n_others,
                      const int64_t *others, double *row, double *costs)
{
    int finite = 1;
    for (ptrdiff_t i = 0; i < n_others; i++) row[i] = size_of_union(g, others[i], group);
    mixtura_baseline.log(row, row, n_others);
    for (ptrdiff_t i = 0; i < n_others; i++) {
        ptrdiff_t other = others[i];
        double united = (g->count[other] + g->count[group]) * row[i];
        double cost = united - own[other] - own[group];
        costs[group * g->size + other] = costs[other * g->size + group] = cost;
        finite &= size_of(cost) < __builtin_inf();
    }
    return finite;
}

/* The first of some places whose value is as good as the least one, and finite if any is: a group
   never costs a finite number to unite with itself. */
static ptrdiff_t first_least(const double *values, ptrdiff_t n, const int64_t *places, double tie)
{
    enum { STREAMS = 4 }; /* lest each comparison waits for the one before */
    double least = __builtin_inf(), leasts[STREAMS] = {least, least, least, least};
    ptrdiff_t whole = n - n % STREAMS;
    for (ptrdiff_t i = 0; i < whole; i += STREAMS)
        for (int s = 0; s < STREAMS; s++) leasts[s] = smaller(values[places[i + s]], leasts[s]);
    for (ptrdiff_t i = whole; i < n; i++) leasts[0] = smaller(values[places[i]], leasts[0]);
    for (int s = 0; s < STREAMS; s++) least = smaller(leasts[s], least);
    for (ptrdiff_t i = 0; i < n; i++) {
        double value = values[places[i]];
        if (value == least || (value < __builtin_inf() && value <= least + tie)) return places[i];
    }
    return places[0];
}

static void unite(Groups *g, ptrdiff_t first, ptrdiff_t second)
{
    ptrdiff_t d = g->d, each = g->dense ? d * d : d;
    double n = g->count[first] + g->count[second], fraction = g->count[second] / n;
    double between = g->count[first] * fraction;
    double *one = g->scatter + first * each, *mean = g->mean + first * d;
    const double *other = g->scatter + second * each, *far = g->mean + second * d;
    for (ptrdiff_t i = 0; i < each; i++) {
        ptrdiff_t a = g->dense ? i / d : i, b = g->dense ? i % d : i;
        one[i] += other[i] + between * (far[a] - mean[a]) * (far[b] - mean[b]);
    }
    for (ptrdiff_t a = 0; a < d; a++) mean[a] += fraction * (far[a] - mean[a]);
    g->count[first] = n;
}

int mixtura_merge(Groups *g, double tie, double *costs, double *room, int64_t *places,
                  int64_t *merges)
{
    ptrdiff_t size = g->size, n_alive = size;
    double *own = room, *least = room + size, *row = room + 2 * size;
    int64_t *partner = places, *alive = places + size;
    for (ptrdiff_t a = 0; a < size; a++) {
        own[a] = criterion(g, a);
        alive[a] = a;
        costs[a * size + a] = __builtin_inf();
    }
    for (ptrdiff_t a = 0; a < size; a++)
        if (!find_costs(g, own, a, size - a - 1, alive + a + 1, row, costs)) return 0;
    for (ptrdiff_t a = 0; a < size; a++) {
        partner[a] = first_least(costs + a * size, size, alive, tie);
        least[a] = costs[a * size + partner[a]];
    }
    for (; n_alive > 1; merges += 2) {
        ptrdiff_t chosen = first_least(least, n_alive, alive, tie), other = partner[chosen];
        ptrdiff_t a = chosen < other ? chosen : other, b = chosen < other ? other : chosen;
        merges[0] = a, merges[1] = b;
        unite(g, a, b);
        own[a] = criterion(g, a);
        ptrdiff_t kept = 0, place = 0;
        for (ptrdiff_t i = 0; i < n_alive; i++) {
            if (alive[i] == a) place = kept;
            if (alive[i] != b) alive[kept++] = alive[i];
        }
        n_alive = kept;
        if (!find_costs(g, own, a, place, alive, row, costs) ||
            !find_costs(g, own, a, n_alive - place - 1, alive + place + 1, row, costs))
            return 0;
        for (ptrdiff_t i = 0; i < n_alive; i++) {
            ptrdiff_t group = alive[i];
            double cost = costs[group * size + a];
            if (group == a || partner[group] == a || partner[group] == b) {
                partner[group] = first_least(costs + group * size, n_alive, alive, tie);
                least[group] = costs[group * size + partner[group]];
            } else if (cost < least[group] - tie) {
                partner[group] = a;
                least[group] = cost;
            }
        }
    }
    return 1;
}
