package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"custody/internal/finding"
	"custody/internal/pack"
	"custody/internal/pack/verify"
)

// scriptWords are the commands that scripts have besides those of testscript.
var scriptWords = map[string]func(*testscript.TestScript, bool, []string){
	"exits":   exits,
	"id":      setID,
	"fill":    fill,
	"verdict": verdictIs,
	"check":   checkIs,
	"absent":  absent,
	"answer":  answerIs,
	"append":  appendLine,
	"today":   today,

	"samepack": samePack,
}

// id NAME DIR REV sets the variable NAME to the id that REV has in the repository DIR.
func setID(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: id NAME DIR REV")
	}
	ts.Check(ts.Exec("git", "-C", args[1], "rev-parse", "--verify", "--end-of-options", args[2]))
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// fill FILE... replaces each $NAME in the files by the variable's value.
func fill(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: fill FILE...")
	}
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), func(v string) string {
			value := ts.Getenv(v)
			if value == "" {
				ts.Fatalf("%s: $%s is not set", name, v)
			}
			return value
		})
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o644))
	}
}

// scriptPack is what scripts ask of a pack.json.
type scriptPack struct {
	Decision string           `json:"decision"`
	Reasons  []finding.Reason `json:"reasons"`
	Checks   []struct {
		ID       string            `json:"id"`
		Outcome  string            `json:"outcome"`
		Level    string            `json:"level"`
		Reasons  []finding.Reason  `json:"reasons"`
		Findings []finding.Finding `json:"findings"`
	} `json:"checks"`
}

func printed(ts *testscript.TestScript) scriptPack {
	var p scriptPack
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &p); err != nil {
		ts.Fatalf("standard output is no pack.json: %v", err)
	}
	return p
}

// append FILE LINE adds a line to a file, which need not be there.
func appendLine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: append FILE LINE")
	}
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	ts.Check(err)
	_, err = f.WriteString(args[1] + "\n")
	ts.Check(errors.Join(err, f.Close()))
}

// today NAME sets the variable NAME to the UTC day, which a hook can not be told.
func today(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: today NAME")
	}
	ts.Setenv(args[0], time.Now().UTC().Format(time.DateOnly))
}

// samepack PACK FOLDER wants the one pack in the folder to hold the verdict of PACK.
func samePack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: samepack PACK FOLDER")
	}
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[1]), "*.zip"))
	ts.Check(err)
	if len(files) != 1 {
		ts.Fatalf("there are %d packs in %s", len(files), args[1])
	}
	digests := map[string]bool{}
	for _, file := range []string{ts.MkAbs(args[0]), files[0]} {
		text, err := os.ReadFile(file)
		ts.Check(err)
		members, err := verify.Decode(text)
		ts.Check(err)
		digest, err := pack.VerdictDigest(members[verify.PackJSON])
		ts.Check(err)
		digests[digest] = true
	}
	if len(digests) != 1 {
		ts.Fatalf("two verdicts: %v", digests)
	}
}

// answer FILE wants the last push to have been answered with these lines, ids aside.
func answerIs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: answer FILE")
	}
	var said strings.Builder
	for line := range strings.Lines(ts.ReadFile("stderr")) {
		if line, remote := strings.CutPrefix(line, "remote: "); remote {
			said.WriteString(ids.ReplaceAllString(strings.TrimRight(line, " \n"), "ID") + "\n")
		}
	}
	if want := ts.ReadFile(args[0]); said.String() != want {
		ts.Fatalf("the answer is\n%s\nwant\n%s", said.String(), want)
	}
}

var ids = regexp.MustCompile(`[0-9a-f]{12,64}`)

// verdict DECISION CODE... wants the verdict that the last command printed to be of
// this decision, for exactly the reasons with these codes.
func verdictIs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: verdict DECISION CODE...")
	}
	p := printed(ts)
	var codes []string
	for _, r := range p.Reasons {
		codes = append(codes, r.Code)
	}
	slices.Sort(codes)
	want := slices.Sorted(slices.Values(args[1:]))
	if p.Decision != args[0] || !slices.Equal(slices.Compact(codes), want) {
		ts.Fatalf("the verdict is %s, reasons %+v; want %s, %v", p.Decision, p.Reasons, args[0], want)
	}
}

// check ID OUTCOME [REGEXP]... wants the check of the last verdict to have this outcome,
// and each expression to match one of its reasons or findings.
func checkIs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: check ID OUTCOME [REGEXP]...")
	}
	found := false
	for _, c := range printed(ts).Checks {
		if c.ID != args[0] {
			continue
		}
		found = true
		var lines []string
		for _, r := range c.Reasons {
			lines = append(lines, r.Path+": "+r.Detail)
		}
		for _, f := range c.Findings {
			lines = append(lines, f.Level.String()+" "+f.Place.String()+": "+f.Message+" "+f.Remedy+" "+f.WaivedBy)
		}
		if c.Outcome != args[1] {
			ts.Fatalf("check %s is %s, want %s:\n%s", args[0], c.Outcome, args[1], strings.Join(lines, "\n"))
		}
		for _, want := range args[2:] {
			re, err := regexp.Compile(want)
			ts.Check(err)
			if !slices.ContainsFunc(lines, re.MatchString) {
				ts.Fatalf("check %s says nothing that matches %q:\n%s", args[0], want, strings.Join(lines, "\n"))
			}
		}
	}
	if !found {
		ts.Fatalf("there is no check %s", args[0])
	}
}
