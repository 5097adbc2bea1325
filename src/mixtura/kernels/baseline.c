/* What every processor has: sixteen registers of two numbers (SSE2, NEON, WebAssembly SIMD). */

#define KERNEL baseline
#define LANES 2
#define TALL 4
#define WIDE 2
#define BUDGET 11
#include "fused.c"
