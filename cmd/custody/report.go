package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"custody/internal/control/frameworks"
	"custody/internal/pack/verify"
	"custody/internal/report"
	"custody/internal/report/period"
	"custody/internal/sign"
)

// reportOptions are what `custody report` needs.
type reportOptions struct {
	framework, from, to, format, output, trusted string
	packs                                        []string // files and folders
}

func newReport(p *process) *cobra.Command {
	var o reportOptions
	cmd := &cobra.Command{
		Use:   "report --framework NAME PACK|FOLDER...",
		Short: "Report the evidence of a period, by control of a framework",
		Long: `Report what the audit packs of a period are evidence for, by control of one framework,
exceptions first: what landed without a pass, emergencies, waivers, checks without an
answer. Every pack is verified first; what does not verify is listed and counts for
nothing. What packs can not show, the report says it lacks.

A folder is searched for files that end in .zip. Of several reviews of one change the
closing one counts, else the latest.`,
		Example: `  custody report --framework soc2 --from 2026-01-01 --to 2026-12-31 packs/
  custody report --framework iso27001 --format html -o iso.html packs/
  custody report --framework eu-ai-act --format xlsx -o evidence.xlsx packs/`,
		Args: needs(1, -1, "PACK or FOLDER"),
		RunE: func(_ *cobra.Command, args []string) error {
			o.packs = args
			return runReport(p, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.framework, "framework", "", "`NAME` of the framework, or its beginning: "+frameworks.IDs()+"; any other name is that of your own control matrix")
	_ = cmd.MarkFlagRequired("framework")
	f.StringVar(&o.from, "from", "", "the first `DAY`, such as 2026-01-01")
	f.StringVar(&o.to, "to", "", "the last `DAY`")
	f.StringVarP(&o.output, "output", "o", "", "write to `FILE` (default: standard output)")
	f.StringVar(&o.trusted, "trusted-keys", "", "the keys that you trust, one per line: a `FILE` (default: $CUSTODY_TRUSTED_KEYS, else trusted_keys in custody's configuration folder)")
	addFormat(cmd, &o.format, "text", "json", "html", "csv", "xlsx")
	return cmd
}

func runReport(p *process, o *reportOptions) error {
	name, err := frameworkName(o.framework)
	if err != nil {
		return err
	}
	for flag, day := range map[string]string{"--from": o.from, "--to": o.to} {
		if day != "" && !sign.IsDay(day) {
			return fmt.Errorf("%s: %q is not a day: write it as 2026-11-23", flag, day)
		}
	}
	if o.from != "" && o.to != "" && o.from > o.to {
		return fmt.Errorf("--from %s is after --to %s", o.from, o.to)
	}
	if o.output != "" {
		if err := canWrite(o.output); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	trusted, err := trustedKeys(p, o.trusted)
	if err != nil {
		return err
	}
	b := period.NewBuilder(name, o.from, o.to)
	stop := progress(p, "verifying packs")
	err = readPacks(o.packs, trusted, b.Add, b.Refuse)
	stop()
	if err != nil {
		return err
	}
	if !b.Knows() {
		return hint(fmt.Errorf("--framework %s: no pack that counts has a control of it", name),
			"name one of "+frameworks.IDs()+", or a framework of your own control matrix (docs/controls.md)",
			"'custody verify PACK' says whether a pack counts")
	}
	out, err := writeReport(b.Report(), o.format)
	if err != nil {
		return err
	}
	if o.output == "" {
		_, err = p.out.Write(out)
		return err
	}
	if err := writeFile(o.output, out); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

func writeReport(r *period.Report, format string) ([]byte, error) {
	var b bytes.Buffer
	switch format {
	case "json":
		err := writeJSON(&b, r)
		return b.Bytes(), err
	case "html":
		err := r.WritePage(&b)
		return b.Bytes(), err
	case "csv":
		return r.CSV()
	case "xlsx":
		return period.XLSX(r.Sheets())
	default:
		err := r.WriteText(&b)
		return b.Bytes(), err
	}
}

// frameworkName completes the beginning of a framework's id: soc2 is soc2-2017. What is
// the beginning of none is taken as it is, for a company's own matrix.
func frameworkName(name string) (string, error) {
	if name == "" {
		return "", hint(errors.New("--framework is empty"), "name one of "+frameworks.IDs())
	}
	if _, ok := frameworks.Get(name); ok {
		return name, nil
	}
	var found []string
	for _, f := range frameworks.All {
		if strings.HasPrefix(f.ID, name) {
			found = append(found, f.ID)
		}
	}
	switch len(found) {
	case 0:
		return name, nil
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("--framework %s could be %s: say which", name, strings.Join(found, " or "))
}

// maxPacks bounds a report; who has more reports shorter periods.
const maxPacks = 100_000

// readPacks verifies every pack that is named, or stands below a folder that is: those that count
// are added, one by one, and all others refused.
func readPacks(names []string, trusted sign.TrustedKeys, add func(*report.VerifiedPack), refuse func(file string, err error)) error {
	return eachPack(names, func(file string, unread error) error {
		if unread != nil {
			refuse(file, unread)
			return nil
		}
		data, err := readFile(file, verify.MaxPack)
		if err != nil {
			refuse(file, err)
			return nil
		}
		pack, err := report.OpenPack(filepath.Base(file), data, func(b []byte) *verify.Result { return verify.Verify(b, trusted) })
		if err != nil {
			refuse(file, err)
			return nil
		}
		add(pack)
		return nil
	})
}

// eachPack calls do for every file that is named, and for every .zip below every folder.
// Links are not followed, and reach do as what can not be read. A folder without a pack is an error: a report about nothing is
// no report.
func eachPack(names []string, do func(file string, unread error) error) error {
	seen := 0
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return fmt.Errorf("reading packs: %w", err)
		}
		if !info.IsDir() {
			if err := do(name, nil); err != nil {
				return err
			}
			seen++
			continue
		}
		before := seen
		err = filepath.WalkDir(name, func(file string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() || !strings.EqualFold(filepath.Ext(file), ".zip") {
				return nil
			}
			if seen++; seen > maxPacks {
				return hint(fmt.Errorf("more than %d packs", maxPacks), "name folders with fewer")
			}
			if !e.Type().IsRegular() { // a link may lead anywhere, a pipe may wait for ever
				return do(file, fmt.Errorf("it is no file but a link or a device: put the pack itself into the folder"))
			}
			return do(file, nil)
		})
		if err != nil {
			return fmt.Errorf("reading packs: %w", err)
		}
		if seen == before {
			return hint(fmt.Errorf("the folder %s holds no file that ends in .zip", name), "name a folder with audit packs")
		}
	}
	return nil
}
