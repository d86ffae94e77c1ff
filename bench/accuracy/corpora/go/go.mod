// Modules that bench/accuracy holds Custody's edges against the go command on. Nothing
// here is built: the files are read.
module custody/bench/accuracy/corpora

go 1.26.0

require (
	cel.dev/cel-go v0.33.2
	github.com/go-git/go-git/v5 v5.19.3
	github.com/gotk3/gotk3 v0.6.3
	github.com/tetratelabs/wazero v1.9.0
	golang.org/x/mod v0.38.0
	golang.org/x/net v0.57.0
	golang.org/x/sync v0.22.0
	golang.org/x/sys v0.47.0
	golang.org/x/telemetry v0.0.0-20260708182218-49f421fb7959
	golang.org/x/text v0.41.0
	golang.org/x/tools v0.48.0
	google.golang.org/protobuf v1.36.10
	honnef.co/go/tools v0.8.2
)
