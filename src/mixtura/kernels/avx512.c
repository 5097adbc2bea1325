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
#include <immintrin.h>
#define BITS(mask) ((unsigned)_mm512_movepi64_mask((__m512i)(mask)))
#include "fused.c"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
