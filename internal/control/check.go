package control

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/config"
	"custody/internal/config/yaml"
	"custody/internal/control/cel"
	"custody/internal/control/grep"
)

// maxChecks is how many checks one requirement may be made of.
const maxChecks = 50

// prepare compiles a check: what can not be understood is an error of the file.
func (c *Check) prepare(doc *yaml.Document, n *yaml.Node, values Values) error {
	kinds := 0
	for _, there := range []bool{c.All != nil, c.Any != nil, c.Text != nil, c.Data != nil, c.Diff != nil, c.SARIF != nil} {
		if there {
			kinds++
		}
	}
	if kinds != 1 {
		return doc.Errorf(n, "a check has %d kinds, not one", kinds).WithHint("write one of all, any, text, data, diff and sarif; put several into all or any")
	}
	c.leaves = 1
	for key, subs := range map[string][]Check{"all": c.All, "any": c.Any} {
		if n.Get(key) == nil {
			continue
		}
		if len(subs) == 0 {
			return doc.Errorf(n.Get(key), "%q holds no check, so it would prove nothing", key)
		}
		for i := range subs {
			if err := subs[i].prepare(doc, n.Get(key).Item(i), values); err != nil {
				return err
			}
			c.leaves += subs[i].leaves
		}
	}
	switch {
	case c.leaves > maxChecks:
		return doc.Errorf(n, "a check is made of more than %d", maxChecks)
	case c.Text != nil:
		return c.Text.prepare(doc, n.Get("text"), values)
	case c.Data != nil:
		return c.Data.prepare(doc, n.Get("data"), values)
	case c.Diff != nil:
		return c.Diff.prepare(doc, n.Get("diff"), values)
	case c.SARIF != nil && c.SARIF.Rule != "":
		if _, err := path.Match(c.SARIF.Rule, ""); err != nil {
			return doc.Errorf(n.Get("sarif").Get("rule"), "%q is no pattern of rule ids", clip(c.SARIF.Rule)).WithHint("* stands for any characters, ? for one")
		}
	}
	return nil
}

func (t *TextCheck) prepare(doc *yaml.Document, n *yaml.Node, values Values) error {
	at := n.Get("regex")
	var err error
	switch {
	case (t.Regex == "") == (t.Value == ""):
		return doc.Errorf(n, "a text check needs a regex or a value, and one of them")
	case t.Regex != "":
		t.command, err = grep.Regex(t.Regex)
	default:
		at = n.Get("value")
		v, ok := values.get(string(t.Value))
		s, isText := v.(string)
		if !ok || !isText || s == "" {
			return doc.Errorf(at, "no text is prescribed as %q", t.Value).WithHint("write it under values")
		}
		t.command, err = grep.Literal(s)
	}
	if err != nil {
		e := doc.Errorf(at, "%s", err)
		var u *grep.Unsupported
		if errors.As(err, &u) && u.Hint != "" {
			e = doc.Errorf(at, "%s", u.Reason).WithHint("%s", u.Hint)
		}
		return e
	}
	if n.Get("min_count") != nil && (t.MinCount < 1 || t.MinCount > hitsKept || t.Expect == Absent) {
		return doc.Errorf(n.Get("min_count"), "min_count is %d", t.MinCount).WithHint("it is 1 to %d, and for what is present", hitsKept)
	}
	return nil
}

// expects is what must be found, by default something.
func (t *TextCheck) expects() Expect {
	if t.Expect == "" {
		return Present
	}
	return t.Expect
}

func (c *DataCheck) prepare(doc *yaml.Document, n *yaml.Node, values Values) error {
	c.values = values.record()
	env := cel.Env{
		Variables: []cel.Variable{{Name: "doc", Type: cel.DynType}, {Name: "file", Type: cel.StringType}, {Name: "index", Type: cel.IntType}, {Name: "values", Type: c.values.Type}},
		Constants: map[string]cel.Value{"values": c.values},
	}
	var err error
	if c.holds, err = condition21(doc, n.Get("cel"), env, c.CEL); err != nil {
		return err
	}
	if c.When != "" {
		c.when, err = condition21(doc, n.Get("when"), env, c.When)
	}
	return err
}

func (c *DiffCheck) prepare(doc *yaml.Document, n *yaml.Node, values Values) error {
	c.values = values.record()
	env := cel.Env{
		Variables: []cel.Variable{{Name: "change", Type: changeType}, {Name: "values", Type: c.values.Type}},
		Constants: map[string]cel.Value{"values": c.values},
	}
	var err error
	c.holds, err = condition21(doc, n.Get("cel"), env, c.CEL)
	return err
}

// condition21 compiles a condition; its errors are those of the file.
func condition21(doc *yaml.Document, n *yaml.Node, env cel.Env, src string) (*cel.Program, error) {
	p, err := cel.CompileCondition(env, src)
	var e *cel.Error
	if errors.As(err, &e) {
		out := doc.Errorf(n, "the condition, at its character %d: %s", e.At+1, e.Message)
		if e.Hint != "" {
			out = out.WithHint("%s", e.Hint)
		}
		return nil, out
	}
	return p, err
}

// concerns says whether the check looks at a path.
func (c *Check) concerns(p change.Path) bool {
	about := func(in, out []config.Glob) bool { return config.MatchAny(in, p) && !config.MatchAny(out, p) }
	switch {
	case c.Text != nil:
		return about(c.Text.Paths, c.Text.Exclude)
	case c.Data != nil:
		return about(c.Data.Files, c.Data.Exclude)
	case c.Diff != nil, c.SARIF != nil:
		return true // any file may be of the change, or scanned
	}
	return slices.ContainsFunc(append(slices.Clone(c.All), c.Any...), func(sub Check) bool { return sub.concerns(p) })
}

// Says is the check in words, one line for each part, for who writes the code.
func (c *Check) says(values Values) []string {
	switch {
	case c.Text != nil:
		what := fmt.Sprintf("`%s`", oneLine(c.Text.Regex))
		if c.Text.Value != "" {
			v, _ := values.get(string(c.Text.Value))
			what = shown(v)
		}
		where := globList(c.Text.Paths, c.Text.Exclude)
		comments := ""
		if c.Text.StripComments {
			comments = ", comments aside"
		}
		switch {
		case c.Text.expects() == Absent:
			return []string{fmt.Sprintf("no line of %s may match %s%s", where, what, comments)}
		case c.Text.MinCount > 1:
			return []string{fmt.Sprintf("at least %d lines of %s must match %s%s", c.Text.MinCount, where, what, comments)}
		}
		return []string{fmt.Sprintf("some line of %s must match %s%s", where, what, comments)}
	case c.Data != nil:
		which := ""
		if c.Data.When != "" {
			which = fmt.Sprintf(" for which `%s`", oneLine(c.Data.When))
		}
		return []string{fmt.Sprintf("in every document of %s%s: `%s`", globList(c.Data.Files, c.Data.Exclude), which, oneLine(c.Data.CEL))}
	case c.Diff != nil:
		return []string{fmt.Sprintf("of the change: `%s`", oneLine(c.Diff.CEL))}
	case c.SARIF != nil:
		rule := ""
		if c.SARIF.Rule != "" {
			rule = " of rule " + oneLine(c.SARIF.Rule)
		}
		if c.SARIF.maxLevel() == NothingAtAll {
			return []string{fmt.Sprintf("%s reports nothing%s on the head", oneLine(c.SARIF.Tool), rule)}
		}
		return []string{fmt.Sprintf("%s reports nothing above level %s%s on the head", oneLine(c.SARIF.Tool), c.SARIF.maxLevel(), rule)}
	}
	var lines []string
	subs, joint := c.All, "and "
	if c.Any != nil {
		subs, joint = c.Any, "or "
	}
	for i := range subs {
		for j, line := range subs[i].says(values) {
			if i > 0 && j == 0 {
				line = joint + line
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func (c *SARIFCheck) maxLevel() MaxLevel {
	if c.MaxLevel == "" {
		return NothingAtAll
	}
	return c.MaxLevel
}

func globList(in, out []config.Glob) string {
	names := make([]string, len(in))
	for i, g := range in {
		names[i] = string(g)
	}
	s := strings.Join(names, ", ")
	if len(out) > 0 {
		s += " without " + globList(out, nil)
	}
	return s
}
