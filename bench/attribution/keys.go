//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"custody/attestation/corpus"
	"custody/internal/sign"
)

// keys are made when a case asks for one, by ssh-keygen and gpg: what verifies their
// signatures is not what made them.
type keys struct {
	ctx  context.Context
	dir  string
	day  string            // on which everything is judged
	made map[string]string // public key by name
	dsse map[string]*sign.Key
	ring []byte // trusted keys
}

// newKeys makes those that sign statements, and the ring that trusts some of them.
func newKeys(ctx context.Context, dir string) (*keys, error) {
	k := &keys{ctx: ctx, dir: dir, day: time.Now().UTC().Format(time.DateOnly), made: map[string]string{}, dsse: map[string]*sign.Key{}}
	for name, options := range map[string]string{"trusted": "for=statements", "packs": "", "expired": "for=statements valid-until=2001-01-01", "stranger": "-"} {
		key, err := sign.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		k.dsse[name] = key
		if options != "-" {
			k.ring = fmt.Appendf(k.ring, "ed25519 %s %s %s\n", base64.StdEncoding.EncodeToString(key.Public().SPKI()), name, options)
		}
	}
	return k, nil
}

// end stops the agent that gpg left running.
func (k *keys) end() {
	if k.made["agent-pgp"] != "" {
		run(k.ctx, k.dir, nil, k.gpgHome(), "gpgconf", "--kill", "all")
	}
}

// statement signs a statement, as a line of a note.
func (k *keys) statement(s corpus.Statement, known map[string]string) (string, error) {
	payload := fmt.Sprintf(`{"_type": %q, "subject": %s, "predicateType": %q, "predicate": %s}`, sign.StatementType, fill(s.Subject, known), s.Type, fill(s.Predicate, known))
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(payload)); err != nil {
		return "", err
	}
	sig, err := sign.Sign(k.ctx, k.dsse[s.Key], sign.PAE(sign.PayloadType, compact.Bytes()))
	if err != nil {
		return "", err
	}
	text := compact.String()
	if s.Tamper {
		text = strings.Replace(text, "AI_AUTHORED", "AI_ASSISTED", 1)
	}
	envelope := fmt.Sprintf(`{"payload":%q,"payloadType":%q,"signatures":[{"sig":%q}]}`, base64.StdEncoding.EncodeToString([]byte(text)), sign.PayloadType, base64.StdEncoding.EncodeToString(sig))
	if !s.Bare {
		envelope = fmt.Sprintf(`{"mediaType":%q,"verificationMaterial":{"publicKey":{"hint":"x"}},"dsseEnvelope":%s}`, sign.BundleType, envelope)
	}
	return envelope, nil
}

var keyName = regexp.MustCompile(`( *)\{key:([a-z-]+)\}`)

// fill puts public keys in the place of their names; an armored one is indented as a
// block of YAML.
func (k *keys) fill(text string) (string, error) {
	var failed error
	out := keyName.ReplaceAllStringFunc(text, func(s string) string {
		m := keyName.FindStringSubmatch(s)
		key, err := k.public(m[2])
		if err != nil {
			failed = err
			return ""
		}
		if strings.HasSuffix(m[2], "-pgp") {
			return "        " + strings.ReplaceAll(key, "\n", "\n        ")
		}
		return m[1] + key
	})
	return out, failed
}

func (k *keys) file(name string) string { return filepath.Join(k.dir, name) }

// public makes a key if need be.
func (k *keys) public(name string) (string, error) {
	if key := k.made[name]; key != "" {
		return key, nil
	}
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return "", err
	}
	var key string
	var err error
	if strings.HasSuffix(name, "-pgp") {
		env := k.gpgHome()
		_, err = run(k.ctx, k.dir, nil, env, "gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", name+" <"+name+"@example.com>", "ed25519", "sign", "0")
		if err == nil {
			key, err = run(k.ctx, k.dir, nil, env, "gpg", "--batch", "--armor", "--export", name+"@example.com")
		}
	} else {
		if _, err = run(k.ctx, k.dir, nil, nil, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", k.file(name)); err == nil {
			var text []byte
			text, err = os.ReadFile(k.file(name) + ".pub")
			key = strings.TrimSpace(string(text))
		}
	}
	if err != nil {
		return "", fmt.Errorf("making key %s: %w", name, err)
	}
	k.made[name] = key
	return key, nil
}

func (k *keys) gpgHome() []string { return []string{"GNUPGHOME=" + k.dir} }

// sign makes a commit again, signed.
func (r repository) sign(id, name string) (string, error) {
	if _, err := r.keys.public(name); err != nil {
		return "", err
	}
	args := []string{"git", "-c", "gpg.format=ssh", "-c", "user.signingkey=" + r.keys.file(name)}
	if strings.HasSuffix(name, "-pgp") {
		args = []string{"git", "-c", "gpg.format=openpgp", "-c", "user.signingkey=" + name + "@example.com"}
	}
	fields, err := r.git(nil, "log", "-1", "--format=%T%n%P%n%an%n%ae%n%cn%n%ce%n%ad%n%cd", "--date=raw", id)
	if err != nil {
		return "", err
	}
	f := strings.Split(fields, "\n")
	message, err := r.git(nil, "log", "-1", "--format=%B", id)
	if err != nil {
		return "", err
	}
	args = append(args, "commit-tree", "-S", f[0])
	for p := range strings.FieldsSeq(f[1]) {
		args = append(args, "-p", p)
	}
	return run(r.ctx, r.dir, []byte(message), append(r.keys.gpgHome(),
		"GIT_AUTHOR_NAME="+f[2], "GIT_AUTHOR_EMAIL="+f[3], "GIT_COMMITTER_NAME="+f[4], "GIT_COMMITTER_EMAIL="+f[5],
		"GIT_AUTHOR_DATE="+f[6], "GIT_COMMITTER_DATE="+f[7]), args...)
}
