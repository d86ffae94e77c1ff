package attestation

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"custody/attestation/claim"
	"custody/internal/change"
	"custody/internal/git"
)

// A TrailerParser gives the trailers of a message as git reads them.
type TrailerParser func(message []byte) []change.Trailer

// A HistoryEntry is one commit of a repository's history.
type HistoryEntry struct {
	Commit
	Merge bool
	Month string // "2026-11", of the committer's clock in UTC; shown, decides nothing
}

// Attributed says whether there is anything to tell of the commit: a class, or the
// automation that wrote it.
func (e *HistoryEntry) Attributed() bool { return e.Class != Unknown || e.Automation != "" }

// A Window selects the commits whose numbers .ai-attestation.yaml is compared with, by
// the committer's clock, in seconds since 1970. The zero Window takes all.
type Window struct{ From, To int64 }

func (w Window) after(t int64) bool    { return w.To != 0 && t > w.To }
func (w Window) contains(t int64) bool { return !w.after(t) && (w.From == 0 || t >= w.From) }

// A HistorySummary adds up what the commits say. Every commit reachable is counted,
// merges too.
type HistorySummary struct {
	Commits    int                  `json:"commits"`
	Merges     int                  `json:"merges"`
	AI         int                  `json:"ai_commits"`
	AIPermille *int                 `json:"ai_permille"` // of commits; null without any
	Classes    map[Class]int        `json:"classes"`
	Tools      []HistoryCount       `json:"tools"`      // agents, by commits
	Automation []HistoryCount       `json:"automation"` // deterministic tools that authored, by commits
	Months     []HistoryMonth       `json:"months"`     // those with commits by agents
	counts     map[string]*seenTool // per agent, within the window
	window     Window
	inWindow   int64
	aiInWindow int64
	aiAfter    int64
	first      int64
	last       int64
}

// A HistoryCount is the number of commits in which a tool took part.
type HistoryCount struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Commits int    `json:"commits"`
}

// A HistoryMonth is the number of commits by agents in one month.
type HistoryMonth struct {
	Month   string `json:"month"`
	Commits int    `json:"commits"`
}

type seenTool struct {
	commits     int64
	first, last int64
}

// History classifies commits one by one, in the order given, and hands each to visit.
// It keeps nothing of a commit but its counts, so memory does not grow with history.
// An error of the commits or of visit ends it.
func History(commits iter.Seq2[*git.Commit, error], parse TrailerParser, w Window, visit func(*HistoryEntry) error) (*HistorySummary, error) {
	t := known()
	h := &HistorySummary{Classes: map[Class]int{}, counts: map[string]*seenTool{}, window: w}
	tools, automation, months := map[string]int{}, map[string]int{}, map[string]int{}
	for c, err := range commits {
		if err != nil {
			return nil, fmt.Errorf("reading history: %w", err)
		}
		e := HistoryEntry{Commit: t.classify(c, parse(c.Message)), Merge: len(c.Parents) > 1, Month: month(c.Committer.When)}
		e.settle()
		e.trim()
		h.add(&e, c)
		for _, id := range agentIDs(&e.Commit) {
			tools[id]++
		}
		if e.Automation != "" {
			automation[e.Automation]++
		}
		if e.Class.IsAI() {
			months[e.Month]++
		}
		if err := visit(&e); err != nil {
			return nil, err
		}
	}
	h.Tools, h.Automation = counted(t, tools), counted(t, automation)
	h.Months = []HistoryMonth{}
	for m, n := range months {
		h.Months = append(h.Months, HistoryMonth{m, n})
	}
	slices.SortFunc(h.Months, func(a, b HistoryMonth) int { return cmp.Compare(a.Month, b.Month) })
	h.AIPermille = permilleOf(h.AI, h.Commits)
	return h, nil
}

// add counts one commit.
func (h *HistorySummary) add(e *HistoryEntry, c *git.Commit) {
	h.Commits++
	h.Classes[e.Class]++
	if e.Class.IsAI() {
		h.AI++
	}
	if e.Merge {
		h.Merges++
		return // .ai-attestation.yaml counts no merges
	}
	when := c.Committer.When
	if e.Class.IsAI() && h.window.after(when) {
		h.aiAfter++
	}
	if !h.window.contains(when) {
		return
	}
	if h.inWindow == 0 || when < h.first {
		h.first = when
	}
	if h.inWindow == 0 || when > h.last {
		h.last = when
	}
	h.inWindow++
	if !e.Class.IsAI() {
		return
	}
	h.aiInWindow++
	for _, id := range agentIDs(&e.Commit) {
		s := h.counts[id]
		if s == nil {
			s = &seenTool{first: when, last: when}
			h.counts[id] = s
		}
		s.commits++
		s.first, s.last = min(s.first, when), max(s.last, when)
	}
}

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

func counted(t *table, m map[string]int) []HistoryCount {
	out := []HistoryCount{}
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

func month(when int64) string {
	if !sane(when) {
		return "unknown"
	}
	return time.Unix(when, 0).UTC().Format("2006-01")
}

// Facts are the counts in the terms of .ai-attestation.yaml. Generated is when they
// were counted (RFC 3339); cut says why history is not whole, if it is not.
func (h *HistorySummary) Facts(owner, name, url, generated, cut string) claim.Facts {
	f := claim.Facts{
		Owner: owner, Name: name, URL: url, Generated: generated, Cut: cut,
		Commits: h.inWindow, Assisted: h.aiInWindow, After: h.aiAfter,
	}
	stamp := func(when int64, layout string) string {
		if !sane(when) {
			return ""
		}
		return time.Unix(when, 0).UTC().Format(layout)
	}
	if h.inWindow > 0 {
		f.From, f.To = stamp(h.first, time.RFC3339), stamp(h.last, time.RFC3339)
	}
	byTool := map[claim.ToolName]*seenTool{}
	for id, s := range h.counts {
		tool := claimTool(id)
		sum := byTool[tool]
		if sum == nil {
			sum = &seenTool{first: s.first, last: s.last}
			byTool[tool] = sum
		}
		sum.commits += s.commits
		sum.first, sum.last = min(sum.first, s.first), max(sum.last, s.last)
	}
	for tool, s := range byTool {
		f.Tools = append(f.Tools, claim.Tool{ToolName: tool, Commits: s.commits, First: stamp(s.first, time.DateOnly), Last: stamp(s.last, time.DateOnly)})
	}
	slices.SortFunc(f.Tools, func(a, b claim.Tool) int { return cmp.Compare(a.ID, b.ID) })
	return f
}
