package pack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"custody/attestation"
	"custody/impact"
	"custody/internal/change/manifest"
	"custody/internal/finding"
	"custody/internal/review"
)

// reach is what the change reaches, as people ask for it: how much, how far, what.
type reach struct {
	Assessed bool // the list is complete
	Sentence string
	Reasons  []string
	Steps    []bar // files changed, then what is reached by distance
	Nodes    []node
	Total    int
	listed   int // of Total, in pack.json
}

// A bar is one line of a chart: a label, a count, and its share of the longest.
type bar struct {
	Label   string
	Count   int
	Percent int // of the chart's width, at least 1 for what is not zero
}

type node struct {
	Name     string
	Kind     string
	Distance int
	Sure     string
	Why      string
}

// Rest says how many nodes are not shown, and where they are.
func (r reach) Rest() string { return elided(len(r.Nodes), r.listed, r.Total) }

// maxDistance is the last distance with a bar of its own.
const maxDistance = 5

func newReach(r *impact.Report) reach {
	if r == nil {
		return reach{Sentence: "What this change reaches was not assessed."}
	}
	more := impact.More{}
	if r.More != nil {
		more = *r.More
	}
	out := reach{Assessed: r.Outcome == finding.Satisfied, Total: len(r.Reached), listed: len(r.Reached)}
	reasons := gather(r.Reasons)
	for _, reason := range reasons[:min(len(reasons), maxReasons)] {
		out.Reasons = append(out.Reasons, reasonText(reason))
	}
	counts := make([]int, maxDistance+2)
	counts[0] = len(r.Changed) + more.Changed
	kinds := map[string]int{}
	for _, n := range r.Reached {
		counts[min(max(n.Distance, 1), maxDistance+1)]++
		kinds[string(n.Kind)]++
	}
	for _, m := range more.Reached {
		out.Total += m.Count
		counts[min(max(m.Distance, 1), maxDistance+1)] += m.Count
		kinds[string(m.Kind)] += m.Count
	}
	out.Steps = steps(counts)
	for _, n := range r.Reached[:min(len(r.Reached), maxReached)] {
		out.Nodes = append(out.Nodes, node{
			Name: cmp.Or(n.Path, n.Node), Kind: string(n.Kind), Distance: n.Distance, Sure: sure(n.Confidence), Why: n.Reason,
		})
	}
	switch {
	case out.Total == 0 && out.Assessed:
		out.Sentence = "Nothing else in the repository depends on what was changed."
	case out.Total == 0 && len(r.Reasons) == 1 && r.Reasons[0].Code == impact.ReasonNothing && counts[0] > 0:
		out.Sentence = "No changed file is code, and no code imports one. What reads one by its path is not seen."
	case out.Total == 0 && !slices.ContainsFunc(r.Changed, func(c impact.Changed) bool { return c.Language != "" }):
		out.Sentence = "What this change reaches was not assessed."
	case out.Total == 0:
		out.Sentence = "Nothing beyond the changed files is known to depend on them; not everything could be followed."
	default:
		out.Sentence = "Beyond the changed files it reaches " + listKinds(kinds) + "."
		if !out.Assessed {
			out.Sentence = "It reaches at least " + listKinds(kinds) + "; not everything could be followed."
		}
	}
	return out
}

// risk is how much harm the change could do, and why.
type risk struct {
	Known   bool
	Level   string
	Reasons []string
}

// maxRisks are the reasons that are shown; they are sorted by weight.
const maxRisks = 3

func newRisk(r *impact.Report) risk {
	if r == nil || r.Risk == nil {
		return risk{}
	}
	out := risk{Known: true, Level: r.Risk.Level}
	for _, reason := range r.Risk.Reasons[:min(len(r.Risk.Reasons), maxRisks)] {
		out.Reasons = append(out.Reasons, reason.Detail)
	}
	return out
}

// skipWords are what a skip reason says of one thing and of many.
var skipWords = map[string][2]string{
	impact.SkipUnsupported: {"file of a kind that is not read yet changed, or could use what did", "files of kinds that are not read yet changed, or could use what did"},
	impact.SkipUnresolved:  {"import leads nowhere that is known", "imports lead nowhere that is known"},
	impact.SkipUnreadable:  {"file could not be read, or not to its end", "files could not be read, or not to their end"},
	impact.SkipLimit:       {"thing is over a limit", "things are over a limit"},
}

// unresolvedWords are those of impact.SkipUnresolved where all of it is about manifests, which
// import nothing, and where some is.
var unresolvedWords = [2][2]string{
	{"dependency of which it is not known who imports it", "dependencies of which it is not known who imports them"},
	{"import or dependency leads nowhere that is known", "imports and dependencies lead nowhere that is known"},
}

// gather makes one reason of all that have the same skip reason, with their number and
// the first of them. An impact report has a few of each, and one more that counts the
// others.
func gather(reasons []finding.Reason) []finding.Reason {
	var out []finding.Reason
	for len(reasons) > 0 {
		first := reasons[0]
		words, ok := skipWords[first.Code]
		if !ok {
			out, reasons = append(out, first), reasons[1:]
			continue
		}
		var shown []string
		total, manifests, named := 0, 0, 0
		for ; len(reasons) > 0 && reasons[0].Code == first.Code; reasons = reasons[1:] {
			more := 0
			if _, err := fmt.Sscanf(reasons[0].Detail, "and %d more", &more); err == nil && reasons[0].Path == "" {
				total += more
				continue
			}
			named++
			if _, ok := manifest.FormatOf(reasons[0].Path); ok {
				manifests++
			}
			if total++; len(shown) < 3 {
				shown = append(shown, placeFirst(reasons[0]))
			}
		}
		switch {
		case first.Code != impact.SkipUnresolved || manifests == 0:
		case manifests == named:
			words = unresolvedWords[0]
		default:
			words = unresolvedWords[1]
		}
		text := plural(total, words[0], words[1]) + ": " + strings.Join(shown, ", ")
		if total > len(shown) {
			text += " and " + number(total-len(shown)) + " more"
		}
		out = append(out, finding.Reason{Code: first.Code, Detail: text})
	}
	return out
}

func placeFirst(r finding.Reason) string {
	switch {
	case r.Path == "":
		return cmp.Or(r.Detail, r.Code)
	case r.Detail == "":
		return r.Path
	}
	return r.Path + " (" + r.Detail + ")"
}

func steps(counts []int) []bar {
	last := 0
	for i, n := range counts {
		if n > 0 {
			last = i
		}
	}
	var bars []bar
	for i, n := range counts[:last+1] {
		label := fmt.Sprintf("%d steps away", i)
		switch i {
		case 0:
			label = "changed"
		case 1:
			label = "1 step away"
		case maxDistance + 1:
			label = fmt.Sprintf("over %d steps away", maxDistance)
		}
		bars = append(bars, bar{Label: label, Count: n})
	}
	scale(bars)
	return bars
}

func scale(bars []bar) {
	longest := 0
	for _, b := range bars {
		longest = max(longest, b.Count)
	}
	for i, b := range bars {
		if b.Count > 0 {
			bars[i].Percent = max(1, b.Count*100/longest)
		}
	}
}

// listKinds is "12 files, 3 packages and 1 test".
func listKinds(kinds map[string]int) string {
	names := make([]string, 0, len(kinds))
	for kind := range kinds {
		names = append(names, kind)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(kinds[b]-kinds[a], cmp.Compare(a, b))
	})
	var parts []string
	rest := 0
	for i, kind := range names {
		if i < 8 {
			parts = append(parts, plural(kinds[kind], name(kind), name(kind)+"s"))
		} else {
			rest += kinds[kind]
		}
	}
	if rest > 0 {
		parts = append(parts, number(rest)+" more")
	}
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// sure says how certain a path is.
func sure(c impact.Confidence) string {
	if c >= 1000 {
		return "certain"
	}
	return percent(int(max(c, 0)), 1000) + " sure"
}

// authorship is who or what wrote the added lines.
type authorship struct {
	Known    bool // there is a report
	Assessed bool
	Sentence string
	Reasons  []string
	Classes  []share
	Agents   []agent
	Against  []string // what contradicts what was decided, commit by commit
	People   people
	Least    bool // there may be more: not all commits are listed
}

// A share is one piece of the bar. Start and Width are in thousandths of it.
type share struct {
	Class        attestation.Class
	Label        string
	Meaning      string
	Lines        int
	Share        string
	Start, Width int
}

type agent struct {
	Name     string
	Commits  int
	Evidence string
	Sessions string // the first of them, and how many more
}

// classWords are the label and the meaning of each class, for people.
var classWords = map[attestation.Class][2]string{
	attestation.AIVerified:    {"AI, verified", "A signature or the forge itself shows that an agent wrote it."},
	attestation.AIDeclared:    {"AI, declared", "The commit says that an agent wrote it or took part."},
	attestation.Mixed:         {"AI and human", "There is evidence of both, line by line."},
	attestation.HumanAttested: {"Human, attested", "Somebody stands for it with evidence that can be checked."},
	attestation.HumanDeclared: {"Human, declared", "The author says that no AI was used."},
	attestation.Unknown:       {"Unknown", "Nothing says who or what wrote it. That is not taken for a human hand."},
	attestation.Conflict:      {"Contradictory", "Equally strong evidence says different things."},
}

func newAuthorship(v *review.Verdict) authorship {
	r := v.Attestation
	if r == nil {
		return authorship{Sentence: "Who or what wrote this change was not assessed."}
	}
	out := authorship{Known: true, Assessed: r.Outcome == finding.Satisfied}
	for _, reason := range r.Reasons[:min(len(r.Reasons), maxReasons)] {
		out.Reasons = append(out.Reasons, reasonText(reason))
	}
	if out.Least = r.More != nil && r.More.Commits > 0; out.Least {
		out.Reasons = append(out.Reasons, plural(r.More.Commits, "commit of which less is known is", "commits of which less is known are")+" counted and not listed: agents and people below are those of the others")
	}
	total, start := r.Summary.AddedLines, 0
	for _, c := range attestation.Classes {
		lines := r.Summary.Lines[c]
		if lines <= 0 || total <= 0 {
			continue
		}
		width := max(1, min(lines, total)*1000/total)
		out.Classes = append(out.Classes, share{
			Class: c, Label: classWords[c][0], Meaning: classWords[c][1],
			Lines: lines, Share: percent(lines, total), Start: start, Width: width,
		})
		start += width
	}
	out.Sentence = authorshipSentence(r.Summary.Lines, total)
	out.Agents = agents(r.Commits)
	out.Against = contradictions(r.Commits)
	for _, c := range r.Commits {
		out.People.add(c.People...)
	}
	out.People.ready(v.Inputs.Privacy, maxPeople)
	return out
}

// authorshipSentence says first what an agent wrote, then what is contradictory or
// unknown. What is only declared is not told as a fact, and silence is no human hand.
func authorshipSentence(lines map[attestation.Class]int, total int) string {
	ai := 0
	for c, n := range lines {
		if c.IsAI() {
			ai += n
		}
	}
	added := plural(total, "added line", "added lines")
	verified, conflict, unknown := lines[attestation.AIVerified], lines[attestation.Conflict], lines[attestation.Unknown]
	switch {
	case total == 0:
		return "The change adds no lines."
	case ai > 0 && verified == ai:
		return fmt.Sprintf("%s of %s came from an AI agent, which is verified.", capital(percent(ai, total)), added)
	case ai > 0 && verified > 0:
		return fmt.Sprintf("%s of %s came from an AI agent, in whole or in part: %s verified, the others as declared.", capital(percent(ai, total)), added, percent(verified, total))
	case ai > 0:
		return fmt.Sprintf("%s of %s came from an AI agent, in whole or in part, as is declared.", capital(percent(ai, total)), added)
	case conflict > 0:
		return fmt.Sprintf("Evidence contradicts itself about %s of %s.", number(conflict), added)
	case unknown == total:
		return fmt.Sprintf("Nothing says who or what wrote the %s.", added)
	case unknown > 0:
		return fmt.Sprintf("Nothing says who or what wrote %s of %s; people stand for the others.", number(unknown), added)
	default:
		return fmt.Sprintf("People stand for the %s, as attested or declared.", added)
	}
}

func capital(s string) string { return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] }

// agents lists them with how many commits name them and the strongest evidence.
func agents(commits []attestation.Commit) []agent {
	type key struct{ id, model string }
	count := map[key]int{}
	best := map[string]attestation.Evidence{}
	sessions := map[string][]string{}
	for _, c := range commits {
		for _, a := range c.Agents {
			count[key{a.ID, a.Model}]++
		}
		for _, e := range c.Evidence {
			if b, ok := best[e.Agent]; e.Agent != "" && (!ok || e.Strength < b.Strength) {
				best[e.Agent] = e
			}
			if e.Session != "" && !slices.Contains(sessions[e.Agent], e.Session) {
				sessions[e.Agent] = append(sessions[e.Agent], e.Session)
			}
		}
	}
	var out []agent
	for k, n := range count {
		a := agent{Name: k.id, Commits: n}
		if k.model != "" {
			a.Name += " (" + k.model + ")"
		}
		if e, ok := best[k.id]; ok {
			a.Evidence = fmt.Sprintf("strength %s, from the %s", e.Strength, sourceWords(e.Source))
		}
		if all := sessions[k.id]; len(all) > 0 {
			slices.Sort(all)
			a.Sessions = strings.Join(all[:min(len(all), maxSessions)], ", ")
			if n := len(all) - maxSessions; n > 0 {
				a.Sessions += fmt.Sprintf(" and %d more", n)
			}
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b agent) int { return cmp.Or(b.Commits-a.Commits, cmp.Compare(a.Name, b.Name)) })
	return out[:min(len(out), maxPeople)]
}

// maxSessions and maxAgainst are how many of each are shown.
const (
	maxSessions = 3
	maxAgainst  = 5
)

// sourceWords is where evidence comes from, as people say it.
func sourceWords(source string) string {
	switch source {
	case "note":
		return "note on the commit"
	case "trace":
		return "trace record"
	case "header":
		return "header of a file"
	case "signature":
		return "signature of the commit"
	case "signed-statement":
		return "signed statement"
	}
	return source
}

// contradictions are what speaks against the class of a commit, beside what decided.
func contradictions(commits []attestation.Commit) []string {
	var out []string
	total := 0
	for _, c := range commits {
		decided := ""
		for _, e := range c.Evidence {
			switch e.Role {
			case attestation.Decides:
				decided = e.Detail
			case attestation.Contradicts:
				if total++; len(out) < maxAgainst {
					out = append(out, fmt.Sprintf("%s: %s (strength %s, from the %s), against %s", c.SHA.Short(), e.Detail, e.Strength, sourceWords(e.Source), cmp.Or(decided, "the rest")))
				}
			}
		}
	}
	if n := total - len(out); n > 0 {
		out = append(out, fmt.Sprintf("%d more", n))
	}
	return out
}

// skips is what was not assessed, by reason.
type skips struct {
	Blocks bool // the verdict is incomplete because of it
	Kinds  []bar
	Shown  []finding.Reason
	Total  int
	All    []bar // what the graph of the whole repository lacks, by reason
	told   int   // of Total, those that Shown names or counts
}

// More is how many are not shown.
func (s skips) More() int { return s.Total - s.told }

func newSkips(v *review.Verdict) skips {
	out := skips{Blocks: v.Decision == review.Incomplete}
	elsewhere := map[finding.Reason]bool{} // examples of the whole repository: no matter of this change
	all := map[string]int{}
	if r := v.Impact; r != nil {
		for _, s := range r.Graph.Examples {
			elsewhere[finding.Reason{Code: s.Reason, Detail: s.Detail, Path: s.Path}] = true
		}
		for _, c := range r.Changed {
			for reason := range elsewhere {
				if reason.Path == c.Path || reason.Path == c.OldPath {
					delete(elsewhere, reason)
				}
			}
		}
		for code, n := range r.Graph.Skipped {
			if code != impact.SkipOpaque {
				all[code] = n
			}
		}
	}
	count := map[string]int{}
	for _, opaque := range []bool{false, true} { // pictures last: nothing was expected of them
		for _, r := range v.NotAssessed {
			if elsewhere[r] || (r.Code == impact.SkipOpaque) != opaque {
				continue
			}
			n := 1
			if _, err := fmt.Sscanf(r.Detail, "and %d more", &n); err != nil || r.Path != "" || n < 1 {
				n = 1
			}
			count[r.Code] += n
			out.Total += n
			if len(out.Shown) < maxSkipped {
				out.Shown = append(out.Shown, r)
				out.told += n
			}
		}
	}
	out.Kinds, out.All = byCount(count), byCount(all)
	return out
}

func byCount(count map[string]int) []bar {
	var bars []bar
	for label, n := range count {
		bars = append(bars, bar{Label: label, Count: n})
	}
	slices.SortFunc(bars, func(a, b bar) int { return cmp.Or(b.Count-a.Count, cmp.Compare(a.Label, b.Label)) })
	return bars
}
