# What a contributor needs. CONTRIBUTING.md says when.

# A real repository, bare or not, with some history. This one has too little of it to
# measure by: name a large public one.
REPO ?= $(CURDIR)
FUZZTIME ?= 30s

# All of it is compiled with the same flags, so that build, lint and the tests that build a
# program share what is compiled.
export GOFLAGS := $(GOFLAGS) -trimpath

# The commit goes into the binary where git will tell it; a source archive builds, too.
VCS := $(shell git rev-parse --quiet --verify HEAD >/dev/null 2>&1 && echo true || echo false)
GOFILES = find . -name '*.go' -not -path '*/testdata/*'

# SQLite is C in the shape of Go: its memory is none that the race detector looks at, and
# half of the time of the App's tests went into the attempt.
RACE = -race -gcflags='modernc.org/sqlite/lib=-race=false -d=checkptr=0'

# Where goroutines share memory, and little has to be compiled anew for it: the race detector
# looks at these in make test, and at all others in make slow.
RACED = custody/(impact(/cache)?|internal/(git|parallel))

# lint has vetted what is tested.
TEST = go test -vet=off

.PHONY: build test lint slow bench docs

build: ## bin/custody: static, and the same bytes from the same commit anywhere
	CGO_ENABLED=0 go build -trimpath -buildvcs=$(VCS) -ldflags='-s -w' -o bin/ ./cmd/...

test: build lint ## everything that gates a change
	$(if $(filter true,$(VCS)),bin/custody requirements check)
	$(TEST) $(RACE) -timeout 14m $$(go list ./... | grep -x -E '$(RACED)')
	CGO_ENABLED=0 $(TEST) -timeout 14m $$(go list ./... | grep -v -x -E '$(RACED)')

lint: ## formatting, vet, staticcheck, go.mod
	@unformatted=$$($(GOFILES) -exec gofmt -l {} +) && test -z "$$unformatted" || { echo "run gofmt -w on: $$unformatted"; exit 1; }
	go mod tidy -diff
	CGO_ENABLED=0 go vet ./...
	CGO_ENABLED=0 go tool -modfile=tools/go.mod staticcheck ./...

slow: build ## what takes long: large tests, real repositories (REPO=DIR), every fuzz target for FUZZTIME
	CUSTODY_SLOW=1 CUSTODY_TEST_REPO='$(REPO)' $(TEST) -timeout 60m ./...
	$(TEST) $(RACE) -timeout 60m $$(go list ./... | grep -v -x -E '$(RACED)')
	.ci/fuzz $(FUZZTIME)

bench: build ## ratios against git on REPO=DIR, into bench/results/
	go run ./bench -custody bin/custody -C '$(REPO)'

docs: ## rewrite what is generated: JSON Schemas, and the golden packs of this version
	go test ./docs/schema -run TestSchemasAreGenerated -update
	go test ./cmd/custody -run TestGoldenPacks -update
