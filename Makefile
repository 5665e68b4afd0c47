# Every verb of the project. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export UV_PYTHON_DOWNLOADS := never
export PYTHONDONTWRITEBYTECODE := 1

TESTHOST := molecule/hosts/testhost
PLAYBOOK := ansible-playbook -i inventories/shared -i inventories/demo
TOOLS := podman:podman crun:crun mmdebstrap:mmdebstrap ssh:openssh-client shellcheck:shellcheck nft:nftables \
         aardvark-dns:aardvark-dns netavark:netavark iptables:iptables

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

# --- what a bare machine lacks ------------------------------------------------------------------------
build/.tools: Makefile
	@mkdir -p build; missing=(); export PATH="$$PATH:/usr/sbin:/usr/lib/podman"
	for pair in $(TOOLS); do command -v "$${pair%%:*}" >/dev/null || missing+=("$${pair##*:}"); done
	# the directory's SQL is tested against a real server
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing+=(postgresql)
	python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
	if [ $${#missing[@]} -gt 0 ]; then
	  echo "installing $${missing[*]}"
	  apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "$${missing[@]}" >build/tools.log
	fi
	touch $@

build/.browser: build/.tools
	@command -v chromium >/dev/null || { echo "installing chromium"; apt-get -qq update && \
	  DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends chromium fonts-liberation >build/browser.log; }
	touch $@

build/.venv: requirements.lock pyproject.toml build/.tools
	@python3 -m venv .venv
	python -m pip install --quiet --disable-pip-version-check uv
	uv pip sync --quiet --require-hashes requirements.lock
	python -m pip --version >/dev/null 2>&1 || python -m ensurepip --default-pip >/dev/null
	python -m pip install --quiet --disable-pip-version-check uv
	uv pip install --quiet --no-deps --editable .
	touch $@

lock: build/.venv ## renew requirements.lock from pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	  --extra controller pyproject.toml --output-file requirements.lock

package: build/.venv ## build the host package build/congvu_VERSION_all.deb
	@packaging/build

# --- the demo -----------------------------------------------------------------------------------------
demo: build/.venv package ## a governed mail host with its organisation, mail and report, from nothing
	@$(TESTHOST) up mail partner
	python -m tests.demo.credentials
	$(PLAYBOOK) playbooks/demo.yml
	python -m tests.demo.journey
	$(PLAYBOOK) playbooks/audit.yml -e '{"audit_fail_on_not_met": false}'
	$(PLAYBOOK) playbooks/report.yml
	python -m tests.demo.contract

demo-exec: ## run a command as root on the demo's host: make demo-exec CMD='...'
	@$(TESTHOST) exec mail bash -c '$(subst ','\'',$(CMD))'

demo-down: ## remove everything that `make demo` made
	@$(TESTHOST) down
	rm -rf build/demo

# --- the rings ----------------------------------------------------------------------------------------
check: build/.venv ## the fast ring: lint, types, unit, policy, structure
	@ruff check --quiet .
	ruff format --quiet --check .
	mypy
	yamllint --strict .
	ansible-lint --offline --strict -q
	python -m congvu.policy policy
	git grep --untracked -lzE '^#!.*[ /](ba)?sh$$' -- ':!*.j2' ':!Makefile' | xargs -0 shellcheck
	pytest --quiet

test: check build/.browser package ## the merge ring: the fast one, and every story on real hosts
	@export CONGVU_HOSTS=molecule
	trap '$(TESTHOST) down' EXIT
	molecule test --all --report

clean: ## remove hosts, images, storage and everything else under build/
	@$(TESTHOST) purge
	rm -rf build .venv

.PHONY: help lock package demo demo-exec demo-down check test clean
.ONESHELL:
