/* Vectors of LANES numbers, and exp and log of them. Needs GCC's vector extensions (GCC and clang
   have them) and IEEE arithmetic: never compile it with -ffast-math. */

#ifndef MIXTURA_VECTORS_H
#define MIXTURA_VECTORS_H

#include <stddef.h>
#include <stdint.h>

typedef double vec __attribute__((vector_size(8 * LANES)));
typedef int64_t ivec __attribute__((vector_size(8 * LANES)));
typedef uint64_t uvec __attribute__((vector_size(8 * LANES)));

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")
#define INFINITE __builtin_inf()

INLINE vec splat(double x) { return x - (vec){0}; }
INLINE ivec isplat(int64_t x) { return x - (ivec){0}; }
INLINE vec where(ivec mask, vec yes, vec no)
{
    return (vec)((mask & (ivec)yes) | (~mask & (ivec)no));
}
INLINE vec only(ivec mask, vec yes) { return (vec)(mask & (ivec)yes); }

/* b where either is NaN. */
#ifndef LARGER
INLINE vec larger_of(vec a, vec b) { return where(a > b, a, b); }
#define LARGER(a, b) larger_of(a, b)
#endif

/* One bit for each lane in which a mask holds. */
#ifndef BITS
INLINE unsigned bits_of(ivec mask)
{
    unsigned bits = 0;
    for (int i = 0; i < LANES; i++) bits |= (unsigned)(mask[i] & 1) << i;
    return bits;
}
#define BITS(mask) bits_of(mask)
#endif

INLINE double total_of(vec x)
{
    double total = 0.0;
    for (int i = 0; i < LANES; i++) total += x[i];
    return total;
}

/* 1.5 * 2^52: adding it rounds a small number to an integer, in the low bits of the sum. */
#define ROUNDER 0x1.8p52
#define LN2_HIGH 0x1.62e42fefa3000p-1
#define LN2_LOW 0x1.3de6af278ece6p-42

/* exp(x) = 2^n e: gives e, and n in the low bits of an integer. */
#ifdef ROOT_OF_TWO /* 2^(i/16) for the low four bits i of an integer */
INLINE vec exp_reduced(vec x, ivec *n)
{
    vec shifted = x * (16 * 0x1.71547652b82fep0) + ROUNDER;
    vec sixteenths = shifted - ROUNDER;
    vec r = (x - sixteenths * (LN2_HIGH / 16)) - sixteenths * (LN2_LOW / 16);
    /* Chebyshev fit of (exp(r) - 1 - r) / r^2 for |r| <= log(2) / 32, error 3e-17. */
    vec p = splat(0x1.6c17bb5ebddb4p-10);
    p = p * r + 0x1.11120b03cd855p-7;
    p = p * r + 0x1.555555551946fp-5;
    p = p * r + 0x1.55555554dd388p-3;
    p = p * r + 0x1.0000000000000p-1;
    vec root = ROOT_OF_TWO((ivec)shifted);
    *n = (ivec)shifted >> 4;
    return root + root * (r + r * r * p);
}
#else
INLINE vec exp_reduced(vec x, ivec *n)
{
    vec shifted = x * 0x1.71547652b82fep0 + ROUNDER;
    vec whole = shifted - ROUNDER;
    vec r = (x - whole * LN2_HIGH) - whole * LN2_LOW;
    /* Chebyshev fit of (exp(r) - 1 - r) / r^2 for |r| <= log(2) / 2, error 1e-16. */
    vec p = splat(0x1.af38a9b0ec855p-26);
    p = p * r + 0x1.289185613a3d6p-22;
    p = p * r + 0x1.71de0dae63bb3p-19;
    p = p * r + 0x1.a019b90d2ae7ap-16;
    p = p * r + 0x1.a01a01a7c41d5p-13;
    p = p * r + 0x1.6c16c1788bd90p-10;
    p = p * r + 0x1.11111111109b3p-7;
    p = p * r + 0x1.5555555553d63p-5;
    p = p * r + 0x1.5555555555556p-3;
    p = p * r + 0x1.0000000000001p-1;
    *n = (ivec)shifted;
    return 1.0 + (r + r * r * p);
}
#endif

/* exp(x) for x <= 0, exactly 0 below -60: nothing below e^-60 shows in a sum with 1, and
   denormal responsibilities would be many times slower. */
#define NOTHING -60.0

INLINE vec exp_or_nothing(vec x)
{
    ivec n;
    vec e = exp_reduced(x, &n);
    return only(x > NOTHING, (vec)((ivec)e + (n << 52)));
}

/* exp over the whole range, denormal results included: 2^n in two factors. */
INLINE vec exp_anywhere(vec x)
{
    vec inside = where(x < -746.0, splat(-746.0), where(x > 710.0, splat(710.0), x));
    ivec n;
    vec e = exp_reduced(inside, &n);
    ivec power = n << 52, half = (power >> 1) & ~isplat(0xfffffffffffff);
    vec first = (vec)(half + 0x3ff0000000000000), rest = (vec)(power - half + 0x3ff0000000000000);
    return where(x == x, e * first * rest, x);
}

/* log x = n log 2 + log m with m from sqrt(1/2) to sqrt(2): from the bits of x, which is no tiny
   number, n, f = m - 1 and s = f / (2 + f). */
INLINE vec whole_log(ivec bits, vec *f)
{
    const int64_t root_half = 0x3fe6a09e667f3bcd, one = 0x3ff0000000000000;
    bits += one - root_half;
    *f = (vec)((bits & 0x000fffffffffffff) + root_half) - 1.0;
    return (vec)(((uvec)bits >> 52) + 0x4330000000000000) - (0x1p52 + 1023.0);
}

INLINE vec log_of_parts(vec n, vec f, vec s)
{
    vec z = s * s;
    /* Chebyshev fit of (2 atanh(s) / s - 2) / s^2. */
    vec p = splat(0x1.2b5900de53b32p-3);
    p = p * z + 0x1.39fe51a7c18f9p-3;
    p = p * z + 0x1.7462b51cb66b1p-3;
    p = p * z + 0x1.c71c62e3f11e6p-3;
    p = p * z + 0x1.2492492df281ap-2;
    p = p * z + 0x1.99999999952d7p-2;
    p = p * z + 0x1.5555555555558p-1;
    vec half = 0.5 * f * f;
    return n * LN2_HIGH + (f - (half - (s * (half + z * p) + n * LN2_LOW)));
}

/* log over the whole range: -inf at 0, NaN below. */
INLINE vec log_anywhere(vec x)
{
    ivec tiny = x < 0x1p-1022;
    vec f, n = whole_log((ivec)where(tiny, x * 0x1p54, x), &f) - only(tiny, splat(54.0));
    vec result = log_of_parts(n, f, f / (2.0 + f));
    result = where(x == INFINITE, x, result);
    result = where(x == 0.0, splat(-INFINITE), result);
    return where(x >= 0.0, result, splat(__builtin_nan("")));
}

/* log(1 + y) to the last digits, and 1 / (1 + y): y is finite and clearly above -1, or NaN, which
   stays. */
INLINE vec log_one_more(vec y, vec *inverse)
{
    vec x = 1.0 + y, f, n = whole_log((ivec)x, &f);
    *inverse = 1.0 / x;
    return log_of_parts(n, f, f / (2.0 + f)) + (y - (x - 1.0)) * *inverse;
}

#endif
