package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"custody/internal/change"
	"custody/internal/pack/verify"
	"custody/internal/report"
	"custody/internal/report/export"
	"custody/internal/report/period"
	"custody/internal/sign"
)

// exportOptions are what `custody export` needs.
type exportOptions struct {
	pack       string
	all        []string // with --evidence: packs and folders
	evidence   bool
	format     string
	trusted    string // file
	repository string // URI
	output     string // file; empty: standard output
	unsigned   bool
	keys       keyFlags
}

func newExport(p *process) *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export PACK | export --evidence PACK|FOLDER...",
		Short: "Write what a pack says in the form of another tool",
		Long: `Write what a pack says in the form of another tool. The pack is verified first: one that
is altered, or that nobody whom you trust has signed, is refused.

  json   pack.json itself; with --evidence, what all of the packs are evidence for
  csv    the findings, for a spreadsheet; no cell can be taken for a formula
  oscal  OSCAL ` + export.OSCALVersion + ` assessment results; what was not assessed is no finding
  sarif  SARIF 2.1.0, for code scanning
  scai   in-toto SCAI: who or what wrote the lines of each file, signed
  vsa    SLSA verification summary: the decision, signed; incomplete is FAILED

The same pack and key give the same bytes.`,
		Example: `  custody export change.zip --format csv -o findings.csv
  custody export --evidence --format json packs/ > evidence.json
  custody export change.zip --format vsa --repository git+https://example.com/shop -o vsa.sigstore.json`,
		Args: needs(1, -1, "PACK"),
		PreRunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case o.evidence && cmd.Flags().Changed("format") && o.format != "json":
				return errors.New("--evidence is written as json: leave --format out")
			case !o.evidence && len(args) > 1:
				return hint(errors.New("more than one pack"), "export them one by one; only --evidence takes several")
			}
			return errors.Join(exclude(cmd, "unsigned", "key", "signer", "signer-key"), o.keys.check(cmd))
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.evidence {
				o.all = args
				return runEvidence(p, &o)
			}
			o.pack = args[0]
			return runExport(cmd.Context(), p, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.trusted, "trusted-keys", "", "the keys that you trust, one per line: a `FILE` (default: $CUSTODY_TRUSTED_KEYS, else trusted_keys in custody's configuration folder)")
	f.StringVar(&o.repository, "repository", "", "`URI` of the repository, such as git+https://example.com/shop (default: what the pack's context says); for scai and vsa")
	f.StringVarP(&o.output, "output", "o", "", "write to `FILE` (default: standard output)")
	f.BoolVar(&o.evidence, "evidence", false, "list what the packs are evidence for, by control, for a tool that collects it")
	f.BoolVar(&o.unsigned, "unsigned", false, "write scai and vsa as bare statements, without a signature")
	o.keys.add(cmd)
	addFormat(cmd, &o.format, "csv", "json", "oscal", "sarif", "scai", "vsa")
	return cmd
}

func runExport(ctx context.Context, p *process, o *exportOptions) error {
	if o.output != "" {
		if err := canWrite(o.output); err != nil {
			return fmt.Errorf("writing the export: %w", err)
		}
	}
	pack, err := openPack(p, o.pack, o.trusted)
	if err != nil {
		return err
	}
	out, err := o.write(ctx, p, pack)
	if errors.Is(err, export.ErrNoRepository) {
		return hint(err, "name it: --repository git+https://HOST/OWNER/NAME")
	}
	if err != nil {
		return fmt.Errorf("exporting %s as %s: %w", o.pack, o.format, err)
	}
	return o.put(p, out)
}

// put writes to the file, or to standard output.
func (o *exportOptions) put(p *process, out []byte) error {
	if o.output == "" {
		_, err := p.out.Write(out)
		return err
	}
	if err := writeFile(o.output, out); err != nil {
		return fmt.Errorf("writing the export: %w", err)
	}
	return nil
}

// runEvidence exports many packs as one document, which lists the files that do not verify.
func runEvidence(p *process, o *exportOptions) error {
	if o.output != "" {
		if err := canWrite(o.output); err != nil {
			return fmt.Errorf("writing the export: %w", err)
		}
	}
	trusted, err := trustedKeys(p, o.trusted)
	if err != nil {
		return err
	}
	var packs []*report.VerifiedPack
	var refused []export.RefusedFile
	err = readPacks(o.all, trusted, func(pack *report.VerifiedPack) {
		pack.Members = nil // what it says is all that is needed
		packs = append(packs, pack)
	}, func(file string, err error) {
		refused = append(refused, export.RefusedFile{File: change.Printable(file), Why: change.Printable(err.Error())})
	})
	if err != nil {
		return err
	}
	out, err := indented(export.NewEvidence(packs, period.Counting(packs), refused))
	if err != nil {
		return err
	}
	if err := o.put(p, out); err != nil || len(refused) == 0 {
		return err
	}
	fmt.Fprintf(p.err, "files that do not count, listed under \"refused\": %d; the first is %s: %s\n", len(refused), refused[0].File, refused[0].Why)
	return nil
}

// openPack reads a pack that is intact and signed by a trusted key.
func openPack(p *process, name, keys string) (*report.VerifiedPack, error) {
	trusted, err := trustedKeys(p, keys)
	if err != nil {
		return nil, err
	}
	file, err := readPack(name)
	if err != nil {
		return nil, err
	}
	pack, err := report.OpenPack(name, file, func(b []byte) *verify.Result { return verify.Verify(b, trusted) })
	if err != nil {
		return nil, hint(err, "'custody verify "+name+"' says more")
	}
	return pack, nil
}

func (o *exportOptions) write(ctx context.Context, p *process, pack *report.VerifiedPack) ([]byte, error) {
	switch o.format {
	case "csv":
		return export.NewCSV(pack)
	case "json":
		return pack.Members[verify.PackJSON], nil // byte by byte: its digest is in the manifest
	case "sarif":
		return pack.Members[verify.SARIF], nil
	case "oscal":
		return indented(export.NewOSCAL(pack))
	case "scai":
		st, err := export.NewSCAI(pack, o.repository)
		return o.sign(ctx, p, st, err)
	default:
		st, err := export.NewVSA(pack, o.repository)
		return o.sign(ctx, p, st, err)
	}
}

// sign puts a statement into a Sigstore bundle.
func (o *exportOptions) sign(ctx context.Context, p *process, st *export.Statement, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	if o.unsigned {
		return indented(st)
	}
	signer, err := o.keys.load(p)
	if err != nil {
		return nil, err
	}
	payload, err := sign.Canonical(st)
	if err != nil {
		return nil, err
	}
	bundle, err := sign.SignPayload(ctx, payload, signer)
	if err != nil {
		return nil, err
	}
	out, err := bundle.Marshal()
	return append(out, '\n'), err
}

func indented(v any) ([]byte, error) {
	out, err := json.MarshalIndent(v, "", "  ")
	return append(out, '\n'), err
}
