.PHONY: setup
.DEFAULT_GOAL := setup

setup: ## make .venv with everything; does nothing when that is current
	@tools/setup.sh
