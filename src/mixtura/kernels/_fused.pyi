from mixtura.typing import AnyArray, FloatArray, IntArray

MSTEP_DIMENSIONS: int

def expect(
    kernel: str,
    rows: AnyArray,
    weight: FloatArray,
    labels: AnyArray | None,
    means: FloatArray,
    whitening: FloatArray,
    constants: FloatArray,
    tails: FloatArray | None,
    order: AnyArray | None,
    ends: AnyArray | None,
    masks: AnyArray | None,
    observed_constants: FloatArray | None,
    observed_tails: FloatArray | None,
    noise: FloatArray | None,
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
    tails: FloatArray | None,
    order: AnyArray | None,
    ends: AnyArray | None,
    masks: AnyArray | None,
    observed_constants: FloatArray | None,
    observed_tails: FloatArray | None,
    noise: FloatArray | None,
    log_density: FloatArray | None,
    responsibilities: FloatArray | None,
    largest: FloatArray | None,
    labels: AnyArray | None,
    /,
) -> None: ...
def linear_expect(
    kernel: str,
    rows: AnyArray,
    weight: FloatArray,
    labels: AnyArray | None,
    constants: FloatArray,
    weights: FloatArray,
    levels: AnyArray | None,
    hard: bool,
    result: FloatArray,
    /,
) -> None: ...
def linear_score(
    kernel: str,
    rows: AnyArray,
    constants: FloatArray,
    weights: FloatArray,
    levels: AnyArray | None,
    log_density: FloatArray | None,
    responsibilities: FloatArray | None,
    largest: FloatArray | None,
    labels: AnyArray | None,
    /,
) -> bool: ...
def exp(kernel: str, x: FloatArray, result: FloatArray, /) -> None: ...
def log(kernel: str, x: FloatArray, result: FloatArray, /) -> None: ...
def recentre(
    means: FloatArray,
    count: FloatArray,
    first: FloatArray,
    second: FloatArray,
    new_count: FloatArray,
    new_means: FloatArray,
    scatter: FloatArray,
    /,
) -> bool: ...
def moments(
    rows: FloatArray,
    resp: FloatArray,
    dense: bool,
    count: FloatArray,
    mean: FloatArray,
    scatter: FloatArray,
    /,
) -> None: ...
def complete(
    kernel: str,
    rows: AnyArray,
    resp: FloatArray,
    means: FloatArray,
    whitening: FloatArray,
    order: AnyArray,
    ends: AnyArray,
    masks: AnyArray,
    count: FloatArray,
    mean: FloatArray,
    scatter: FloatArray,
    /,
) -> bool: ...
def constants(
    d: int, weights: FloatArray, log_determinants: FloatArray, constants: FloatArray, /
) -> None: ...
def factorize(
    matrices: FloatArray, whitening: FloatArray, log_determinants: FloatArray, /
) -> int: ...
def exceeds(matrices: FloatArray, floor: FloatArray, /) -> bool: ...
def common_form(
    count: FloatArray, scatter: FloatArray, scales: FloatArray, form: FloatArray, /
) -> None: ...
def common_axes(
    equal_volumes: bool, shares: FloatArray, turned: FloatArray, axes: FloatArray, /
) -> None: ...
def estimate(
    ties: tuple[int, int, int],
    floor: FloatArray,
    count: FloatArray,
    scatter: FloatArray,
    old_covariances: FloatArray | None,
    old_whitening: FloatArray | None,
    old_log_determinants: FloatArray | None,
    covariances: FloatArray,
    whitening: FloatArray,
    log_determinants: FloatArray,
    /,
) -> bool: ...
def climb(
    kernel: str,
    rows: AnyArray,
    weight: FloatArray,
    labels: AnyArray | None,
    order: AnyArray | None,
    ends: AnyArray | None,
    masks: AnyArray | None,
    of_noise: FloatArray | None,
    hard: bool,
    noise: bool,
    weights: int,
    fixed_means: bool,
    ties: tuple[int, int, int],
    floor: FloatArray,
    prior: FloatArray | None,
    tol: float,
    k: int,
    state: FloatArray,
    trace: FloatArray,
    known: int,
    most: int,
    /,
) -> tuple[int, int]: ...
def merge(
    count: FloatArray,
    mean: FloatArray,
    scatter: FloatArray,
    typical: float,
    tie: float,
    merges: IntArray,
    /,
) -> bool: ...
def centers(
    kernel: str,
    rows: FloatArray,
    weight: FloatArray,
    uniform: FloatArray,
    by_distance: bool,
    steps: int,
    centers: FloatArray,
    /,
) -> None: ...
def names() -> tuple[str, ...]: ...
