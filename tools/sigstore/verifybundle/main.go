// Verifybundle asks sigstore-go whether a bundle is about a file and signed by a key:
//
//	verifybundle KEY.pem BUNDLE FILE
//
// without a transparency log, a time stamp or the network. Its exit code is the answer.
package main

import (
	"crypto"
	"fmt"
	"os"
	"time"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "verifybundle:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: verifybundle KEY.pem BUNDLE FILE")
	}
	pem, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	public, err := cryptoutils.UnmarshalPEMToPublicKey(pem)
	if err != nil {
		return err
	}
	verifier, err := signature.LoadVerifier(public, crypto.SHA256)
	if err != nil {
		return err
	}
	trusted := root.NewTrustedPublicKeyMaterial(func(string) (root.TimeConstrainedVerifier, error) {
		return root.NewExpiringKey(verifier, time.Time{}, time.Time{}), nil
	})
	b, err := bundle.LoadJSONFromPath(args[1])
	if err != nil {
		return err
	}
	v, err := verify.NewVerifier(trusted, verify.WithNoObserverTimestamps())
	if err != nil {
		return err
	}
	file, err := os.Open(args[2])
	if err != nil {
		return err
	}
	defer file.Close()
	result, err := v.Verify(b, verify.NewPolicy(verify.WithArtifact(file), verify.WithKey()))
	if err != nil {
		return err
	}
	fmt.Println(result.Statement.PredicateType)
	return nil
}
