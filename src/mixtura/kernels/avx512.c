/* AVX-512: thirty-two registers of eight numbers. */

#if defined(__x86_64__)
#if defined(__clang__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")
#endif

#define KERNEL avx512
#define LANES 8
#define TALL 8
#define WIDE 3
#define BUDGET 21
#define FEW_DIMENSIONS 12
#define IN_REGISTERS 16
#include <immintrin.h>
#define BITS(mask) ((unsigned)_mm512_movepi64_mask((__m512i)(mask)))
#define LARGER(a, b) ((vec)_mm512_max_pd(a, b))

/* 2^(i/16), in two registers. */
static const double ROOTS_OF_TWO[16] __attribute__((aligned(64))) = {
    0x1.0000000000000p+0, 0x1.0b5586cf9890fp+0, 0x1.172b83c7d517bp+0, 0x1.2387a6e756238p+0,
    0x1.306fe0a31b715p+0, 0x1.3dea64c123422p+0, 0x1.4bfdad5362a27p+0, 0x1.5ab07dd485429p+0,
    0x1.6a09e667f3bcdp+0, 0x1.7a11473eb0187p+0, 0x1.8ace5422aa0dbp+0, 0x1.9c49182a3f090p+0,
    0x1.ae89f995ad3adp+0, 0x1.c199bdd85529cp+0, 0x1.d5818dcfba487p+0, 0x1.ea4afa2a490dap+0,
};
#define ROOT_OF_TWO(index) \
    _mm512_permutex2var_pd(_mm512_load_pd(ROOTS_OF_TWO), (__m512i)(index), \
                           _mm512_load_pd(ROOTS_OF_TWO + 8))

#include "passes.c"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
