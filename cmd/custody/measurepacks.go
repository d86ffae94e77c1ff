package main

import (
	"errors"

	"custody/internal/report/period"
)

// trendOfPacks follows what audit packs say over time. It looks at no repository.
func (o *measureOptions) trendOfPacks(p *process) error {
	if o.rev != "" || o.trend > 0 || o.floor != "" {
		return hint(errors.New("--packs looks at packs alone, and at no commit"), "leave REV, --trend and --floor out, or --packs")
	}
	trusted, err := trustedKeys(p, o.trusted)
	if err != nil {
		return err
	}
	b := period.NewBuilder("", "", "")
	stop := progress(p, "verifying packs")
	err = readPacks(o.packs, trusted, b.Add, b.Refuse)
	stop()
	if err != nil {
		return err
	}
	t := b.Trend()
	if o.format == "html" {
		return t.WritePage(p.out)
	}
	return write(p, o.format, t)
}
