// Package impact builds the dependency graph of a tree from its blobs, without a
// checkout, and traces what a change reaches.
//
// It promises the same answer for the same trees, that a deleted or renamed file
// still reaches whoever used it, and that whatever it could not read, parse or
// resolve is counted with its reason. It never runs a build tool and never reads
// anything but git objects.
package impact

import (
	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
)

// Confidence says how sure an edge or a path is, in per mille: 1000 is certain. Along
// a path it only falls. Of an edge: that it is there. Of a reached node: that the change
// gets there over the path in Via; how many others use a node plays no part.
type Confidence int

// A Report is the document custody/impact/v1: what a change reaches, and why.
type Report struct {
	Schema     string           `json:"schema"`
	Base       git.OID          `json:"base,omitzero"` // absent when paths were named instead of two commits
	Head       git.OID          `json:"head"`
	MergeBases []git.OID        `json:"merge_bases"`
	Changed    []Changed        `json:"changed"`
	Reached    []Reached        `json:"reached"` // by distance, then node id
	Graph      Summary          `json:"graph"`
	Outcome    finding.Outcome  `json:"outcome"` // Satisfied: Reached is complete; else NotAssessed
	Reasons    []finding.Reason `json:"reasons"`
	Packages   []Package        `json:"packages,omitempty"` // that manifests and lock files of the change add, remove or move

	// See package nearby.
	Tests  *TestPlan  `json:"tests,omitempty"`
	Owners *Ownership `json:"owners,omitempty"`

	Risk *Risk `json:"risk,omitempty"`

	// More is what a pack counts and does not list; a report on its own lists all.
	More *More `json:"more,omitempty"`

	Documents *Documents `json:"documents,omitempty"` // that may be out of date
	Together  *Together  `json:"together,omitempty"`
}

// OpaqueAlone says whether files changed, and each of them is opaque: neither code nor used
// by code, such as prose. Then there was nothing to trace, and nothing is missing.
func (r *Report) OpaqueAlone() bool {
	return len(r.Changed) > 0 && len(r.Reached) == 0 && len(r.Reasons) == 1 && r.Reasons[0].Code == ReasonNothing
}

// Complete says whether Reached is all there is, be it nothing.
func (r *Report) Complete() bool { return r.Outcome == finding.Satisfied || r.OpaqueAlone() }

// More counts what stands in no list of a report because it would be too long.
type More struct {
	Changed  int           `json:"changed,omitempty"`
	Reached  []MoreReached `json:"reached,omitempty"` // by distance, then kind: the farthest
	Packages int           `json:"packages,omitempty"`
	TestRuns int           `json:"test_runs,omitempty"`
}

// MoreReached counts reached nodes.
type MoreReached struct {
	Distance int  `json:"distance"`
	Kind     Kind `json:"kind"`
	Count    int  `json:"count"`
}

// ReportSchema is the value of Report.Schema.
const ReportSchema = "custody/impact/v1"

// A Changed file, as it stands at the side that has it.
type Changed struct {
	Path     string        `json:"path"` // escaped
	OldPath  string        `json:"old_path,omitempty"`
	Status   change.Status `json:"status"`
	Language string        `json:"language,omitempty"`
	Symbols  []Symbol      `json:"symbols,omitzero"`       // nil: not assessed
	More     int           `json:"more_symbols,omitempty"` // that are not listed
	Skipped  string        `json:"skipped,omitempty"`      // a skip reason: the file, or what it imports, is not in the graph

	// For those that plan tests: the definitions of either side that are reached, changed ones
	// among them, or that all of the file is.
	Reached    []string `json:"-"`
	AllReached bool     `json:"-"`
}

// A Symbol that the change adds, alters or removes.
type Symbol struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Change   string `json:"change"`
	Exported bool   `json:"exported"`
	Fits     bool   `json:"fits,omitempty"` // of one that is removed or has another signature: nobody who uses it has to change
	Was      string `json:"was,omitempty"`  // of one that was moved or renamed: where it stood
}

// A Reached node, with one shortest path from a changed file to it.
type Reached struct {
	Node       string     `json:"node"` // "file:web/app.ts", "package:pull"
	Kind       Kind       `json:"kind"`
	Edge       EdgeKind   `json:"edge"`           // the last step: what the node does with the one before it
	Path       string     `json:"path,omitempty"` // escaped; empty for what is not a file or folder
	Distance   int        `json:"distance"`       // edges from the nearest changed file
	Confidence Confidence `json:"confidence"`
	Via        []string   `json:"via"`    // node ids from the changed file up to, without, this node; empty when the nearer ones have used up the limit
	Reason     string     `json:"reason"` // one sentence

	// Precision says whether the node mentions a changed or reached definition ("symbol"), or
	// depends on a file or package of which no more is known ("file"). A package that is
	// reached as a file stands for all that is in it; as a symbol for what is listed.
	Precision string   `json:"precision,omitempty"`
	Symbols   []string `json:"symbols,omitempty"` // definitions of the file that are reached, by name; at most 200

	Tagged bool `json:"-"` // as MarkTagged; for those that plan tests
}

// Summary counts the graph of head and everything that is not in it.
type Summary struct {
	Nodes    int            `json:"nodes"`
	Edges    int            `json:"edges"`
	Skipped  map[string]int `json:"skipped"`  // by reason
	Examples []Skipped      `json:"examples"` // at most five of each reason
}

// Reasons for which a file, or an import in it, is not in the graph.
const (
	SkipOpaque      = "opaque"      // binary, media, prose: nothing expected
	SkipUnsupported = "unsupported" // code that no extractor reads, submodules, dependency manifests
	SkipComputed    = "computed"    // an import of a name that is known only when it runs: no answer counts it
	SkipUnresolved  = "unresolved"  // an import that names nothing in the tree and should
	SkipLimit       = "limit"       // over a limit
	SkipUnreadable  = "unreadable"  // the object is missing, damaged, or not understood to its end
)

// Skipped is one thing that is not in the graph.
type Skipped struct {
	Path   string `json:"path"` // escaped
	Reason string `json:"reason"`
	Detail string `json:"detail,omitempty"` // the import as written, the limit, ...

	mode git.Mode // of a file that is in the tree
	blob git.OID  // the same
}
