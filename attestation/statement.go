package attestation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"custody/internal/change"
	"custody/internal/git"
	"custody/internal/sign"
)

// Signed in-toto statements about a commit stand in a note on it, under StatementsRef:
// one DSSE envelope or Sigstore bundle a line. Read are the predicates of SCAI v0.3, with
// the attributes AI_AUTHORED, AI_ASSISTED and HUMAN_AUTHORED, and of Chainloop's AI
// coding session 0.1.

// A Verifier says whose key signed an envelope, if it is trusted for statements.
type Verifier interface {
	VerifyStatement(*sign.Envelope) (sign.TrustedKey, error)
}

// maxStatements bounds how many statements about one commit are read.
const maxStatements = 64

var errStatement = errors.New("it holds something that is no signed in-toto statement")

// A statement is what is read of an in-toto statement.
type statement struct {
	Type    string `json:"_type"`
	Subject []struct {
		Digest map[string]string `json:"digest"`
	} `json:"subject"`
	PredicateType string          `json:"predicateType"`
	Predicate     json.RawMessage `json:"predicate"`
}

const (
	statementV01      = "https://in-toto.io/Statement/v0.1" // the same fields
	scaiPredicate     = "https://in-toto.io/attestation/scai/v0.3"
	chainloopSessions = "https://schemas.chainloop.dev/aicodingsession/0.1/"
)

// scai is the predicate of SCAI, v0.3. Conditions are free; ours narrow an attribute to
// lines, and name who.
type scai struct {
	Attributes []struct {
		Attribute  string                     `json:"attribute"`
		Target     *resource                  `json:"target"`
		Conditions map[string]json.RawMessage `json:"conditions"`
	} `json:"attributes"`
	Producer resource `json:"producer"`
}

type resource struct {
	Name   string            `json:"name"`
	URI    string            `json:"uri"`
	Digest map[string]string `json:"digest"`
}

// chainloopSession is Chainloop's AI coding session, 0.1.
type chainloopSession struct {
	Agent struct {
		Name string `json:"name"`
	} `json:"agent"`
	Session struct {
		ID string `json:"id"`
	} `json:"session"`
	Model struct {
		Primary string `json:"primary"`
		Name    string `json:"name"`
	} `json:"model"`
	Changes struct {
		Files []struct {
			Path        string `json:"path"`
			Status      string `json:"status"`
			Attribution string `json:"attribution"`
			Ranges      []struct {
				Start int `json:"start"`
				End   int `json:"end"`
			} `json:"line_ranges"`
		} `json:"files"`
	} `json:"code_changes"`
}

// readStatements reads the signed statements about each commit.
func (a *assessor) readStatements(ctx context.Context) error {
	for i := range a.r.Commits {
		k := &a.r.Commits[i]
		text, err := a.note(ctx, StatementsRef, k.SHA)
		if err != nil {
			return err
		}
		n := 0
		for line := range bytes.Lines(text) {
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			if n++; n > maxStatements {
				a.unread(StatementsRef, k.SHA, errNoteLimit)
				break
			}
			if err := a.statement(ctx, i, line); err != nil {
				if ctx.Err() != nil {
					return err
				}
				a.unread(StatementsRef, k.SHA, err)
			}
		}
	}
	return nil
}

// statement reads one. An error says that it could not be read, not that it does not
// count.
func (a *assessor) statement(ctx context.Context, i int, doc []byte) error {
	e, err := sign.ParseEnvelope(doc)
	if err != nil {
		return errStatement
	}
	var st statement
	if json.Unmarshal(e.Payload, &st) != nil || st.Type != sign.StatementType && st.Type != statementV01 {
		return errStatement
	}
	k := &a.r.Commits[i]
	why := ""
	if a.Verifier == nil {
		why = "no key is trusted"
	} else if key, err := a.Verifier.VerifyStatement(e); err != nil {
		why = err.Error()
	} else {
		return a.signed(ctx, i, &st, key.Name)
	}
	k.wide = append(k.wide, Evidence{
		Source: "signed-statement", Strength: "F", Class: Unknown, Scope: k.scope(),
		Detail: change.Printable("a statement that does not count: " + why),
	})
	return nil
}

// signed reads a statement whose signature verifies.
func (a *assessor) signed(ctx context.Context, i int, st *statement, key string) error {
	k := &a.r.Commits[i]
	about := false
	for _, s := range st.Subject {
		about = about || strings.EqualFold(s.Digest["gitCommit"], k.SHA.String())
	}
	detail := func(s string) string { return change.Printable(s + ", signed by " + key) }
	if !about {
		k.wide = append(k.wide, Evidence{Source: "signed-statement", Strength: "F", Class: Unknown, Scope: k.scope(), Detail: detail("a statement about something else than this commit")})
		return nil
	}
	var wide []Evidence
	var pieces []*piece
	var err error
	switch {
	case st.PredicateType == scaiPredicate:
		wide, pieces, err = a.scai(ctx, i, st.Predicate)
	case strings.HasPrefix(st.PredicateType, chainloopSessions):
		pieces, err = a.chainloop(st.Predicate)
	}
	if err != nil {
		return err
	}
	if len(wide)+len(pieces) == 0 {
		wide = append(wide, Evidence{Strength: "F", Class: Unknown, Detail: "a statement that says nothing of authors: " + st.PredicateType})
	}
	for _, e := range wide {
		e.Source, e.Scope, e.Detail = "signed-statement", k.scope(), detail(e.Detail)
		k.wide = append(k.wide, e)
	}
	if len(pieces) == 0 {
		return nil
	}
	for _, p := range pieces {
		p.Source, p.Detail = "signed-statement", detail(p.Detail)
	}
	if _, err := a.own(ctx, i); err != nil {
		return err
	}
	a.bind(i, pieces)
	return nil
}

// attribute gives what an attribute of SCAI stands for.
func scaiClass(attribute string) (Class, bool) {
	switch strings.ToUpper(strings.NewReplacer("-", "_", " ", "_").Replace(attribute)) {
	case "AI_AUTHORED", "AI_ASSISTED", "AI_GENERATED":
		return AIVerified, true
	case "HUMAN_AUTHORED":
		return HumanAttested, true
	}
	return Unknown, false
}

func (a *assessor) scai(ctx context.Context, i int, predicate []byte) (wide []Evidence, pieces []*piece, err error) {
	var p scai
	if json.Unmarshal(predicate, &p) != nil {
		return nil, nil, errStatement
	}
	for _, at := range p.Attributes {
		class, ok := scaiClass(at.Attribute)
		if !ok {
			continue
		}
		condition := func(name string) string {
			var s string
			json.Unmarshal(at.Conditions[name], &s) // of another type: not ours
			return s
		}
		e := Evidence{Strength: "A", Class: class, Detail: "SCAI: " + at.Attribute}
		if class.IsAI() {
			e.Agent = a.t.toolID(or(condition("agent"), p.Producer.Name))
			e.Model, e.Session = knownModel(condition("model")), sessionID(condition("session"))
		}
		if at.Target == nil {
			if condition("lines") != "" {
				return nil, nil, errStatement // of which file?
			}
			wide = append(wide, e)
			continue
		}
		path := change.Path(at.Target.Name)
		if want := at.Target.Digest["gitBlob"]; want != "" {
			entry, err := git.Lookup(ctx, a.Source, a.Change.Commits[i].Tree, string(path))
			if ctx.Err() != nil {
				return nil, nil, err
			}
			if err != nil || entry.ID.String() != want {
				continue
			}
		}
		piece := &piece{Evidence: e, path: path}
		if s := condition("lines"); s != "" {
			if !a.budget.spend(&a.budget.ranges, 1+strings.Count(s, ",")) {
				return nil, nil, errNoteLimit
			}
			if piece.lines, err = parseRanges(nil, s); err != nil {
				return nil, nil, errStatement
			}
			piece.lines = piece.lines.normal()
		}
		pieces = append(pieces, piece)
	}
	return wide, pieces, nil
}

func (a *assessor) chainloop(predicate []byte) (pieces []*piece, err error) {
	var p chainloopSession
	if json.Unmarshal(predicate, &p) != nil || p.Agent.Name == "" || p.Session.ID == "" {
		return nil, errStatement
	}
	for _, f := range p.Changes.Files {
		e := Evidence{Strength: "A", Detail: "Chainloop's AI coding session"}
		switch f.Attribution {
		case "ai":
			e.Class, e.Agent, e.Session = AIVerified, a.t.toolID(p.Agent.Name), sessionID(p.Session.ID)
			e.Model = knownModel(or(p.Model.Primary, p.Model.Name))
		case "human":
			e.Class = HumanAttested
		default:
			continue
		}
		piece := &piece{Evidence: e, path: change.Path(f.Path)}
		if !a.budget.spend(&a.budget.ranges, 1+len(f.Ranges)) {
			return nil, errNoteLimit
		}
		for _, r := range f.Ranges {
			if r.Start < 1 || r.End < r.Start {
				return nil, errStatement
			}
			piece.lines = append(piece.lines, lineRange{r.Start, r.End})
		}
		piece.lines = piece.lines.normal()
		pieces = append(pieces, piece)
	}
	return pieces, nil
}
