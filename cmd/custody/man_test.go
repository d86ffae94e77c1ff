package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestManualPages: each command that help lists has a page with all of its options, in
// requests that the man macros know.
func TestManualPages(t *testing.T) {
	dir := t.TempDir()
	root := newRoot(&process{})
	root.InitDefaultCompletionCmd()
	if err := writePages(root, dir); err != nil {
		t.Fatal(err)
	}
	request := regexp.MustCompile(`^\.(TH|SH|PP|TP|B|BR|nf|fi|br)( |$)`)
	escape := regexp.MustCompile(`\\(e|-|&|f[BIR])`)
	left, _ := os.ReadDir(dir)
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			return
		}
		left = left[1:]
		page := string(text)
		for line := range strings.Lines(page) {
			if strings.HasPrefix(line, "'") || strings.HasPrefix(line, ".") && !request.MatchString(strings.TrimSuffix(line, "\n")) {
				t.Errorf("%s: %q is no request that we write", name, line)
			}
			if strings.Contains(escape.ReplaceAllString(line, ""), `\`) {
				t.Errorf("%s: %q has an escape that we do not write", name, line)
			}
		}
		if !strings.Contains(page, roff(cmd.Short)) || !strings.Contains(page, roff(cmd.Example)) {
			t.Errorf("%s does not say what the command is for, or gives no example:\n%s", name, page)
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			_, usage := pflag.UnquoteUsage(f)
			if !strings.Contains(page, `\fB\-\-`+roff(f.Name)+`\fR`) || !strings.Contains(page, roff(usage)) {
				t.Errorf("%s does not explain --%s", name, f.Name)
			}
		})
		for _, sub := range pages(cmd) {
			if !strings.Contains(page, roff(pageName(sub))) {
				t.Errorf("%s does not lead to %s", name, pageName(sub))
			}
			check(sub)
		}
	}
	check(root)
	if len(left) > 0 {
		t.Errorf("%d pages of no command", len(left))
	}
}

func TestRoff(t *testing.T) {
	for text, want := range map[string]string{
		"plain":             "plain",
		".TH x\n'nr y":      `\&.TH x` + "\n" + `\&'nr y`,
		`a\fB-b "quoted" .`: `a\efB\-b "quoted" .`,
	} {
		if got := roff(text); got != want {
			t.Errorf("roff(%q) = %q, want %q", text, got, want)
		}
	}
}
