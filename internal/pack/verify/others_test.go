package verify_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"custody/internal/pack/verify"
	"custody/internal/sign"
)

// A reader verifies the statement of a pack and knows nothing of ours: a public key, the
// bundle and the manifest, as files.
type reader struct {
	name   string
	verify func(key, bundle, manifest string) error
}

// readers are the standard library alone, and with CUSTODY_SLOW=1 cosign and sigstore-go,
// built from tools/sigstore.
func readers(t *testing.T) []reader {
	all := []reader{{"the standard library", standardLibrary}}
	if os.Getenv("CUSTODY_SLOW") == "" {
		return all
	}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin, "github.com/sigstore/cosign/v3/cmd/cosign", "./verifybundle")
	build.Dir = "../../../tools/sigstore"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building cosign and verifybundle: %v\n%s", err, out)
	}
	run := func(program string, args ...string) error {
		cmd := exec.Command(filepath.Join(bin, program), args...)
		cmd.Env = append(os.Environ(), "HTTPS_PROXY=http://127.0.0.1:1", "HTTP_PROXY=http://127.0.0.1:1") // nothing is asked for
		out, err := cmd.CombinedOutput()
		if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}
	return append(all,
		reader{"cosign", func(key, bundle, manifest string) error {
			return run("cosign", "verify-blob-attestation", "--key", key, "--insecure-ignore-tlog", "--type", "urn:custody:pack:v1", "--bundle", bundle, manifest)
		}},
		reader{"sigstore-go", func(key, bundle, manifest string) error { return run("verifybundle", key, bundle, manifest) }})
}

// standardLibrary reads a bundle as the specifications of Sigstore, DSSE and in-toto have it.
func standardLibrary(key, bundle, manifest string) error {
	var files [3][]byte
	for i, name := range []string{key, bundle, manifest} {
		var err error
		if files[i], err = os.ReadFile(name); err != nil {
			return err
		}
	}
	block, _ := pem.Decode(files[0])
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return err
	}
	var b struct {
		MediaType string `json:"mediaType"`
		Envelope  struct {
			Payload     []byte `json:"payload"`
			PayloadType string `json:"payloadType"`
			Signatures  []struct {
				Sig []byte `json:"sig"`
			} `json:"signatures"`
		} `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(files[1], &b); err != nil {
		return err
	}
	e := b.Envelope
	if b.MediaType != "application/vnd.dev.sigstore.bundle.v0.3+json" || len(e.Signatures) != 1 {
		return fmt.Errorf("a bundle of type %q with %d signatures", b.MediaType, len(e.Signatures))
	}
	message := fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(e.PayloadType), e.PayloadType, len(e.Payload), e.Payload)
	good := false
	switch k := public.(type) {
	case ed25519.PublicKey:
		good = ed25519.Verify(k, message, e.Signatures[0].Sig)
	case *ecdsa.PublicKey:
		digest := sha256.Sum256(message)
		good = ecdsa.VerifyASN1(k, digest[:], e.Signatures[0].Sig)
	}
	if !good {
		return errors.New("the signature does not verify")
	}
	var st struct {
		Type          string `json:"_type"`
		PredicateType string `json:"predicateType"`
		Subject       []struct {
			Digest map[string]string `json:"digest"`
		} `json:"subject"`
	}
	if err := json.Unmarshal(e.Payload, &st); err != nil {
		return err
	}
	if st.Type != "https://in-toto.io/Statement/v1" || st.PredicateType != "urn:custody:pack:v1" {
		return fmt.Errorf("a %s about %s", st.Type, st.PredicateType)
	}
	is := sha256.Sum256(files[2])
	for _, s := range st.Subject {
		if s.Digest["sha256"] == hex.EncodeToString(is[:]) {
			return nil
		}
	}
	return errors.New("it is not about this file")
}

// Whoever verifies signatures for others accepts what we sign, and nothing else.
func TestVerifiedByOthers(t *testing.T) {
	p256 := func() sign.Signer {
		out, err := exec.Command("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256").Output()
		if err != nil {
			t.Fatalf("making a key: %v (openssl 3 must be installed)", err)
		}
		k, err := sign.ParseKey(out)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	all := readers(t)
	for algorithm, signer := range map[string]sign.Signer{"ed25519": key(t, 3), "p256": p256()} {
		ms, err := verify.Decode(frozen(t)["v1.zip"])
		if err != nil {
			t.Fatal(err)
		}
		st, err := verify.NewStatement(ms, signer.Public())
		if err != nil {
			t.Fatal(err)
		}
		signed, err := sign.SignStatement(context.Background(), st, signer)
		if err != nil {
			t.Fatal(err)
		}
		bundle, err := signed.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		file := func(name string, b []byte) string {
			name = filepath.Join(dir, name)
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
			return name
		}
		public := func(k sign.PublicKey) []byte {
			return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: k.SPKI()})
		}
		changed := func(field string) []byte { // one character of a base64 value
			at := bytes.Index(bundle, []byte(`"`+field+`":"`)) + len(field) + 24
			b := bytes.Clone(bundle)
			if b[at]++; b[at] == '{' || b[at] == '[' || b[at] == ':' || b[at] == ',' || b[at] == '0' {
				b[at] = 'A'
			}
			return b
		}
		ours := file("key.pem", public(signer.Public()))
		theirs := file("other.pem", public(key(t, 9).Public()))
		whole, manifest := file("bundle.json", bundle), file("manifest.json", ms[verify.Manifest])
		for _, r := range all {
			for _, c := range []struct {
				name                  string
				key, bundle, manifest string
				good                  bool
			}{
				{"as it is", ours, whole, manifest, true},
				{"another file", ours, whole, file("pack.json", ms[verify.PackJSON]), false},
				{"another key", theirs, whole, manifest, false},
				{"another signature", ours, file("signature.json", changed("sig")), manifest, false},
				{"another statement", ours, file("payload.json", changed("payload")), manifest, false},
			} {
				if err := r.verify(c.key, c.bundle, c.manifest); (err == nil) != c.good {
					t.Errorf("%s, %s, %s: %v", r.name, algorithm, c.name, err)
				}
			}
		}
	}
}
