# The first two commands of the README: make demo, make test.
PYTHON ?= python3
BIN := .venv/bin
KERNELS := src/mixtura/kernels
BUILT := setup.py $(wildcard $(KERNELS)/*.[ch])
TIMES ?= 50
EXAMPLES ?= 2000
MEASUREMENTS := bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g

.PHONY: demo test check unit engines fuzz bench bench-acceleration bench-bootstrap bench-classifier \
  bench-factors bench-families bench-kin bench-latent-classes bench-missing bench-msteps \
  bench-online bench-scale bench-search bench-stability clients sanitize sanitize-passes sanitize-binding wasm \
  docs clean help

help:
	@echo "make demo   fit the penguins and say where the three results are"
	@echo "make test   every check: ruff, mypy, pytest"
	@echo "make engines  install Dask and Spark, for which make test then has tests as well"
	@echo "make bench  time everything against scikit-learn and oneDAL: benchmarks/RESULTS.md"
	@echo "make bench-acceleration  passes of accelerated and plain EM: benchmarks/ACCELERATION.md"
	@echo "make bench-families  passes of other families against StepMix and pomegranate: benchmarks/FAMILIES.md"
	@echo "make bench-kin  where the kin of EM end from the same starts: benchmarks/KIN.md"
	@echo "make bench-missing  tables with gaps: searches, imputation, passes: benchmarks/MISSING.md"
	@echo "make bench-msteps  M-steps of each structure in 13 to 60 columns: benchmarks/MSTEPS.md"
	@echo "make bench-factors  factor analyzers of up to 1,000 columns: benchmarks/FACTORS.md"
	@echo "make bench-online  mini-batches against EM, and streams of groups that move: benchmarks/ONLINE.md"
	@echo "make bench-scale  100,000,000 rows in files, Dask, Spark, and Spark's own mixture: build/scale.md, for benchmarks/SCALE.md"
	@echo "make bench-search  the default search against mclust (needs R): benchmarks/SEARCH.md"
	@echo "make bench-stability  its choice by seed, beside mclust's (needs R): benchmarks/STABILITY.md"
	@echo "  of a few: make bench-stability ONLY='--tables iris wine --seeds 2 --out FILE'; bench-search has --rounds"
	@echo "make bench-classifier  discriminant analysis by mixtures against others: benchmarks/CLASSIFIER.md"
	@echo "make bench-bootstrap  the bootstrap test against mclust (needs R): benchmarks/BOOTSTRAP.md"
	@echo "make bench-latent-classes  latent classes against StepMix and poLCA (needs R): benchmarks/LATENT_CLASSES.md"
	@echo "make fuzz   the fuzzer with new random cases, 50 times as many as in the tests; TIMES=500 for more"
	@echo "make clients  tests of packages that use scikit-learn's GaussianMixture, with ours: docs/clients.md"
	@echo "make sanitize  the kernel and its binding under AddressSanitizer and UBSan"
	@echo "make wasm   the kernel as WebAssembly, which the explorer ships, and its tests"
	@echo "make docs   the documentation site, and its checks: build/docs/index.html"
	@echo "make clean  remove the virtual environment and what was built in it"

demo: .venv/.installed
	$(BIN)/mixtura fit examples/penguins.csv --columns $(MEASUREMENTS) --out results/penguins

test: check unit

check: .venv/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: .venv/.tested
	$(BIN)/pytest -n 2 --dist worksteal

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "mixtura needs Python 3.11 or newer; say make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.installed: pyproject.toml $(BUILT) | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/.tested: pyproject.toml $(BUILT) | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@ .venv/.installed

# Dask and Spark, whose tests are skipped without them; Spark wants Java 17 or newer.
engines: .venv/.engines

.venv/.engines: pyproject.toml | .venv/.tested
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dask,spark]'
	touch $@

fuzz: .venv/.tested
	MIXTURA_FUZZ=$(TIMES) $(BIN)/pytest -n 2 --dist worksteal tests/fuzz

bench: .venv/.installed benchmarks/.onedal/.installed
	$(BIN)/python -m pip install --quiet --requirement benchmarks/requirements.txt
	$(BIN)/python benchmarks/run.py

bench-acceleration: .venv/.installed
	$(BIN)/python benchmarks/acceleration.py

bench-families: .venv/.installed benchmarks/.families/.installed
	$(BIN)/python -m pip install --quiet --requirement benchmarks/requirements.txt
	$(BIN)/python benchmarks/families.py

bench-missing: .venv/.installed
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/missing.py

bench-kin: .venv/.installed
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/kin.py

bench-msteps: .venv/.installed
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/msteps.py

bench-factors: .venv/.installed
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/factors.py

bench-online: .venv/.installed
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/online.py

bench-scale: .venv/.engines
	$(BIN)/python benchmarks/scale.py

bench-search: .venv/.installed
	$(BIN)/python -m pip install --quiet --requirement benchmarks/requirements.txt
	$(BIN)/python benchmarks/search.py $(ONLY)

bench-stability: .venv/.installed
	$(BIN)/python -m pip install --quiet --requirement benchmarks/requirements.txt
	$(BIN)/python benchmarks/stability.py $(ONLY)

bench-classifier: .venv/.installed
	$(BIN)/python -m pip install --quiet --requirement benchmarks/requirements.txt
	$(BIN)/python benchmarks/classifier.py

bench-bootstrap: .venv/.installed
	$(BIN)/python -m pip install --quiet --requirement benchmarks/requirements.txt
	$(BIN)/python benchmarks/bootstrap.py

bench-latent-classes: .venv/.installed
	$(BIN)/python -m pip install --quiet --requirement benchmarks/requirements.txt
	$(BIN)/python benchmarks/latent_classes.py

benchmarks/.%/.installed: benchmarks/requirements-%.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --requirement $<
	touch $@

# Each package in an environment of its own; a few with make clients ONLY='pyod stepmix'.
clients:
	$(PYTHON) tools/clients/run.py $(ONLY)

# In parts, so that they are made side by side.
sanitize: .venv/.tested
	$(MAKE) --no-print-directory -j2 sanitize-passes sanitize-binding

sanitize-passes: build/sanitize/passes
	build/sanitize/passes

sanitize-binding: build/sanitize/_fused.so
	LD_PRELOAD=$$($(CC) -print-file-name=libasan.so) PYTHONMALLOC=malloc \
	  ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
	  $(BIN)/python tests/kernels/fuzz_binding.py $< $(EXAMPLES) \
	  || { echo "the last example: $$(cat build/sanitize/_fused.example)"; exit 1; }

SANITIZE := -O1 -g1 -fPIC -fsanitize=address,undefined -fno-sanitize-recover=all
PASSES := $(foreach part,avx512 baseline avx2 mstep common_axes em_loop hierarchy centers,build/sanitize/$(part).o)

build/sanitize/passes: tests/kernels/sanitize.c $(PASSES)
	$(CC) $(SANITIZE) -I$(KERNELS) $^ -o $@

build/sanitize/_fused.so: build/sanitize/binding.o $(PASSES)
	$(CC) $(SANITIZE) -shared $^ -o $@

build/sanitize/%.o: $(KERNELS)/%.c $(addprefix $(KERNELS)/,passes.c estep.c gaps.c linear.c) $(wildcard $(KERNELS)/*.h)
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) -fno-math-errno -fwrapv -Wno-psabi \
	  -I$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("include"))') -c $< -o $@

wasm: .venv/.tested
	$(BIN)/python tools/build_web.py
	$(BIN)/pytest tests/kernels/test_wasm.py tests/explorer

# Warnings are errors; then it is looked at in Chromium.
docs: .venv/.documented
	rm -rf build/docs docs/gallery docs/api/generated
	$(BIN)/sphinx-build -c docs -b html -d build/doctrees -q -E -n -W --keep-going . build/docs
	$(BIN)/pytest -p no:cacheprovider -q docs/test_site.py

.venv/.documented: pyproject.toml | .venv/.tested
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	touch $@

clean:
	rm -rf docs/gallery docs/api/generated .venv benchmarks/.onedal benchmarks/.families tools/clients/.[a-z]* build results src/*.egg-info
