package main

import (
	"fmt"
	"io"

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

Exit code 0: all three are yes. 1: one is no: the file was altered, is no pack, or was
signed on a day on which the key did not count. 3: it is intact, but the signer is not
among your trusted keys, or it is of a later version.`,
		Example: `  custody verify change.zip
  custody verify --trusted-keys auditors_keys change.zip`,
		Args: needs(1, 1, "PACK"),
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
		fmt.Fprintf(w, "\nIf you know that this key is the signer's, add this line to your trusted keys, with a name for NAME:\n  %s\n", r.Signer.Line)
	}
	if r.Intact == finding.NotSatisfied {
		fmt.Fprint(w, "\nDo not rely on this file: get the pack again from where it is kept.\n")
	}
	_, err := fmt.Fprintf(w, "\npack %s\n", r.PackDigest)
	return err
}
