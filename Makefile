# Every verb of the project. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export UV_PYTHON_DOWNLOADS := never
export PYTHONDONTWRITEBYTECODE := 1

TESTHOST := molecule/hosts/testhost
PLAYBOOK := ansible-playbook -i inventories/shared -i inventories/demo
TOOLS := podman:podman crun:crun mmdebstrap:mmdebstrap ssh:openssh-client shellcheck:shellcheck nft:nftables jq:jq \
         aardvark-dns:aardvark-dns netavark:netavark iptables:iptables systemd-journal-remote:systemd-journal-remote \
         restic:restic

# Says what runs and, at the end, how long it took: SECONDS is Bash's clock of the recipe.
PHASE := phase() { printf '\n=== %d:%02d  %s\n' $$((SECONDS / 60)) $$((SECONDS % 60)) "$$*"; }

help: ## this list
	@printf '%s\n' "congvu: an organisation's official e-mail from one repository. New here? First: make demo"
	awk '/^##@ / { printf "\n%s\n", substr($$0, 5) }
	  match($$0, /^[a-z-]+:.*## /) {
	    name = $$0; sub(/:.*/, "", name); text = substr($$0, RLENGTH + 1)
	    if (match(text, /^[A-Z]+=\047[^\047]*\047 /)) { # a parameter: shown with the name
	      name = name " " substr(text, 1, RLENGTH - 1); text = substr(text, RLENGTH + 1)
	    }
	    printf "  make %-33s %s\n", name, text }' $(MAKEFILE_LIST)
	printf '\n%s\n' "Real hosts: README.md, \"The first production host\". Something is wrong: docs/operate/."

# --- what a bare machine lacks ------------------------------------------------------------------------
build/.tools: Makefile
	@mkdir -p build; missing=(); export PATH="$$PATH:/usr/sbin:/usr/lib/podman:/usr/lib/systemd"
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

build/.office: build/.tools
	@command -v soffice >/dev/null || { echo "installing LibreOffice"; apt-get -qq update && \
	  DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends libreoffice-writer-nogui >build/office.log; }
	# Debian 12 has the letters of Vietnamese in a second package of the same fonts
	fonts=$$(apt-cache pkgnames fonts-liberation2 | grep -cx fonts-liberation2 >/dev/null && echo fonts-liberation2 || echo fonts-liberation)
	DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "$$fonts" >>build/office.log
	touch $@

build/.venv: requirements.lock pyproject.toml build/.tools
	@python3 -m venv .venv
	python -m pip install --quiet --disable-pip-version-check uv
	uv pip sync --quiet --require-hashes requirements.lock
	python -m pip --version >/dev/null 2>&1 || python -m ensurepip --default-pip >/dev/null
	python -m pip install --quiet --disable-pip-version-check uv
	uv pip install --quiet --no-deps --editable .
	touch $@

# --- the demo -----------------------------------------------------------------------------------------
##@ Try it (Debian 12 or 13, as root)
demo: build/.venv package ## a governed mail host with people, mail and report, from nothing (5 min; again: 1)
	@$(PHASE)
	phase "1/5 Start two Debian 13 hosts"
	$(TESTHOST) up mail partner
	python -m tests.demo.credentials
	phase "2/5 Converge the department and the outside provider (4 min, again: 1 min)"
	$(PLAYBOOK) playbooks/demo.yml
	phase "3/5 Send mail along every way"
	python -m tests.demo.journey
	phase "4/5 Audit the host"
	$(PLAYBOOK) playbooks/audit.yml -e '{"audit_fail_on_not_met": false}'
	phase "5/5 Render the report"
	$(PLAYBOOK) playbooks/report.yml
	python -m tests.demo.contract
	phase "Done"

demo-exec: ## CMD='congvu status' run a command as root on the demo's host
	@$(TESTHOST) exec mail bash -c '$(subst ','\'',$(CMD))'

demo-down: ## remove everything that `make demo` made
	@$(TESTHOST) down
	rm -rf build/demo

# --- the rings ----------------------------------------------------------------------------------------
##@ Prove it
check: build/.venv ## the fast ring: lint, types, unit, policy, structure (10 min)
	@$(PHASE)
	phase "Lint, types, policy"
	ruff check --quiet .
	ruff format --quiet --check .
	mypy
	yamllint --strict .
	ansible-lint --offline --strict -q
	python -m congvu.policy policy
	git grep --untracked -lzE '^#!.*[ /](ba)?sh$$' -- ':!*.j2' ':!Makefile' | xargs -0 shellcheck
	phase "Unit and structure tests"
	pytest --quiet
	phase "The fast ring is green"

# Stories that need no more of a host than that it was converged: they have hosts of their own.
BESIDE := modules network newcomer pages preflight recovery regulation renewal
HOSTS_OF_THEIR_OWN = export CONGVU_HOSTS=$@ MOLECULE_EPHEMERAL_DIRECTORY=$(CURDIR)/build/$@/molecule; \
                     trap '$(TESTHOST) down; rm -rf $(CURDIR)/build/$@/molecule' EXIT

test: build/.venv build/.browser build/.office package ## the merge ring: the fast one, and every story on real hosts (50 min)
	@$(PHASE)
	$(MAKE) --no-print-directory --jobs=2 stories others
	phase "The merge ring is green"

stories:
	@$(PHASE)
	phase "Molecule: a bare host becomes a governed one, and what happens to it"
	$(HOSTS_OF_THEIR_OWN)
	molecule test --all --report $(BESIDE:%=--exclude=%)

others: check
	@$(PHASE)
	phase "Molecule: the other stories, on hosts of their own"
	$(HOSTS_OF_THEIR_OWN)
	molecule converge --scenario-name=mailhost
	python -m tests.demo.contract >/dev/null
	molecule test --report $(BESIDE:%=--scenario-name=%)

bench: build/.venv package ## ONLY='a c' measure on hosts of their own, beside the bare thing (12 min)
	@CONGVU_HOSTS=benchmark python -m tests.bench $(ONLY)

soak: build/.venv package ## SEED='N' kill the making of a host at random tasks, compare it with one made in peace (20 min)
	@export CONGVU_HOSTS=soak
	trap '$(TESTHOST) down; rm -rf build/soak' EXIT
	$(TESTHOST) up mail partner
	python -m tests.demo.credentials
	python tests/interrupt/soak.py $(SEED)

closed: build/.venv package ## a whole host in a network without internet: what does it ask for? (10 min)
	@$(PHASE)
	export CONGVU_HOSTS=closed
	trap 'tests/closed/fence down; $(TESTHOST) down; rm -rf build/closed' EXIT
	phase "1/4 Two bare hosts, one of them all that the closed network offers"
	$(TESTHOST) up mail partner
	python -m tests.demo.credentials
	$(PLAYBOOK) tests/closed/network.yml
	tests/closed/fence up
	phase "2/4 Converge"
	$(PLAYBOOK) -i tests/closed/inventory playbooks/demo.yml
	phase "3/4 Start it again, and send mail along every way"
	$(TESTHOST) restart mail
	python -m tests.demo.journey
	phase "4/4 What was asked for"
	pytest --quiet tests/closed

##@ Work on congvu (CONTRIBUTING.md)
lock: build/.venv ## renew requirements.lock from pyproject.toml
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	  --extra controller pyproject.toml --output-file requirements.lock

package: build/.venv ## the package for the hosts: build/congvu_VERSION_all.deb
	@packaging/build

golden: build/.venv ## make anew what is generated and reviewed: rendered templates, policy, roles' READMEs
	@python tests/templates/render.py --write
	python tests/policy/pinned.py --write
	python tests/structure/role_readmes.py --write

##@ Clear up
clean: ## remove hosts, images, storage and everything else under build/
	@$(TESTHOST) purge
	rm -rf build .venv

.PHONY: help lock package golden demo demo-exec demo-down check test stories others bench soak closed clean
.ONESHELL:
