package config

import (
	"slices"
	"strings"

	"custody/attestation"
	"custody/attestation/signature"
	"custody/internal/change"
	"custody/internal/config/yaml"
	"custody/internal/control/frameworks"
)

// ParsePolicy reads the .custody.yaml that stands at base. Every error is a
// *yaml.Error with file, line, column and what would be right. Its rules may map to the
// controls of own, besides those that Custody knows.
func ParsePolicy(path string, src []byte, own ...frameworks.Framework) (*Policy, error) {
	p, err := parse(path, src, own)
	if err != nil {
		return nil, err
	}
	p.origin = path
	for _, key := range []string{"mode", "protected_refs", "trusted_merge_paths", "control_matrix"} {
		if n := p.doc.Root.Get(key); n != nil {
			return nil, p.doc.Errorf(n, "%q belongs into the organisation's floor, not into a repository", key).
				WithHint("take it out here; who runs Custody puts it into the floor")
		}
	}
	return p, nil
}

// ParseFloor reads an organisation's floor; name is for messages.
func ParseFloor(name string, src []byte) (*Policy, error) {
	p, err := parse(name, src, nil)
	if err != nil {
		return nil, err
	}
	p.origin = FloorOrigin
	return p, nil
}

func parse(name string, src []byte, own []frameworks.Framework) (*Policy, error) {
	doc, err := yaml.Parse(name, src)
	if err != nil {
		return nil, err
	}
	p := &Policy{doc: doc}
	if n := doc.Root.Get("version"); n != nil && n.Kind == yaml.Scalar && n.Text != "1" {
		return nil, doc.Errorf(n, "version %q of the policy format is not known", n.Text).WithHint("this program reads version: 1")
	}
	if err := doc.Decode(p); err != nil {
		return nil, err
	}
	c := &checker{doc, p, own}
	for _, check := range []func() error{c.matrix, c.rules, c.waivers, c.unknown, c.signers, c.people, c.emergency} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	p.fillDefaults()
	return p, nil
}

// fillDefaults writes out what the file left to the reference.
func (p *Policy) fillDefaults() {
	for i := range p.Waivers {
		w := &p.Waivers[i]
		w.Owner, w.Approver = oneLine(w.Owner), oneLine(w.Approver)
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Name = oneLine(r.Name); r.Name == "" {
			r.Name = asks[r.Kind]
		}
		if len(r.At) == 0 {
			r.At = defaultStages(r.Kind)
		}
		if r.Kind == KindChangeRecord && r.Approvals == nil && slices.Contains(r.Fields, FieldApproval) {
			r.Approvals = &Approvals{Humans: 1}
		}
		if r.Approvals != nil && r.Approvals.Permission == "" {
			r.Approvals.Permission = DefaultPermission
		}
		if r.Reason != nil && len(r.Reason.In) == 0 {
			r.Reason.In = slices.Clone(ReasonPlaces)
		}
	}
	if p.Emergency != nil && p.Emergency.Permission == "" {
		p.Emergency.Permission = DefaultEmergencyPermission
	}
}

// oneLine keeps what is shown in a list on one line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func defaultStages(k Kind) []change.Stage {
	switch k {
	case KindApprovals, KindJudge, KindReason, KindCheckRuns, KindChangeRecord:
		return []change.Stage{change.AtMerge}
	case KindPullRequest:
		return []change.Stage{change.AtMerge, change.AtRecord}
	}
	return []change.Stage{change.AtPush, change.AtMerge, change.AtRecord}
}

// A checker finds what no single value can tell.
type checker struct {
	doc *yaml.Document
	p   *Policy
	own []frameworks.Framework // the company's
}

// matrix comes first: rules may map to it.
func (c *checker) matrix() error {
	m := c.p.ControlMatrix
	if m == nil {
		return nil
	}
	n := c.doc.Root.Get("control_matrix")
	if err := m.check(c.doc, n); err != nil {
		return err
	}
	var ids []ID
	for _, r := range c.p.Rules {
		ids = append(ids, r.ID)
	}
	for i, r := range m.Controls {
		if err := m.named(n.Get("controls").Item(i).Get("rules"), "rule", r.Rules, ids); err != nil {
			return err
		}
	}
	c.own = append(c.own, m.Framework())
	return nil
}

func (c *checker) rules() error {
	seen := map[ID]bool{}
	for i, r := range c.p.Rules {
		n := c.doc.Root.Get("rules").Item(i)
		if seen[r.ID] {
			return c.doc.Errorf(n.Get("id"), "rule id %q is used twice", r.ID).WithHint("findings and waivers name rules by their id: give this one another")
		}
		seen[r.ID] = true
		if err := c.rule(r, n); err != nil {
			return err
		}
	}
	return nil
}

// perKind lists the keys that only some kinds know, and whether these need them.
var perKind = []struct {
	key      string
	required []Kind
	optional []Kind
}{
	{"approvals", []Kind{KindApprovals, KindJudge}, []Kind{KindChangeRecord}},
	{"classes", []Kind{KindAuthorshipLimit}, nil},
	{"max_permille", []Kind{KindAuthorshipLimit}, nil},
	{"reason", []Kind{KindReason}, nil},
	{"check_runs", []Kind{KindCheckRuns}, nil},
	{"fields", []Kind{KindChangeRecord}, nil},
	{"checks", []Kind{KindChecks}, nil},
	{"prompts", nil, []Kind{KindChecks}},
}

func (c *checker) rule(r Rule, n *yaml.Node) error {
	for _, k := range perKind {
		at := n.Get(k.key)
		if slices.Contains(k.required, r.Kind) {
			if at == nil {
				return c.doc.Errorf(n, "rule %q of kind %s lacks %q", r.ID, r.Kind, k.key)
			}
		} else if at != nil && !slices.Contains(k.optional, r.Kind) {
			return c.doc.Errorf(at, "rule %q of kind %s has no use for %q", r.ID, r.Kind, k.key).WithHint("only kind %s reads it", joinKinds(slices.Concat(k.required, k.optional)))
		}
	}
	if at := n.Get("at"); at != nil {
		if len(r.At) == 0 {
			return c.doc.Errorf(at, "rule %q is in force at no stage", r.ID).WithHint("take the key out for the default, or name push, merge or record")
		}
		if err := c.once(at, r.At); err != nil {
			return err
		}
	}
	if a := r.Approvals; a != nil && (a.Humans < 1 || a.Humans > 20) {
		return c.doc.Errorf(n.Get("approvals").Get("humans"), "humans must be 1 to 20, not %d", a.Humans)
	}
	if m := r.MaxPermille; m != nil && (*m < 0 || *m > 1000) {
		return c.doc.Errorf(n.Get("max_permille"), "max_permille must be 0 to 1000, not %d", *m).WithHint("200 is a fifth of the added lines")
	}
	if at := n.Get("checks"); at != nil {
		if len(r.Checks) == 0 {
			return c.doc.Errorf(at, "rule %q names no check", r.ID).WithHint("name some of docs/checks.md, such as [hidden-unicode]")
		}
		for i, name := range r.Checks {
			if slices.Contains(r.Checks[:i], name) {
				return c.doc.Errorf(at.Item(i), "check %s is named twice", name)
			}
		}
	}
	if at := n.Get("classes"); at != nil && len(r.Classes) == 0 {
		return c.doc.Errorf(at, "rule %q counts no class", r.ID)
	}
	if err := c.details(r, n); err != nil {
		return err
	}
	when := n.Get("when")
	if err := c.when(r, when); err != nil {
		return err
	}
	if at := when.Get("authorship"); at != nil {
		switch {
		case r.Kind == KindAuthorshipLimit:
			return c.doc.Errorf(at, "rule %q of kind %s is about every author", r.ID, r.Kind).WithHint("say in classes what is counted")
		case len(r.When.Authorship) == 0:
			return c.doc.Errorf(at, "rule %q would never apply: no class is named", r.ID).WithHint("name classes, or take the key out")
		}
	}
	return CheckMaps(c.doc, n.Get("maps"), r.Maps, c.own)
}

// once refuses a list that names a stage twice: it is a slip of the pen for another.
func (c *checker) once(n *yaml.Node, stages []change.Stage) error {
	seen := map[change.Stage]bool{}
	for i, s := range stages {
		if seen[s] {
			return c.doc.Errorf(n.Item(i), "stage %s is named twice", s)
		}
		seen[s] = true
	}
	return nil
}

func joinKinds(kinds []Kind) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return strings.Join(names, " or ")
}

// CheckMaps refuses controls that neither the table of frameworks nor the company's own
// know. n is the list from which the maps were decoded.
func CheckMaps(doc *yaml.Document, n *yaml.Node, maps []Map, own []frameworks.Framework) error {
	for i := range maps {
		m := &maps[i]
		f, ok := frameworks.Get(m.Framework, own...)
		if !ok {
			return doc.Errorf(n.Item(i).Get("framework"), "unknown framework %q", clip(m.Framework)).WithHint("known: %s", frameworks.IDs(own...))
		}
		control, ok := f.Get(m.ID)
		if !ok {
			return doc.Errorf(n.Item(i).Get("id"), "%s has no control %q in the table", f.ID, clip(m.ID)).WithHint("known: %s", f.IDs())
		}
		m.relation = control.Relation
	}
	return nil
}

func (c *checker) waivers() error {
	seen := map[ID]bool{}
	for i, w := range c.p.Waivers {
		n := c.doc.Root.Get("waivers").Item(i)
		if seen[w.ID] {
			return c.doc.Errorf(n.Get("id"), "waiver id %q is used twice", w.ID)
		}
		seen[w.ID] = true
		if w.ID.Reserved() {
			return c.doc.Errorf(n.Get("id"), "a waiver can not be called %q: that marks what something else excepts", w.ID).WithHint("give it another id")
		}
		if strings.EqualFold(strings.TrimSpace(w.Owner), strings.TrimSpace(w.Approver)) {
			return c.doc.Errorf(n.Get("approver"), "waiver %q is approved by its own owner", w.ID).WithHint("somebody else must accept the exception")
		}
	}
	return nil
}

// unknown asks for authorship.unknown as soon as something depends on it.
func (c *checker) unknown() error {
	if c.p.Authorship.Unknown != "" {
		return nil
	}
	for i, r := range c.p.Rules {
		if len(r.When.Authorship) > 0 || len(r.Classes) > 0 {
			return c.doc.Errorf(c.doc.Root.Get("rules").Item(i), "rule %q depends on authorship, and the policy does not say what `unknown` counts as", r.ID).
				WithHint("add\n    authorship:\n      unknown: ai        # or human")
		}
	}
	return nil
}

// signers wants each to be one key of one owner.
func (c *checker) signers() error {
	n := c.doc.Root.Get("authorship").Get("signers")
	for i, s := range c.p.Authorship.Signers {
		at := n.Item(i)
		switch {
		case (s.Agent == "") == (s.Person == ""):
			return c.doc.Errorf(at, "a signer is an agent or a person").WithHint("name one: agent: claude-code, or person: ada@example.com")
		case (s.SSH == "") == (s.OpenPGP == ""):
			return c.doc.Errorf(at, "a signer has one key").WithHint("give ssh: ssh-ed25519 AAAA..., or openpgp: with the armored key")
		case s.Agent != "" && !attestation.IsAgent(s.Agent):
			return c.doc.Errorf(at.Get("agent"), "%q is no agent of the identity table", clip(s.Agent)).WithHint("use an id such as claude-code, copilot or aider")
		case s.Person != "" && strings.Count(s.Person, "@") != 1:
			return c.doc.Errorf(at.Get("person"), "%q is no address", clip(s.Person))
		}
		var keys signature.Keys
		if s.SSH != "" {
			if err := keys.AddSSH(s.SSH, i); err != nil {
				return c.doc.Errorf(at.Get("ssh"), "%v", err)
			}
		} else if err := keys.AddOpenPGP(s.OpenPGP, i); err != nil {
			return c.doc.Errorf(at.Get("openpgp"), "%v", err)
		}
	}
	return nil
}
