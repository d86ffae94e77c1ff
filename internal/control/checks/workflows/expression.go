package workflows

import (
	"slices"
	"strings"
)

// expressions are the texts between ${{ and }}.
func expressions(s string) []string {
	var all []string
	for len(all) < 1000 {
		i := strings.Index(s, "${{")
		if i < 0 {
			break
		}
		s = s[i+3:]
		n := strings.Index(s, "}}")
		if n < 0 {
			break
		}
		all = append(all, s[:n])
		s = s[n+2:]
	}
	return all
}

// untrusted are the paths that hold text which somebody without rights has written.
// A star is any name or index.
var untrusted = []string{
	"github.head_ref", "github.event.issue.title", "github.event.issue.body", "github.event.pull_request.title", "github.event.pull_request.body",
	"github.event.pull_request.head.ref", "github.event.pull_request.head.label", "github.event.pull_request.head.repo.default_branch", "github.event.pull_request.head.repo.description", "github.event.pull_request.head.repo.homepage",
	"github.event.comment.body", "github.event.review.body", "github.event.review_comment.body", "github.event.discussion.title", "github.event.discussion.body",
	"github.event.pages.*.page_name", "github.event.commits.*.message", "github.event.commits.*.author.email", "github.event.commits.*.author.name", "github.event.head_commit.message", "github.event.head_commit.author.email", "github.event.head_commit.author.name",
	"github.event.workflow_run.head_branch", "github.event.workflow_run.head_commit.message", "github.event.workflow_run.head_commit.author.name", "github.event.workflow_run.head_commit.author.email", "github.event.workflow_run.display_title", "github.event.workflow_run.head_repository.description",
}

// isUntrusted says whether a path is, or holds, one of them.
func isUntrusted(p string) bool {
	parts := strings.Split(strings.ToLower(p), ".")
	return slices.ContainsFunc(untrusted, func(u string) bool {
		want := strings.Split(u, ".")
		if len(parts) > len(want) {
			return false
		}
		for i, part := range parts {
			if part != want[i] && want[i] != "*" && part != "*" {
				return false
			}
		}
		// A whole event holds it, too; the whole of github as well.
		return true
	})
}

// mentions says whether an expression names a path or something below it.
func mentions(expr, path string) bool {
	return slices.ContainsFunc(paths(expr), func(p string) bool {
		return p == path || strings.HasPrefix(p, path+".") || path == "github.event.pull_request.head" && p == path || strings.HasPrefix(p, path+"_")
	})
}

// paths are the values that an expression names: github.event['x'][0] is github.event.x.0.
func paths(expr string) []string {
	p := &exprParser{src: expr}
	for p.at < len(p.src) {
		c := p.src[p.at]
		switch {
		case c == '\'':
			p.text()
		case letter(c):
			name := p.path()
			if strings.Contains(name, ".") {
				p.seen = append(p.seen, name)
			}
		default:
			p.at++
		}
	}
	return p.seen
}

// tainted is the untrusted path whose text an expression may turn into, or empty. What
// is compared, or asked about with contains(), becomes true or false and is harmless.
func tainted(expr string) string {
	p := &exprParser{src: expr}
	return p.or(0)
}

type exprParser struct {
	src  string
	at   int
	seen []string
}

func letter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }

func (p *exprParser) space() {
	for p.at < len(p.src) && strings.IndexByte(" \t\r\n", p.src[p.at]) >= 0 {
		p.at++
	}
}

func (p *exprParser) take(s string) bool {
	p.space()
	if strings.HasPrefix(p.src[min(p.at, len(p.src)):], s) {
		p.at += len(s)
		return true
	}
	return false
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

const maxExprDepth = 50

func (p *exprParser) or(depth int) string {
	source := p.and(depth)
	for p.take("||") {
		source = first(source, p.and(depth))
	}
	return source
}

func (p *exprParser) and(depth int) string {
	source := p.compare(depth)
	for p.take("&&") {
		// Of a && b the value is b, or a where a is empty or false.
		source = p.compare(depth)
	}
	return source
}

func (p *exprParser) compare(depth int) string {
	source := p.unary(depth)
	for {
		compared := false
		for _, op := range []string{"==", "!=", "<=", ">=", "<", ">"} {
			if p.take(op) {
				p.unary(depth)
				compared = true
				break
			}
		}
		if !compared {
			return source
		}
		source = ""
	}
}

func (p *exprParser) unary(depth int) string {
	if p.take("!") {
		for p.take("!") {
		}
		p.value(depth)
		return ""
	}
	return p.value(depth)
}

// harmless functions answer with something other than the text that they are given.
var harmless = []string{"contains", "startswith", "endswith", "hashfiles", "success", "failure", "always", "cancelled"}

func (p *exprParser) value(depth int) string {
	p.space()
	if p.at >= len(p.src) {
		return ""
	}
	if depth > maxExprDepth {
		p.at = len(p.src)
		return "an expression that is nested too deep"
	}
	c := p.src[p.at]
	switch {
	case c == '(':
		p.at++
		source := p.or(depth + 1)
		p.take(")")
		return source
	case c == '\'':
		p.text()
		return ""
	case letter(c):
		name := p.path()
		if p.take("(") {
			source := ""
			for p.at < len(p.src) && !p.take(")") {
				before := p.at
				source = first(source, p.or(depth+1))
				if !p.take(",") && p.at == before {
					p.at++
				}
				p.at = min(p.at, len(p.src))
			}
			if slices.Contains(harmless, strings.ToLower(name)) {
				return ""
			}
			return source
		}
		if isUntrusted(name) {
			return name
		}
		return ""
	}
	p.at++
	for p.at < len(p.src) && (p.src[p.at] >= '0' && p.src[p.at] <= '9' || p.src[p.at] == '.') {
		p.at++
	}
	return ""
}

// text steps over 'it”s'.
func (p *exprParser) text() string {
	p.at++
	from := p.at
	for p.at < len(p.src) {
		if p.src[p.at] == '\'' {
			if p.at+1 < len(p.src) && p.src[p.at+1] == '\'' {
				p.at += 2
				continue
			}
			p.at++
			return p.src[from : p.at-1]
		}
		p.at++
	}
	return p.src[from:]
}

// path reads a name with what stands behind its dots and in its brackets.
func (p *exprParser) path() string {
	from := p.at
	for p.at < len(p.src) && (letter(p.src[p.at]) || p.src[p.at] >= '0' && p.src[p.at] <= '9' || p.src[p.at] == '-') {
		p.at++
	}
	name := p.src[from:p.at]
	for p.at < len(p.src) {
		switch p.src[p.at] {
		case '.':
			p.at++
			from := p.at
			for p.at < len(p.src) && (letter(p.src[p.at]) || p.src[p.at] >= '0' && p.src[p.at] <= '9' || p.src[p.at] == '-' || p.src[p.at] == '*') {
				p.at++
			}
			name += "." + p.src[from:p.at]
		case '[':
			p.at++
			p.space()
			part := "*"
			if p.at < len(p.src) && p.src[p.at] == '\'' {
				part = p.text()
			}
			for p.at < len(p.src) && p.src[p.at] != ']' {
				p.at++
			}
			p.at = min(p.at+1, len(p.src))
			name += "." + part
		default:
			return name
		}
	}
	return name
}
