package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"custody/internal/finding"
	"custody/internal/pack/verify"
)

type verifyOptions struct {
	pack, keys, format string
}

func newVerify(p *process) *cobra.Command {
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify PACK",
		Short: "Check a pack: is it intact, who signed it, is the signer trusted?",
		Long: `Check a pack and answer three questions: is it intact, who signed it, and is that key
one that you trust? Trust comes from your trusted_keys file alone; a key that travels
in the pack proves nothing.

Exit code 0: all three are yes. 1: the pack was altered, or is no pack. 3: it is
intact, but the signer is not among your trusted keys.`,
		Example: `  custody verify change.zip
  custody verify --trusted-keys auditors_keys change.zip`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o.pack = args[0]
			return runVerify(p, &o)
		},
	}
	cmd.Flags().StringVar(&o.keys, "trusted-keys", "", "the keys that you trust, one per line: a `FILE` (default: $CUSTODY_TRUSTED_KEYS, else trusted_keys in custody's configuration folder)")
	addFormat(cmd, &o.format, "text", "json")
	return cmd
}

func runVerify(p *process, o *verifyOptions) error {
	file, err := readPack(o.pack)
	if err != nil {
		return err
	}
	trusted, err := trustedKeys(p, o.keys)
	if err != nil {
		return err
	}
	result := verify.Verify(file, trusted)
	if o.format == "json" {
		err = writeJSON(p.out, result)
	} else {
		err = writeResult(p.out, result)
	}
	if err != nil {
		return err
	}
	switch {
	case result.Outcome == finding.Satisfied:
		return nil
	case result.Outcome == finding.NotSatisfied:
		return exitError(exitFail)
	default:
		return exitError(exitIncomplete)
	}
}

// readPack reads a pack from a file, no more of it than a pack can have.
func readPack(name string) ([]byte, error) {
	file, err := readAtMost(name, verify.MaxPack)
	if err != nil {
		return nil, fmt.Errorf("reading the pack: %w", err)
	}
	return file, nil
}

// readAtMost reads a file that a user named, and one byte more than it may have, so that
// who takes it apart can tell.
func readAtMost(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

func writeResult(w io.Writer, r *verify.Result) error {
	last := ""
	for _, s := range r.Steps {
		question := s.Question
		if question == last {
			question = ""
		}
		last = s.Question
		if _, err := fmt.Fprintf(w, "%-8s %-13s  %s\n", question, s.Outcome, s.Detail); err != nil {
			return err
		}
	}
	if r.Says != nil {
		fmt.Fprintf(w, "\nIt says: %s at stage %s for %.12s..%.12s, as of %s\n", r.Says.Decision, r.Says.Stage, r.Says.Base, r.Says.Head, r.Says.Day)
	}
	if r.Signer != nil && r.Trusted == finding.NotAssessed {
		fmt.Fprintf(w, "\nIf you know that this key is the signer's, add this line and a name to your trusted keys:\n  %s NAME\n", r.Signer.Line)
	}
	_, err := fmt.Fprintf(w, "\npack %s\n", r.PackDigest)
	return err
}
