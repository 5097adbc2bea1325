from mixtura.typing import AnyArray, FloatArray

def expect(
    kernel: str,
    rows: AnyArray,
    weight: FloatArray,
    means: FloatArray,
    whitening: FloatArray,
    constants: FloatArray,
    hard: bool,
    result: FloatArray,
    /,
) -> None: ...
def score(
    kernel: str,
    rows: AnyArray,
    means: FloatArray,
    whitening: FloatArray,
    constants: FloatArray,
    log_density: FloatArray | None,
    responsibilities: FloatArray | None,
    largest: FloatArray | None,
    labels: AnyArray | None,
    /,
) -> None: ...
def exp(kernel: str, x: FloatArray, result: FloatArray, /) -> None: ...
def log(kernel: str, x: FloatArray, result: FloatArray, /) -> None: ...
def names() -> tuple[str, ...]: ...
