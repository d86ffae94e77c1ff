package pack

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/control"
	"custody/internal/finding"
	"custody/internal/git"
	"custody/internal/pack/verify"
	"custody/internal/review"
	"custody/internal/sign"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func samples() map[string]*review.Verdict {
	return map[string]*review.Verdict{
		"pass": passing(), "fail": failing(), "incomplete": incomplete(), "hostile": hostile(), "huge": huge(3000),
	}
}

func membersOf(t testing.TB, pack []byte) *verify.Members {
	t.Helper()
	ms, err := verify.Decode(pack)
	if err != nil {
		t.Fatal(err)
	}
	return ms
}

// TestPages writes what people see of the samples, to be looked at in a browser.
func TestPages(t *testing.T) {
	dir := os.Getenv("CUSTODY_PAGES")
	if dir == "" {
		t.Skip("nothing to write: set CUSTODY_PAGES=DIR")
	}
	for n, v := range samples() {
		ms := membersOf(t, build(t, v, []byte(sampleContext)))
		for _, m := range []verify.Member{verify.Page, verify.Summary, verify.SARIF, verify.PackJSON} {
			if err := os.WriteFile(filepath.Join(dir, n+"-"+m.String()), ms[m], 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestFreeze writes today's pack as the frozen one of a version: once per released
// version, never again.
func TestFreeze(t *testing.T) {
	version := os.Getenv("CUSTODY_FREEZE")
	if version == "" {
		t.Skip("nothing to write: set CUSTODY_FREEZE=VERSION")
	}
	f, err := os.OpenFile(filepath.Join("verify/testdata/frozen", version+".zip"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(build(t, failing(), []byte(sampleContext))); err != nil {
		t.Fatal(err)
	}
}

// The same verdict gives the same bytes, wherever it is built; the goldens stand for
// the other machine. A changed golden means that replaying an old pack's inputs no
// longer reproduces it: say so in the release notes.
func TestGolden(t *testing.T) {
	for _, n := range []string{"fail", "incomplete"} {
		pack := build(t, samples()[n], []byte(sampleContext))
		if !bytes.Equal(pack, build(t, samples()[n], []byte(" "+sampleContext+"\n"))) {
			t.Errorf("%s: built twice, with the context written in two ways, the packs differ", n)
		}
		ms := membersOf(t, pack)
		for m := range ms {
			if m := verify.Member(m); m == verify.Context {
				continue
			} else if path := filepath.Join("testdata", n, m.String()); *update {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, ms[m], 0o644); err != nil {
					t.Fatal(err)
				}
			} else if want, err := os.ReadFile(path); err != nil || !bytes.Equal(want, ms[m]) {
				t.Errorf("%s is not as it was (%v): look at the difference, then run with -update", path, err)
			}
		}
	}
}

// The container is read by a zip reader that is not ours, and each of its fields has
// the value that depends on nothing.
func TestContainerByArchiveZip(t *testing.T) {
	pack := build(t, failing(), nil)
	ms := membersOf(t, pack)
	r, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	if err != nil || len(r.File) != len(ms) || r.Comment != "" {
		t.Fatalf("%d members, comment %q, %v", len(r.File), r.Comment, err)
	}
	for i, f := range r.File {
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(rc) // checks the CRC too
		if err != nil || !bytes.Equal(got, ms[i]) || f.Name != verify.Member(i).String() {
			t.Errorf("%s: %v", f.Name, err)
		}
		if f.Method != zip.Store || f.Flags != 0 || len(f.Extra) != 0 || f.Comment != "" || f.Mode() != 0o644 ||
			f.Modified.UTC().Format("2006-01-02 15:04:05") != "1980-01-01 00:00:00" {
			t.Errorf("%s: header %+v", f.Name, f.FileHeader)
		}
	}
}

// Two doors give two packs with one verdict: same id, same verdict digest.
func TestDoorDoesNotCount(t *testing.T) {
	a, b := failing(), failing()
	b.Door = review.Door{Name: "app", Version: "9", Delivery: "d", URL: "https://x"}
	da, err := Document(a)
	if err != nil {
		t.Fatal(err)
	}
	db, err := Document(b)
	if err != nil {
		t.Fatal(err)
	}
	va, _ := VerdictDigest(da)
	vb, err := VerdictDigest(db)
	if err != nil || va != vb || bytes.Equal(da, db) {
		t.Errorf("verdict digests %s and %s, %v", va, vb, err)
	}
	ia, _ := verify.VerdictID(da)
	ib, _ := verify.VerdictID(db)
	var doc struct{ ID string }
	if err := json.Unmarshal(da, &doc); err != nil || ia != ib || doc.ID != ia || len(ia) != 36 || ia[14] != '5' {
		t.Errorf("ids %s and %s, in the document %s, %v", ia, ib, doc.ID, err)
	}
	if a.ID != "" {
		t.Error("Document changed the verdict")
	}
	c := failing()
	c.Inputs.Day = "2026-11-24"
	dc, _ := Document(c)
	if vc, _ := VerdictDigest(dc); vc == va {
		t.Error("another day, the same verdict digest")
	}
}

type badSigner struct {
	*sign.Key
	sig []byte
	err error
}

func (s badSigner) Sign(context.Context, []byte) ([]byte, error) { return s.sig, s.err }

func TestBuildRefuses(t *testing.T) {
	key := testKey(t)
	for name, c := range map[string]struct {
		change func(*review.Verdict, *Input)
		want   string
	}{
		"no verdict":          {func(_ *review.Verdict, in *Input) { in.Verdict = nil }, "verdict and a signer"},
		"no signer":           {func(_ *review.Verdict, in *Input) { in.Signer = nil }, "verdict and a signer"},
		"wrong id":            {func(v *review.Verdict, _ *Input) { v.ID = "b9d7cf6d-0000-5000-8000-000000000000" }, "has the id"},
		"not UTF-8":           {func(v *review.Verdict, _ *Input) { v.Checks[0].Name = "caf\xe9" }, "not UTF-8"},
		"context not judged":  {func(_ *review.Verdict, in *Input) { in.Context = []byte(`{}`) }, "reached without one"},
		"another context":     {func(v *review.Verdict, in *Input) { v.Inputs.Files["context"] = digest("c"); in.Context = []byte(`{}`) }, "not the context"},
		"context lost":        {func(v *review.Verdict, _ *Input) { v.Inputs.Files["context"] = digest("c") }, "not the context"},
		"context no JSON":     {func(_ *review.Verdict, in *Input) { in.Context = []byte(`{"a":1,"a":2}`) }, "appears twice"},
		"context no JSON yet": {func(_ *review.Verdict, in *Input) { in.Context = []byte{} }, "ends early"},
		"no stage":            {func(v *review.Verdict, _ *Input) { v.Stage = 0 }, "unknown stage"},
		"two stages":          {func(v *review.Verdict, _ *Input) { v.Stage = 1 }, "inputs say"},
		"no head":             {func(v *review.Verdict, _ *Input) { v.Inputs.Head = git.OID{} }, "not two commit ids"},
		"no day":              {func(v *review.Verdict, _ *Input) { v.Inputs.Day = "today" }, "not a day"},
		"other schema":        {func(v *review.Verdict, _ *Input) { v.Schema = "custody/pack/v2" }, "this program reads"},
		"signer fails":        {func(_ *review.Verdict, in *Input) { in.Signer = badSigner{key, nil, errors.New("no luck")} }, "no luck"},
		"signer lies":         {func(_ *review.Verdict, in *Input) { in.Signer = badSigner{key, make([]byte, 64), nil} }, "does not verify"},
	} {
		v := passing()
		in := Input{Verdict: v, Signer: key}
		c.change(v, &in)
		if b, err := Build(context.Background(), in); err == nil || b != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %d bytes, %v; want an error with %q", name, len(b), err, c.want)
		}
	}
}

// Whatever a change contains, nothing invisible reaches a reader.
func TestNothingInvisible(t *testing.T) {
	for n, v := range samples() {
		ms := membersOf(t, build(t, v, []byte(sampleContext)))
		for _, m := range []verify.Member{verify.Page, verify.Summary} {
			for i, r := range string(ms[m]) {
				if r != '\n' && !unicode.IsPrint(r) {
					t.Errorf("%s: %s has U+%04X at byte %d", n, m, r, i)
					break
				}
			}
			if text := strings.ToLower(string(ms[m])); strings.Contains(text, "complian") || strings.Contains(text, "conform") {
				t.Errorf("%s: %s claims compliance", n, m)
			}
		}
	}
}

// However large the change, what people read stays small and says what it leaves out.
func TestBounds(t *testing.T) {
	ms := membersOf(t, build(t, huge(3000), nil))
	if n := len(ms[verify.Page]); n > 600<<10 {
		t.Errorf("index.html has %d bytes", n)
	}
	for _, want := range []string{"<strong>1,001 times</strong>", "and 991 more places", "and 2,943 more, 3,003 in all: see pack.json", "and 2,703 more", "and 151 more"} {
		if !strings.Contains(string(ms[verify.Page]), want) {
			t.Errorf("index.html does not say %q", want)
		}
	}
}

// Findings that say the same are one entry; different ones are cut at a limit, and
// every finding is either shown or counted.
func TestFindingsAreGrouped(t *testing.T) {
	v := failing()
	v.Findings = nil
	for i := range 10 * maxFindings {
		v.Findings = append(v.Findings,
			finding.Finding{Rule: "r", Level: finding.Warning, Message: "Message " + word(i/2), Place: finding.Place{Path: fmt.Sprint("f", i)}},
			finding.Finding{Rule: "all", Level: finding.Warning, Message: "The same.", Place: finding.Place{StartLine: i}})
	}
	g := newView(v).Findings[0]
	count := g.More
	for _, e := range g.Shown {
		count += e.Count
		if len(e.Places)+e.MorePlaces() > e.Count || len(e.Places) > maxPlaces {
			t.Errorf("%+v", e)
		}
	}
	if len(g.Shown) != maxFindings || count != g.Total || g.Total != len(v.Findings) || g.Shown[0].Count != 10*maxFindings || g.Shown[1].Count != 2 {
		t.Errorf("%d entries, %d of %d findings; %+v", len(g.Shown), count, g.Total, g.Shown[0])
	}
}

// What lets a change pass is not to be resolved first, however grave the finding is.
func TestErrorsThatBlockNothing(t *testing.T) {
	for decision, want := range map[string]string{"pass": "1 error: open, and blocks nothing", "fail": "1 error: to be resolved", "incomplete": "1 error: to be resolved"} {
		w := newView(failing())
		w.Decision = decision
		w.Findings = []levelGroup{{Level: finding.Error, group: group{Total: 1}}}
		html, err := page(w)
		if err != nil || !strings.Contains(string(html), ">"+want+"<") {
			t.Errorf("%s: the page does not say %q: %v", decision, want, err)
		}
	}
}

// word is another one for each number, without digits.
func word(n int) string {
	w := string(rune('a' + n%26))
	if n >= 26 {
		w = word(n/26) + w
	}
	return w
}

// What differs in numbers alone is one thing to do, and each place shows its own.
func TestNumbersAreNoDifference(t *testing.T) {
	v := failing()
	v.Findings = nil
	for i := range 30 {
		v.Findings = append(v.Findings, finding.Finding{Rule: "r", Level: finding.Warning, Remedy: "Say who.",
			Message: fmt.Sprintf("%d added lines, 12 of them long", 7+i/2*90), Place: finding.Place{Path: "f" + word(i)}})
	}
	v.Findings = append(v.Findings, finding.Finding{Rule: "r", Level: finding.Warning, Remedy: "Say who.", Message: "7 added words"})
	g := newView(v).Findings[0]
	if len(g.Shown) != 2 || g.Shown[1].Count != 30 || !g.Shown[1].Varies || g.Shown[1].MorePlaces() != 20 || g.Shown[0].Varies {
		t.Fatalf("%+v", g)
	}
	ms := membersOf(t, build(t, v, nil))
	for _, want := range []string{"<strong>and 29 more like it</strong>", "<code>fc</code> 97 added lines, 12 of them long", "and 20 more places"} {
		if !strings.Contains(string(ms[verify.Page]), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if !strings.Contains(string(ms[verify.Summary]), "**and 29 more like it**") {
		t.Error("the summary does not say how many more there are")
	}
}

// What is to do about many things one after the other is said once, and of each level anew.
func TestOneThingToDo(t *testing.T) {
	v := failing()
	v.Findings = nil
	for i, m := range []string{"adds dependency a", "adds dependency b", "adds dependency c", "adds dependency d"} {
		f := finding.Finding{Rule: "r", Level: finding.Warning, Message: m, Remedy: "Say why.", Who: "the authors", Place: finding.Place{Path: "package.json", StartLine: i + 1}}
		if i == 2 {
			f.Who = "somebody else"
		}
		if i == 3 {
			f.Level = finding.Note
		}
		v.Findings = append(v.Findings, f)
	}
	ms := membersOf(t, build(t, v, nil))
	for member, want := range map[verify.Member][2]string{
		verify.Page:    {"Say why. ", "<strong>To do:</strong> as above."},
		verify.Summary: {"**To do:** Say why", "**To do:** as above."},
	} {
		text := string(ms[member])
		if said, again := strings.Count(text, want[0]), strings.Count(text, want[1]); said != 3 || again != 1 {
			t.Errorf("member %d: what to do is said %d times, and %d times as above, want 3 and 1", member, said, again)
		}
	}
}

// The name of a check says what should be. Where it is given as a reason, what became of
// it stands before it; and what is open and blocks stands before what does not.
func TestReasonsAndOrder(t *testing.T) {
	v := failing()
	v.Decision = review.Incomplete
	v.Checks = []finding.Check{
		{ID: "warns", Kind: finding.Rule, Name: "It is fine", Level: finding.Warning, Outcome: finding.NotSatisfied,
			Found: []finding.Finding{{Message: "odd"}, {Message: "strange"}, {Message: "odd"}}},
		{ID: "done", Kind: finding.Rule, Name: "It is done", Level: finding.Error, Outcome: finding.Satisfied},
		{ID: "asks", Kind: finding.Rule, Name: "Everything is satisfied", Level: finding.Error, Outcome: finding.NotAssessed},
	}
	v.Reasons = []finding.Reason{
		{Code: review.ReasonNotAssessed, Detail: "asks (Everything is satisfied) was not assessed."},
		{Code: review.ReasonNotSatisfied, Detail: "no: Such check"},
		{Code: review.ReasonShallow, Detail: "History is cut."},
	}
	w := newView(v)
	if w.Why != "Not assessed: Everything is satisfied (asks)" || len(w.More) != 2 || w.More[0] != "no: Such check" || w.More[1] != "History is cut." {
		t.Errorf("%q, %q", w.Why, w.More)
	}
	var order []string
	for _, c := range w.Checks {
		order = append(order, c.ID)
	}
	if !slices.Equal(order, []string{"asks", "warns", "done"}) {
		t.Errorf("in the order %q", order)
	}
	if why := w.Checks[1].Why; !slices.Equal(why, []string{"odd (2 times)", "strange"}) {
		t.Errorf("why: %q", why)
	}
}

// Why a list may lack something: a sentence for each kind of reason, with all of them
// counted, and nothing said of the repository at large as if it were about the change.
func TestReachReasons(t *testing.T) {
	v := incomplete()
	reasons := []finding.Reason{{Code: "no-edges", Detail: "no toy file of the tree imports another one"}}
	for _, path := range []string{"a.gradle", "b.gradle", "c.gradle", "d.gradle"} {
		reasons = append(reasons, finding.Reason{Code: impact.SkipUnsupported, Detail: "groovy", Path: path})
	}
	reasons = append(reasons, finding.Reason{Code: impact.SkipUnsupported, Detail: "and 1263 more"},
		finding.Reason{Code: impact.SkipUnreadable, Path: "x.go"})
	v.Impact.Reasons, v.Impact.Outcome = reasons, finding.NotAssessed
	want := []string{
		"no toy file of the tree imports another one",
		"1,267 files of kinds that are not read yet changed, or could use what did: a.gradle (groovy), b.gradle (groovy), c.gradle (groovy) and 1,264 more",
		"1 file could not be read, or not to its end: x.go",
	}
	if got := newReach(v.Impact).Reasons; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	v.Impact.Reached = nil
	if got := newReach(v.Impact).Sentence; got != "Nothing beyond the changed files is known to depend on them; not everything could be followed." {
		t.Error(got)
	}
	v.Impact.Changed = []impact.Changed{{Path: "a.gradle", Skipped: impact.SkipUnsupported}}
	if got := newReach(v.Impact).Sentence; got != "What this change reaches was not assessed." {
		t.Error(got)
	}

	v.Impact.Graph.Skipped = map[string]int{impact.SkipOpaque: 9, impact.SkipUnsupported: 1500, impact.SkipUnresolved: 2}
	v.Impact.Graph.Examples = []impact.Skipped{{Path: "far.sh", Reason: impact.SkipUnsupported, Detail: "shell"}, {Path: "a.gradle", Reason: impact.SkipUnsupported, Detail: "groovy"}}
	v.NotAssessed = []finding.Reason{
		{Code: impact.SkipUnsupported, Detail: "shell", Path: "far.sh"},
		{Code: impact.SkipUnsupported, Detail: "groovy", Path: "a.gradle"},
		{Code: "no-context", Detail: "one-human: nobody knows"},
	}
	s := newSkips(v)
	if s.Total != 2 || len(s.Shown) != 2 || s.Shown[0].Path != "a.gradle" || s.More() != 0 {
		t.Errorf("%+v", s)
	}
	if len(s.All) != 2 || s.All[0] != (bar{Label: impact.SkipUnsupported, Count: 1500}) || s.All[1].Count != 2 {
		t.Errorf("%+v", s.All)
	}
}

func TestHeadlineAndNext(t *testing.T) {
	for _, c := range []struct {
		v                   *review.Verdict
		headline, next, who string
	}{
		{passing(), "This change may land.", "Nothing is left to do here: it can be merged.", ""},
		{failing(), "This change may not land.", "Get one more approval of the head from a person who wrote none of it.", "anyone with write access except mira"},
		{incomplete(), "Undecided: this change may not land before more is known.", "Write a policy:", "a maintainer of the repository"},
	} {
		w := newView(c.v)
		if w.Headline != c.headline || !strings.HasPrefix(w.Next.What, c.next) || w.Next.Who != c.who {
			t.Errorf("%s: %q, next %+v", c.v.Decision, w.Headline, w.Next)
		}
	}

	// Where the door only reports, nothing is kept from landing, and that is what is said.
	for stage, want := range map[change.Stage][2]string{
		change.AtPush:   {"This push does not meet its rules. It is accepted all the same: Custody only reports here.", "Undecided: more has to be known of this push. It is accepted all the same: Custody only reports here."},
		change.AtMerge:  {"This change does not meet its rules. It may land all the same: Custody only reports here.", "Undecided: more has to be known of this change. It may land all the same: Custody only reports here."},
		change.AtRecord: {"This change landed without meeting all of its rules.", "Undecided: it is not known whether this change met its rules."},
	} {
		for i, v := range []*review.Verdict{failing(), incomplete(), passing()} {
			v.Stage, v.Inputs.Stage, v.Door.Mode = stage, stage, config.Report
			said := newView(v).Headline
			if i < 2 && said != want[i] || i == 2 && strings.Contains(said, "report") {
				t.Errorf("%s, %s: %q", stage, v.Decision, said)
			}
			m := membersOf(t, build(t, v, nil))
			for _, member := range []verify.Member{verify.Page, verify.Summary} {
				if strings.Contains(string(m[member]), "may not land") {
					t.Errorf("%s, %s: %s says that it may not land", stage, v.Decision, member)
				}
			}
		}
	}

	// A waived finding asks nobody for anything; a check that only warns does not come first.
	v := failing()
	v.Checks[0].Found[0].WaivedBy = "W-1"
	v.Checks[0].Outcome = finding.Excepted
	if a := nextAction(v); a.For != "SEC-014" {
		t.Errorf("next is about %q", a.For)
	}
	// What was not assessed in a check that must be met is the next thing to supply.
	v.Decision = review.Incomplete
	v.Checks[1].Found, v.Checks[1].Outcome = nil, finding.NotAssessed
	v.Checks[1].Reasons = []finding.Reason{{Code: "context", Detail: "Reviews are not in the context."}}
	if a := nextAction(v); a.What != "Supply what is missing: Reviews are not in the context." {
		t.Errorf("next is %q", a.What)
	}
	// A check that runs is waited for, and a remedy says where.
	v.Checks[1].Reasons = []finding.Reason{{Code: control.ReasonRunning, Detail: "build by ci has not ended on the head"}}
	if a := nextAction(v); a.What != "Wait for it, and have the change reviewed again then, as the GitHub App does by itself: build by ci has not ended on the head." {
		t.Errorf("next is %q", a.What)
	}
	v.Checks[1].Outcome = finding.NotSatisfied
	for want, f := range map[string]finding.Finding{
		"Take it out (src/b.py:2).": {Remedy: "Take it out.", Place: finding.Place{Path: "src/b.py", StartLine: 2}},
		"Read src/b.py.":            {Remedy: "Read src/b.py.", Place: finding.Place{Path: "src/b.py", StartLine: 2}},
		"Name it.":                  {Remedy: "Name it."},
		"Resolve this: a key is there (src/b.py).": {Message: "a key is there", Place: finding.Place{Path: "src/b.py"}},
	} {
		v.Checks[1].Found = []finding.Finding{f}
		if a := nextAction(v); a.Text() != want {
			t.Errorf("next is %q, want %q", a.Text(), want)
		}
	}
	v.Checks[1].Outcome, v.Checks[1].Found = finding.NotAssessed, nil
	// Of what nobody can supply it says what can be done.
	for code, want := range map[string]string{
		control.ReasonNoRequirements: "Write security requirements and commit them",
		control.ReasonNotTraced:      "See under “What it reaches” what could not be followed",
		control.ReasonNoContext:      "This rule needs what the forge knows",
		control.ReasonContextPart:    "Have the review made again with the fact that is missing: it is missing.",
		control.ReasonUnknownPeople:  "Add the addresses of these authors",
		control.ReasonUnsupported:    "Mend how the requirement or rule is verified",
		control.ReasonUnread:         "Look yourself at what was not read",
	} {
		v.Checks[1].Reasons = []finding.Reason{{Code: code, Detail: "it is missing"}}
		if a := nextAction(v); !strings.HasPrefix(a.What, want) || a.Who == "" {
			t.Errorf("%s: next is %+v", code, a)
		}
	}
	// A warning beside what was not read changes nothing about it, and is not the first thing said.
	v.Checks[1].Found = []finding.Finding{{Level: finding.Warning, Message: "m", Remedy: "Write permissions."}}
	v.Checks[1].Reasons = []finding.Reason{{Code: control.ReasonCounted, Detail: "workflows: found 2"}, {Code: control.ReasonUnread, Detail: "not searched", Path: "big.txt"}}
	if a := nextAction(v); !strings.HasPrefix(a.What, "Look yourself at what was not read") {
		t.Errorf("next is %+v", a)
	}
	if why := newCheck(v.Checks[1], nil).Why; !strings.Contains(why[0], "not searched") {
		t.Errorf("why is %q", why)
	}
	v.Checks[1].Found = nil
	v.Checks[1].Reasons = []finding.Reason{{Code: control.ReasonCounted, Detail: "0 of 1 person approved"},
		{Code: control.ReasonContextPart, Detail: "kim does not count"}, {Code: control.ReasonContextPart, Detail: "sam does not count"}}
	if a := nextAction(v); a.What != "Have the review made again with the fact that is missing: kim does not count. 1 more fact is missing: see the rules." {
		t.Errorf("next is %q", a.What)
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := number(n); got != want {
			t.Errorf("number(%d) = %s", n, got)
		}
	}
	for _, c := range []struct {
		part, whole int
		want        string
	}{{0, 10, "0%"}, {10, 10, "100%"}, {1, 1000, "under 1%"}, {999, 1000, "over 99%"}, {1, 3, "33%"}, {0, 0, "none"}} {
		if got := percent(c.part, c.whole); got != c.want {
			t.Errorf("percent(%d, %d) = %s, want %s", c.part, c.whole, got, c.want)
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"plain é 日本":                "plain é 日本",
		"a\u202eb\nc\x00":           "a<U+202E>b<U+000A>c<U+0000>",
		"a\u0301\u0301":             "a\u0301\u0301",
		"a\u00a0b\u200d\ufeff":      "a<U+00A0>b<U+200D><U+FEFF>",
		"bad \xff byte":             "bad <U+FFFD> byte",
		strings.Repeat("é", 20):     strings.Repeat("é", 15) + "… (10 more bytes in pack.json)",
		strings.Repeat("\u0301", 9): strings.Repeat("\u0301", 4) + "<5 more marks>",
	} {
		if got := plain(in, 15); got != want {
			t.Errorf("plain(%q) = %q, want %q", in, got, want)
		}
	}
}

// A check that is one of several types of evidence for a control is a part, where the others
// lack: the page says of no control both that there is evidence and that it lacks.
func TestPartOfTheEvidence(t *testing.T) {
	c := finding.Check{Outcome: finding.Satisfied, Maps: []finding.Control{
		{Framework: "soc2-2017", ID: "CC8.1", Relation: "direct"}, {Framework: "iso27001-2022", ID: "A.8.28", Relation: "supporting"}, {Framework: "nist-ssdf-1.1", ID: "PW.7.2", Relation: "direct"},
	}}
	shown := []control.Shown{{Framework: "soc2-2017", ID: "CC8.1", Status: control.EvidenceShown}, {Framework: "nist-ssdf-1.1", ID: "PW.7.2", Status: "no-evidence"}}
	got := newCheck(c, shown).Controls
	if want := "Evidence for SOC 2 CC8.1; part of the evidence for ISO/IEC 27001:2022 A.8.28 (supporting), NIST SP 800-218 (SSDF) 1.1 PW.7.2"; got != want {
		t.Errorf("%s", got)
	}
	c.Outcome = finding.NotSatisfied
	if got := newCheck(c, shown).Controls; !strings.HasPrefix(got, "Gives no evidence for SOC 2 CC8.1, ") {
		t.Errorf("%s", got)
	}
}

// TestStillDue: what an emergency put off is the next thing to do of what has landed.
func TestStillDue(t *testing.T) {
	v := failing()
	v.Decision, v.Reasons = review.Pass, nil
	v.Checks = []finding.Check{{
		ID: "two-eyes", Kind: finding.Rule, Level: finding.Error, Outcome: finding.Excepted,
		Reasons: []finding.Reason{{Code: control.ReasonEmergency, Detail: "it waits, because of an emergency that ann declared; due by 2026-01-13"}},
		Found:   []finding.Finding{{Level: finding.Error, Message: "nobody approved", Remedy: "Have it approved by one person.", Who: "people other than ann", WaivedBy: config.ExceptedByEmergency}},
	}}
	for stage, want := range map[change.Stage][3]string{
		change.AtMerge:  {"This change may land.", "It can be merged now.", ""},
		change.AtPush:   {"This push is acceptable.", "It can be pushed now.", ""},
		change.AtRecord: {"This change landed in an emergency, and what that put off is still due.", "Have it approved by one person (it waits, because of an emergency that ann declared; due by 2026-01-13).", "people other than ann"},
	} {
		v.Stage = stage
		if a, h := nextAction(v), headline(v); h != want[0] || !strings.HasPrefix(a.What, want[1]) || a.Who != want[2] {
			t.Errorf("%s: %q %+v", stage, h, a)
		}
	}
}
