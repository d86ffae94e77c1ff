package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newMan(p *process, root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the manual pages into a folder",
		Example: `  custody man /usr/local/share/man/man1`,
		Args:    needs(1, 1, "DIR"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			// The date is fixed, so that the pages are the same bytes in every build.
			date := time.Unix(0, 0).UTC()
			root.DisableAutoGenTag = true
			if err := doc.GenManTree(root, &doc.GenManHeader{Section: "1", Date: &date, Source: "custody"}, args[0]); err != nil {
				return fmt.Errorf("writing manual pages: %w", err)
			}
			_, err := fmt.Fprintf(p.out, "wrote manual pages to %s; read them with 'man -l %s/custody.1'\n", args[0], args[0])
			return err
		},
	}
}
