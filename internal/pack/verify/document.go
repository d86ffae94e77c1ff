package verify

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"custody/internal/sign"
)

// A Document is what must be known of pack.json to check it, and to sign it.
type Document struct {
	schema, id, decision, stage string
	base, head, day             string
	context                     string // digest, empty when there was no context
	digest                      string // the verdict digest
	derivedID                   string
}

// ReadDocument reads a canonical pack.json. Names count exactly as written:
// encoding/json would take "DECISION" for "decision".
func ReadDocument(packJSON []byte) (*Document, error) {
	d, err := parseDocument(packJSON)
	if err != nil {
		return nil, fmt.Errorf("pack.json: %w", err)
	}
	return d, nil
}

func parseDocument(packJSON []byte) (*Document, error) {
	top, err := sign.ParseObject(packJSON)
	if err != nil {
		return nil, err
	}
	d := &Document{}
	if d.schema, err = text(top, "schema"); err != nil {
		return nil, err
	}
	if d.schema != PackSchema {
		return nil, &schemaError{d.schema}
	}
	inputs, err := sign.ParseObject(top.Get("inputs"))
	if err != nil {
		return nil, fmt.Errorf("inputs: %w", err)
	}
	files, err := sign.ParseObject(inputs.Get("files"))
	if err != nil {
		return nil, fmt.Errorf("inputs.files: %w", err)
	}
	var stage string
	for _, f := range []struct {
		to   *string
		from sign.Object
		name string
	}{
		{&d.id, top, "id"}, {&d.decision, top, "decision"}, {&d.stage, top, "stage"},
		{&d.base, inputs, "base"}, {&d.head, inputs, "head"}, {&d.day, inputs, "day"}, {&stage, inputs, "stage"},
	} {
		if *f.to, err = text(f.from, f.name); err != nil {
			return nil, err
		}
	}
	if files.Get("context") != nil {
		if d.context, err = text(files, "context"); err != nil {
			return nil, fmt.Errorf("inputs.files: %w", err)
		}
	}
	d.digest = digestWithout(top, "door")
	d.derivedID = IDOf(top)
	return d, d.check(stage)
}

// check refuses values that no verdict has.
func (d *Document) check(inputStage string) error {
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

func text(o sign.Object, name string) (string, error) {
	var s *string
	if err := json.Unmarshal(o.Get(name), &s); err != nil || s == nil {
		return "", fmt.Errorf("%s is missing or not text", name)
	}
	return *s, nil
}

// VerdictDigest is the digest of a canonical pack.json without its member "door":
// equal for two reviews of the same inputs, whichever door they came through.
func VerdictDigest(packJSON []byte) (string, error) {
	top, err := canonicalObject(packJSON)
	if err != nil {
		return "", fmt.Errorf("digest of a verdict: %w", err)
	}
	return DigestOf(top), nil
}

// DigestOf is VerdictDigest of a document that is known to be canonical.
func DigestOf(packJSON sign.Object) string { return digestWithout(packJSON, "door") }

// VerdictID derives the id of a verdict from its canonical pack.json: a UUID, version
// 5, whose name is the digest of the document without "door" and "id".
func VerdictID(packJSON []byte) (string, error) {
	top, err := canonicalObject(packJSON)
	if err != nil {
		return "", fmt.Errorf("id of a verdict: %w", err)
	}
	return IDOf(top), nil
}

func canonicalObject(doc []byte) (sign.Object, error) {
	if err := sign.IsCanonical(doc); err != nil {
		return nil, err
	}
	return sign.ParseObject(doc)
}

// digestWithout is the digest of the object without some of its members. What is left
// of a canonical object is canonical.
func digestWithout(o sign.Object, names ...string) string {
	h := sha256.New()
	o.Without(names...).Write(h)
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// namespace is that of Custody's verdicts: a random UUID, fixed for ever.
var namespace = [16]byte{0xb7, 0x4b, 0xe9, 0x77, 0x55, 0xb5, 0x4b, 0xe8, 0xa6, 0x10, 0x75, 0xc0, 0x45, 0xe4, 0xfd, 0x2a}

// IDOf is VerdictID of a document that is known to be canonical.
func IDOf(packJSON sign.Object) string {
	// RFC 9562, section 5.5. That it uses SHA-1 weakens nothing: the name is a SHA-256.
	h := sha1.Sum(append(namespace[:], digestWithout(packJSON, "door", "id")...))
	h[6] = h[6]&0x0f | 0x50
	h[8] = h[8]&0x3f | 0x80
	x := hex.EncodeToString(h[:16])
	return strings.Join([]string{x[:8], x[8:12], x[12:16], x[16:20], x[20:]}, "-")
}
