package inventory

import (
	"cmp"
	"slices"
	"strings"

	"custody/attestation"
)

// An Agent is one that took part in commits.
type Agent struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Models  []string `json:"models"`  // those that the commits name, sorted
	Commits int      `json:"commits"` // in which it took part
	Systems []string `json:"systems"` // entries that list it, by name

	known []string // names by which people call it
}

// OfHistory are the agents of a whole history.
func OfHistory(h *attestation.HistorySummary) []Agent {
	var out []Agent
	for _, t := range h.Tools {
		a := newAgent(t.ID)
		a.Commits = t.Commits
		for _, m := range h.Models {
			if m.Agent == t.ID {
				a.Models = append(a.Models, m.Model)
			}
		}
		out = append(out, a)
	}
	return sorted(out)
}

// OfChange are the agents of one change.
func OfChange(r *attestation.Report) []Agent {
	var out []Agent
	for i := range r.Commits {
		c := &r.Commits[i]
		if !c.Class.IsAI() && c.Class != attestation.Conflict {
			continue
		}
		var counted []string
		for _, a := range c.Agents {
			at := slices.IndexFunc(out, func(b Agent) bool { return b.ID == a.ID })
			if at < 0 {
				at = len(out)
				out = append(out, newAgent(a.ID))
			}
			if !slices.Contains(counted, a.ID) {
				counted = append(counted, a.ID)
				out[at].Commits++
			}
			if a.Model != "" && !slices.Contains(out[at].Models, a.Model) {
				out[at].Models = append(out[at].Models, a.Model)
			}
		}
	}
	return sorted(out)
}

func sorted(as []Agent) []Agent {
	for i := range as {
		slices.Sort(as[i].Models)
		as[i].Models = slices.Compact(as[i].Models)
	}
	slices.SortFunc(as, func(a, b Agent) int { return cmp.Compare(a.ID, b.ID) })
	return as
}

func newAgent(id string) Agent {
	a := Agent{ID: id, Name: "Unlisted agent", Models: []string{}, Systems: []string{}, known: []string{plain(id)}}
	for _, row := range attestation.Identities() {
		if row.ID != id {
			continue
		}
		a.Name = row.Name
		for _, n := range slices.Concat([]string{row.Name}, row.Names, row.Short) {
			a.known = append(a.known, plain(n))
		}
	}
	return a
}

// plain is a name or model as two spellings of it are equal: "Claude Opus 4.7",
// "claude-opus-4-7" and "anthropic/claude-opus-4.7".
func plain(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		s = s[i+1:]
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '-' || r == '_' || r == '.' || r == ':' }), "-")
}

// isOf says whether an entry is about an agent: by id, or by what people call it.
func (s *System) isOf(a *Agent) bool {
	for _, key := range []string{"agent", "name", "model"} {
		for _, text := range s.list(key) {
			if slices.Contains(a.known, plain(text)) {
				return true
			}
		}
	}
	return a.ID == attestation.Unlisted && slices.ContainsFunc(a.Models, s.covers)
}

// covers says whether an entry lists a model: as written, with the version behind it,
// or by a pattern that ends in "*". A pattern must say something before that.
func (s *System) covers(model string) bool {
	want := plain(model)
	own := s.Text("model")
	texts := append(s.list("models"), own)
	if own != "" {
		texts = append(texts, own+" "+s.Text("version"))
	}
	for _, t := range texts {
		if start, ok := strings.CutSuffix(t, "*"); ok {
			if start = plain(start); start != "" && strings.HasPrefix(want, start) {
				return true
			}
		} else if p := plain(t); p != "" && p == want {
			return true
		}
	}
	return false
}
