package pack

import "custody/internal/change/markdown"

// Text that a change may have chosen, in Markdown: line breaks and other invisible
// characters are shown by their code points, and what is long is cut.

func prose(s string) string { return markdown.Prose(message(s)) }
func code(s string) string  { return markdown.Code(message(s)) }
func cell(s string) string  { return markdown.Cell(message(s)) }
