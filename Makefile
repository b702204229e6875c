# The exchange on two commands: `make run` and `make test`. Longer logic is in scripts/.
# Variables that change ports, folders and the demo accounts are listed in README.md.

.DEFAULT_GOAL := help
.PHONY: setup run test soak bench lint deny psql admin faucet proof stop clean reset help

setup: ## Install what is missing to build and run, saying what
	@scripts/setup.sh

run: ## Build and run everything in the foreground; Ctrl-C stops it and keeps the data
	@scripts/run.sh

test: ## Format check, lints and all tests, from nothing
	@scripts/test.sh

soak: ## 10,000 withdrawals on real nodes while workers, signers, nodes and database die: minutes
	EXCHANGE_SOAK=5000 cargo test --locked -p tests --test chains -- soak::

bench: ## Measure; the figures also go to target/bench.json
	@scripts/bench.sh

lint: ## Format check and clippy alone
	@scripts/lint.sh

deny: ## Check licences and known faults of the dependencies (installs cargo-deny: minutes)
	@scripts/deny.sh

psql: ## Look into the running exchange as the analyst (or ROLE=postgres); ARGS go to psql
	@ROLE=$(ROLE) scripts/psql.sh $(ARGS)

admin: ## Make the first administrator, once: EMAIL and NAME; prints the invitation
	@scripts/admin.sh "$(EMAIL)" "$(NAME)"

faucet: ## Pay from the demo's chains: ASSET, TO and AMOUNT; without, an address to withdraw to
	@scripts/faucet.sh "$(ASSET)" "$(TO)" "$(AMOUNT)"

proof: ## Make a proof of reserves of the running exchange, signed by both signers
	@scripts/proof.sh

stop: ## Stop a run from another terminal, or what a killed one left behind
	@scripts/stop.sh

clean: ## Delete what was built; the data stays
	cargo clean

reset: ## Stop and delete the data
	@scripts/stop.sh --delete-data

help: ## This list
	@sed -n 's/^\([a-z]*\): ## /  \1\t/p' Makefile | expand -t 12
