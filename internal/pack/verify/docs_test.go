package verify_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"custody/internal/pack/verify"
	"custody/internal/sign"
)

// The commands of docs/pack.md, as they stand there, agree with us.
func TestVerifyWithoutCustody(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/pack.md")
	if err != nil {
		t.Fatal(err)
	}
	script := regexp.MustCompile("(?s)```sh\n(mkdir.*?)```").FindSubmatch(doc)
	if script == nil {
		t.Fatal("docs/pack.md has no such commands")
	}
	keys, err := os.ReadFile("testdata/trusted_keys")
	if err != nil {
		t.Fatal(err)
	}
	run := func(pack []byte) (string, error) {
		dir := t.TempDir()
		for name, b := range map[string][]byte{"pack.zip": pack, "trusted_keys": append([]byte("# ours\n"), keys...)} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", string(script[1]))
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}

	pack := frozen(t)["v1.zip"]
	r := verify.Verify(pack, nil)
	out, err := run(pack)
	if err != nil {
		t.Fatalf("%v (unzip, sha256sum and openssl 3 must be installed)\n%s", err, out)
	}
	digest := strings.TrimPrefix(r.Says.VerdictDigest, "sha256:")
	for _, want := range []string{
		"pack.json: OK\ncontext.json: OK\nindex.html: OK\nsummary.md: OK\nfindings.sarif: OK\n",
		"manifest.json: stated\n", "Signature Verified Successfully\n",
		`"verdict_digest":"sha256:` + digest + "\"\n" + digest + "  -\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the commands do not say %q:\n%s", want, out)
		}
	}

	ms, err := verify.Decode(pack)
	if err != nil {
		t.Fatal(err)
	}
	forged := *ms
	forged[verify.Page] = []byte("<h1>pass</h1>")
	altered, err := verify.Encode(&forged)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := run(altered); err == nil {
		t.Errorf("another page is accepted:\n%s", out)
	}
	if out, err := run(resign(t, *ms, key(t, 66))); err == nil || strings.Contains(out, "Verified Successfully") {
		t.Errorf("another signer is accepted:\n%s", out)
	}
}

// shellSigner runs the signer command of docs/pack.md.
type shellSigner struct{ script string }

func (s shellSigner) Run(ctx context.Context, stdin []byte) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", s.script)
	cmd.Stdin = bytes.NewReader(stdin)
	return cmd.Output()
}

func TestSignerCommand(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/pack.md")
	if err != nil {
		t.Fatal(err)
	}
	script := regexp.MustCompile("(?s)```sh\n(#!/bin/sh.*?)```").FindSubmatch(doc)
	if script == nil {
		t.Fatal("docs/pack.md has no signer command")
	}
	k := key(t, 7)
	file, err := k.MarshalPEM()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "signing.pem")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	command := shellSigner{strings.ReplaceAll(string(script[1]), "/etc/custody/signing.pem", path)}
	sig, err := sign.Sign(context.Background(), sign.External(k.Public(), command), []byte("message"))
	own, _ := k.Sign(context.Background(), []byte("message"))
	if err != nil || !bytes.Equal(sig, own) {
		t.Errorf("signature %x, want %x, %v", sig, own, err)
	}
}
