package period

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"custody/internal/control/frameworks"
	"custody/internal/report"
)

// Report is what the packs that were added show.
func (b *Builder) Report() *Report {
	r := &Report{
		Schema: Schema, Framework: Framework{b.framework.ID, b.framework.Name, b.framework.Version}, From: b.from, To: b.to,
		Counts: b.counts, Exceptions: append([]Exception{}, b.refused...), Controls: []Control{}, Months: []Month{}, Changes: []Change{}, Lacks: []string{},
	}
	last, lastBefore := "", "" // up to which packs tell
	for _, c := range b.rows {
		if c.before {
			lastBefore = max(lastBefore, c.Day)
		} else {
			last = max(last, c.Day)
		}
	}
	over := 0 // changes of before the period of which something was due in it, see lack
	for _, of := range b.changes() {
		c := of.counting()
		for _, other := range of {
			if other != c && !other.before {
				r.Counts.Superseded++
			}
		}
		was := of.closedBefore()
		switch {
		case c == nil && was == nil:
			continue
		case was != nil: // it counts where it landed; what came of it since is asked about here
			if c != nil {
				r.Counts.Superseded++
				if c.whenLast(was) > 0 {
					r.Exceptions = append(r.Exceptions, of.since(was, c)...)
					was = c
				}
			}
			if was.due >= lastBefore && was.due < last { // else a report of before could say so, or one of later can
				over++
			}
			continue
		}
		r.Changes = append(r.Changes, *c)
		r.Exceptions = append(r.Exceptions, of.replaced(c)...)
		r.Exceptions = append(r.Exceptions, of.passedBy(c)...)
	}
	slices.SortFunc(r.Changes, func(x, y Change) int {
		return cmp.Or(cmp.Compare(x.Day, y.Day), cmp.Compare(x.Repository, y.Repository), cmp.Compare(x.Number, y.Number), cmp.Compare(x.Pack, y.Pack))
	})
	months := map[string]*Month{}
	for i := range r.Changes {
		c := &r.Changes[i]
		r.count(c)
		r.Exceptions = append(r.Exceptions, c.exceptions...)
		key := c.Day[:len("2026-11")]
		m := months[key]
		if m == nil {
			m = &Month{Month: key}
			months[key] = m
		}
		m.add(c)
	}
	slices.SortStableFunc(r.Exceptions, func(x, y Exception) int {
		return cmp.Or(slices.Index(kinds, x.Kind)-slices.Index(kinds, y.Kind), cmp.Compare(x.Day, y.Day), cmp.Compare(x.Change, y.Change), cmp.Compare(x.File, y.File), cmp.Compare(x.Detail, y.Detail), cmp.Compare(x.Pack, y.Pack))
	})
	r.Months = fill(slices.Sorted(maps.Keys(months)), months, b.from, b.to)
	rows := b.framework.Table
	if !b.known {
		rows, r.Framework.Version, r.otherWords = ownRows(r.Changes)
	}
	for _, row := range rows {
		r.Controls = append(r.Controls, newControl(row, r.Changes))
	}
	slices.SortStableFunc(r.Controls, func(x, y Control) int { return cmp.Compare(rate(x), rate(y)) })
	r.lack(last, over)
	return r
}

// ownRows are those of a company's own matrix, in the words of the newest edition that has each,
// and its editions. others says of which rows the words of another edition differ.
func ownRows(changes []Change) (rows []frameworks.Control, editions string, others []string) {
	own := map[ownRow]bool{}
	for i := range changes {
		for _, row := range changes[i].ownRows {
			own[row] = true
		}
	}
	newest := map[string]ownRow{}
	all := map[string]bool{}
	for row := range own {
		all[row.edition] = true
		was, ok := newest[row.ID]
		if n := cmp.Or(cmp.Compare(inOrder(row.edition), inOrder(was.edition)), cmp.Compare(was.About, row.About), cmp.Compare(was.Relation, row.Relation)); !ok || n > 0 {
			newest[row.ID] = row
		}
	}
	for row := range own {
		if is := newest[row.ID]; row.About != is.About || row.Relation != is.Relation {
			others = append(others, fmt.Sprintf("%s is shown in the words of edition %s; edition %s asks otherwise, %q (%s), and changes held against that count in the same row", row.ID, is.edition, row.edition, row.About, row.Relation))
		}
	}
	slices.Sort(others)
	for _, id := range slices.Sorted(maps.Keys(newest)) {
		rows = append(rows, frameworks.Control{ID: id, About: newest[id].About, Relation: newest[id].Relation})
	}
	order := slices.SortedFunc(maps.Keys(all), func(x, y string) int { return cmp.Or(cmp.Compare(inOrder(x), inOrder(y)), cmp.Compare(x, y)) })
	return rows, strings.Join(order, ", "), others
}

// inOrder is a text by which the names of editions sort as people count: 9 comes before 10.
func inOrder(edition string) string {
	return digits().ReplaceAllStringFunc(edition, func(n string) string { return strings.Repeat("0", max(0, 20-len(n))) + n })
}

var digits = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("[0-9]+") })

// Counting are the verdicts, by digest, of the reviews that count for their changes.
func Counting(packs []*report.VerifiedPack) map[string]bool {
	b := NewBuilder("", "", "")
	for _, p := range packs {
		b.Add(p)
	}
	counts := map[string]bool{}
	for _, of := range b.changes() {
		if c := of.counting(); c != nil {
			counts[c.Verdict] = true
		}
	}
	return counts
}

// maxEmpty bounds the months that are listed for what is not in them.
const maxEmpty = 600

// fill lists the months of the period, those without a change too: a year in which nobody
// reviewed anything in August is not one without an August.
func fill(keys []string, months map[string]*Month, from, to string) []Month {
	out := []Month{}
	if len(keys) == 0 {
		return out
	}
	first, last := monthNumber(keys[0]), monthNumber(keys[len(keys)-1])
	if from != "" {
		first = monthNumber(from)
	}
	if to != "" {
		last = monthNumber(to)
	}
	if last-first >= maxEmpty {
		for _, key := range keys {
			out = append(out, *months[key])
		}
		return out
	}
	for n := first; n <= last; n++ {
		key := fmt.Sprintf("%04d-%02d", n/12, n%12+1)
		if m := months[key]; m != nil {
			out = append(out, *m)
		} else {
			out = append(out, Month{Month: key})
		}
	}
	return out
}

// monthNumber counts the months up to that of a day, which is well formed.
func monthNumber(day string) int {
	year, _ := strconv.Atoi(day[:4])
	month, _ := strconv.Atoi(day[5:7])
	return year*12 + month - 1
}

// rate puts controls without a figure last.
func rate(c Control) int {
	if c.Permille == nil {
		return 1001
	}
	return *c.Permille
}

func (r *Report) count(c *Change) {
	n := &r.Counts
	n.Changes++
	switch c.Decision {
	case "pass":
		n.Pass++
	case "fail":
		n.Fail++
	default:
		n.Incomplete++
	}
	if c.Stage == "record" {
		n.Landed++
	}
	switch report.Approval(c.Approval) {
	case report.ApprovalCounted:
		n.Approved++
	case report.ApprovalNotSaid:
		n.Unsaid++
	}
}

func (m *Month) add(c *Change) {
	switch c.Decision {
	case "pass":
		m.Pass++
	case "fail":
		m.Fail++
	default:
		m.Incomplete++
	}
	m.Added += c.Added
	m.AILines += c.AILines
}

// newControl counts one row over all changes. A change whose review never looked for the
// row shows nothing for it: that weighs like evidence that is lacking.
func newControl(row frameworks.Control, changes []Change) Control {
	out := Control{ID: row.ID, About: row.About, Relation: row.Relation, Lacks: []string{}, Examples: []string{}}
	lacks, whys := map[string]int{}, map[string]int{}
	for i := range changes {
		c := &changes[i]
		s, asked := c.controls[row.ID]
		switch {
		case !asked && c.owns: // the edition that it was held against has no such row
			out.Aside++
			whys["the edition of "+c.edition+" has no such row"]++
			continue
		case !asked:
			out.Unasked++
		case s.code == "evidence":
			out.With++
			continue
		case s.code == "no-evidence":
			out.Without++
			for _, l := range s.lacks {
				lacks[l]++
			}
		default:
			out.Aside++
			whys[s.why]++
			continue
		}
		if len(out.Examples) < shownExamples {
			out.Examples = append(out.Examples, c.Name())
		}
	}
	if all := out.With + out.Without + out.Unasked; all > 0 {
		p := out.With * 1000 / all
		out.Permille = &p
	}
	if len(whys) > 0 {
		out.Why = slices.SortedFunc(maps.Keys(whys), func(x, y string) int { return cmp.Or(whys[y]-whys[x], cmp.Compare(x, y)) })[0]
		if len(whys) > 1 {
			out.Why = "of most, " + out.Why
		}
	}
	out.Lacks = slices.SortedFunc(maps.Keys(lacks), func(x, y string) int { return cmp.Or(lacks[y]-lacks[x], cmp.Compare(x, y)) })
	if out.Lacks == nil {
		out.Lacks = []string{}
	}
	return out
}

// lack says what the report can not show. last is the day up to which packs tell; over is how many
// changes of before the period wait for what an emergency put off to a day of it.
func (r *Report) lack(last string, over int) {
	say := func(format string, a ...any) { r.Lacks = append(r.Lacks, fmt.Sprintf(format, a...)) }
	dayIsOver := func(n int, when string) {
		if n > 0 {
			say("For %s%s what an emergency put off was due on a day that is over, and no review up to %s says whether it was done.", plural(n, "change"), when, last)
		}
	}
	n := r.Counts
	if n.Changes == 0 {
		say("No pack of the period counts: there is no evidence for anything.")
		dayIsOver(over, " of before the period")
		return
	}
	say("A change without a pack is not in the population. Compare its size with the list of merged changes that the forge gives.")
	if without := n.Changes - n.Landed; without > 0 {
		say("%s no closing review (stage record): that it landed, and as what, is not shown. 'custody audit --stage record' after the merge makes one.", have(without, "change"))
	}
	without, unasked, unsaid, noRule, unsigned, waiting, unsaidDue := 0, 0, 0, 0, 0, 0, 0
	for i := range r.Changes {
		switch c := &r.Changes[i]; {
		case c.due != "" && c.due < last:
			waiting++
		case c.unsaidDue:
			unsaidDue++
		}
		switch c := &r.Changes[i]; {
		case report.Approval(c.Approval) == report.ApprovalNotAsked:
			noRule++
		case report.Approval(c.Approval) == report.ApprovalNotSaid:
			unsaid++
		}
		if !r.Changes[i].Context {
			without++
		}
		if r.Changes[i].unsigned {
			unsigned++
		}
		if len(r.Changes[i].controls) == 0 {
			unasked++
		}
	}
	if without > 0 {
		say("%s a pack without a context: reviews, permissions and checks on the forge are not known for them.", have(without, "change"))
	}
	if unsigned > 0 {
		say("%s a context that nobody signed: what it says of reviews, people and checks is the word of who ran the review, whose key signed the pack.", have(unsigned, "change"))
	}
	if unsaid > 0 {
		say("%s a pack that does not say whose approvals counted: of an earlier version of Custody, or without what tells. 'custody audit --like PACK' makes one that says all that is known.", have(unsaid, "change"))
	}
	dayIsOver(waiting, "")
	dayIsOver(over, " of before the period")
	if unsaidDue > 0 {
		say("%s a pack of an earlier version of Custody, which tells in words alone by which day what an emergency put off is due: this report does not say whether that day is over.", have(unsaidDue, "change"))
	}
	for i, words := range r.otherWords {
		if i == shownExamples {
			say("The words of %s differ between editions, too.", plural(len(r.otherWords)-i, "more row"))
			break
		}
		say("%s.", words)
	}
	if noRule > 0 {
		say("Of %s no rule asked for an approval, so none was counted, whoever gave one.", plural(noRule, "change"))
	}
	if unasked > 0 {
		say("For %s the review did not look for %s: declare it under context.frameworks in security_requirements.yaml.", plural(unasked, "change"), r.Framework.ID)
	}
	if n.Refused > 0 {
		say("Of %s that did not verify nothing counts; they are the first exceptions.", plural(n.Refused, "file"))
	}
	say("The day of a pack is its signer's word, and so is that no pack was left out: keep the ledger, or a copy of the packs, where the signer can not write.")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func have(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " has"
	}
	return plural(n, noun) + " have"
}
