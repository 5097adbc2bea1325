/* All passes, compiled once for each instruction set (baseline.c, avx2.c, avx512.c), which sets

       KERNEL   the name of the table of functions at the end
       LANES    numbers in a vector
       TALL     rows of a whitening factor in a register block, a multiple of LANES
       WIDE     vectors in a register block: TALL * WIDE accumulators fill the registers
       BUDGET   accumulators of the moments in few dimensions
       IN_REGISTERS    most dimensions in which a row stays in registers while it is whitened
       FEW_DIMENSIONS  most dimensions in which rows are in lanes for the moments, too

   and may set BITS, LARGER and ROOT_OF_TWO, which are explained where they are used. */

#include "estep.c"
#include "gaps.c"
#include "linear.c"

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

const Kernel SYMBOL(KERNEL) = {
    TEXT(KERNEL), scratch_size, expect,       score,        complete, linear_size, linear_expect,
    linear_score,  exp_of,       log_of,
};
