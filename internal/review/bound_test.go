package review

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"custody/attestation"
	"custody/impact"
	"custody/internal/change"
	"custody/internal/finding"
	"custody/internal/git"
)

// large is a verdict about n files, commits and whatever else there is many of.
func large(t *testing.T, n int) *Verdict {
	t.Helper()
	v := &Verdict{Impact: &impact.Report{Tests: &impact.TestPlan{}}}
	who := &attestation.Report{}
	for i := range n {
		id, err := git.ParseOID(fmt.Sprintf("%040x", i+1))
		if err != nil {
			t.Fatal(err)
		}
		path := fmt.Sprintf("services/area%02d/src/main/java/com/example/module%03d/File%05d.java", i%40, i%700, i)
		f := FileLine{Path: path, Mode: git.ModeFile, OldMode: git.ModeFile, Added: 40, Deleted: 3}
		if i%2 == 0 {
			f.Mechanical, f.Status, f.OldPath = Moved, change.Renamed, "old/"+path
		}
		v.Change.Files = append(v.Change.Files, f)
		v.Change.Commits = append(v.Change.Commits, CommitLine{SHA: id, Subject: "Rework a module", Author: "Dev <dev@example.com>"})
		v.Impact.Changed = append(v.Impact.Changed, impact.Changed{Path: path, Language: "java", Symbols: []impact.Symbol{{Name: "File", Kind: "class", Change: "body", Exported: true}}})
		v.Impact.Reached = append(v.Impact.Reached, impact.Reached{Node: "file:x/" + path, Kind: "file", Edge: "imports", Path: "x/" + path, Distance: 1 + i*9/n, Confidence: 1000, Via: []string{"file:" + path}, Reason: "imports " + path, Precision: "file"})
		v.Impact.Packages = append(v.Impact.Packages, impact.Package{Ecosystem: "maven", Name: path, Change: "moved", From: "1.0", To: "1.1", Indirect: i%2 == 0, Files: []string{"build.gradle"}, Importers: []impact.Importer{{Path: path, Line: 3}}})
		v.Impact.Tests.Runs = append(v.Impact.Tests.Runs, impact.TestRun{Runner: "gradle", Folder: ".", Command: "./gradlew test --tests " + path, Tests: []string{path}})
		who.Files = append(who.Files, attestation.File{Path: path, Added: 40, Lines: map[attestation.Class]int{attestation.Unknown: 40}})
		who.Commits = append(who.Commits, attestation.Commit{SHA: id, Class: attestation.Unknown, Agents: []attestation.Agent{}, Evidence: []attestation.Evidence{}, People: []string{"Dev <dev@example.com>"}})
		who.Findings = append(who.Findings, finding.Finding{Rule: "x", Level: finding.Note, Message: path})
	}
	last := n - 1
	v.Change.Files[last].Critical = "judge"
	v.Findings = []finding.Finding{{Rule: "SEC", Level: finding.Error, Place: finding.Place{Path: v.Change.Files[last-1].Path}}}
	v.Impact.Changed[last].Symbols[0].Change = "removed"
	who.Files[last].Lines = map[attestation.Class]int{attestation.AIDeclared: 40}
	who.Commits[last].Class = attestation.AIDeclared
	who.Findings[last].Level = finding.Error
	v.Attestation = who
	return v
}

// TestBound: what a verdict lists fits into its budget, keeps what matters most, and
// counts the rest.
func TestBound(t *testing.T) {
	const n = 40_000
	v := large(t, n)
	was := reflect.ValueOf(*v.Impact).FieldByName("Reached").Len()
	v.bound()
	who := boundAttestation(*v.Attestation)
	if was != n || len(v.Attestation.Files) != n {
		t.Error("the report itself was cut")
	}
	last := v.Change.Files[len(v.Change.Files)-1]
	if last.Critical == "" || v.Change.Files[len(v.Change.Files)-2].Path != v.Findings[0].Place.Path {
		t.Errorf("the files that matter most are gone: %+v", last)
	}
	if r := v.Impact.Changed; r[len(r)-1].Symbols[0].Change != "removed" {
		t.Error("the removed symbol is gone")
	}
	if who.Files[len(who.Files)-1].Lines[attestation.AIDeclared] == 0 || who.Commits[len(who.Commits)-1].Class != attestation.AIDeclared || who.Findings[0].Level != finding.Error {
		t.Error("what an agent wrote, or the gravest finding, is gone")
	}
	for _, f := range v.Change.Files[:len(v.Change.Files)-2] {
		if f.Mechanical != "" {
			t.Fatal("a mechanical file was kept, and others were not")
		}
	}
	for _, p := range v.Impact.Packages {
		if p.Indirect {
			t.Fatal("an indirect package was kept, and chosen ones were not")
		}
	}
	reached := 0
	for _, m := range v.Impact.More.Reached {
		reached += m.Count
		if m.Distance < v.Impact.Reached[len(v.Impact.Reached)-1].Distance {
			t.Errorf("a nearer node is left out: %+v", m)
		}
	}
	for _, c := range []struct {
		name         string
		list         any
		listed, more int
		bytes        int
	}{
		{"files", v.Change.Files, len(v.Change.Files), v.Change.MoreFiles, filesBytes},
		{"commits", v.Change.Commits, len(v.Change.Commits), v.Change.MoreCommits, commitsBytes},
		{"changed", v.Impact.Changed, len(v.Impact.Changed), v.Impact.More.Changed, changedBytes},
		{"reached", v.Impact.Reached, len(v.Impact.Reached), reached, reachedBytes},
		{"packages", v.Impact.Packages, len(v.Impact.Packages), v.Impact.More.Packages, packagesBytes},
		{"test runs", v.Impact.Tests.Runs, len(v.Impact.Tests.Runs), v.Impact.More.TestRuns, testRunsBytes},
		{"classed files", who.Files, len(who.Files), who.More.Files, classedBytes},
		{"evidence", who.Commits, len(who.Commits), who.More.Commits, evidenceBytes},
		{"findings", who.Findings, len(who.Findings), who.More.Findings, 1 << 20},
	} {
		text, err := json.Marshal(c.list)
		if err != nil {
			t.Fatal(err)
		}
		if c.listed+c.more != n || c.more == 0 {
			t.Errorf("%s: %d are listed, %d more counted, of %d", c.name, c.listed, c.more, n)
		}
		// The sizes are estimates: they are to be near, on the safe side or not.
		if len(text) > c.bytes*11/10 || c.name != "findings" && len(text) < c.bytes*7/10 {
			t.Errorf("%s: %d bytes, the limit is %d", c.name, len(text), c.bytes)
		}
	}
	if v.Change.CountFiles() != n || v.Change.MoreMechanical != n/2-1 {
		t.Errorf("%d files, %d mechanical ones not listed", v.Change.CountFiles(), v.Change.MoreMechanical)
	}

	small := large(t, 100)
	want, err := json.Marshal(small)
	if err != nil {
		t.Fatal(err)
	}
	small.bound()
	small.Attestation = boundAttestation(*small.Attestation)
	if got, err := json.Marshal(small); err != nil || string(got) != string(want) || strings.Contains(string(got), "more") {
		t.Errorf("a small verdict was changed: %v", err)
	}
}
