// Package checkrun says what a check run shows of a verdict. It is pure: a verdict in,
// texts out, within the limits that GitHub has.
//
// It promises that a conclusion which lets a change through is said of a verdict pass
// alone, or where the mode is report; and that what was not judged is never success,
// neutral or skipped when enforcing.
package checkrun

import (
	"fmt"
	"strings"

	"custody/internal/change"
	"custody/internal/change/markdown"
	"custody/internal/config"
	"custody/internal/pack"
	"custody/internal/review"
)

// A Conclusion is what a completed check run says.
type Conclusion string

const (
	Success        Conclusion = "success"
	Failure        Conclusion = "failure"
	ActionRequired Conclusion = "action_required"
	Neutral        Conclusion = "neutral" // in mode report only
)

// An Output is a completed check run.
type Output struct {
	Conclusion Conclusion `json:"conclusion"`
	Title      string     `json:"title"`
	Summary    string     `json:"summary"` // Markdown
	Text       string     `json:"text,omitempty"`
	DetailsURL string     `json:"details_url,omitempty"`
	Actions    []Action   `json:"actions,omitempty"`

	Annotations []Annotation `json:"annotations,omitempty"`
}

// An Action is a button.
type Action struct {
	Label       string `json:"label"`       // at most 20 characters
	Description string `json:"description"` // at most 40
	Identifier  string `json:"identifier"`  // at most 20
}

// Identifiers of buttons: one asks for another review, the others for an answer.
const (
	Rerun     = "rerun"
	Explain   = "explain"
	AskWaiver = "waiver"
)

// Answers are the buttons that ask for an answer.
var Answers = []string{Explain, AskWaiver}

// buttons are those of a verdict: what a change that may land does not need is left out.
func buttons(c Conclusion, quiet bool) []Action {
	all := []Action{{"Review again", "Make the review anew", Rerun}}
	if c != Success && !quiet {
		all = append(all, Action{"Explain", "Say what is asked, and why it is not so", Explain}, Action{"Request a waiver", "Say how an exception is granted", AskWaiver})
	}
	return all
}

// Input is what an Output is made from.
type Input struct {
	Verdict    *review.Verdict
	Digest     string // of the verdict
	Pack       string // its digest
	Mode       config.Mode
	DetailsURL string // where the pack is, or its page; may be empty
	Quiet      bool   // the App may write no comment: who pressed a button that asks for an answer would see none
	Landing    string // why a change that passes must not land all the same; empty otherwise
}

// MaxText is how long summary and text may be each. GitHub counts characters, and we
// bytes, which are never fewer.
const MaxText = 65_535

// DetailsHint says what the link of the check run leads to.
const DetailsHint = "**Details** is the whole review, and its signed pack. "

// Render says what a verdict looks like.
func Render(in Input) Output {
	said := pack.AnswerOf(in.Verdict)
	o := Output{
		Conclusion: conclusion(in.Verdict.Decision, in.Mode), Title: said.Headline, DetailsURL: in.DetailsURL,
	}
	why, next := said.Why, said.Next
	if in.Landing != "" {
		o.Conclusion = conclusion(review.Fail, in.Mode)
		o.Title = "This change may not land: it leaves no policy that can judge."
		why = "With it, no later change could be judged: " + in.Landing
		next = "Correct that file, or, where the base branch has it right by now, rebase on it. 'custody config validate' shows what is wrong with a policy."
	}
	o.Actions = buttons(o.Conclusion, in.Quiet)
	if o.Conclusion == Neutral && (in.Landing != "" || in.Verdict.Door.Mode != config.Report) { // else the headline says it
		o.Title = "Report only: " + o.Title
	}
	var b strings.Builder
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "**%s** %s\n\n", name, escape(text))
		}
	}
	line("Judged", said.Change)
	if why != "" && said.More > 0 && in.Landing == "" {
		why += fmt.Sprintf(" (and %d more)", said.More)
	}
	line("Why", why)
	line("First", said.First)
	line("To do", next)
	line("Who", said.Who)
	var more int
	if o.Annotations, more = annotations(in.Verdict); more > 0 {
		fmt.Fprintf(&b, "%d more findings have a line of this change: only the first %d are marked there. The pack has all.\n\n", more, MaxAnnotations)
	}
	if in.DetailsURL != "" {
		b.WriteString(DetailsHint)
	}
	fmt.Fprintf(&b, "Verdict `%s`, pack `%s`\n", in.Digest, in.Pack)
	o.Summary = cut(b.String())
	if o.Text = pack.Display(in.Verdict, in.Digest); in.Landing != "" {
		o.Text = "The pack says that the change passes, by the policy that stands before it. What this check says is of the policy that it would leave behind."
	}
	o.Title = cutTo(o.Title, 200)
	return o
}

// Undecided is the output where no verdict was reached: why, and what to do. It has a text of
// its own, since GitHub keeps of a run what nobody writes anew.
func Undecided(mode config.Mode, title, why, next string) Output {
	return Output{
		Conclusion: conclusion(review.Incomplete, mode), Title: cutTo(change.Printable(title), 200),
		Summary: cut(fmt.Sprintf("**Why** %s\n\n**To do** %s\n", escape(why), escape(next))),
		Text:    "Nothing was judged: of this there is no verdict, and no pack.",
		Actions: []Action{{"Review again", "Make the review anew", Rerun}},
	}
}

func conclusion(d review.Decision, mode config.Mode) Conclusion {
	switch {
	case d == review.Pass:
		return Success
	case mode == config.Report:
		return Neutral
	case d == review.Fail:
		return Failure
	}
	return ActionRequired
}

// escape makes text of a change safe in Markdown: nothing of it is markup, a link, a
// mention or a reference.
func escape(s string) string { return markdown.Prose(change.Printable(s)) }

func cut(s string) string { return cutTo(s, MaxText) }

// cutTo cuts at the end of a block, or of a character.
func cutTo(s string, max int) string {
	if len(s) <= max {
		return s
	}
	s = strings.ToValidUTF8(s[:max-len("\n…")], "")
	if i := strings.LastIndex(s, "\n\n"); i > 0 {
		s = s[:i]
	}
	return s + "\n…"
}
