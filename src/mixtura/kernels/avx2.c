/* AVX2 and FMA: sixteen registers of four numbers. */

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif

#define KERNEL avx2
#define LANES 4
#define TALL 4
#define WIDE 3
#define BUDGET 11
#define FEW_DIMENSIONS 8
#define IN_REGISTERS 8
#include <immintrin.h>
#define BITS(mask) ((unsigned)_mm256_movemask_pd((__m256d)(mask)))
#define LARGER(a, b) ((vec)_mm256_max_pd(a, b))
#include "passes.c"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
