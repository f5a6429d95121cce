# The two that matter: `make demo` and `make test`. What a target does is in scripts/.

SHELL := bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup console build demo demo-check test test-fakecloud crash e2e schemathesis check regen bench clean

help: ## List what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install everything that building and testing need, where it is missing
	@scripts/setup.sh

console: ## Build the web console, which the next build of the binary embeds
	@scripts/console.sh build

build: console ## Build the optimised binary, with the console in it
	@scripts/setup.sh prerequisites
	cargo build --release --locked --package berth

demo: ## Run Berth against an AWS simulator, register accounts, leave it running until Ctrl-C
	@scripts/demo.sh

demo-check: ## The demo, with every step asserted; stops by itself
	@scripts/demo.sh --check

test: ## Run every test, on SQLite and PostgreSQL, against AWS simulators
	@scripts/test.sh

test-fakecloud: ## Run the verification and policy suites on fakecloud (FAKECLOUD=path)
	@scripts/test.sh fakecloud

crash: ## Kill berth at every step of building and removing, and at 200 random instants (BERTH_TEST_KILLS)
	@BERTH_TEST_KILLS=$${BERTH_TEST_KILLS:-200} scripts/test.sh crash

e2e: ## Try the console's journeys in Chromium, against a simulated AWS
	@scripts/e2e.sh

schemathesis: ## Throw generated requests at the API and compare its answers with openapi.json
	@scripts/setup.sh python
	cargo build --package berth
	@. scripts/common.sh && "$$PYTHON" scripts/fuzz_api.py --berth "$$(target_dir)/debug/berth"

check: ## Formatting, lints, dependencies, licences, docs, generated files: all but tests
	@scripts/check.sh

regen: ## Make the generated files anew: API description, references, default configuration
	@scripts/regen.sh

bench: ## Measure Berth and print the table that README quotes
	@scripts/bench.sh

clean: ## Delete what was built and installed into this checkout
	cargo clean
	rm -rf .cache console/dist console/node_modules e2e/node_modules e2e/screenshots e2e/test-results
