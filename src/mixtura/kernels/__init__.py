"""The fused kernels: compiled C for Gaussian, Student t and linear passes, behind plain arrays.

This package sits at the bottom: it knows arrays and instruction sets, neither families nor
sources. Which pass they serve is decided in `mixtura.kernels.estep_dispatch`.

The environment variable MIXTURA_KERNEL forces an instruction set ("baseline", "avx2", "avx512")
or the NumPy reference ("numpy"); "auto", the default, takes the best that the processor has.
"""

from mixtura.kernels.choice import available, chosen_name, describe, use

__all__ = ["available", "chosen_name", "describe", "use"]
