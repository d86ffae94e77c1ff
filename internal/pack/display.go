package pack

import "custody/internal/review"

// Display is the summary of a verdict as a forge shows it, in Markdown, at most 65,535
// bytes: what summary.md in its pack is. digest is the verdict's.
func Display(v *review.Verdict, digest string) string {
	w := newView(v)
	w.Digest = digest
	return string(summary(w))
}
