package schema_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"custody/impact"
	"custody/internal/git"
)

// The program writes a graph piece by piece and has no type for the whole document. The
// types below are it, and TestGraphDocument holds them against what is written.

// GraphDocument is the graph of one commit's tree.
type GraphDocument struct {
	Schema  string           `json:"schema"`
	Commit  *git.OID         `json:"commit,omitempty"` // whose tree it is, when it was asked for by commit
	Tree    *git.OID         `json:"tree,omitempty"`
	Nodes   []GraphNode      `json:"nodes"`   // by id
	Edges   []GraphEdge      `json:"edges"`   // by from, to and kind
	Skipped []impact.Skipped `json:"skipped"` // by path: what is not in the graph
}

// GraphNode is something that can be reached.
type GraphNode struct {
	ID       string      `json:"id"` // "file:pull/context.go", "package:pull"
	Kind     impact.Kind `json:"kind"`
	Path     string      `json:"path"` // escaped; of a package, its folder
	Language string      `json:"language,omitempty"`
	Name     string      `json:"name,omitempty"`
	Marks    []string    `json:"marks,omitempty"` // "generated" by a program, "vendored": nobody here wrote it
}

// GraphEdge points from what depends to what it depends on.
type GraphEdge struct {
	From       string            `json:"from"` // id of a node
	To         string            `json:"to"`
	Kind       impact.EdgeKind   `json:"kind"`
	Confidence impact.Confidence `json:"confidence"`
	Evidence   impact.Evidence   `json:"evidence"`
}

func TestGraphDocument(t *testing.T) {
	id, err := git.ParseOID("0123abcd0123abcd0123abcd0123abcd0123abcd")
	if err != nil {
		t.Fatal(err)
	}
	full := impact.NewGraph(id, id,
		[]impact.Node{
			{Kind: impact.KindFile, Path: "web/<a>\n.ts", Language: "typescript", Marks: impact.MarkGenerated | impact.MarkVendored},
			{Kind: impact.KindPackage, Path: ".", Language: "go", Name: "main"},
		},
		[]impact.Edge{{From: 1, To: 0, Kind: impact.Contains, Confidence: 1000, Evidence: impact.Evidence{Source: "folder", Line: 1, Detail: "d"}}},
		[]impact.Skipped{{Path: "x.bin", Reason: impact.SkipOpaque, Detail: "binary"}})
	s := compile(t, "graph.v1.schema.json")
	for name, g := range map[string]*impact.Graph{"full": full, "empty": {}} {
		t.Run(name, func(t *testing.T) {
			var text bytes.Buffer
			if err := g.WriteDocument(&text); err != nil {
				t.Fatal(err)
			}
			var written any
			if err := json.Unmarshal(text.Bytes(), &written); err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(written); err != nil {
				t.Errorf("what is written is refused: %v\n%s", err, &text)
			}
			dec := json.NewDecoder(bytes.NewReader(text.Bytes()))
			dec.DisallowUnknownFields()
			var doc GraphDocument
			if err := dec.Decode(&doc); err != nil {
				t.Fatalf("GraphDocument lacks something that is written: %v", err)
			}
			again, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			var back any
			if err := json.Unmarshal(again, &back); err != nil || !reflect.DeepEqual(written, back) {
				t.Errorf("GraphDocument has something that is not written: %v\n%s\n%s", err, again, &text)
			}
		})
	}
}
