// Package claim reads, checks and writes .ai-attestation.yaml, the file in which a
// repository declares how much of its history agents wrote (versions 1.0 and 1.1 of
// the published schema).
//
// The file is an unsigned claim: anybody who can push can write anything into it. It
// never lowers what history shows; where the two differ, history stands and the file
// gets a finding. What history can not tell, because it is cut, is not assessed.
//
// Write keeps every comment and everything that is not its own: policy, radar, keys that
// it does not know, and governance unless it is given verified packs. What governance
// says by itself counts against the file's own policy, never for it.
package claim

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Path is where the file is: at the root of the repository.
const Path = ".ai-attestation.yaml"

// A Document is the file's content, as far as Custody uses it. Counts are -1 where
// the file has none.
type Document struct {
	Version     string
	Owner, Name string
	Generated   int64 // seconds since 1970
	From, To    int64 // the window that the counts are for; 0: not given
	Commits     int64
	Assisted    int64
	Percentage  float64
	Tools       []Tool // of ai.tools and of the extension key, by identifier
	Policy      Policy
	Governance  Governance
	root        *node
	unlisted    []*node // entries of ai.tools that the schema does not allow
	lines       map[string]int
}

// Policy is what the file itself demands. It is a claim like the rest.
type Policy struct {
	RequiresReview bool
	MinimumScore   int64 // -1: none
	MandatoryPacks []string
	BlockUnscanned bool
}

// Governance is what the file says of a scan that nobody signed.
type Governance struct {
	Engine, Result string
	Score          int64 // -1: none
	Packs          []string
}

// A ToolName names a tool. Listed says that the identifier is one of the schema's.
type ToolName struct {
	ID, Name string
	Listed   bool
}

// A Tool and the commits that it took part in.
type Tool struct {
	ToolName
	Commits     int64
	First, Last string // days, empty when not known
}

// Parse reads the file. The problems say line and column; when there are some, the
// document holds what could still be read, and is nil if nothing could.
func Parse(data []byte) (*Document, []Problem) {
	root, err := parse(data)
	if err != nil {
		var p Problem
		if !errors.As(err, &p) {
			p = Problem{Message: err.Error()}
		}
		return nil, []Problem{p}
	}
	problems := validate(nil, root, fileSchema(), "")
	d := &Document{root: root, lines: map[string]int{}}
	d.fill()
	return d, problems
}

func (d *Document) fill() {
	r := d.root
	str := func(n *node) string {
		if n != nil && n.shape == isString {
			return n.text
		}
		return ""
	}
	at := func(n *node) int64 {
		i, _ := instant(str(n))
		return i
	}
	d.Version = str(r.get("version"))
	d.Owner, d.Name = str(r.get("repo").get("owner")), str(r.get("repo").get("name"))
	d.Generated = at(r.get("generated"))
	d.From, d.To = at(r.get("range").get("from")), at(r.get("range").get("to"))
	d.Commits = whole(r.get("range").get("commits"))
	ai := r.get("ai")
	d.Assisted = whole(ai.get("assisted_commits"))
	d.Percentage = -1
	if n := ai.get("percentage"); n != nil {
		if f, err := strconv.ParseFloat(n.text, 64); err == nil {
			d.Percentage = f
		}
	}
	for _, key := range []string{"tools", extension} {
		l := ai.get(key)
		if l == nil {
			continue
		}
		for _, n := range l.items {
			t := Tool{ToolName: ToolName{ID: str(n.get("identifier")), Name: str(n.get("name"))}, Commits: whole(n.get("commit_count")),
				First: str(n.get("first_seen")), Last: str(n.get("last_seen"))}
			_, t.Listed = names[t.ID]
			if t.ID == "" {
				continue
			}
			if key == "tools" && !t.Listed {
				d.unlisted = append(d.unlisted, n)
			}
			if i := slices.IndexFunc(d.Tools, func(u Tool) bool { return u.ID == t.ID }); i >= 0 {
				d.Tools[i].Commits = max(d.Tools[i].Commits, t.Commits)
				continue
			}
			d.Tools = append(d.Tools, t)
			d.lines[t.ID] = n.line
		}
	}
	slices.SortFunc(d.Tools, func(a, b Tool) int { return cmp.Compare(a.ID, b.ID) })
	d.fillRest(str)
}

func (d *Document) fillRest(str func(*node) string) {
	yes := func(n *node) bool { return n != nil && n.shape == isBool && strings.EqualFold(n.text, "true") }
	words := func(n *node) []string {
		var out []string
		if n != nil {
			for _, i := range n.items {
				out = append(out, str(i))
			}
		}
		return out
	}
	p, g := d.root.get("policy"), d.root.get("governance")
	d.Policy = Policy{
		RequiresReview: yes(p.get("ai_code_requires_review")), MinimumScore: whole(p.get("minimum_governance_score")),
		MandatoryPacks: words(p.get("mandatory_packs")), BlockUnscanned: yes(p.get("block_unscanned_ai_code")),
	}
	d.Governance = Governance{
		Engine: str(g.get("engine")), Result: str(g.get("result")), Score: whole(g.get("score")), Packs: words(g.get("packs")),
	}
}

// line is where a key stands, 0 when it is not there.
func (d *Document) line(path ...string) int {
	n := d.root
	for _, name := range path {
		if n = n.get(name); n == nil {
			return 0
		}
	}
	return n.line
}

// Window is the span of time that the file's counts are for, in seconds since 1970:
// range.from to range.to, or without them up to generated. From 0 means from the
// beginning. It is false when the file names none.
func (d *Document) Window() (from, to int64, ok bool) {
	to = cmp.Or(d.To, d.Generated)
	return d.From, to, to != 0
}
