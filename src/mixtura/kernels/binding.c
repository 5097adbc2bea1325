/* The kernel as a Python module, through the stable ABI. Checks at the door, no arithmetic. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>
#include <string.h>

#include "fused.h"

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
    Py_buffer views[8];
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

static int enter_components(Door *door, PyObject *means, PyObject *whitening, PyObject *constants,
                            const Table *table, Components *components)
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
    view = enter(door, constants, "constants", READ, "d", 1, SHAPE(k));
    if (!view) return 0;
    components->constants = view->buf;
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

/* Working memory, aligned to 64 bytes; its address before aligning goes to *raw, to be freed. */
static void *scratch_for(const Kernel *kernel, const Components *c, void **raw)
{
    *raw = PyMem_Malloc(kernel->scratch_size(c->d, c->k, c->dense) + 64);
    if (!*raw) PyErr_NoMemory();
    return *raw ? (void *)(((uintptr_t)*raw + 63) & ~(uintptr_t)63) : NULL;
}

/* --------------------------------------------------------------------------- functions */

static PyObject *expect(PyObject *self, PyObject *args)
{
    const char *name;
    PyObject *rows, *weight, *means, *whitening, *constants, *result;
    int hard;
    if (!PyArg_ParseTuple(args, "sOOOOOpO:expect", &name, &rows, &weight, &means, &whitening,
                          &constants, &hard, &result))
        return NULL;
    const Kernel *kernel = kernel_named(name);
    if (!kernel) return NULL;
    Door door = {.n = 0};
    Table table = {0};
    Components c;
    void *raw = NULL;
    if (!enter_rows(&door, rows, &table) || !enter_weight(&door, weight, &table) ||
        !enter_components(&door, means, whitening, constants, &table, &c))
        goto out;
    Py_ssize_t size = 2 + c.k * (1 + c.d + (c.dense ? c.d * c.d : c.d));
    Py_buffer *view = enter(&door, result, "result", WRITE, "d", 1, SHAPE(size));
    void *scratch = view ? scratch_for(kernel, &c, &raw) : NULL;
    if (scratch) {
        double *place = view->buf;
        Sums sums = {place, place + 1, place + 2, place + 2 + c.k, place + 2 + c.k + c.k * c.d};
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

static PyObject *score(PyObject *self, PyObject *args)
{
    const char *name;
    PyObject *rows, *means, *whitening, *constants, *density, *resp, *largest, *labels;
    if (!PyArg_ParseTuple(args, "sOOOOOOOO:score", &name, &rows, &means, &whitening, &constants,
                          &density, &resp, &largest, &labels))
        return NULL;
    const Kernel *kernel = kernel_named(name);
    if (!kernel) return NULL;
    Door door = {.n = 0};
    Table table = {0};
    Components c;
    void *raw = NULL;
    if (!enter_rows(&door, rows, &table) ||
        !enter_components(&door, means, whitening, constants, &table, &c))
        goto out;
    Scores scores;
    const char *int64 = sizeof(long) == 8 ? "lq" : "q";
    const Py_ssize_t *shape = SHAPE(table.n, c.k);
    scores.log_density = enter_output(&door, density, "log_density", "d", 1, shape);
    scores.responsibilities = enter_output(&door, resp, "responsibilities", "d", 2, shape);
    scores.largest = enter_output(&door, largest, "largest", "d", 1, shape);
    scores.labels = enter_output(&door, labels, "labels", int64, 1, shape);
    void *scratch = PyErr_Occurred() ? NULL : scratch_for(kernel, &c, &raw);
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

static PyObject *names(PyObject *self, PyObject *args)
{
    PyObject *result = PyTuple_New(n_kernels);
    for (int i = 0; result && i < n_kernels; i++)
        PyTuple_SetItem(result, i, PyUnicode_FromString(kernels[i]->name));
    return result;
}

static PyMethodDef methods[] = {
    {"expect", expect, METH_VARARGS,
     "expect(kernel, rows, weight, means, whitening, constants, hard, result): the fused pass."},
    {"score", score, METH_VARARGS,
     "score(kernel, rows, means, whitening, constants, log_density, responsibilities, largest, "
     "labels): any of the outputs may be None."},
    {"exp", exp_of, METH_VARARGS, "exp(kernel, x, result)"},
    {"log", log_of, METH_VARARGS, "log(kernel, x, result)"},
    {"names", names, METH_NOARGS, "The kernels that this processor can run, best first."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "_fused",
    .m_doc = "The fused kernel (see fused.c).",
    .m_size = -1,
    .m_methods = methods,
};

PyMODINIT_FUNC PyInit__fused(void)
{
    find_kernels();
    return PyModule_Create(&module);
}
