package period

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// reviews are all of one change, in no order that counts.
type reviews []*Change

// changes puts the reviews of each change together. A pack that does not say which change of
// the forge it is about belongs to that with the same head, if there is one.
func (b *Builder) changes() []reviews {
	// The key of each, in two steps: a hook knows no repository, and whoever reviews a commit by
	// hand no number.
	numbered, placed := map[string][]string{}, map[string][]string{} // keys by head
	note := func(keys map[string][]string, head, key string) {
		if !slices.Contains(keys[head], key) {
			keys[head] = append(keys[head], key)
		}
	}
	only := func(keys []string, in string) (key string, ok bool) {
		if len(keys) == 1 && strings.HasPrefix(keys[0], in) {
			return keys[0], true
		}
		return "", false
	}
	for _, c := range b.rows {
		if c.numbered() {
			note(numbered, c.Head, c.key())
		}
	}
	all := map[string]reviews{}
	for _, c := range b.rows {
		if c.Repository == "" {
			continue
		}
		key := c.key()
		if same, ok := only(numbered[c.Head], c.repository()+"\x00"); !c.numbered() && ok {
			key = same
		}
		note(placed, c.Head, key)
		all[key] = append(all[key], c)
	}
	for _, c := range b.rows {
		if c.Repository != "" {
			continue
		}
		key := c.key()
		if same, ok := only(placed[c.Head], ""); ok {
			key = same
		}
		all[key] = append(all[key], c)
	}
	var out []reviews
	for _, key := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[key])
	}
	return out
}

// numbered says whether the forge gave the change a number.
func (c *Change) numbered() bool { return c.Repository != "" && c.Number != 0 }

// key tells changes apart: by number where the forge gave one, else by head. The group of a
// merge queue that adds one pull request has its number, and is a review of it.
func (c *Change) key() string {
	if c.numbered() {
		return fmt.Sprintf("%s\x00%d", c.repository(), c.Number)
	}
	return c.repository() + "\x00" + c.Head
}

// repository is its name as those of one repository are equal: GitHub takes either case for the same.
func (c *Change) repository() string {
	if lower := strings.ToLower(c.Repository); strings.HasPrefix(lower, "github.com/") {
		return lower
	}
	return c.Repository
}

// stageRank: what happened counts before what may happen.
var stageRank = map[string]int{"push": 1, "merge": 2, "record": 3}

// worst decides between reviews of one stage and day, of which the later can not be
// told: a pack knows no hour. The worse one counts, so nothing is hidden by another.
var worst = map[string]int{"pass": 1, "incomplete": 2, "fail": 3}

// whenLast orders reviews by what tells which of them counts more: what happened before what
// may, one under the floor before one that anybody made without it, then the later.
func (c *Change) whenLast(than *Change) int {
	return cmp.Or(c.weight(than), cmp.Compare(c.Day, than.Day))
}

// better says whether a review counts more than another one of the same change.
func (c *Change) better(than *Change) bool {
	return cmp.Or(c.whenLast(than), cmp.Compare(worst[c.Decision], worst[than.Decision]), cmp.Compare(c.Pack, than.Pack)) > 0
}

// weight orders them without their days.
func (c *Change) weight(than *Change) int {
	return cmp.Or(cmp.Compare(stageRank[c.Stage], stageRank[than.Stage]), cmp.Compare(ranked(c.floor), ranked(than.floor)))
}

func ranked(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// counting is the review that counts in the period; nil where all are from before it. Of one
// head from several bases it is the one that shows the most of it.
func (of reviews) counting() *Change {
	var last *Change
	for _, c := range of {
		if !c.before && (last == nil || c.better(last)) {
			last = c
		}
	}
	if last == nil {
		return nil
	}
	widest := last
	for _, c := range of {
		if c.before || c.Head != last.Head || c.from == last.from || c.Stage != last.Stage || c.floor != last.floor {
			continue
		}
		if n := cmp.Compare(c.Added, widest.Added); n > 0 || n == 0 && widest != last && c.better(widest) {
			widest = c
		}
	}
	return widest
}

// closedBefore is the closing review that counted before the period; nil where there is none.
func (of reviews) closedBefore() (was *Change) {
	for _, c := range of {
		if c.before && c.Stage == "record" && (was == nil || c.better(was)) {
			was = c
		}
	}
	return was
}

// since is what c, which counts more, says of a change besides what an earlier closing review of it
// said, and the closing reviews of its period say that it took the place of.
func (of reviews) since(was, c *Change) (out []Exception) {
	for _, e := range c.exceptions {
		said := slices.ContainsFunc(was.exceptions, func(o Exception) bool { return o.Kind == e.Kind && o.Detail == e.Detail })
		if e.Kind == Overdue && !said || e.Kind == NotPassed && worst[c.Decision] > worst[was.Decision] {
			out = append(out, e)
		}
	}
	asked := slices.DeleteFunc(slices.Clone(of), func(o *Change) bool { return o != was && o != c && (o.before || o.Stage != "record") })
	return append(out, asked.replaced(c)...)
}

// replaced are the reviews that another one should not have taken the place of and that
// were worse than it. What has landed is judged once. The same head from another base
// is another change: the last commit of many may pass where all of them do not. And who leaves
// the floor out has another judge.
func (of reviews) replaced(counts *Change) []Exception {
	var out []Exception
	say := func(c *Change, format string, a ...any) {
		out = append(out, Exception{Kind: Replaced, Pack: c.Pack, Change: counts.Name(), Day: c.Day, Detail: fmt.Sprintf(format, a...)})
	}
	var under *Change
	for _, c := range of {
		if c.floor && !counts.floor && (under == nil || cmp.Or(c.whenLast(under), cmp.Compare(c.Pack, under.Pack)) > 0) {
			under = c
		}
		if c == counts || worst[c.Decision] <= worst[counts.Decision] {
			continue
		}
		var what string
		switch {
		case c.Stage == "record" && c.Day > counts.Day:
			what = "a later closing review"
		case c.Stage == "record":
			what = "an earlier closing review"
		case c.Head == counts.Head && c.from != counts.from:
			what = fmt.Sprintf("a review of the same head from another base (%.12s)", cmp.Or(c.from, c.Base))
		default:
			continue
		}
		say(c, "%s said %s: %s; that of %s, which counts, says %s", what, c.Decision, cmp.Or(strings.TrimRight(c.Reason, "."), "no reason is given"), counts.Day, counts.Decision)
	}
	if under != nil {
		say(under, "the review of %s at stage %s, which counts, was made without the organisation's floor; that of %s at stage %s was under it, and said %s", counts.Day, counts.Stage, under.Day, under.Stage, under.Decision)
	}
	return out
}

// beforeLanding is the last review before a change landed, or the first after it where it was late:
// up to the day of the closing one. nil where there is none, or it has not landed.
func (of reviews) beforeLanding(closing *Change) (last *Change, late bool) {
	if closing.Stage != "record" {
		return nil, false
	}
	landed, closed := of.landed()
	// Of the commit that landed, or was proposed, if there is any: what was pushed over it did not.
	itself := func(c *Change) bool { return c.Head == closing.Head || c.Head == closing.proposed }
	var before reviews
	var most *Change // of them, by stage and floor
	for _, c := range of {
		if c.Stage == "record" || c.Day > landed { // whoever reviewed it again then kept nothing from landing
			continue
		}
		before = append(before, c)
		if most == nil || c.weight(most) > 0 {
			most = c
		}
	}
	if late = most == nil; late { // the context says that it landed earlier than anybody looked
		for _, c := range of {
			if c.Stage == "record" || c.Day > closed || !itself(c) || most != nil && cmp.Or(cmp.Compare(most.Day, c.Day), c.weight(most)) <= 0 {
				continue
			}
			most, before = c, reviews{c}
		}
	}
	// What is asked before a landing is asked of no push.
	some := slices.ContainsFunc(before, func(c *Change) bool { return itself(c) && c.weight(most) == 0 })
	var day reviews // the reviews of the last day before it landed
	for _, c := range before {
		switch {
		case some && !itself(c):
		case len(day) == 0 || c.whenLast(day[0]) > 0:
			day = reviews{c}
		case c.whenLast(day[0]) == 0:
			day = append(day, c)
		}
	}
	return day.last(), late
}

// landed is the day by which a change had landed: that of its first closing review, closed, or an
// earlier one that the context of some closing review knows. Both are empty where it has none.
func (of reviews) landed() (day, closed string) {
	for _, c := range of {
		if c.Stage != "record" {
			continue
		}
		if closed == "" || c.Day < closed {
			closed = c.Day
		}
		if c.merged != "" && (day == "" || c.merged < day) {
			day = c.merged
		}
	}
	if day == "" || closed < day {
		day = closed
	}
	return day, closed
}

// passedBy is a change that landed although the last review before that was no pass, or was one
// for an exception of which the closing review says nothing: many a rule, such as the one that
// people approve, is asked before a change lands and not by the closing review, which may pass
// for that.
func (of reviews) passedBy(closing *Change) (out []Exception) {
	last, late := of.beforeLanding(closing)
	if last == nil {
		return nil
	}
	lands, which := fmt.Sprintf("it landed, and the last review before that, at stage %s, says %s", last.Stage, last.Decision), "the last review before it landed"
	if late {
		lands, which = fmt.Sprintf("it landed before its first review, which says %s at stage %s", last.Decision, last.Stage), "its first review, made when it had landed"
	}
	say := func(kind, format string, a ...any) {
		out = append(out, Exception{Kind: kind, Pack: last.Pack, Change: closing.Name(), Day: last.Day, Detail: fmt.Sprintf(format, a...)})
	}
	if last.Decision != "pass" && closing.Decision == "pass" {
		say(NotPassed, "%s: %s", lands, cmp.Or(last.Reason, "no reason is given"))
	}
	for _, e := range last.exceptions {
		said := slices.ContainsFunc(closing.exceptions, func(o Exception) bool {
			return o.Kind == e.Kind && (e.Kind != Waived || o.Detail == e.Detail)
		})
		if !said && slices.Contains([]string{Emergency, Waived, Baseline}, e.Kind) {
			say(e.Kind, "%s, says %s, and the closing one does not", e.Detail, which)
		}
	}
	return out
}

// last gives the review that stood when a change landed, of those of its last day: a pack
// knows no hour. One of a commit that another one builds on was before that. On its way one
// commit is often reviewed until it passes, so of each commit the best counts; and of commits
// between which nothing tells, the worst, or one that passed would hide one that did not.
func (of reviews) last() *Change {
	best := map[string]*Change{}
	for _, c := range of {
		if was := best[c.Head]; was == nil || cmp.Or(cmp.Compare(worst[c.Decision], worst[was.Decision]), cmp.Compare(c.Pack, was.Pack)) < 0 {
			best[c.Head] = c
		}
	}
	var last *Change
	for head, c := range best {
		if slices.ContainsFunc(of, func(o *Change) bool { return o.Head != head && slices.Contains(o.commits, head) }) {
			continue
		}
		if last == nil || cmp.Or(cmp.Compare(worst[c.Decision], worst[last.Decision]), cmp.Compare(c.Pack, last.Pack)) > 0 {
			last = c
		}
	}
	return last
}
