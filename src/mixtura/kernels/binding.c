/* The kernel as a Python module, through the stable ABI. Checks at the door, no arithmetic. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <string.h>

#include "centers.h"
#include "em_loop.h"
#include "estep.h"
#include "mstep.h"
#include "hierarchy.h"
#include "common_axes.h"

extern const Kernel mixtura_baseline;
#if defined(__x86_64__)
extern const Kernel mixtura_avx2, mixtura_avx512;
#endif

/* The instruction sets of this processor, best first. */
static const Kernel *kernels[3];
static int n_kernels;

static void find_kernels(void)
{
    n_kernels = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        kernels[n_kernels++] = &mixtura_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        kernels[n_kernels++] = &mixtura_avx2;
#endif
    kernels[n_kernels++] = &mixtura_baseline;
}

static const Kernel *kernel_named(const char *name)
{
    for (int i = 0; i < n_kernels; i++)
        if (strcmp(kernels[i]->name, name) == 0) return kernels[i];
    PyErr_Format(PyExc_ValueError, "this processor has no kernel named '%s'", name);
    return NULL;
}

/* ------------------------------------------------------------------------------ the door */

/* The buffers of one call, released together. */
typedef struct {
    Py_buffer views[16];
    int n;
} Door;

static void leave(Door *door)
{
    while (door->n) PyBuffer_Release(&door->views[--door->n]);
}

static int has_shape(const Py_buffer *view, int ndim, const Py_ssize_t *shape)
{
    if (view->ndim != ndim) return 0;
    for (int i = 0; i < ndim; i++)
        if (shape[i] >= 0 && view->shape[i] != shape[i]) return 0;
    return 1;
}

/* An array's buffer, or NULL and an error. formats: the type codes that will do. shape: -1 where
   any length will do. */
static Py_buffer *enter(Door *door, PyObject *array, const char *name, int flags,
                        const char *formats, int ndim, const Py_ssize_t *shape)
{
    Py_buffer *view = &door->views[door->n];
    if (PyObject_GetBuffer(array, view, flags | PyBUF_FORMAT) < 0) return NULL;
    door->n++;
    const char *format = view->format;
    if (!format || strlen(format) != 1 || !strchr(formats, format[0])) {
        PyErr_Format(PyExc_TypeError, "%s has type code '%s', not one of '%s'", name,
                     format ? format : "B", formats);
        return NULL;
    }
    if ((uintptr_t)view->buf % view->itemsize) {
        PyErr_Format(PyExc_ValueError, "%s is not aligned in memory", name);
        return NULL;
    }
    if (!has_shape(view, ndim, shape)) {
        PyErr_Format(PyExc_ValueError, "%s has the wrong shape", name);
        return NULL;
    }
    return view;
}

#define READ PyBUF_C_CONTIGUOUS
#define WRITE (PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE)
#define SHAPE(...) (const Py_ssize_t[]){__VA_ARGS__}
#define INT64 (sizeof(long) == 8 ? "lq" : "q")

static int enter_rows(Door *door, PyObject *array, Table *table)
{
    Py_buffer *view = enter(door, array, "rows", READ, "df", 2, SHAPE(-1, -1));
    if (!view) return 0;
    table->rows = view->buf;
    table->single = view->format[0] == 'f';
    table->n = view->shape[0];
    table->d = view->shape[1];
    if (table->d > 0) return 1;
    PyErr_SetString(PyExc_ValueError, "rows have no columns");
    return 0;
}

static int enter_weight(Door *door, PyObject *array, Table *table)
{
    Py_buffer *view = enter(door, array, "weight", PyBUF_STRIDES, "d", 1, SHAPE(table->n));
    if (!view) return 0;
    if (view->strides[0] % (Py_ssize_t)sizeof(double)) {
        PyErr_SetString(PyExc_ValueError, "weight is not aligned in memory");
        return 0;
    }
    table->weight = view->buf;
    table->weight_step = view->strides[0] / (Py_ssize_t)sizeof(double);
    return 1;
}

/* Known components of the rows, of k; None where all are unknown. */
static int enter_labels(Door *door, PyObject *array, Py_ssize_t k, Table *table)
{
    if (array == Py_None) return 1;
    Py_buffer *view = enter(door, array, "labels", READ, INT64, 1, SHAPE(table->n));
    if (!view) return 0;
    table->labels = view->buf;
    int64_t most = -1;
    for (ptrdiff_t i = 0; i < table->n; i++)
        most = table->labels[i] > most ? table->labels[i] : most;
    if (most < k) return 1;
    PyErr_SetString(PyExc_ValueError, "there are no such components as some labels");
    return 0;
}

static int enter_places(Door *door, PyObject *means, PyObject *whitening, const Table *table,
                        Components *components)
{
    Py_ssize_t d = table->d;
    Py_buffer *view = enter(door, means, "means", READ, "d", 2, SHAPE(-1, d));
    if (!view) return 0;
    Py_ssize_t k = view->shape[0];
    if (k == 0) {
        PyErr_SetString(PyExc_ValueError, "there are no components");
        return 0;
    }
    components->k = k;
    components->d = d;
    components->means = view->buf;
    components->constants = components->power = components->slope = NULL;
    Py_buffer probe;
    if (PyObject_GetBuffer(whitening, &probe, PyBUF_STRIDES) < 0) return 0;
    components->dense = probe.ndim == 3;
    PyBuffer_Release(&probe);
    int ndim = components->dense ? 3 : 2;
    view = enter(door, whitening, "whitening", READ, "d", ndim, SHAPE(k, d, d));
    if (!view) return 0;
    components->whitening = view->buf;
    return 1;
}

/* tails: the power and the slope of each component, (2, k); None for Gaussian ones. */
static int enter_components(Door *door, PyObject *means, PyObject *whitening, PyObject *constants,
                            PyObject *tails, const Table *table, Components *components)
{
    if (!enter_places(door, means, whitening, table, components)) return 0;
    Py_ssize_t k = components->k;
    Py_buffer *view = enter(door, constants, "constants", READ, "d", 1, SHAPE(k));
    if (!view) return 0;
    components->constants = view->buf;
    if (tails == Py_None) return 1;
    view = enter(door, tails, "tails", READ, "d", 2, SHAPE(2, k));
    if (!view) return 0;
    components->power = view->buf;
    components->slope = components->power + k;
    return 1;
}

/* Whether each pattern has some of n rows, and the last one the last of them. */
static int are_ends(const int64_t *ends, Py_ssize_t patterns, Py_ssize_t n)
{
    int64_t before = 0;
    for (Py_ssize_t p = 0; p < patterns; before = ends[p++])
        if (ends[p] <= before || ends[p] > n) return 0;
    return before == n;
}

static int are_rows(const int64_t *order, Py_ssize_t n)
{
    int good = 1;
    for (Py_ssize_t i = 0; i < n; i++) good &= (uint64_t)order[i] < (uint64_t)n;
    return good;
}

/* Which cells are missing: order, ends, masks, noise or None; order is None where none is. */
static int enter_patterns(Door *door, PyObject *order, PyObject *ends, PyObject *masks,
                          PyObject *noise, Table *table, Gaps *gaps)
{
    table->gaps = NULL;
    if (order == Py_None) return 1;
    Py_buffer *view = enter(door, order, "order", READ, INT64, 1, SHAPE(table->n));
    if (!view) return 0;
    *gaps = (Gaps){.order = view->buf};
    if (!(view = enter(door, ends, "ends", READ, INT64, 1, SHAPE(-1)))) return 0;
    gaps->ends = view->buf;
    gaps->n = view->shape[0];
    if (!are_rows(gaps->order, table->n) || !are_ends(gaps->ends, gaps->n, table->n)) {
        PyErr_SetString(PyExc_ValueError, "order and ends are not those of the rows");
        return 0;
    }
    if (!(view = enter(door, masks, "masks", READ, "?", 2, SHAPE(gaps->n, table->d)))) return 0;
    gaps->masks = view->buf;
    if (noise != Py_None) {
        if (!(view = enter(door, noise, "noise", READ, "d", 1, SHAPE(gaps->n)))) return 0;
        gaps->noise = view->buf;
    }
    table->gaps = gaps;
    return 1;
}

/* Arrays of Gaps: order, ends, masks, constants, tails or None, noise or None; or None six times
   where no cell is missing. */
static int enter_gaps(Door *door, PyObject *const *arrays, const Components *c, Table *table,
                      Gaps *gaps)
{
    if (!enter_patterns(door, arrays[0], arrays[1], arrays[2], arrays[5], table, gaps)) return 0;
    if (!table->gaps) return 1;
    Py_buffer *view = enter(door, arrays[3], "constants", READ, "d", 2, SHAPE(c->d + 1, c->k));
    if (!view) return 0;
    gaps->constants = view->buf;
    if (!c->power) return 1;
    if (!(view = enter(door, arrays[4], "tails", READ, "d", 3, SHAPE(2, c->d + 1, c->k))))
        return 0;
    gaps->power = view->buf;
    gaps->slope = gaps->power + (c->d + 1) * c->k;
    return 1;
}

/* Working memory, aligned to 64 bytes; its address before aligning goes to *raw, to be freed. */
static void *aligned(size_t size, void **raw)
{
    *raw = PyMem_Malloc(size + 64);
    if (!*raw) PyErr_NoMemory();
    return *raw ? (void *)(((uintptr_t)*raw + 63) & ~(uintptr_t)63) : NULL;
}

static void *scratch_for(const Kernel *kernel, const Components *c, const Table *table, void **raw)
{
    int tailed = c->power != NULL, gappy = table->gaps != NULL;
    return aligned(kernel->scratch_size(c->d, c->k, c->dense, tailed, gappy), raw);
}

/* --------------------------------------------------------------------------- functions */

static PyObject *expect(PyObject *self, PyObject *args)
{
    const char *name;
    PyObject *rows, *weight, *labels, *means, *whitening, *constants, *tails, *gap[6], *result;
    int hard;
    if (!PyArg_ParseTuple(args, "sOOOOOOOOOOOOOpO:expect", &name, &rows, &weight, &labels, &means,
                          &whitening, &constants, &tails, gap, gap + 1, gap + 2, gap + 3, gap + 4,
                          gap + 5, &hard, &result))
        return NULL;
    const Kernel *kernel = kernel_named(name);
    if (!kernel) return NULL;
    Door door = {.n = 0};
    Table table = {0};
    Components c;
    Gaps gaps;
    void *raw = NULL;
    if (!enter_rows(&door, rows, &table) || !enter_weight(&door, weight, &table) ||
        !enter_components(&door, means, whitening, constants, tails, &table, &c) ||
        !enter_labels(&door, labels, c.k, &table) ||
        !enter_gaps(&door, gap, &c, &table, &gaps))
        goto out;
    Py_ssize_t n_tails = c.power ? 3 * c.k * (table.gaps ? c.d + 1 : 1) : 0;
    Py_ssize_t size = 2 + c.k * (1 + c.d + (c.dense ? c.d * c.d : c.d)) + n_tails;
    Py_buffer *view = enter(&door, result, "result", WRITE, "d", 1, SHAPE(size));
    void *scratch = view ? scratch_for(kernel, &c, &table, &raw) : NULL;
    if (scratch) {
        double *place = view->buf;
        Sums sums = {place, place + 1, place + 2, place + 2 + c.k, place + 2 + c.k + c.k * c.d,
                     c.power ? place + size - n_tails : NULL};
        Py_BEGIN_ALLOW_THREADS
        kernel->expect(&table, &c, hard, &sums, scratch);
        Py_END_ALLOW_THREADS
    }
out:
    PyMem_Free(raw);
    leave(&door);
    if (PyErr_Occurred()) return NULL;
    return Py_NewRef(Py_None);
}

/* An output array, or NULL for None. */
static void *enter_output(Door *door, PyObject *array, const char *name, const char *formats,
                          int ndim, const Py_ssize_t *shape)
{
    if (array == Py_None) return NULL;
    Py_buffer *view = enter(door, array, name, WRITE, formats, ndim, shape);
    return view ? view->buf : NULL;
}

static int enter_scores(Door *door, PyObject *const *arrays, Py_ssize_t n, Py_ssize_t k,
                        Scores *scores)
{
    const Py_ssize_t *shape = SHAPE(n, k);
    scores->log_density = enter_output(door, arrays[0], "log_density", "d", 1, shape);
    scores->responsibilities = enter_output(door, arrays[1], "responsibilities", "d", 2, shape);
    scores->largest = enter_output(door, arrays[2], "largest", "d", 1, shape);
    scores->labels = enter_output(door, arrays[3], "labels", INT64, 1, shape);
    return !PyErr_Occurred();
}

static PyObject *score(PyObject *self, PyObject *args)
{
    const char *name;
    PyObject *rows, *means, *whitening, *constants, *tails, *gap[6], *outputs[4];
    if (!PyArg_ParseTuple(args, "sOOOOOOOOOOOOOOO:score", &name, &rows, &means, &whitening,
                          &constants, &tails, gap, gap + 1, gap + 2, gap + 3, gap + 4, gap + 5,
                          outputs, outputs + 1, outputs + 2, outputs + 3))
        return NULL;
    const Kernel *kernel = kernel_named(name);
    if (!kernel) return NULL;
    Door door = {.n = 0};
    Table table = {0};
    Components c;
    Gaps gaps;
    Scores scores;
    void *raw = NULL;
    if (!enter_rows(&door, rows, &table) ||
        !enter_components(&door, means, whitening, constants, tails, &table, &c) ||
        !enter_gaps(&door, gap, &c, &table, &gaps) ||
        !enter_scores(&door, outputs, table.n, c.k, &scores))
        goto out;
    void *scratch = scratch_for(kernel, &c, &table, &raw);
    if (scratch) {
        Py_BEGIN_ALLOW_THREADS
        kernel->score(&table, &c, &scores, scratch);
        Py_END_ALLOW_THREADS
    }
out:
    PyMem_Free(raw);
    leave(&door);
    if (PyErr_Occurred()) return NULL;
    return Py_NewRef(Py_None);
}

/* ------------------------------------------------------------------------ linear passes */

/* Levels of the columns, which are m in all. */
static int enter_levels(Door *door, PyObject *array, Linear *c)
{
    c->levels = NULL;
    if (array == Py_None) {
        if (c->m == c->d) return 1;
        PyErr_SetString(PyExc_ValueError, "weights have the wrong shape");
        return 0;
    }
    Py_buffer *view = enter(door, array, "levels", READ, INT64, 1, SHAPE(c->d));
    if (!view) return 0;
    c->levels = view->buf;
    Py_ssize_t left = c->m;
    for (Py_ssize_t a = 0; a < c->d && left >= 0; a++)
        left = c->levels[a] < 1 || c->levels[a] > left ? -1 : left - (Py_ssize_t)c->levels[a];
    if (left == 0 && c->m <= LINEAR_LEVELS) return 1;
    PyErr_SetString(PyExc_ValueError, "levels do not go with the weights, or are too many");
    return 0;
}

static int enter_linear(Door *door, PyObject *constants, PyObject *weights, PyObject *levels,
                        const Table *table, Linear *c)
{
    Py_buffer *view = enter(door, weights, "weights", READ, "d", 2, SHAPE(-1, -1));
    if (!view) return 0;
    *c = (Linear){view->shape[0], table->d, view->shape[1], view->buf, NULL, NULL};
    if (c->k == 0) {
        PyErr_SetString(PyExc_ValueError, "there are no components");
        return 0;
    }
    view = enter(door, constants, "constants", READ, "d", 1, SHAPE(c->k));
    if (!view) return 0;
    c->constants = view->buf;
    return enter_levels(door, levels, c);
}

static PyObject *linear_expect(PyObject *self, PyObject *args)
{
    const char *name;
    PyObject *rows, *weight, *labels, *constants, *weights, *levels, *result;
    int hard;
    if (!PyArg_ParseTuple(args, "sOOOOOOpO:linear_expect", &name, &rows, &weight, &labels,
                          &constants, &weights, &levels, &hard, &result))
        return NULL;
    const Kernel *kernel = kernel_named(name);
    if (!kernel) return NULL;
    Door door = {.n = 0};
    Table table = {0};
    Linear c;
    void *raw = NULL;
    if (!enter_rows(&door, rows, &table) || !enter_weight(&door, weight, &table) ||
        !enter_linear(&door, constants, weights, levels, &table, &c) ||
        !enter_labels(&door, labels, c.k, &table))
        goto out;
    Py_buffer *view = enter(&door, result, "result", WRITE, "d", 1, SHAPE(2 + c.k * (1 + c.m)));
    void *scratch = view ? aligned(kernel->linear_size(&c, table.n), &raw) : NULL;
    if (scratch) {
        double *place = view->buf;
        Sums sums = {place, place + 1, place + 2, place + 2 + c.k, NULL};
        Py_BEGIN_ALLOW_THREADS
        kernel->linear_expect(&table, &c, hard, &sums, scratch);
        Py_END_ALLOW_THREADS
    }
out:
    PyMem_Free(raw);
    leave(&door);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

static PyObject *linear_score(PyObject *self, PyObject *args)
{
    const char *name;
    PyObject *rows, *constants, *weights, *levels, *outputs[4];
    int good = 0;
    if (!PyArg_ParseTuple(args, "sOOOOOOOO:linear_score", &name, &rows, &constants, &weights,
                          &levels, outputs, outputs + 1, outputs + 2, outputs + 3))
        return NULL;
    const Kernel *kernel = kernel_named(name);
    if (!kernel) return NULL;
    Door door = {.n = 0};
    Table table = {0};
    Linear c;
    Scores scores;
    void *raw = NULL;
    if (!enter_rows(&door, rows, &table) ||
        !enter_linear(&door, constants, weights, levels, &table, &c) ||
        !enter_scores(&door, outputs, table.n, c.k, &scores))
        goto out;
    void *scratch = aligned(kernel->linear_size(&c, table.n), &raw);
    if (scratch) {
        Py_BEGIN_ALLOW_THREADS
        good = kernel->linear_score(&table, &c, &scores, scratch);
        Py_END_ALLOW_THREADS
    }
out:
    PyMem_Free(raw);
    leave(&door);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(good);
}

static PyObject *elementwise(PyObject *args, int logarithm)
{
    const char *name;
    PyObject *array, *result;
    if (!PyArg_ParseTuple(args, "sOO", &name, &array, &result)) return NULL;
    const Kernel *kernel = kernel_named(name);
    if (!kernel) return NULL;
    Door door = {.n = 0};
    Py_buffer *x = enter(&door, array, "x", READ, "d", 1, SHAPE(-1));
    Py_buffer *y = x ? enter(&door, result, "result", WRITE, "d", 1, x->shape) : NULL;
    if (y) (logarithm ? kernel->log : kernel->exp)(x->buf, y->buf, x->shape[0]);
    leave(&door);
    if (PyErr_Occurred()) return NULL;
    return Py_NewRef(Py_None);
}

static PyObject *exp_of(PyObject *self, PyObject *args) { return elementwise(args, 0); }
static PyObject *log_of(PyObject *self, PyObject *args) { return elementwise(args, 1); }

/* ------------------------------------------------------------ the small work of an M-step */

/* Stacked matrices of so many dimensions at most, or where `axes_too` their diagonals. */
static Py_buffer *enter_stack(Door *door, PyObject *array, const char *name, int flags,
                              int axes_too, Py_ssize_t most)
{
    Py_buffer probe;
    if (PyObject_GetBuffer(array, &probe, PyBUF_STRIDES) < 0) return NULL;
    int ndim = axes_too && probe.ndim == 2 ? 2 : 3;
    Py_ssize_t d = probe.ndim == ndim ? probe.shape[ndim - 1] : -1;
    PyBuffer_Release(&probe);
    Py_buffer *view = enter(door, array, name, flags, "d", ndim, SHAPE(-1, d, d));
    if (!view || (d > 0 && d <= most)) return view;
    PyErr_Format(PyExc_ValueError, "%s has too many or no columns", name);
    return NULL;
}

/* Moments of k components; whether there are second moments of pairs of features is told by the
   dimensions of `second`. */
static int enter_moments(Door *door, PyObject *const *arrays, int flags, Py_ssize_t k,
                         Py_ssize_t d, int ndim, Moments *moments)
{
    Py_buffer *count = enter(door, arrays[0], "count", flags, "d", 1, SHAPE(k));
    Py_buffer *first = count ? enter(door, arrays[1], "first", flags, "d", 2, SHAPE(k, d)) : NULL;
    Py_buffer *second =
        first ? enter(door, arrays[2], "second", flags, "d", ndim, SHAPE(k, d, d)) : NULL;
    if (!second) return 0;
    *moments = (Moments){count->buf, first->buf, second->buf};
    return 1;
}

static PyObject *recentre(PyObject *self, PyObject *args)
{
    PyObject *means, *from[3], *to[3];
    if (!PyArg_ParseTuple(args, "OOOOOOO:recentre", &means, from, from + 1, from + 2, to, to + 1,
                          to + 2))
        return NULL;
    Door door = {.n = 0};
    Moments about_centres, about_means;
    int kept = 0;
    Py_buffer probe;
    if (PyObject_GetBuffer(from[2], &probe, PyBUF_STRIDES) < 0) return NULL;
    int ndim = probe.ndim == 2 ? 2 : 3;
    PyBuffer_Release(&probe);
    Py_buffer *centres = enter(&door, means, "means", READ, "d", 2, SHAPE(-1, -1));
    if (centres) {
        Py_ssize_t k = centres->shape[0], d = centres->shape[1];
        if (enter_moments(&door, from, READ, k, d, ndim, &about_centres) &&
            enter_moments(&door, to, WRITE, k, d, ndim, &about_means))
            kept = mixtura_recentre(k, d, ndim == 3, centres->buf, &about_centres, &about_means);
    }
    leave(&door);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(kept);
}

static PyObject *moments_of(PyObject *self, PyObject *args)
{
    PyObject *rows, *resp, *to[3];
    int dense;
    if (!PyArg_ParseTuple(args, "OOpOOO:moments", &rows, &resp, &dense, to, to + 1, to + 2))
        return NULL;
    Door door = {.n = 0};
    Moments moments;
    Py_buffer *x = enter(&door, rows, "rows", READ, "d", 2, SHAPE(-1, -1));
    Py_buffer *r = x ? enter(&door, resp, "resp", READ, "d", 2, SHAPE(x->shape[0], -1)) : NULL;
    if (r) {
        Py_ssize_t n = x->shape[0], d = x->shape[1], k = r->shape[1];
        if (n < 1 || d < 1 || k < 1 || d > MSTEP_DIMENSIONS)
            PyErr_SetString(PyExc_ValueError, "no rows, or no such columns or components");
        else if (enter_moments(&door, to, WRITE, k, d, dense ? 3 : 2, &moments)) {
            Py_BEGIN_ALLOW_THREADS
            mixtura_moments(n, k, d, dense, x->buf, r->buf, &moments);
            Py_END_ALLOW_THREADS
        }
    }
    leave(&door);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

/* Rows with missing cells -> their moments about their means, from given responsibilities. */
static PyObject *complete(PyObject *self, PyObject *args)
{
    const char *name;
    PyObject *rows, *resp, *means, *whitening, *order, *ends, *masks, *results[3];
    if (!PyArg_ParseTuple(args, "sOOOOOOOOOO:complete", &name, &rows, &resp, &means, &whitening,
                          &order, &ends, &masks, results, results + 1, results + 2))
        return NULL;
    const Kernel *kernel = kernel_named(name);
    if (!kernel) return NULL;
    Door door = {.n = 0};
    Table table = {0};
    Components c;
    Gaps gaps;
    Moments to;
    int made = 0;
    void *raw = NULL;
    double *place = NULL;
    if (!enter_rows(&door, rows, &table) || !enter_places(&door, means, whitening, &table, &c) ||
        !enter_patterns(&door, order, ends, masks, Py_None, &table, &gaps) ||
        !enter_moments(&door, results, WRITE, c.k, c.d, c.dense ? 3 : 2, &to))
        goto out;
    Py_buffer *r = enter(&door, resp, "resp", READ, "d", 2, SHAPE(table.n, c.k));
    if (!r) goto out;
    if (!table.gaps) {
        PyErr_SetString(PyExc_ValueError, "rows have no patterns");
        goto out;
    }
    void *scratch = scratch_for(kernel, &c, &table, &raw);
    Py_ssize_t size = c.k * (1 + c.d + (c.dense ? c.d * c.d : c.d));
    if (scratch && !(place = PyMem_Malloc(size * sizeof(double)))) PyErr_NoMemory();
    if (place) {
        Sums sums = {NULL, NULL, place, place + c.k, place + c.k + c.k * c.d, NULL};
        Moments about_centres = {sums.counts, sums.first, sums.second};
        Py_BEGIN_ALLOW_THREADS
        kernel->complete(&table, &c, r->buf, &sums, scratch);
        made = mixtura_recentre(c.k, c.d, c.dense, c.means, &about_centres, &to);
        Py_END_ALLOW_THREADS
    }
out:
    PyMem_Free(place);
    PyMem_Free(raw);
    leave(&door);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(made);
}

static PyObject *constants_of(PyObject *self, PyObject *args)
{
    PyObject *weights, *log_determinants, *constants;
    Py_ssize_t d;
    if (!PyArg_ParseTuple(args, "nOOO:constants", &d, &weights, &log_determinants, &constants))
        return NULL;
    Door door = {.n = 0};
    Py_buffer *w = enter(&door, weights, "weights", READ, "d", 1, SHAPE(-1));
    Py_ssize_t k = w ? w->shape[0] : 0;
    Py_buffer *l = w ? enter(&door, log_determinants, "log_determinants", READ, "d", 1, SHAPE(k)) : NULL;
    Py_buffer *c = l ? enter(&door, constants, "constants", WRITE, "d", 1, SHAPE(k)) : NULL;
    if (c) mixtura_constants(k, d, w->buf, l->buf, c->buf);
    leave(&door);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

static PyObject *factorize(PyObject *self, PyObject *args)
{
    PyObject *matrices, *whitening, *log_determinants;
    if (!PyArg_ParseTuple(args, "OOO:factorize", &matrices, &whitening, &log_determinants))
        return NULL;
    Door door = {.n = 0};
    Py_ssize_t singular = 0;
    Py_buffer *from = enter_stack(&door, matrices, "matrices", READ, 0, MSTEP_DIMENSIONS);
    if (from) {
        Py_ssize_t k = from->shape[0], d = from->shape[1];
        Py_buffer *w = enter(&door, whitening, "whitening", WRITE, "d", 3, SHAPE(k, d, d));
        Py_buffer *l = w ? enter(&door, log_determinants, "log_determinants", WRITE, "d", 1,
                                 SHAPE(k)) : NULL;
        if (l) singular = mixtura_factorize(k, d, from->buf, w->buf, l->buf);
    }
    leave(&door);
    return PyErr_Occurred() ? NULL : PyLong_FromSsize_t(singular);
}

static PyObject *exceeds(PyObject *self, PyObject *args)
{
    PyObject *matrices, *floor;
    if (!PyArg_ParseTuple(args, "OO:exceeds", &matrices, &floor)) return NULL;
    Door door = {.n = 0};
    int above = 0;
    Py_buffer *m = enter_stack(&door, matrices, "matrices", READ, 0, MSTEP_DIMENSIONS);
    if (m) {
        Py_ssize_t d = m->shape[1];
        Py_buffer *f = enter(&door, floor, "floor", READ, "d", 1, SHAPE(d));
        if (f) above = mixtura_exceeds(m->shape[0], d, m->buf, f->buf);
    }
    leave(&door);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(above);
}

static PyObject *common_form(PyObject *self, PyObject *args)
{
    PyObject *count, *scatter, *scales, *form;
    if (!PyArg_ParseTuple(args, "OOOO:common_form", &count, &scatter, &scales, &form))
        return NULL;
    Door door = {.n = 0};
    Py_buffer *s = enter_stack(&door, scatter, "scatter", READ, 1, MSTEP_DIMENSIONS);
    if (s) {
        Py_ssize_t k = s->shape[0], d = s->shape[1];
        int dense = s->ndim == 3;
        Py_buffer *n = enter(&door, count, "count", READ, "d", 1, SHAPE(k));
        Py_buffer *v = n ? enter(&door, scales, "scales", WRITE, "d", 1, SHAPE(k)) : NULL;
        Py_buffer *f = v ? enter(&door, form, "form", WRITE, "d", s->ndim - 1, SHAPE(d, d)) : NULL;
        double *work = f ? PyMem_New(double, mixtura_form_work_size(k, d, dense)) : NULL;
        if (f && !work) PyErr_NoMemory();
        if (work) {
            Py_BEGIN_ALLOW_THREADS
            mixtura_common_form(k, d, dense, n->buf, s->buf, v->buf, f->buf, work);
            Py_END_ALLOW_THREADS
        }
        PyMem_Free(work);
    }
    leave(&door);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

static PyObject *common_axes(PyObject *self, PyObject *args)
{
    PyObject *shares, *turned, *axes;
    int equal_volumes;
    if (!PyArg_ParseTuple(args, "pOOO:common_axes", &equal_volumes, &shares, &turned, &axes))
        return NULL;
    Door door = {.n = 0};
    Py_buffer *t = enter_stack(&door, turned, "turned", WRITE, 0, PY_SSIZE_T_MAX);
    if (t) {
        Py_ssize_t k = t->shape[0], d = t->shape[1];
        Py_buffer *s = enter(&door, shares, "shares", WRITE, "d", 1, SHAPE(k));
        Py_buffer *a = s ? enter(&door, axes, "axes", WRITE, "d", 2, SHAPE(d, d)) : NULL;
        double *work = a ? PyMem_New(double, mixtura_axes_work_size(k, d)) : NULL;
        if (a && !work) PyErr_NoMemory();
        if (work) {
            Py_BEGIN_ALLOW_THREADS
            mixtura_common_axes(k, d, equal_volumes, s->buf, t->buf, a->buf, work);
            Py_END_ALLOW_THREADS
        }
        PyMem_Free(work);
    }
    leave(&door);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

/* ---------------------------------------------------------------------- whole iterations */

static int are_tied(const Manner *how)
{
    int letters = how->volume >= TIE_SHARED && how->volume <= TIE_OWN &&
                  how->shape >= TIE_NONE && how->shape <= TIE_OWN &&
                  how->orientation >= TIE_NONE && how->orientation <= TIE_OWN;
    return letters && (how->shape != TIE_NONE || how->orientation == TIE_NONE);
}

/* Covariances, whitening and log-determinants of k components. */
static int enter_covariances(Door *door, PyObject *const *arrays, int flags, int dense,
                             Py_ssize_t k, Py_ssize_t d, Mixture *mixture)
{
    int ndim = dense ? 3 : 2;
    Py_buffer *c = enter(door, arrays[0], "covariances", flags, "d", ndim, SHAPE(k, d, d));
    Py_buffer *w = c ? enter(door, arrays[1], "whitening", flags, "d", ndim, SHAPE(k, d, d)) : NULL;
    Py_buffer *l = w ? enter(door, arrays[2], "log_determinants", flags, "d", 1, SHAPE(k)) : NULL;
    if (!l) return 0;
    *mixture = (Mixture){k, d, NULL, NULL, c->buf, w->buf, l->buf};
    return 1;
}

static PyObject *estimate(PyObject *self, PyObject *args)
{
    PyObject *floor, *count, *scatter, *from[3], *to[3];
    int volume, shape, orientation, regular = 0;
    if (!PyArg_ParseTuple(args, "(iii)OOOOOOOOO:estimate", &volume, &shape, &orientation, &floor,
                          &count, &scatter, from, from + 1, from + 2, to, to + 1, to + 2))
        return NULL;
    Manner how = {.volume = volume, .shape = shape, .orientation = orientation};
    int dense = orientation != TIE_NONE, known = from[0] != Py_None;
    Mixture now, next;
    Door door = {.n = 0};
    double *work = NULL;
    Py_buffer *n = enter(&door, count, "count", READ, "d", 1, SHAPE(-1));
    Py_buffer *s = n ? enter(&door, scatter, "scatter", READ, "d", dense ? 3 : 2,
                             SHAPE(n->shape[0], -1, -1)) : NULL;
    if (!s) goto out;
    Py_ssize_t k = n->shape[0], d = s->shape[1];
    if (k < 1 || d < 1 || (dense && (d != s->shape[2] || d > MSTEP_DIMENSIONS)) || !are_tied(&how)) {
        PyErr_SetString(PyExc_ValueError, "no such components, columns or ties");
        goto out;
    }
    Py_buffer *f = enter(&door, floor, "floor", READ, "d", 1, SHAPE(d));
    if (!f || (known && !enter_covariances(&door, from, READ, dense, k, d, &now)) ||
        !enter_covariances(&door, to, WRITE, dense, k, d, &next))
        goto out;
    work = PyMem_Malloc(mixtura_work_size(k, d, dense) * sizeof(double));
    if (!work) PyErr_NoMemory();
    if (work) {
        how.floor = f->buf;
        Py_BEGIN_ALLOW_THREADS
        regular = mixtura_estimate(&how, k, d, n->buf, s->buf, known ? &now : NULL, &next, work);
        Py_END_ALLOW_THREADS
    }
out:
    PyMem_Free(work);
    leave(&door);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(regular);
}

/* A prior in one array: its constant, count and rows, its mean (d) and its scatter; None for none. */
static int enter_prior(Door *door, PyObject *array, Py_ssize_t d, Prior *prior, Manner *how)
{
    how->prior = NULL;
    if (array == Py_None) return 1;
    Py_ssize_t each = how->orientation == TIE_NONE ? d : d * d;
    Py_buffer *view = enter(door, array, "prior", READ, "d", 1, SHAPE(3 + d + each));
    if (!view) return 0;
    const double *place = view->buf;
    *prior = (Prior){place[0], place[1], place[2], place + 3, place + 3 + d};
    how->prior = prior;
    return 1;
}

static PyObject *climb(PyObject *self, PyObject *args)
{
    const char *name;
    PyObject *rows, *weight, *labels, *order, *ends, *masks, *of_noise;
    PyObject *floor, *given, *state, *trace;
    Manner how;
    Prior prior;
    Gaps gaps;
    int volume, shape, orientation, weights, place = 0;
    Py_ssize_t k, known, most, steps = 0;
    if (!PyArg_ParseTuple(args, "sOOOOOOOppip(iii)OOdnOOnn:climb", &name, &rows, &weight, &labels,
                          &order, &ends, &masks, &of_noise, &how.hard, &how.noise, &weights,
                          &how.fixed_means, &volume, &shape, &orientation, &floor, &given,
                          &how.tol, &k, &state, &trace, &known, &most))
        return NULL;
    const Kernel *kernel = kernel_named(name);
    if (!kernel) return NULL;
    how.volume = volume, how.shape = shape, how.orientation = orientation, how.weights = weights;
    int dense = orientation != TIE_NONE;
    Door door = {.n = 0};
    Table table = {0};
    void *raw = NULL;
    double *work = NULL;
    if (!enter_rows(&door, rows, &table) || !enter_weight(&door, weight, &table)) goto out;
    if (k < 1 + how.noise || known < 0 || most < 0 || (dense && table.d > MSTEP_DIMENSIONS) ||
        !are_tied(&how) || weights < WEIGHTS_STAY || weights > WEIGHTS_FREE_LAST) {
        PyErr_SetString(PyExc_ValueError,
                        "no such components, columns, ties, weights or numbers of steps");
        goto out;
    }
    Py_ssize_t d = table.d;
    Py_buffer *f = enter(&door, floor, "floor", READ, "d", 1, SHAPE(d));
    Py_buffer *s = f ? enter(&door, state, "state", WRITE, "d", 2, SHAPE(CLIMB_MIXTURES, -1)) : NULL;
    Py_buffer *t = s ? enter(&door, trace, "trace", WRITE, "d", 1, SHAPE(-1)) : NULL;
    if (!t || !enter_labels(&door, labels, k, &table) ||
        !enter_patterns(&door, order, ends, masks, of_noise, &table, &gaps) ||
        !enter_prior(&door, given, d, &prior, &how))
        goto out;
    if (table.gaps && how.noise != (gaps.noise != NULL)) {
        PyErr_SetString(PyExc_ValueError, "noise has no densities, or there is none to have them");
        goto out;
    }
    /* Compared with what there is in memory before they are multiplied or added, which may wrap. */
    if (k > s->shape[1] || mixtura_mixture_size(k, d, dense) != s->shape[1] ||
        known > t->shape[0] || most != t->shape[0] - known) {
        PyErr_SetString(PyExc_ValueError, "state or trace has the wrong shape");
        goto out;
    }
    void *scratch = aligned(kernel->scratch_size(d, k, dense, 0, table.gaps != NULL), &raw);
    if (scratch && !(work = PyMem_Malloc(mixtura_work_size(k, d, dense) * sizeof(double))))
        PyErr_NoMemory();
    if (work) {
        how.floor = f->buf;
        Py_BEGIN_ALLOW_THREADS
        steps = mixtura_climb(kernel, &table, &how, k, s->buf, t->buf, known, most, work, scratch,
                              &place);
        Py_END_ALLOW_THREADS
    }
out:
    PyMem_Free(work);
    PyMem_Free(raw);
    leave(&door);
    return PyErr_Occurred() ? NULL : Py_BuildValue("ni", steps, place);
}

/* ------------------------------------------------------------------------ the hierarchy */

static PyObject *merge(PyObject *self, PyObject *args)
{
    PyObject *count, *mean, *scatter, *merges;
    Groups groups;
    double tie;
    int finite = 0;
    if (!PyArg_ParseTuple(args, "OOOddO:merge", &count, &mean, &scatter, &groups.typical, &tie,
                          &merges))
        return NULL;
    Door door = {.n = 0};
    Py_buffer *s = enter_stack(&door, scatter, "scatter", WRITE, 1, PY_SSIZE_T_MAX);
    if (s) {
        Py_ssize_t size = groups.size = s->shape[0], d = groups.d = s->shape[1];
        groups.dense = s->ndim == 3;
        Py_buffer *n = enter(&door, count, "count", WRITE, "d", 1, SHAPE(size));
        Py_buffer *m = n ? enter(&door, mean, "mean", WRITE, "d", 2, SHAPE(size, d)) : NULL;
        Py_buffer *to =
            m ? enter(&door, merges, "merges", WRITE, INT64, 2, SHAPE(size ? size - 1 : 0, 2)) : NULL;
        if (to && groups.dense && d > TREE_DIMENSIONS)
            PyErr_SetString(PyExc_ValueError, "scatter has too many columns");
        else if (to) {
            double *costs = PyMem_New(double, size * (size + 3));
            int64_t *places = PyMem_New(int64_t, 2 * size);
            groups.count = n->buf, groups.mean = m->buf, groups.scatter = s->buf;
            if (costs && places) {
                Py_BEGIN_ALLOW_THREADS
                finite = mixtura_merge(&groups, tie, costs, costs + size * size, places, to->buf);
                Py_END_ALLOW_THREADS
            } else
                PyErr_NoMemory();
            PyMem_Free(costs);
            PyMem_Free(places);
        }
    }
    leave(&door);
    return PyErr_Occurred() ? NULL : PyBool_FromLong(finite);
}

/* -------------------------------------------------------------------------- the centers */

static PyObject *centers_of(PyObject *self, PyObject *args)
{
    const char *name;
    PyObject *rows, *weight, *uniform, *centers;
    Choice choice;
    if (!PyArg_ParseTuple(args, "sOOOpnO:centers", &name, &rows, &weight, &uniform,
                          &choice.by_distance, &choice.steps, &centers))
        return NULL;
    const Kernel *kernel = kernel_named(name);
    if (!kernel) return NULL;
    Door door = {.n = 0};
    Table table = {0};
    void *raw = NULL;
    double *work = NULL;
    if (!enter_rows(&door, rows, &table) || !enter_weight(&door, weight, &table)) goto out;
    Py_buffer *u = enter(&door, uniform, "uniform", READ, "d", 3, SHAPE(-1, -1, -1));
    if (!u) goto out;
    choice.tries = u->shape[0], choice.k = u->shape[1], choice.candidates = u->shape[2];
    if (table.single || table.n < 1 || u->len == 0) {
        PyErr_SetString(PyExc_ValueError, "no rows in float64, or nothing to draw");
        goto out;
    }
    Py_buffer *to = enter(&door, centers, "centers", WRITE, "d", 2, SHAPE(choice.k, table.d));
    void *scratch =
        to ? aligned(kernel->scratch_size(table.d, choice.k, 0, 0, 0), &raw) : NULL;
    if (scratch && !(work = PyMem_Malloc(mixtura_centers_work_size(&choice, table.n, table.d) *
                                         sizeof(double))))
        PyErr_NoMemory();
    if (work) {
        Py_BEGIN_ALLOW_THREADS
        mixtura_centers(kernel, &table, &choice, u->buf, to->buf, work, scratch);
        Py_END_ALLOW_THREADS
    }
out:
    PyMem_Free(work);
    PyMem_Free(raw);
    leave(&door);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

static PyObject *names(PyObject *self, PyObject *args)
{
    PyObject *result = PyTuple_New(n_kernels);
    for (int i = 0; result && i < n_kernels; i++)
        PyTuple_SetItem(result, i, PyUnicode_FromString(kernels[i]->name));
    return result;
}

static PyMethodDef methods[] = {
    {"expect", expect, METH_VARARGS,
     "expect(kernel, rows, weight, labels or None, means, whitening, constants, tails, order, ends, "
     "masks, constants and tails by observed cells, noise, hard, result): the fused pass; from order "
     "to noise None where no cell is missing."},
    {"score", score, METH_VARARGS,
     "score(kernel, rows, means, whitening, constants, tails, order, ends, masks, constants and "
     "tails by observed cells, noise, log_density, responsibilities, largest, labels): any of the "
     "outputs may be None."},
    {"linear_expect", linear_expect, METH_VARARGS,
     "linear_expect(kernel, rows, weight, labels or None, constants, weights, levels or None, hard, "
     "result): the fused pass; the objective is NaN where cells are no levels."},
    {"linear_score", linear_score, METH_VARARGS,
     "linear_score(kernel, rows, constants, weights, levels or None, log_density, "
     "responsibilities, largest, labels): whether all cells are levels; any of the outputs may be "
     "None."},
    {"exp", exp_of, METH_VARARGS, "exp(kernel, x, result)"},
    {"log", log_of, METH_VARARGS, "log(kernel, x, result)"},
    {"recentre", recentre, METH_VARARGS, "recentre(means, count, first, second, and the same to write): whether it went well."},
    {"moments", moments_of, METH_VARARGS,
     "moments(rows, resp, dense, count, mean, scatter)"},
    {"constants", constants_of, METH_VARARGS, "constants(d, weights, log_determinants, constants)"},
    {"factorize", factorize, METH_VARARGS, "factorize(matrices, whitening, log_determinants)"},
    {"exceeds", exceeds, METH_VARARGS, "exceeds(matrices, floor)"},
    {"common_form", common_form, METH_VARARGS, "common_form(count, scatter, scales, form)"},
    {"common_axes", common_axes, METH_VARARGS, "common_axes(equal, shares, turned, axes)"},
    {"estimate", estimate, METH_VARARGS,
     "estimate((volume, shape, orientation), floor, count, scatter, covariances, whitening and "
     "log-determinants before, or None each, and the same to write): whether it is regular."},
    {"complete", complete, METH_VARARGS,
     "complete(kernel, rows, resp, means, whitening, order, ends, masks, count, mean, scatter): "
     "whether no digits were lost."},
    {"climb", climb, METH_VARARGS,
     "climb(kernel, rows, weight, labels or None, order, ends, masks, noise in each pattern (four "
     "times None where no cell is missing), hard, noise, weights, fixed_means, (volume, shape, "
     "orientation), floor, prior or None, tol, k, state, trace, known, most): iterations made, and "
     "which of the three mixtures of the state they led to."},
    {"merge", merge, METH_VARARGS,
     "merge(count, mean, scatter, typical, tie, merges): whether all costs were finite numbers; the "
     "first three are lost."},
    {"centers", centers_of, METH_VARARGS,
     "centers(kernel, rows, weight, uniform, by_distance, steps, centers)"},
    {"names", names, METH_NOARGS, "The kernels that this processor can run, best first."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_fused",
    .m_doc = "The compiled kernels (see passes.c).",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__fused(void)
{
    find_kernels();
    PyObject *made = PyModule_Create(&module);
    if (made) PyModule_AddIntConstant(made, "MSTEP_DIMENSIONS", MSTEP_DIMENSIONS);
    return made;
}
