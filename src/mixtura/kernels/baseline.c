/* What every processor has: sixteen registers of two numbers (SSE2, NEON, WebAssembly SIMD). */

#define KERNEL baseline
#define LANES 2
#define TALL 4
#define WIDE 2
#define BUDGET 11
#define FEW_DIMENSIONS 8
#define IN_REGISTERS 8
#if defined(__SSE2__)
#include <emmintrin.h>
#define BITS(mask) ((unsigned)_mm_movemask_pd((__m128d)(mask)))
#endif
#include "passes.c"
