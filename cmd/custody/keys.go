package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"custody/internal/private"
	"custody/internal/sign"
)

// keyFlags say with which key a pack is signed.
type keyFlags struct {
	key       string // file with a private key
	signer    string // or an operator's program, with its arguments
	signerKey string // and the file with the public key of that program
}

// add defines the flags.
func (f *keyFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.key, "key", "", "sign with the private key in `FILE` (default: $CUSTODY_SIGNING_KEY, else signing.pem in custody's configuration folder, made on first use)")
	cmd.Flags().StringVar(&f.signer, "signer", "", "sign by running `COMMAND`: what to sign on its standard input, the base64 of the signature on its standard output")
	cmd.Flags().StringVar(&f.signerKey, "signer-key", "", "the public key (PEM `FILE`) of --signer")
}

// check refuses flags that do not fit each other.
func (f *keyFlags) check(cmd *cobra.Command) error {
	if (f.signer == "") != (f.signerKey == "") {
		return hint(errors.New("--signer and --signer-key belong together"), "give the command that signs and the file with its public key")
	}
	return exclude(cmd, "key", "signer")
}

// load finds the signer. Only a person's own default key is ever made here: a key that
// was named and is not there is an error.
func (f *keyFlags) load(p *process) (sign.Signer, error) {
	if f.signer != "" {
		return f.external(p)
	}
	file, err := f.file(p)
	if err != nil {
		return nil, err
	}
	key, err := readKey(file)
	if notThere(err) && f.key == "" && p.env("CUSTODY_SIGNING_KEY") == "" {
		key, err = makeKey(p, file)
		if err != nil {
			return nil, hint(err, "name a key with --key FILE or CUSTODY_SIGNING_KEY, or a folder to keep one in with XDG_CONFIG_HOME")
		}
	}
	if err != nil {
		return nil, err
	}
	return key, nil
}

// notThere says that a file, or a folder above it, is not there: the home of a service may
// be /dev/null.
func notThere(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// file is where the private key is.
func (f *keyFlags) file(p *process) (string, error) {
	if f.key != "" {
		return f.key, nil
	}
	if file := p.env("CUSTODY_SIGNING_KEY"); file != "" {
		return file, nil
	}
	dir, err := p.configDir()
	return filepath.Join(dir, "signing.pem"), err
}

func (f *keyFlags) external(p *process) (sign.Signer, error) {
	pem, err := os.ReadFile(f.signerKey)
	if err != nil {
		return nil, fmt.Errorf("reading the signer's public key: %w", err)
	}
	public, err := sign.ParsePublicKey(pem)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.signerKey, err)
	}
	argv := strings.Fields(f.signer)
	if len(argv) == 0 {
		return nil, hint(errors.New("--signer names no command"), "name a program and its arguments, separated by spaces")
	}
	return sign.External(public, command{argv, p}), nil
}

// A command is the operator's signer program, run without a shell.
type command struct {
	argv []string
	p    *process
}

// maxSignature is more than any signer has to say, in bytes.
const maxSignature = 64 << 10

// Run implements sign.Command. A program that does not stop talking is ended.
func (c command) Run(ctx context.Context, stdin []byte) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.argv[0], c.argv[1:]...)
	cmd.Stdin = bytes.NewReader(stdin)
	cmd.Stderr = c.p.err
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	said, err := io.ReadAll(io.LimitReader(out, maxSignature+1))
	if len(said) > maxSignature {
		cancel()
		err = fmt.Errorf("it wrote more than %d bytes", maxSignature)
	}
	if ended := cmd.Wait(); err == nil {
		err = ended
	}
	return said, err
}

// maxKeyFile is more than a key has, in bytes.
const maxKeyFile = 1 << 20

func readKey(file string) (*sign.Key, error) {
	pem, err := private.Read(file, maxKeyFile)
	if err != nil {
		return nil, fmt.Errorf("reading the signing key: %w", err)
	}
	key, err := sign.ParseKey(pem)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return key, nil
}

// makeKey makes a person's first key, and trusts it. Of two commands that start at the
// same time, one makes the key and the other uses it.
func makeKey(p *process, file string) (*sign.Key, error) {
	key, err := sign.GenerateKey(p.random)
	if err != nil {
		return nil, err
	}
	pem, err := key.MarshalPEM()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("making a signing key: %w", err)
	}
	err = writeNew(file, pem, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return readKey(file)
	}
	if err != nil {
		return nil, fmt.Errorf("making a signing key: %w", err)
	}
	if err := trust(filepath.Join(filepath.Dir(file), "trusted_keys"), key.Public()); err != nil {
		return nil, err
	}
	fmt.Fprintf(p.err, "made your signing key %s (%s); keep the file, it signs your packs\n", key.Public().ID(), file)
	return key, nil
}

// trust appends a key to a trusted_keys file. It is valid on every day, since its owner
// may audit as of an earlier one.
func trust(file string, key sign.PublicKey) error {
	line := sign.TrustedKey{Key: key, Name: "local-" + key.ID()[:8]}.String()
	before, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("trusting the new key: %w", err)
	}
	if len(before) > 0 && !bytes.HasSuffix(before, []byte("\n")) {
		line = "\n" + line // not part of somebody's last line, which may be a comment
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("trusting the new key: %w", err)
	}
	_, err = fmt.Fprintln(f, line)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("trusting the new key: %w", err)
	}
	return nil
}

// trustedKeys reads the keys that a person has pinned.
func trustedKeys(p *process, flag string) (sign.TrustedKeys, error) {
	text, file, err := readKeyRing(p, flag)
	if text == nil || err != nil {
		return nil, err
	}
	keys, err := sign.ParseTrustedKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return keys, nil
}

// maxKeyRing is more than the largest file of trusted keys has, in bytes.
const maxKeyRing = 16 << 20

// readKeyRing reads a file of trusted keys: --trusted-keys, the file that
// $CUSTODY_TRUSTED_KEYS names, or the one beside the default signing key. Without the
// last nobody is trusted, which is no error: the text is nil.
func readKeyRing(p *process, flag string) (text []byte, file string, err error) {
	file = flag
	if file == "" {
		file = p.env("CUSTODY_TRUSTED_KEYS")
	}
	named := file != ""
	if !named {
		dir, err := p.configDir()
		if err != nil {
			return nil, "", nil //nolint:nilerr // no home, so nothing is pinned
		}
		file = filepath.Join(dir, "trusted_keys")
	}
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o022 != 0 && runtime.GOOS != "windows" {
		return nil, "", hint(fmt.Errorf("the trusted keys %s can be written by others (mode %04o)", file, info.Mode().Perm()), "chmod go-w "+file)
	}
	text, err = readFile(file, maxKeyRing)
	if notThere(err) && !named {
		return nil, "", nil
	}
	if err == nil && len(text) > maxKeyRing {
		err = fmt.Errorf("%s has more than %d bytes", file, maxKeyRing)
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the trusted keys: %w", err)
	}
	if text == nil {
		text = []byte{}
	}
	return text, file, nil
}
