package sign

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// The example of the DSSE protocol document.
func TestPAE(t *testing.T) {
	got := PAE("http://example.com/HelloWorld", []byte("hello world"))
	if want := "DSSEv1 29 http://example.com/HelloWorld 11 hello world"; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func testBundle(t *testing.T, k *Key) *Bundle {
	t.Helper()
	b, err := SignStatement(context.Background(), Statement{
		Type: StatementType, PredicateType: "urn:x", Predicate: map[string]int{"n": 1},
		Subject: []Subject{{"x", map[string]string{"sha256": strings.Repeat("0", 64)}}},
	}, k)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBundleRoundTrip(t *testing.T) {
	k := testKey(t, 1)
	b := testBundle(t, k)
	doc, err := b.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseBundle(doc)
	if err != nil || !bytes.Equal(again.Payload, b.Payload) || again.Verify(k.Public()) != nil {
		t.Fatalf("%v", err)
	}
	if again.Verify(testKey(t, 2).Public()) == nil {
		t.Error("verifies under another key")
	}
	again.Hint = testKey(t, 2).Public().ID()
	if again.Verify(k.Public()) == nil {
		t.Error("verifies with another key's hint")
	}
}

// No byte of a bundle can be changed, added or left out.
func TestBundleHasOneForm(t *testing.T) {
	k := testKey(t, 1)
	doc, err := testBundle(t, k).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	accepted := func(doc []byte) bool {
		b, err := ParseBundle(doc)
		return err == nil && b.Verify(k.Public()) == nil
	}
	if !accepted(doc) {
		t.Fatal("the bundle itself is refused")
	}
	for i := range doc {
		for bit := range 8 {
			bad := bytes.Clone(doc)
			bad[i] ^= 1 << bit
			if accepted(bad) {
				t.Errorf("byte %d changed to %q is accepted", i, bad[i])
			}
		}
		if accepted(append(bytes.Clone(doc[:i]), doc[i+1:]...)) || accepted(append(append(bytes.Clone(doc[:i]), ' '), doc[i:]...)) {
			t.Errorf("a byte less or more at %d is accepted", i)
		}
	}
	for _, old := range []string{`"sig":`, `"hint":`, `{"dsseEnvelope":`} {
		bad := strings.Replace(string(doc), old, strings.Replace(old, `"`, `"keyid":"","`, 1), 1)
		if bad == string(doc) || accepted([]byte(bad)) {
			t.Errorf("a bundle with a field before %s is accepted", old)
		}
	}
}

func FuzzParseBundle(f *testing.F) {
	f.Add([]byte(`{"dsseEnvelope":{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"AAAA"}]},"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":"x"}}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		b, err := ParseBundle(doc)
		if err != nil {
			return
		}
		if again, err := b.Marshal(); err != nil || !bytes.Equal(again, doc) {
			t.Fatalf("%q reads as %q, %v", doc, again, err)
		}
	})
}
