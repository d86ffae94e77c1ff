package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"custody/internal/control"
	"custody/internal/review"
	"custody/internal/sign"
)

func newWaiver(p *process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "waiver",
		Short: "Sign an exception that is granted outside of the repository",
		Long: `A waiver excepts findings of one rule or requirement, for some files, up to a day. It
stands in the policy at base; or it is signed, and comes with the context of a change.`,
		Example: `  custody waiver sign --key grants.pem waiver.json`,
	}
	cmd.AddCommand(newWaiverSign(p))
	return cmd
}

// waiverSignOptions are what `custody waiver sign` needs.
type waiverSignOptions struct {
	file   string
	output string // file
	keys   keyFlags
}

func newWaiverSign(p *process) *cobra.Command {
	var o waiverSignOptions
	cmd := &cobra.Command{
		Use:   "sign FILE",
		Short: "Sign a waiver, and write it as an item of a context's waivers",
		Long: `Sign a custody/waiver/v1 document: id, covers, paths, repository, owner, approver with
their permission, reason and last day. What is written belongs into the list "waivers"
of a context. It counts where the trusted keys name the key for=waivers.`,
		Example: `  custody waiver sign --key grants.pem -o item.json waiver.json`,
		Args:    needs(1, 1, "FILE"),
		PreRunE: func(cmd *cobra.Command, _ []string) error { return o.keys.check(cmd) },
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return runWaiverSign(cmd.Context(), p, &o)
		},
	}
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "write the item to `FILE` (default: standard output)")
	o.keys.add(cmd)
	return cmd
}

// maxWaiver bounds a waiver document.
const maxWaiver = 1 << 20

func runWaiverSign(ctx context.Context, p *process, o *waiverSignOptions) error {
	doc, err := readFile(o.file, maxWaiver)
	if err != nil {
		return fmt.Errorf("reading the waiver: %w", err)
	}
	w, err := control.ParseWaiver(doc)
	if err != nil {
		return hint(fmt.Errorf("%s: %w", o.file, err), "docs/policy.md shows one whole")
	}
	signer, err := o.keys.load(p)
	if err != nil {
		return err
	}
	signed, err := review.SignWaiver(ctx, doc, signer)
	if err != nil {
		return err
	}
	item, err := sign.Canonical(signed)
	if err != nil {
		return err
	}
	item = append(item, '\n')
	line := sign.TrustedKey{Key: signer.Public(), Name: "NAME", Purposes: sign.ForWaivers}
	fmt.Fprintf(p.err, "signed waiver %s of %s until %s; who shall accept it needs this line among the trusted keys, with a name for NAME:\n  %s\n", w.ID, w.Covers, w.LastDay, line)
	if o.output == "" {
		_, err = p.out.Write(item)
		return err
	}
	if err := writeFile(o.output, item); err != nil {
		return fmt.Errorf("writing the signed waiver: %w", err)
	}
	return nil
}
