"""`trueval.inference` against SciPy, statsmodels, confidenceinterval, MLstatkit and published values, to 1e-10."""

from __future__ import annotations

import math

import confidenceinterval
import numpy as np
import pytest
import scipy.optimize
import scipy.stats
import statsmodels.stats.contingency_tables as tables
import statsmodels.stats.power as sm_power
from MLstatkit import Delong_test
from statsmodels.stats import multitest, proportion
from trueval.inference import _distributions as distributions
from trueval.inference import adjust_pvalues, compare, confidence_interval, required_rows
from trueval.inference._laws import BootstrapLaw, PairedProportionLaw, StudentizedLaw
from trueval.inference._proportions import tango_bound, tango_score

pytestmark = pytest.mark.usefixtures("backend")

EXACT = {"rtol": 1e-10, "atol": 1e-12}

# ndka of 113 patients with a subarachnoid haemorrhage (Turck et al. 2010) in ascending order: p for a poor outcome, n
# for a good one, tied patients in parentheses.
NDKA = (
    "npnnpppnnnnnnnnnpnnnnnnppnnpn(nn)np(pn)nnnnpnnpnnnnnnpppnpnnpnnnnnpn(pn)nnpnnppnppnn(pn)ppnnnpnnnnppppnnpnnnpppp"
    "nnpnpnpnp"
)


def ndka() -> tuple[np.ndarray, np.ndarray]:
    marks, scores, rank, tied = [], [], 0, False
    for character in NDKA:
        if character in "()":
            tied = character == "("
            rank += tied
        else:
            rank += not tied
            marks.append(character == "p")
            scores.append(float(rank))
    return np.array(marks), np.array(scores)


def two_rankings(n: int = 300, seed: int = 0, ties: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.3).astype(int)
    base = rng.normal(size=n) + y
    tuned = base + 0.7 * rng.normal(size=n) + 0.3 * y
    return (y, np.round(base), np.round(tuned)) if ties else (y, base, tuned)


# distributions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("a", [0.3, 1.0, 7.5, 400.0, 3e6])
@pytest.mark.parametrize("b", [0.5, 2.0, 33.0, 5e5])
def test_beta(a: float, b: float) -> None:
    law = scipy.stats.beta(a, b)
    for p in (1e-6, 0.005, 0.025, 0.4, 0.9, 0.975):
        x = law.ppf(p)
        # The last bit of x alone moves the probability by 1e-10 where x is close to 1 and a is 3e6.
        np.testing.assert_allclose(distributions.beta_cdf(x, a, b), law.cdf(x), rtol=0, atol=1e-10)
        np.testing.assert_allclose(distributions.beta_quantile(p, a, b), x, rtol=1e-9)


@pytest.mark.parametrize("df", [1, 2, 3, 10, 29, 300.5, 1e4, 1e7])
def test_student(df: float) -> None:
    for p in (1e-4, 0.005, 0.025, 0.3, 0.5, 0.9, 0.9995):
        t = scipy.stats.t.ppf(p, df)
        np.testing.assert_allclose(distributions.t_quantile(p, df), t, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(distributions.t_cdf(t, df), p, rtol=1e-11, atol=1e-11)


def test_other_distributions() -> None:
    for x in (1e-9, 0.3, 3.84, 40.0):
        np.testing.assert_allclose(distributions.chi2_sf(x), scipy.stats.chi2.sf(x, 1), **EXACT)
    for n, k in ((1, 0), (9, 3), (600, 250), (100_001, 49_700)):
        np.testing.assert_allclose(distributions.binomial_half_cdf(k, n), scipy.stats.binom.cdf(k, n, 0.5), rtol=1e-9)


# proportions ----------------------------------------------------------------------------------------------------------

NAMES = {
    "wilson": "wilson",
    "clopper-pearson": "beta",
    "agresti-coull": "agresti_coull",
    "jeffreys": "jeffreys",
    "normal": "normal",
}


@pytest.mark.parametrize("method", NAMES)
@pytest.mark.parametrize(("k", "n"), [(0, 5), (1, 30), (15, 30), (29, 30), (7, 7), (280, 300), (12_345, 1_000_000)])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.999])
def test_proportions(method: str, k: int, n: int, level: float) -> None:
    y = np.ones(n, np.uint8)
    pred = (np.arange(n) < k).astype(np.uint8)
    got = confidence_interval("accuracy_score", y, pred, method=method, confidence_level=level)
    low, high = proportion.proportion_confint(k, n, alpha=1 - level, method=NAMES[method])
    if method == "jeffreys":  # statsmodels leaves the ends where they fall
        low, high = 0.0 if k == 0 else low, 1.0 if k == n else high
    np.testing.assert_allclose(got.confidence_interval, (max(low, 0.0), min(high, 1.0)), rtol=1e-9, atol=1e-12)
    assert (got.value, got.n, got.method) == (k / n, n, method)


@pytest.mark.parametrize(
    ("metric", "theirs"),
    [
        ("accuracy_score", "accuracy_score"),
        ("precision_score", "ppv_score"),
        ("recall_score", "tpr_score"),
        ("true_negative_rate", "tnr_score"),
        ("false_positive_rate", "fpr_score"),
    ],
)
@pytest.mark.parametrize("method", ["wilson", "agresti_coull", "jeffreys"])
def test_rates_of_confidenceinterval(metric: str, theirs: str, method: str) -> None:
    y, base, _ = two_rankings()
    pred = (base > 0.6).astype(int)
    value, interval = getattr(confidenceinterval, theirs)(y, pred, method=method)
    got = confidence_interval(metric, y, pred, method=method.replace("_", "-"))
    np.testing.assert_allclose(got.confidence_interval, interval, **EXACT)
    np.testing.assert_allclose(got.value, value, rtol=1e-8)  # it adds 1e-7 to the denominators


@pytest.mark.parametrize(
    ("both", "gains", "losses", "neither"), [(40, 9, 2, 20), (5, 1, 0, 2), (300, 40, 35, 60), (9, 0, 0, 1)]
)
def test_mcnemar(both: int, gains: int, losses: int, neither: int) -> None:
    base = np.repeat([1, 0, 1, 0], [both, gains, losses, neither])
    tuned = np.repeat([1, 1, 0, 0], [both, gains, losses, neither])
    y = np.ones(base.size, int)
    table = [[both, losses], [gains, neither]]
    for method, exact, correction in (("mcnemar", 0, 0), ("mcnemar-corrected", 0, 1), ("mcnemar-exact", 1, 0)):
        got = compare("accuracy_score", y, base, tuned, method=method)
        assert (got.wins, got.ties, got.losses, got.n) == (gains, both + neither, losses, base.size)
        if gains + losses == 0 or (exact and gains == losses):
            assert got.pvalue == 1.0
            continue
        theirs = tables.mcnemar(table, exact=bool(exact), correction=bool(correction))
        np.testing.assert_allclose((got.statistic, got.pvalue), (theirs.statistic, theirs.pvalue), **EXACT)
        sides = [
            compare("accuracy_score", y, base, tuned, method=method, alternative=a).pvalue for a in ("greater", "less")
        ]
        if exact:
            expected = [
                scipy.stats.binomtest(gains, gains + losses, alternative=side).pvalue for side in ("greater", "less")
            ]
            np.testing.assert_allclose(sides, expected, **EXACT)
        elif not correction:
            np.testing.assert_allclose(2 * min(sides), theirs.pvalue, **EXACT)


def constrained_score(gains: int, losses: int, n: int, delta: float) -> float:
    """Tango's score by maximising the likelihood of three cells on a grid of floats, not by his formula."""

    def minus_log(loss: float) -> float:
        p = np.array([loss + delta, loss, 1 - 2 * loss - delta])
        counts = np.array([gains, losses, n - gains - losses])
        with np.errstate(divide="ignore"):
            return -float(np.sum(np.where(counts > 0, counts * np.log(np.maximum(p, 1e-300)), 0.0)))

    low, high = max(0.0, -delta), (1 - delta) / 2
    found = scipy.optimize.minimize_scalar(minus_log, bounds=(low, high), method="bounded", options={"xatol": 1e-13})
    return (gains - losses - n * delta) / math.sqrt(n * (2 * found.x + delta - delta**2))


@pytest.mark.parametrize(("gains", "losses", "n"), [(9, 2, 71), (1, 1, 8), (40, 35, 435), (3, 0, 20)])
def test_tango(gains: int, losses: int, n: int) -> None:
    for delta in (-0.4, -0.05, 0.0, 0.02, 0.3):
        # A minimum is found to half the digits of its function's.
        np.testing.assert_allclose(
            tango_score(gains, losses, n, delta), constrained_score(gains, losses, n, delta), rtol=2e-5, atol=1e-6
        )
    np.testing.assert_allclose(
        tango_score(gains, losses, n, 0.0) ** 2, (gains - losses) ** 2 / (gains + losses), **EXACT
    )
    for tail in (0.025, 0.2):
        z = scipy.stats.norm.isf(tail)
        for upper, sign in ((False, 1), (True, -1)):
            bound = tango_bound(gains, losses, n, tail, upper)
            if abs(bound) < 1:
                np.testing.assert_allclose(tango_score(gains, losses, n, bound), sign * z, rtol=1e-8)


def test_interval_and_test_of_mcnemar_agree() -> None:
    for gains in range(12):
        for losses in range(12):
            law = PairedProportionLaw(gains, losses, 40, "mcnemar")
            low, high = law.interval(0.95)
            assert (low <= 0 <= high) == (law.test("two-sided", None)[1] >= 0.05 - 1e-9)


# areas ----------------------------------------------------------------------------------------------------------------


def test_the_published_interval_of_proc() -> None:
    """ci.auc of pROC's own tests: ndka in aSAH, by DeLong."""
    marks, scores = ndka()
    got = confidence_interval("roc_auc_score", marks, scores, method="delong")
    published = (0.501244999271703, 0.611957994579946, 0.722670989888189)
    low, high = got.confidence_interval
    np.testing.assert_allclose((low, got.value, high), published, rtol=1e-13)
    assert (np.count_nonzero(marks), marks.size) == (41, 113)


@pytest.mark.parametrize("ties", [False, True])
def test_delong(ties: bool) -> None:
    y, base, tuned = two_rankings(ties=ties)
    value, interval = confidenceinterval.roc_auc_score(y, base)
    got = confidence_interval("roc_auc_score", y, base, method="delong")
    # It keeps the ranks as float32.
    np.testing.assert_allclose((got.value, *got.confidence_interval), (value, *interval), rtol=1e-6)
    z, pvalue = Delong_test(y, base, tuned, return_ci=False, return_auc=False)[:2]
    paired = compare("roc_auc_score", y, base, tuned)
    np.testing.assert_allclose((paired.statistic, paired.pvalue), (z, pvalue), **EXACT)
    flipped = compare("roc_auc_score", y, tuned, base)
    assert flipped.statistic == -paired.statistic
    sides = [compare("roc_auc_score", y, base, tuned, alternative=a).pvalue for a in ("greater", "less")]
    np.testing.assert_allclose(sum(sides), 1.0, rtol=1e-14)


def test_unpaired_delong_adds_variances() -> None:
    y, base, tuned = two_rankings()
    errors = [confidence_interval("roc_auc_score", y, s, method="delong").standard_error for s in (base, tuned)]
    got = compare("roc_auc_score", (y, y), base, tuned, paired=False)
    np.testing.assert_allclose(got.standard_error, math.hypot(*errors), **EXACT)
    assert got.n == 2 * y.size
    assert got.standard_error > compare("roc_auc_score", y, base, tuned).standard_error


def test_clusters_of_one_row_are_rows() -> None:
    """But for the correction of the degrees of freedom, which DeLong has within each class."""
    y, base, tuned = two_rankings(2000)
    for one in (
        lambda **k: confidence_interval("roc_auc_score", y, base, method="delong", **k),
        lambda **k: compare("roc_auc_score", y, base, tuned, **k),
    ):
        np.testing.assert_allclose(one(cluster=np.arange(2000)).standard_error, one().standard_error, rtol=2e-3)


def test_repeated_rows_in_clusters_say_nothing_new() -> None:
    y, base, tuned = two_rankings(400)
    rows = np.repeat(np.arange(400), 5)
    for metric, arguments in (
        ("roc_auc_score", (y, base, tuned)),
        ("accuracy_score", (y, base > 0.5, tuned > 0.5)),
        ("brier_score_loss", (y, 1 / (1 + np.exp(-base)), 1 / (1 + np.exp(-tuned)))),
    ):
        true, a, b = (np.asarray(x).astype(int) if metric == "accuracy_score" else x for x in arguments)
        method = "delong" if metric == "roc_auc_score" else "normal"
        once = compare(metric, true, a, b, method=method, cluster=np.arange(400))
        many = compare(metric, true[rows], a[rows], b[rows], method=method, cluster=rows)
        np.testing.assert_allclose(many.standard_error, once.standard_error, rtol=1e-10)
        assert many.n == 400


# means ----------------------------------------------------------------------------------------------------------------


def test_means() -> None:
    rng = np.random.default_rng(0)
    y, a, b = rng.normal(size=(3, 80))
    errors, others = (y - a) ** 2, (y - b) ** 2
    got = confidence_interval("mean_squared_error", y, a)
    low, high = scipy.stats.t.interval(0.95, 79, errors.mean(), scipy.stats.sem(errors))
    np.testing.assert_allclose(
        (got.standard_error, *got.confidence_interval), (scipy.stats.sem(errors), low, high), **EXACT
    )
    for alternative in ("two-sided", "less", "greater"):
        theirs = scipy.stats.ttest_rel(others, errors, alternative=alternative)
        paired = compare("mean_squared_error", y, a, b, alternative=alternative)
        interval = theirs.confidence_interval()
        np.testing.assert_allclose((paired.statistic, paired.pvalue), (theirs.statistic, theirs.pvalue), **EXACT)
        np.testing.assert_allclose(paired.confidence_interval, (interval.low, interval.high), **EXACT)
    assert (paired.wins, paired.ties, paired.losses) == (np.sum(others < errors), 0, np.sum(others > errors))
    root = confidence_interval("root_mean_squared_error", y, a)
    np.testing.assert_allclose(root.confidence_interval, np.sqrt((low, high)), **EXACT)
    welch = scipy.stats.ttest_ind(others[:50], errors, equal_var=False)
    unpaired = compare("mean_squared_error", (y, y[:50]), a, b[:50], paired=False)
    np.testing.assert_allclose((unpaired.statistic, unpaired.pvalue), (welch.statistic, welch.pvalue), **EXACT)


def test_two_one_sided_tests() -> None:
    rng = np.random.default_rng(2)
    y, a, b = rng.normal(size=(3, 80))
    differences = np.abs(y - b) - np.abs(y - a)
    for margin in (0.1, 0.4):
        sides = [
            scipy.stats.ttest_1samp(differences, -margin, alternative="greater").pvalue,
            scipy.stats.ttest_1samp(differences, margin, alternative="less").pvalue,
        ]
        got = compare("mean_absolute_error", y, a, b, equivalence_margin=margin)
        np.testing.assert_allclose(got.pvalue, max(sides), **EXACT)
        inferior = compare("mean_absolute_error", y, a, b, equivalence_margin=margin, alternative="less")
        np.testing.assert_allclose(inferior.pvalue, sides[1], **EXACT)


def test_sign_flips_of_a_few_rows() -> None:
    """All 2^10 sign patterns against random ones."""
    rng = np.random.default_rng(1)
    y, a, b = rng.normal(size=(3, 10))
    differences = np.abs(y - b) - np.abs(y - a)
    signs = 1 - 2 * (np.arange(1024)[:, np.newaxis] >> np.arange(10) & 1)
    exact = np.mean(np.abs(signs @ differences) >= abs(differences.sum()) * (1 - 1e-12))
    for method in ("permutation", "approximate-randomization"):
        got = compare("mean_absolute_error", y, a, b, method=method, n_resamples=100_000, rng=5)
        assert abs(got.pvalue - exact) < 4 * math.sqrt(exact * (1 - exact) / 100_000)


# bootstrap ------------------------------------------------------------------------------------------------------------


def test_bca_of_scipy() -> None:
    """The same replicates and the same rows left out: the same interval."""
    rng = np.random.default_rng(4)
    values = rng.exponential(size=60)
    replicates = values[rng.integers(60, size=(4999, 60))].mean(axis=1)
    left_out = (values.sum() - values) / 59
    apart = left_out.mean() - left_out
    acceleration = float(np.sum(apart**3) / (6 * np.sum(apart**2) ** 1.5))
    law = BootstrapLaw(float(values.mean()), replicates, "bca", acceleration)
    # SciPy draws again for none, where it is handed the replicates of an earlier call.
    earlier = scipy.stats.bootstrap((values,), np.mean, n_resamples=1, method="percentile", vectorized=True)
    earlier.bootstrap_distribution = replicates
    theirs = scipy.stats.bootstrap((values,), np.mean, n_resamples=0, bootstrap_result=earlier, method="BCa")
    np.testing.assert_allclose(law.interval(0.95), theirs.confidence_interval, **EXACT)


def test_percentile_and_basic_of_scipy() -> None:
    rng = np.random.default_rng(4)
    values = rng.exponential(size=60)
    theirs = {}
    for kind in ("percentile", "basic"):
        theirs[kind] = scipy.stats.bootstrap(
            (values,), np.mean, method=kind, n_resamples=999, rng=np.random.default_rng(0)
        )
        law = BootstrapLaw(float(values.mean()), theirs[kind].bootstrap_distribution, kind)
        np.testing.assert_allclose(law.interval(0.95), theirs[kind].confidence_interval, **EXACT)
        np.testing.assert_allclose(law.standard_error, theirs[kind].standard_error, **EXACT)


@pytest.mark.parametrize("kind", ["percentile", "basic", "bca", "t"])
def test_pvalues_are_where_the_interval_ends(kind: str) -> None:
    rng = np.random.default_rng(6)
    replicates = rng.normal(0.3, 0.2, size=20_000)
    law = (
        BootstrapLaw(0.31, replicates, kind, 0.03)
        if kind != "t"
        else StudentizedLaw(0.31, 0.2, replicates, rng.gamma(20, 0.01, size=20_000))
    )
    for shift in (-0.2, 0.0, 0.1, 0.4, 0.8):
        for side, alternative in (("greater", "greater"), ("less", "less"), ("two-sided", "two-sided")):
            p = law.tail(shift, side)
            if 0.001 < p < 0.999:
                low, high = law.interval(1 - p, alternative)
                # Between two replicates; there are 20,000 over some 1.5.
                assert min(abs(low - shift), abs(high - shift)) < 0.01


def test_jackknife_is_the_brute_one() -> None:
    """Rows left out one by one, by the public functions, for each kind of sample."""
    import trueval
    from trueval.inference._evidence import Problem

    y, base, tuned = two_rankings(60, ties=True)
    labels = [(s > 0.5).astype(int) for s in (base, tuned)]
    target = np.random.default_rng(1).normal(size=60)
    for metric, arguments in (
        ("roc_auc_score", (y, base, tuned)),
        ("average_precision_score", (y, base, tuned)),
        ("f1_score", (y, *labels)),
        ("matthews_corrcoef", (y, *labels)),
        ("r2_score", (target, base, tuned)),
        ("explained_variance_score", (target, base, tuned)),
        ("root_mean_squared_error", (target, base, tuned)),
        ("median_absolute_error", (target, base, tuned)),
    ):
        function = getattr(trueval, metric)
        sample = Problem(metric, arguments[0], list(arguments[1:]), None, None, {}).gather().sample
        values, times = sample.left_out()
        brute = []
        for row in range(60):
            true, a, b = (np.delete(x, row) for x in arguments)
            brute.append(function(true, b) - function(true, a))
        np.testing.assert_allclose(np.sort(np.repeat(values, times.astype(int))), np.sort(brute), rtol=1e-9, atol=1e-12)


# several, and how many ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("correction", ["holm", "bonferroni", "fdr_bh"])
def test_corrections(correction: str) -> None:
    rng = np.random.default_rng(0)
    for n in (1, 2, 9):
        p = rng.random(n) ** 3
        np.testing.assert_allclose(
            adjust_pvalues(p, correction), multitest.multipletests(p, method=correction)[1], **EXACT
        )
    y, base, tuned = two_rankings()
    models = {"a": tuned, "b": base + 0.1 * tuned, "c": -base}
    alone = [compare("roc_auc_score", y, base, model).pvalue for model in models.values()]
    together = compare("roc_auc_score", y, base, models, correction=correction)
    np.testing.assert_allclose(
        [c.pvalue for c in together.values()], multitest.multipletests(alone, method=correction)[1], **EXACT
    )


def test_required_rows() -> None:
    for difference, spread, power, alpha in ((0.1, 1.0, 0.8, 0.05), (0.02, 0.31, 0.9, 0.01)):
        theirs = sm_power.normal_sample_size_one_tail(difference, power, alpha / 2, std_null=spread)
        assert required_rows(spread, difference, power=power, confidence_level=1 - alpha) == math.ceil(theirs)
        one = sm_power.normal_sample_size_one_tail(difference, power, alpha, std_null=spread)
        got = required_rows(spread, difference, power=power, confidence_level=1 - alpha, alternative="greater")
        assert got == math.ceil(one)
