package attestation

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"custody/attestation/claim"
	"custody/internal/change"
	"custody/internal/git"
)

// A TrailerParser gives the trailers of a message as git reads them, and says whether
// there were more than it reads.
type TrailerParser func(message []byte) (trailers []change.Trailer, more bool)

// A HistoryEntry is one commit of a repository's history.
type HistoryEntry struct {
	Commit
	Merge bool
	Month string // "2026-11", of the committer's clock in UTC; shown, decides nothing

	When int64 // of the committer's clock, in seconds since 1970; decides nothing

	Files       []HistoryFile // of an agent's commit, when they were asked for; sorted
	FilesUnread bool          // they were, and could not be read
}

// Attributed says whether there is anything to tell of the commit: a class, or the
// automation that wrote it.
func (e *HistoryEntry) Attributed() bool { return e.Class != Unknown || e.Automation != "" }

// A Window selects the commits whose numbers .ai-attestation.yaml is compared with, by
// the committer's clock, in seconds since 1970. The zero Window takes all.
type Window struct{ From, To int64 }

func (w Window) after(t int64) bool    { return w.To != 0 && t > w.To }
func (w Window) contains(t int64) bool { return !w.after(t) && (w.From == 0 || t >= w.From) }

// A HistorySummary adds up what the commits say. Every commit given is counted, merges
// too.
type HistorySummary struct {
	Commits    int            `json:"commits"`
	Merges     int            `json:"merges"`
	AI         int            `json:"ai_commits"`
	AIPermille *int           `json:"ai_permille"` // of commits; null without any
	Classes    map[Class]int  `json:"classes"`
	Tools      []HistoryCount `json:"tools"`            // agents, by commits
	Models     []HistoryModel `json:"models,omitempty"` // models that agents' commits name, by agent and model
	Automation []HistoryCount `json:"automation"`       // deterministic tools that authored, by commits
	Months     []HistoryMonth `json:"months"`           // those with commits by agents
	Cut        int            `json:"cut"`              // commits with more attribution in their message than is read

	// When files were asked for:
	Folders     []HistoryFolder `json:"folders,omitempty"`      // by commits
	Files       []HistoryPath   `json:"files,omitempty"`        // that agents' commits changed, by commits
	FilesUnread int             `json:"files_unread,omitempty"` // agents' commits whose files could not be read
	FilesMore   int             `json:"files_more,omitempty"`   // files beyond a limit, not listed
}

// A HistoryCount is the number of commits in which a tool took part.
type HistoryCount struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Commits int    `json:"commits"`
}

// A HistoryModel is the number of commits in which an agent took part with a model.
type HistoryModel struct {
	Agent   string `json:"agent"`
	Model   string `json:"model"`
	Commits int    `json:"commits"`
}

// A HistoryMonth is the number of commits by agents in one month.
type HistoryMonth struct {
	Month   string         `json:"month"`
	Commits int            `json:"commits"`
	All     int            `json:"all_commits,omitempty"` // by anybody
	Tools   []HistoryCount `json:"tools,omitempty"`       // agents, by commits
}

// A History classifies commits one by one, in the order in which they are added, and
// keeps nothing of a commit but its counts: memory does not grow with history.
type History struct {
	parse TrailerParser
	notes NoteReader // nil: none are read
	visit func(*HistoryEntry) error
	sum   HistorySummary

	tools, automation map[string]int
	all               map[string]int            // commits by month
	months            map[string]map[string]int // commits by month and agent; under "" those by any
	models            map[Agent]int

	// For .ai-attestation.yaml: without merges, within the window.
	window                           Window
	byTool                           map[claim.ToolName]*seenTool
	commits, assisted, after, before int64
	first, last                      int64
}

// seenTool counts one agent's commits, and when the first and last were.
type seenTool struct{ commits, first, last int64 }

// NewHistory makes a History that hands every entry to visit. The entry is visit's to
// keep.
func NewHistory(parse TrailerParser, w Window, visit func(*HistoryEntry) error) *History {
	return &History{
		parse: parse, visit: visit, window: w, byTool: map[claim.ToolName]*seenTool{},
		sum:   HistorySummary{Classes: map[Class]int{}},
		tools: map[string]int{}, automation: map[string]int{}, months: map[string]map[string]int{}, all: map[string]int{}, models: map[Agent]int{},
	}
}

// WithNotes lets notes speak, too. Numbers that others have to get again, such as those
// of .ai-attestation.yaml, go without: a clone brings no notes along.
func (h *History) WithNotes(read NoteReader) *History {
	h.notes = read
	return h
}

// Add classifies one commit. The error is visit's, or that of reading its note.
func (h *History) Add(c *git.Commit) error {
	trailers, more := h.parse(c.Message)
	e := HistoryEntry{Merge: len(c.Parents) > 1, Month: month(c.Committer.When), When: c.Committer.When}
	var found []attribution
	e.Commit, found = known().read(c, trailers)
	if h.notes != nil {
		if err := h.notes(&e.Commit, c); err != nil {
			return err
		}
	}
	e.settle()
	if e.Attributed() {
		named := e.People // by notes
		e.People = known().people(c, trailers, found)
		for _, who := range named {
			e.People = addPerson(e.People, who)
		}
	}
	e.trim()
	e.forget()
	h.sum.Commits++
	h.sum.Classes[e.Class]++
	h.all[e.Month]++
	if e.Merge {
		h.sum.Merges++
	}
	if more || e.cut {
		h.sum.Cut++
	}
	if e.Automation != "" {
		h.automation[e.Automation]++
	}
	if e.Class.IsAI() {
		h.sum.AI++
		month := h.months[e.Month]
		if month == nil {
			month = map[string]int{}
			h.months[e.Month] = month
		}
		month[""]++
		for _, id := range agentIDs(&e.Commit) {
			h.tools[id]++
			month[id]++
		}
		for _, a := range e.Agents {
			if _, had := h.models[a]; a.Model != "" && (had || len(h.models) < MaxModels) {
				h.models[a]++
			}
		}
	}
	if !e.Merge {
		h.count(&e, c.Committer.When)
	}
	return h.visit(&e)
}

// count adds a commit to what .ai-attestation.yaml is compared with.
func (h *History) count(e *HistoryEntry, when int64) {
	if e.Class.IsAI() && h.window.after(when) {
		h.after++
	}
	if !h.window.contains(when) {
		if e.Class.IsAI() && !h.window.after(when) {
			h.before++
		}
		return
	}
	if h.commits == 0 {
		h.first, h.last = when, when
	}
	h.commits++
	h.first, h.last = min(h.first, when), max(h.last, when)
	if !e.Class.IsAI() {
		return
	}
	h.assisted++
	// Rows of the table that the file's format does not tell apart are one tool there.
	for _, tool := range claimTools(&e.Commit) {
		s := h.byTool[tool]
		if s == nil {
			s = &seenTool{first: when, last: when}
			h.byTool[tool] = s
		}
		s.commits++
		s.first, s.last = min(s.first, when), max(s.last, when)
	}
}

// Summary adds up what was added so far.
func (h *History) Summary() *HistorySummary {
	s := h.sum
	s.Tools, s.Automation, s.Months = counted(h.tools), counted(h.automation), []HistoryMonth{}
	for m, byAgent := range h.months {
		n := byAgent[""]
		tools := maps.Clone(byAgent)
		delete(tools, "")
		s.Months = append(s.Months, HistoryMonth{m, n, h.all[m], counted(tools)})
	}
	slices.SortFunc(s.Months, func(a, b HistoryMonth) int { return cmp.Compare(a.Month, b.Month) })
	for a, n := range h.models {
		s.Models = append(s.Models, HistoryModel{a.ID, a.Model, n})
	}
	slices.SortFunc(s.Models, func(a, b HistoryModel) int {
		return cmp.Or(cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Model, b.Model))
	})
	s.AIPermille = permilleOf(s.AI, s.Commits)
	return &s
}

// MaxModels bounds the models that a summary lists: whoever pushes chooses the names.
const MaxModels = 10_000

// agentIDs are the agents of a commit, each once whatever its models.
func agentIDs(c *Commit) []string {
	var ids []string
	for _, a := range c.Agents {
		if !slices.Contains(ids, a.ID) {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

func counted(m map[string]int) []HistoryCount {
	t, out := known(), []HistoryCount{}
	for id, n := range m {
		name := "Unlisted agent"
		if r := t.byID[id]; r != nil {
			name = r.Name
		}
		out = append(out, HistoryCount{id, name, n})
	}
	slices.SortFunc(out, func(a, b HistoryCount) int {
		return cmp.Or(cmp.Compare(b.Commits, a.Commits), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// sane bounds the dates that are shown: git stores any number.
func sane(when int64) bool { return when > 0 && when < 1<<32 }

func month(when int64) string { return cmp.Or(stamp(when, "2006-01"), "unknown") }

// Facts are the counts in the terms of .ai-attestation.yaml, over the window. Repo is
// "owner/name" and its address, generated the moment of counting (RFC 3339), cut why
// history is not whole, empty if it is.
func (h *History) Facts(repo claim.Repo, generated, cut string) claim.Facts {
	f := claim.Facts{Repo: repo, Generated: generated, Cut: cut, Commits: h.commits, Assisted: h.assisted, After: h.after, Before: h.before}
	if h.sum.Cut > 0 && cut == "" {
		f.Cut = "limit-trailers"
	}
	if h.commits > 0 {
		f.From, f.To = stamp(h.first, time.RFC3339), stamp(h.last, time.RFC3339)
	}
	for name, s := range h.byTool {
		f.Tools = append(f.Tools, claim.Tool{ToolName: name, Commits: s.commits, First: stamp(s.first, time.DateOnly), Last: stamp(s.last, time.DateOnly)})
	}
	slices.SortFunc(f.Tools, func(a, b claim.Tool) int { return cmp.Compare(a.ID, b.ID) })
	return f
}

func stamp(when int64, layout string) string {
	if !sane(when) {
		return ""
	}
	return time.Unix(when, 0).UTC().Format(layout)
}
