/* Centers to begin with: the equal of starts/centers.py, by the same names. Plain C11: no libc, no
   Python. */

#include "centers.h"

#include "mstep.h"

/* As there: a move of a center that is rounding. */
#define SETTLED 1e-12

/* As there: whether a sum is smaller than the first one by more than rounding. */
static int is_less(double sum, double first) { return sum < (1.0 - 1e-12) * first; }

typedef struct {
    double *columns;                               /* the rows, one feature after another */
    double *nearest, *distance, *kept, *cumulative; /* one number for each row */
    double *means, *whitening, *constants, *sums;
} Work;

size_t mixtura_centers_work_size(const Choice *choice, ptrdiff_t n, ptrdiff_t d)
{
    return (size_t)n * (d + 4) + (size_t)choice->k * (2 + 5 * d) + 2;
}

static Work work_at(double *place, ptrdiff_t n, ptrdiff_t d, ptrdiff_t k)
{
    Work work;
    work.columns = place;
    work.nearest = work.columns + n * d;
    work.distance = work.nearest + n;
    work.kept = work.distance + n;
    work.cumulative = work.kept + n;
    work.means = work.cumulative + n;
    work.whitening = work.means + k * d;
    work.constants = work.whitening + k * d;
    work.sums = work.constants + k;
    return work;
}

static double weight_of(const Table *table, ptrdiff_t row)
{
    return table->weight[row * table->weight_step];
}

static void squared_distances(const double *columns, ptrdiff_t n, ptrdiff_t d, const double *center,
                           double *distance)
{
    for (ptrdiff_t i = 0; i < n; i++) distance[i] = 0.0;
    for (ptrdiff_t a = 0; a < d; a++, columns += n) {
        double place = center[a];
        for (ptrdiff_t i = 0; i < n; i++) {
            double deviation = columns[i] - place;
            distance[i] += deviation * deviation;
        }
    }
}

/* The first place where a sum is passed. */
static ptrdiff_t draw(const double *cumulative, ptrdiff_t n, double uniform)
{
    double target = uniform * cumulative[n - 1];
    ptrdiff_t low = 0, high = n - 1;
    while (low < high) {
        ptrdiff_t middle = low + (high - low) / 2;
        if (cumulative[middle] > target)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Sums of the rows' attraction: their weights alone where no row wants to be the next. */
static void add_up(const Table *table, const Choice *choice, const double *nearest, double *sums)
{
    double sum = 0.0;
    for (ptrdiff_t i = 0; nearest && i < table->n; i++) {
        double distance = nearest[i];
        sum += weight_of(table, i) * (choice->by_distance ? distance : (double)(distance > 0.0));
        sums[i] = sum;
    }
    if (sum > 0.0) return;
    sum = 0.0;
    for (ptrdiff_t i = 0; i < table->n; i++) sums[i] = sum += weight_of(table, i);
}

static void spread(const Table *table, const Choice *choice, const double *uniform, Work *work,
                   double *centers)
{
    ptrdiff_t n = table->n, d = table->d;
    for (ptrdiff_t i = 0; i < n; i++) work->nearest[i] = __builtin_inf();
    for (ptrdiff_t j = 0; j < choice->k; j++, centers += d) {
        add_up(table, choice, j ? work->nearest : 0, work->cumulative);
        double least = __builtin_inf();
        for (ptrdiff_t candidate = 0; candidate < choice->candidates; candidate++) {
            ptrdiff_t drawn = draw(work->cumulative, n, *uniform++);
            const double *row = (const double *)table->rows + drawn * d;
            squared_distances(work->columns, n, d, row, work->distance);
            double sum = 0.0;
            for (ptrdiff_t i = 0; i < n; i++) {
                double nearest = work->nearest[i], distance = work->distance[i];
                work->distance[i] = distance < nearest ? distance : nearest;
                sum += weight_of(table, i) * work->distance[i];
            }
            if (candidate && !is_less(sum, least)) continue;
            least = sum;
            for (ptrdiff_t a = 0; a < d; a++) centers[a] = row[a];
            double *swapped = work->kept;
            work->kept = work->distance, work->distance = swapped;
        }
        double *swapped = work->nearest;
        work->nearest = work->kept, work->kept = swapped;
    }
}

/* Means of the rows nearest to each center; gives the weighted squared distance to the centers. A
   center that attracts no row stays where it is. */
static double step(const Kernel *kernel, const Table *table, ptrdiff_t k, const double *centers,
                   const Work *work, void *scratch)
{
    ptrdiff_t d = table->d;
    double weight, objective, *count = work->sums + 2, *first = count + k;
    Components spheres = {k, d, 0, centers, work->whitening, work->constants};
    Sums sums = {&weight, &objective, count, first, first + k * d};
    kernel->expect(table, &spheres, 1, &sums, scratch);
    for (ptrdiff_t i = 0; i < k * d; i++) {
        double rows = count[i / d];
        work->means[i] = centers[i] + first[i] / (rows > 0.0 ? rows : 1.0);
    }
    return -2.0 * objective;
}

/* Move centers by some steps of k-means; gives the weighted squared distance to them. */
static double lloyd(const Kernel *kernel, const Table *table, const Choice *choice,
                    double *centers, const Work *work, void *scratch)
{
    ptrdiff_t size = choice->k * table->d;
    double inertia = step(kernel, table, choice->k, centers, work, scratch);
    for (ptrdiff_t made = 0; made < choice->steps; made++) {
        double moved = 0.0;
        for (ptrdiff_t i = 0; i < size; i++)
            moved = larger(size_of(work->means[i] - centers[i]), moved);
        if (moved <= SETTLED) break;
        for (ptrdiff_t i = 0; i < size; i++) centers[i] = work->means[i];
        inertia = step(kernel, table, choice->k, centers, work, scratch);
    }
    return inertia;
}

void mixtura_centers(const Kernel *kernel, const Table *table, const Choice *choice,
                     const double *uniform, double *centers, double *work_place, void *scratch)
{
    ptrdiff_t n = table->n, d = table->d, k = choice->k;
    Work work = work_at(work_place, n, d, k);
    double *trial = work.sums + 2 + k * (1 + 2 * d), least = __builtin_inf();
    for (ptrdiff_t i = 0; i < n; i++)
        for (ptrdiff_t a = 0; a < d; a++)
            work.columns[a * n + i] = ((const double *)table->rows)[i * d + a];
    for (ptrdiff_t i = 0; i < k * d; i++) work.whitening[i] = 1.0;
    for (ptrdiff_t j = 0; j < k; j++) work.constants[j] = 0.0;
    for (ptrdiff_t made = 0; made < choice->tries; made++) {
        spread(table, choice, uniform + made * k * choice->candidates, &work, trial);
        double inertia =
            choice->steps ? lloyd(kernel, table, choice, trial, &work, scratch) : 0.0;
        if (made && !is_less(inertia, least)) continue;
        least = inertia;
        for (ptrdiff_t i = 0; i < k * d; i++) centers[i] = trial[i];
    }
}
