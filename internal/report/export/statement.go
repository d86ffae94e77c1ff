package export

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"custody/internal/change"
	"custody/internal/report"
	"custody/internal/sign"
)

// ErrNoRepository says that a statement needs the name of a repository, which the pack
// does not have: it was made without a context.
var ErrNoRepository = errors.New("the pack does not say which repository the change is of")

// A subject is one of an in-toto statement, with annotations.
type subject struct {
	Name        string            `json:"name,omitempty"`
	Digest      map[string]string `json:"digest"`
	Annotations map[string]any    `json:"annotations,omitempty"`
}

// A Statement is an in-toto Statement v1 about the head of the change.
type Statement struct {
	Type          string    `json:"_type"`
	Subject       []subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     any       `json:"predicate"`
}

// head is the commit that the change ends in. The digest of an object of a repository
// with SHA-256 has the same name.
func head(p *report.VerifiedPack) subject {
	s := subject{Name: "head", Digest: map[string]string{"gitCommit": p.Says.Inputs.Head.String()}}
	if ref := p.Says.Inputs.Ref; ref != "" {
		s.Annotations = map[string]any{"source_refs": []string{ref}}
	}
	return s
}

// A resource is in-toto's ResourceDescriptor, as far as it is needed.
type resource struct {
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
}

func packResource(p *report.VerifiedPack) resource {
	return resource{Name: "pack", URI: packURI(p), Digest: map[string]string{"sha256": sha256Of(p.Digest)}}
}

// Predicate types.
const (
	VSAType  = "https://slsa.dev/verification_summary/v1"
	SCAIType = "https://in-toto.io/attestation/scai/v0.3"
)

// vsa is SLSA's Verification Summary Attestation, version 1, after slsa.dev/spec/v1.2.
type vsa struct {
	Verifier     verifier   `json:"verifier"`
	TimeVerified string     `json:"timeVerified"`
	ResourceURI  string     `json:"resourceUri"`
	Policy       resource   `json:"policy"`
	Inputs       []resource `json:"inputAttestations"`
	Result       string     `json:"verificationResult"`
	Levels       []string   `json:"verifiedLevels"`
	SLSAVersion  string     `json:"slsaVersion"`
}

// A verifier has no version here, though SLSA allows one: readers made from in-toto's
// own description refuse it, and the pack names it.
type verifier struct {
	ID string `json:"id"`
}

// VerifierID names Custody as the one that verified.
const VerifierID = "urn:custody:verifier"

// NewVSA states the decision. The form knows only PASSED and FAILED: incomplete is FAILED,
// since only a pass lets a change through. Levels of SLSA's source track are promises of
// the place where the repository is kept, which a review can not make, so none is stated;
// what is stated has a name of Custody's own. repository is needed where the pack names none.
func NewVSA(p *report.VerifiedPack, repository string) (*Statement, error) {
	uri, err := repositoryOf(p, repository)
	switch {
	case err != nil:
		return nil, err
	case uri == "":
		return nil, ErrNoRepository
	}
	d := p.Says
	v := vsa{
		Verifier:     verifier{VerifierID},
		TimeVerified: instant(p),
		ResourceURI:  uri,
		Policy:       policyOf(d),
		Inputs:       []resource{{URI: packURI(p), Digest: map[string]string{"sha256": sha256Of(p.Digest)}}}, // no name: SLSA has none there
		Result:       "FAILED",
		Levels:       []string{"FAILED"},
		SLSAVersion:  "1.2",
	}
	if d.Decision == "pass" {
		v.Result, v.Levels = "PASSED", []string{"CUSTODY_" + strings.ToUpper(d.Stage) + "_PASSED"}
	}
	return &Statement{sign.StatementType, []subject{head(p)}, VSAType, v}, nil
}

// repositoryOf is the repository that the pack names, or the one that is given where it names
// none. A verdict of one repository is none of another.
func repositoryOf(p *report.VerifiedPack, given string) (string, error) {
	own := repositoryURI(p)
	if own != "" && given != "" && !strings.EqualFold(own, given) {
		return "", fmt.Errorf("the pack is of the repository %s, and not of %s: leave --repository out", own, given)
	}
	return cmp.Or(own, given), nil
}

// policyOf names the policy that judged: the organisation's floor if there was one, else
// the repository's own at base.
func policyOf(d *report.Document) resource {
	for _, f := range []struct{ name, uri string }{{"floor", "urn:custody:floor"}, {"policy", ".custody.yaml"}} {
		if digest, ok := d.Inputs.Files[f.name]; ok {
			return resource{URI: f.uri, Digest: map[string]string{"sha256": sha256Of(string(digest))}}
		}
	}
	return resource{URI: "urn:custody:no-policy"}
}

// scai is the SCAI attribute report, version 0.3.
type scai struct {
	Attributes []attribute `json:"attributes"`
	Producer   resource    `json:"producer"`
}

type attribute struct {
	Attribute  string         `json:"attribute"`
	Target     *resource      `json:"target,omitempty"`
	Conditions map[string]any `json:"conditions,omitempty"`
	Evidence   resource       `json:"evidence"`
}

// maxAttributes bounds a report. What is over is counted in an attribute of its own.
const maxAttributes = 20_000

// NewSCAI states for each file who or what wrote its added lines: one attribute for each
// class, such as AUTHORSHIP_AI_DECLARED, with the number of lines. A file without added
// lines has none, and a change whose authorship was not read has no such report.
func NewSCAI(p *report.VerifiedPack, repository string) (*Statement, error) {
	a := p.Says.Attestation
	if a == nil {
		return nil, errors.New("the pack says nothing about who or what wrote the change")
	}
	out := scai{Attributes: []attribute{}, Producer: resource{Name: "custody", URI: VerifierID}}
	base, err := repositoryOf(p, repository)
	if err != nil {
		return nil, err
	}
	left := 0
	notListed := func(what string, n int) {
		if n > 0 {
			out.Attributes = append(out.Attributes, attribute{
				Attribute: "AUTHORSHIP_NOT_LISTED", Conditions: map[string]any{what: n}, Evidence: packResource(p),
			})
		}
	}
	for _, f := range a.Files {
		for _, class := range slices.Sorted(maps.Keys(f.Lines)) {
			if f.Lines[class] <= 0 {
				continue
			}
			if len(out.Attributes) == maxAttributes {
				left++
				continue
			}
			out.Attributes = append(out.Attributes, attribute{
				Attribute:  "AUTHORSHIP_" + strings.ReplaceAll(strings.ToUpper(class), "-", "_"),
				Target:     &resource{Name: f.Path, URI: fileURI(base, p.Says.Inputs.Head.String(), f.Path)},
				Conditions: map[string]any{"added_lines": f.Lines[class]},
				Evidence:   packResource(p),
			})
		}
	}
	notListed("attributes", left)
	notListed("files", a.More.Files) // of the pack itself
	if len(out.Attributes) == 0 {
		return nil, errors.New("the change adds no lines: there is nothing to state about who or what wrote them")
	}
	return &Statement{sign.StatementType, []subject{head(p)}, SCAIType, out}, nil
}

// fileURI names a file at a commit; relative where the repository is not known.
func fileURI(repository, commit, escaped string) string {
	path, err := change.Unescape(escaped)
	if err != nil {
		path = change.Path(escaped)
	}
	return fmt.Sprintf("%s@%s#%s", repository, commit, path.URI())
}
