package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"custody/internal/change"
	"custody/internal/sign"
)

func newContext(p *process, dir *string) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "context",
		Short:   "Sign what is not in git: reviews, labels, checks",
		Long:    `A context says what git does not know of a change. Signed, it counts in a git server's hooks.`,
		Example: `  custody context sign --head feature --key review.pem -o context.json facts.json`,
	}
	cmd.AddCommand(newContextSign(p, dir))
	return cmd
}

// contextSignOptions are what `custody context sign` needs.
type contextSignOptions struct {
	dir    string
	file   string
	head   string // revision
	target string // ref
	output string // file
	keys   keyFlags
}

func newContextSign(p *process, dir *string) *cobra.Command {
	var o contextSignOptions
	cmd := &cobra.Command{
		Use:   "sign FILE",
		Short: "Sign a context, so that git servers believe it",
		Long: `Sign a custody/context/v1 document, for a review tool or a job that merges. A git
server's hook believes a context that is signed by a key which its trusted keys name
for=context, and that says for which commit it is: by change.head in the document, or
by --head, which puts it there.`,
		Example: `  custody context sign --head feature --key review.pem -o context.json facts.json`,
		Args:    needs(1, 1, "FILE"),
		PreRunE: func(cmd *cobra.Command, _ []string) error { return o.keys.check(cmd) },
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir, o.file = *dir, args[0]
			return runContextSign(cmd.Context(), p, &o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.head, "head", "", "the `COMMIT` that the context is about (default: the document's change.head)")
	f.StringVar(&o.target, "target", "", "the full name of the `REF` that the change is for, such as refs/heads/main (default: the document's change.target; without one, any)")
	f.StringVarP(&o.output, "output", "o", "", "write the signed context to `FILE` (default: standard output)")
	o.keys.add(cmd)
	return cmd
}

func runContextSign(ctx context.Context, p *process, o *contextSignOptions) error {
	doc, err := readContext(o.file)
	if err != nil {
		return err
	}
	if sign.IsRecord(doc) {
		return hint(fmt.Errorf("%s is signed already", o.file), "give the document that it was made from")
	}
	if doc, err = o.bind(ctx, p, doc); err != nil {
		return fmt.Errorf("the context %s: %w", o.file, err)
	}
	signer, err := o.keys.load(p)
	if err != nil {
		return err
	}
	record, err := sign.SignRecord(ctx, doc, sign.ContextRecord, signer)
	if err != nil {
		return err
	}
	record = append(record, '\n')
	line := sign.TrustedKey{Key: signer.Public(), Name: "NAME", Purposes: sign.ForContext}
	fmt.Fprintf(p.err, "signed; whoever shall believe it needs this line among the trusted keys, with a name for NAME:\n  %s\n", line)
	if o.output == "" {
		_, err = p.out.Write(record)
		return err
	}
	if err := writeFile(o.output, record); err != nil {
		return fmt.Errorf("writing the signed context: %w", err)
	}
	return nil
}

// bind makes the document say for which commit, and perhaps for which ref, it is. Other
// members of it stay as they are, also those that this version does not know.
func (o *contextSignOptions) bind(ctx context.Context, p *process, doc []byte) ([]byte, error) {
	doc, err := sign.Canonicalize(doc)
	if err != nil {
		return nil, err
	}
	known, err := change.ParseContext(doc)
	if err != nil {
		return nil, err
	}
	request := change.Request{}
	if known.Change != nil {
		request = *known.Change
	}
	head := request.Head
	if o.head != "" {
		repo, err := openReader(ctx, p, o.dir)
		if err != nil {
			return nil, err
		}
		defer repo.Close()
		id, err := resolveFlag(ctx, repo, "--head", o.head)
		if err != nil {
			return nil, err
		}
		head = id.String()
	}
	switch {
	case head == "":
		return nil, hint(errors.New("it does not say for which commit it is, so it would speak for every change"), "add --head COMMIT")
	case request.Head != "" && request.Head != head:
		return nil, fmt.Errorf("it is for the head %.64q, and --head is %s", request.Head, head)
	case o.target != "" && !strings.HasPrefix(o.target, "refs/"):
		return nil, hint(fmt.Errorf("--target %q is no full name of a ref", o.target), "write it as refs/heads/main")
	case o.target != "" && request.Target != "" && request.Target != o.target:
		return nil, fmt.Errorf("it is for the target %.200q, and --target is %q", request.Target, o.target)
	}
	if o.target == "" {
		o.target = request.Target
	}
	return setRequest(doc, head, o.target)
}

// setRequest writes change.head and change.target into a context.
func setRequest(doc []byte, head, target string) ([]byte, error) {
	var top, request map[string]json.RawMessage
	if err := json.Unmarshal(doc, &top); err != nil {
		return nil, err
	}
	if part, ok := top["change"]; ok {
		if err := json.Unmarshal(part, &request); err != nil {
			return nil, err
		}
	}
	if request == nil {
		request = map[string]json.RawMessage{}
	}
	for name, value := range map[string]string{"head": head, "target": target} {
		if value == "" {
			continue
		}
		text, err := sign.Canonical(value)
		if err != nil {
			return nil, err
		}
		request[name] = text
	}
	part, err := sign.Canonical(request)
	if err != nil {
		return nil, err
	}
	top["change"] = part
	return sign.Canonical(top)
}
