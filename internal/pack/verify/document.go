package verify

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"custody/internal/sign"
)

// A document is what must be known of pack.json to check it.
type document struct {
	schema, id, decision, stage string
	base, head, day             string
	context                     string // digest, empty when there was no context
	digest                      string // the verdict digest
	derivedID                   string
}

// readDocument reads a canonical pack.json. Names count exactly as written:
// encoding/json would take "DECISION" for "decision".
func readDocument(packJSON []byte) (*document, error) {
	top, err := object(packJSON)
	if err != nil {
		return nil, fmt.Errorf("pack.json: %w", err)
	}
	d := &document{}
	if d.schema, err = text(top, "schema"); err != nil {
		return nil, fmt.Errorf("pack.json: %w", err)
	}
	if d.schema != PackSchema {
		return nil, &schemaError{d.schema}
	}
	inputs, err := object(top["inputs"])
	if err != nil {
		return nil, fmt.Errorf("pack.json: inputs: %w", err)
	}
	files, err := object(inputs["files"])
	if err != nil {
		return nil, fmt.Errorf("pack.json: inputs.files: %w", err)
	}
	for _, f := range []struct {
		to   *string
		from map[string]json.RawMessage
		name string
	}{
		{&d.id, top, "id"}, {&d.decision, top, "decision"}, {&d.stage, top, "stage"},
		{&d.base, inputs, "base"}, {&d.head, inputs, "head"}, {&d.day, inputs, "day"},
	} {
		if *f.to, err = text(f.from, f.name); err != nil {
			return nil, fmt.Errorf("pack.json: %w", err)
		}
	}
	if _, ok := files["context"]; ok {
		if d.context, err = text(files, "context"); err != nil {
			return nil, fmt.Errorf("pack.json: inputs.files: %w", err)
		}
	}
	if d.digest, err = digestWithout(top, "door"); err != nil {
		return nil, fmt.Errorf("pack.json: %w", err)
	}
	if d.derivedID, err = deriveID(top); err != nil {
		return nil, fmt.Errorf("pack.json: %w", err)
	}
	stage, err := text(inputs, "stage")
	if err == nil {
		err = d.check(stage)
	}
	if err != nil {
		return nil, fmt.Errorf("pack.json: %w", err)
	}
	return d, nil
}

// check refuses values that no verdict has.
func (d *document) check(inputStage string) error {
	switch {
	case !slices.Contains([]string{"pass", "fail", "incomplete"}, d.decision):
		return fmt.Errorf("unknown decision %q", d.decision)
	case !slices.Contains([]string{"push", "merge", "record"}, d.stage):
		return fmt.Errorf("unknown stage %q", d.stage)
	case d.stage != inputStage:
		return fmt.Errorf("the stage is %q, but its inputs say %q", d.stage, inputStage)
	case !isCommit(d.base) || !isCommit(d.head) || len(d.base) != len(d.head):
		return fmt.Errorf("base %q and head %q are not two commit ids of one kind", d.base, d.head)
	case !sign.IsDay(d.day):
		return fmt.Errorf("%q is not a day", d.day)
	}
	return nil
}

func isCommit(s string) bool {
	return (len(s) == 40 || len(s) == 64) && strings.Trim(s, "0123456789abcdef") == ""
}

// A schemaError says that pack.json is of a version that this program can not read.
type schemaError struct{ schema string }

func (e *schemaError) Error() string {
	return fmt.Sprintf("pack.json has schema %q, this program reads %s: verify it with the version of Custody that wrote it, or a newer one", e.schema, PackSchema)
}

func object(doc []byte) (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(doc, &m); err != nil || m == nil {
		return nil, fmt.Errorf("not an object")
	}
	return m, nil
}

func text(m map[string]json.RawMessage, name string) (string, error) {
	var s *string
	if err := json.Unmarshal(m[name], &s); err != nil || s == nil {
		return "", fmt.Errorf("%s is missing or not text", name)
	}
	return *s, nil
}

// VerdictDigest is the digest of a pack.json without its member "door": equal for two
// reviews of the same inputs, whichever door they came through.
func VerdictDigest(packJSON []byte) (string, error) {
	top, err := object(packJSON)
	if err != nil {
		return "", fmt.Errorf("digest of a verdict: %w", err)
	}
	return digestWithout(top, "door")
}

// VerdictID derives the id of a verdict from its pack.json: a UUID, version 5, whose
// name is the digest of the document without "door" and "id".
func VerdictID(packJSON []byte) (string, error) {
	top, err := object(packJSON)
	if err != nil {
		return "", fmt.Errorf("id of a verdict: %w", err)
	}
	return deriveID(top)
}

func digestWithout(top map[string]json.RawMessage, left ...string) (string, error) {
	kept := make(map[string]json.RawMessage, len(top))
	for name, value := range top {
		if !slices.Contains(left, name) {
			kept[name] = value
		}
	}
	doc, err := sign.Canonical(kept)
	if err != nil {
		return "", err
	}
	return Digest(doc), nil
}

// namespace is that of Custody's verdicts: a random UUID, fixed for ever.
var namespace = [16]byte{0xb7, 0x4b, 0xe9, 0x77, 0x55, 0xb5, 0x4b, 0xe8, 0xa6, 0x10, 0x75, 0xc0, 0x45, 0xe4, 0xfd, 0x2a}

func deriveID(top map[string]json.RawMessage) (string, error) {
	digest, err := digestWithout(top, "door", "id")
	if err != nil {
		return "", err
	}
	// RFC 9562, section 5.5. That it uses SHA-1 weakens nothing: the name is a SHA-256.
	h := sha1.Sum(append(namespace[:], digest...))
	h[6] = h[6]&0x0f | 0x50
	h[8] = h[8]&0x3f | 0x80
	x := hex.EncodeToString(h[:16])
	return strings.Join([]string{x[:8], x[8:12], x[12:16], x[16:20], x[20:]}, "-"), nil
}
