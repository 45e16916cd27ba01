"""How SciPy's functions come to fad, and go; their kinks; what is refused. Their laws are rows of tests/ops/scipy.py."""

from __future__ import annotations

import functools
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
from scipy import special
from scipy.special import logsumexp

import fad
import fad.scipy
from fad.errors import ConversionError, DtypeError, FadError, MissingRuleError

inf = np.inf

TABLE = {"by name": logsumexp, "in a partial": functools.partial(logsumexp, axis=0)}  # made before fad has met SciPy


# -- how they come --------------------------------------------------------------------------------


def _run(program: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_fad_does_not_import_scipy() -> None:
    assert _run("import sys, fad; fad.grad(lambda x: x * x)(1.0); print('scipy' in sys.modules)") == "False"


@pytest.mark.parametrize("order", [
    "import fad\nfrom scipy.special import logsumexp, expit", "from scipy.special import logsumexp, expit\nimport fad"])
def test_the_order_of_imports_does_not_matter(order: str) -> None:
    assert _run(f"{order}\nprint(fad.grad(logsumexp)(2.0), fad.grad(expit)(0.0))") == "1.0 0.25"


def test_a_module_that_is_imported_later_is_met_too() -> None:
    assert _run("import fad, scipy.special\nfad.grad(scipy.special.expit)(0.0)\nimport scipy.linalg\nimport numpy as np\n"
                "print(fad.grad(scipy.linalg.det)(2 * np.eye(1)))") == "[[1.]]"


def test_only_the_modules_that_were_imported_are_met() -> None:
    assert _run("import sys, fad, scipy.special\nfad.grad(scipy.special.expit)(0.0)\n"
                "print('fad.scipy.special' in sys.modules, 'scipy.stats' in sys.modules)") == "True False"


def test_a_ufunc_that_is_imported_within_the_trace() -> None:
    assert _run("import fad\ndef f(x):\n    from scipy.special import expit\n    return expit(x)\n"
                "print(fad.grad(f)(0.0))") == "0.25"


def test_a_function_that_is_imported_within_the_trace_says_what_to_do() -> None:
    assert _run("import fad, numpy as np\ndef f(x):\n    from scipy.special import logsumexp\n    return logsumexp(x)\n"
                "try:\n    fad.grad(f)(1.0)\nexcept fad.errors.ConversionError as error:\n"
                "    assert 'at the top of the file' in str(error), error\nprint(fad.grad(f)(1.0))") == "1.0"


@pytest.mark.parametrize("name", TABLE)
def test_it_does_not_matter_how_a_function_is_held(name: str) -> None:
    np.testing.assert_allclose(fad.grad(TABLE[name])(np.zeros(4)), np.full(4, 0.25))


@pytest.fixture
def installed() -> Iterator[None]:
    yield
    fad.scipy.install()


@pytest.mark.usefixtures("installed")
def test_uninstall_gives_the_functions_their_own_code_back() -> None:
    fad.grad(logsumexp)(1.0)
    ours = logsumexp.__code__
    signature, doc, name = inspect.signature(logsumexp), logsumexp.__doc__, logsumexp.__name__
    fad.scipy.uninstall()
    fad.scipy.uninstall()
    assert logsumexp.__code__ is not ours
    assert logsumexp.__code__.co_filename.endswith("_logsumexp.py")
    assert (inspect.signature(logsumexp), logsumexp.__doc__, logsumexp.__name__) == (signature, doc, name)
    assert not logsumexp.__kwdefaults__
    assert logsumexp([0.0, 0.0]) == np.log(2.0)
    with pytest.raises(ConversionError):
        fad.grad(logsumexp)(1.0)
    assert fad.grad(special.expit)(0.0) == 0.25
    fad.scipy.install()
    fad.scipy.install()
    assert logsumexp.__code__ is not ours
    assert fad.grad(logsumexp)(1.0) == 1.0


def test_plain_calls_go_to_scipy() -> None:
    fad.grad(logsumexp)(1.0)
    assert logsumexp([[0.0, 0.0], [1.0, 1.0]], axis=1, keepdims=True).shape == (2, 1)
    assert scipy.linalg.solve(np.eye(2), np.ones(2), assume_a="pos").tolist() == [1.0, 1.0]
    assert scipy.stats.norm.logpdf(0.0) == -0.5 * np.log(2 * np.pi)
    with pytest.raises(TypeError):
        logsumexp(no_such_argument=1)
    assert list(inspect.signature(scipy.linalg.solve_triangular).parameters)[:3] == ["a", "b", "trans"]


def test_all_transforms() -> None:
    x = np.array([0.5, 1.0, 2.0])
    np.testing.assert_allclose(fad.vmap(fad.grad(special.gammaln))(x), special.psi(x))
    np.testing.assert_allclose(fad.jit(special.softmax)(x), special.softmax(x))
    p = special.softmax(x)
    np.testing.assert_allclose(fad.hessian(logsumexp)(x), np.diag(p) - np.outer(p, p), atol=1e-15)
    np.testing.assert_allclose(fad.vmap(lambda a: scipy.linalg.expm(a))(np.zeros((0, 2, 2))), np.zeros((0, 2, 2)))


def test_the_place_in_the_users_program_is_named() -> None:
    with pytest.raises(FadError, match=r"test_scipy\.py"):
        fad.grad(lambda x: scipy.linalg.lu(x)[0][0, 0])(np.eye(2))


# -- kinks, and other special points --------------------------------------------------------------

KINKS: list[tuple[str, Callable[..., Any], tuple[Any, ...], tuple[Any, ...]]] = [
    ("xlogy at (0, 0), in y", lambda y: special.xlogy(0.0, y), (0.0,), (0.0,)),
    ("xlogy at (0, 2)", special.xlogy, (0.0, 2.0), (np.log(2.0), 0.0)),
    ("xlog1py at (0, -1), in y", lambda y: special.xlog1py(0.0, y), (-1.0,), (0.0,)),
    ("kl_div at (0, 1), in y", lambda y: special.kl_div(0.0, y), (1.0,), (1.0,)),
    ("kl_div at (0, 0), in y", lambda y: special.kl_div(0.0, y), (0.0,), (1.0,)),
    ("rel_entr at (0, 0), in y", lambda y: special.rel_entr(0.0, y), (0.0,), (0.0,)),
    ("i0e at 0", special.i0e, (0.0,), (0.0,)),
    ("j1 at 0", special.j1, (0.0,), (0.5,)),
    ("i1 at 0", special.i1, (0.0,), (0.5,)),
    ("exprel at 0", special.exprel, (0.0,), (0.5,)),
    ("rgamma at 0", special.rgamma, (0.0,), (1.0,)),
    ("rgamma at -3", special.rgamma, (-3.0,), (-6.0,)),
    ("expit at 800", special.expit, (800.0,), (0.0,)),
    ("expit at -800", special.expit, (-800.0,), (0.0,)),
    ("expit at 40", special.expit, (40.0,), (np.exp(-40.0),)),
    ("log_expit at -800", special.log_expit, (-800.0,), (1.0,)),
    ("log_ndtr at -1e5", special.log_ndtr, (-1e5,), (1e5 + 1e-5,)),
    ("erfcx at 1e8", special.erfcx, (1e8,), (-1e-16 / np.sqrt(np.pi),)),
    ("boxcox at 0, in its exponent", lambda m: special.boxcox(2.0, m), (0.0,), (np.log(2.0) ** 2 / 2,)),
    ("huber on its edge", lambda r: special.huber(1.0, r), (1.0,), (1.0,)),
    ("logsumexp of -inf and 0", special.logsumexp, (np.array([-inf, 0.0]),), (np.array([0.0, 1.0]),)),
    ("logsumexp of nothing but -inf", special.logsumexp, (np.array([-inf, -inf]),), (np.array([0.0, 0.0]),)),
    ("logsumexp of large numbers", special.logsumexp, (np.array([1e4, 1e4]),), (np.array([0.5, 0.5]),)),
    ("logsumexp with a weight of 0", lambda x: special.logsumexp(x, b=[0.0, 1.0]), (np.array([900.0, 0.0]),),
     (np.array([0.0, 1.0]),)),
    ("softmax of large numbers", lambda x: special.softmax(x)[0], (np.array([1e4, 0.0]),), (np.array([0.0, 0.0]),)),
    ("expon.logpdf outside", scipy.stats.expon.logpdf, (-1.0,), (0.0,)),
    ("beta.logpdf outside", lambda x: scipy.stats.beta.logpdf(x, 2.0, 3.0), (1.5,), (0.0,)),
    ("uniform.cdf outside", scipy.stats.uniform.cdf, (2.0,), (0.0,)),
    ("poisson.logpmf of 0 at 0", lambda mu: scipy.stats.poisson.logpmf(0, mu), (0.0,), (-1.0,)),
    ("sqrtm of the identity", lambda a: scipy.linalg.sqrtm(a)[0, 1], (np.eye(2),), (np.array([[0.0, 0.5], [0.0, 0.0]]),)),
    ("expm of zeros", lambda a: scipy.linalg.expm(a)[0, 1], (np.zeros((2, 2)),), (np.array([[0.0, 1.0], [0.0, 0.0]]),)),
]


@pytest.mark.parametrize(("name", "f", "point", "slopes"), KINKS, ids=[row[0] for row in KINKS])
def test_special_points(name: str, f: Callable[..., Any], point: tuple[Any, ...], slopes: tuple[Any, ...]) -> None:
    found = fad.grad(f, tuple(range(len(point))))(*point)
    for a, b in zip(found, slopes, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12 if "large" in name else 1e-13, atol=0.0)


def test_infinite_slopes_are_infinite() -> None:
    with np.errstate(divide="ignore"):
        assert fad.grad(special.entr)(0.0) == inf
        assert fad.grad(special.xlogy)(1.0, 0.0) == -inf


# -- in float32 and in integers -------------------------------------------------------------------


@pytest.mark.parametrize("name", "expit logit log_expit erf ndtr log_ndtr gammaln psi i0 j1 exprel rgamma erfcx".split())
def test_float32_stays_float32(name: str) -> None:
    x = np.float32([0.25, 0.5])
    value, slope = fad.jvp(getattr(special, name), (x,), (x,))
    assert value.dtype == slope.dtype == np.float32
    assert fad.grad(lambda x: np.sum(getattr(special, name)(x)))(x).dtype == np.float32


def test_whole_numbers_beside_traced_ones() -> None:
    assert fad.grad(lambda x: special.jv(0, x))(0.5) == pytest.approx(-special.j1(0.5), rel=1e-14)
    np.testing.assert_allclose(fad.grad(lambda x: np.sum(special.xlogy(np.arange(3), x)))(2.0), 1.5)


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(("f", "words"), [
    (lambda v: special.jv(v, 1.0), "scipy.special.jv in its argument v"),
    (lambda a: special.gammainc(a, 1.0), "scipy.special.gammainc in its argument a"),
    (lambda b: special.betainc(1.0, b, 0.5), "scipy.special.betainc in its argument b"),
    (lambda n: special.polygamma(n, 1.0), "scipy.special.polygamma in its argument n"),
    (lambda a: scipy.stats.gamma.cdf(1.0, a), "scipy.special.gammainc in its argument a"),
    (lambda x: scipy.stats.skewnorm.cdf(x, 1.0), "scipy.stats.skewnorm.cdf"),
    (lambda x: special.ellipk(x), "ellipk"),
    (lambda x: scipy.linalg.solve(np.eye(2) * x, np.ones(2), assume_a="banded")[0], "assume_a='banded'"),
    (lambda x: scipy.stats.multivariate_normal.logpdf(x, allow_singular=True), "allow_singular"),
])
def test_what_has_no_derivative_is_refused_by_name(f: Callable[..., Any], words: str) -> None:
    with pytest.raises(MissingRuleError, match=words.replace("(", r"\(")):
        fad.grad(f)(0.5)


def test_the_other_argument_moves_though_one_may_not() -> None:
    assert fad.grad(lambda x: special.jv(fad.stop_gradient(x), x))(1.0) == pytest.approx(special.jvp(1.0, 1.0))


def test_a_square_root_that_turns_complex() -> None:
    a = np.diag([-4.0, 9.0])
    assert fad.grad(lambda a: np.imag(scipy.linalg.sqrtm(a))[0, 0])(a)[0, 0] == pytest.approx(-0.25)
    with pytest.raises(DtypeError, match="complex"):
        fad.vmap(scipy.linalg.sqrtm)(a[None])


def test_scipys_own_errors() -> None:
    with pytest.raises(np.linalg.LinAlgError):
        fad.grad(lambda a: scipy.linalg.cholesky(a)[0, 0])(-np.eye(2))
    with pytest.raises(np.linalg.LinAlgError):
        fad.grad(lambda a: scipy.linalg.inv(a)[0, 0])(np.zeros((2, 2)))


# -- programs -------------------------------------------------------------------------------------


def test_a_gaussian_process() -> None:
    """The gradient of the log marginal likelihood: Rasmussen & Williams (2006), equation 5.9."""
    rng = np.random.default_rng(0)
    t, y = np.sort(rng.uniform(0.0, 3.0, 8)), rng.normal(size=8)
    squares = (t[:, None] - t) ** 2

    def covariance(p: Any) -> Any:
        return np.exp(p[0]) * np.exp(-0.5 * squares / np.exp(p[1])) + np.exp(p[2]) * np.eye(8)

    def likelihood(p: Any) -> Any:
        factor = scipy.linalg.cho_factor(covariance(p), lower=True)
        weights = scipy.linalg.cho_solve(factor, y)
        return -0.5 * y @ weights - np.sum(np.log(np.diagonal(factor[0]))) - 4.0 * np.log(2.0 * np.pi)

    p = np.array([0.1, -0.3, -1.0])
    k = covariance(p)
    weights, inverse = np.linalg.solve(k, y), np.linalg.inv(k)
    slopes = np.moveaxis(fad.jacobian(covariance)(p), -1, 0)
    expected = [0.5 * np.sum((np.outer(weights, weights) - inverse) * slope) for slope in slopes]
    np.testing.assert_allclose(fad.grad(likelihood)(p), expected, rtol=1e-10)
    joint = fad.grad(lambda p: scipy.stats.multivariate_normal.logpdf(y, np.zeros(8), covariance(p)))(p)
    np.testing.assert_allclose(joint, expected, rtol=1e-10)


def test_a_logistic_regression() -> None:
    rng = np.random.default_rng(1)
    features, labels = rng.normal(size=(20, 3)), rng.integers(0, 2, 20)

    def likelihood(w: Any) -> Any:
        scores = features @ w
        prior = np.sum(scipy.stats.norm.logpdf(w, scale=2.0))
        return np.sum(special.log_expit(np.where(labels == 1, scores, -scores))) + prior

    w = np.array([0.3, -0.2, 0.1])
    expected = features.T @ (labels - special.expit(features @ w)) - w / 4.0
    np.testing.assert_allclose(fad.grad(likelihood)(w), expected, rtol=1e-12)
