package githubtest

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/routers"
)

// A pattern is the template of an operation's path as an expression.
type pattern struct {
	op      *operation
	match   *regexp.Regexp
	names   []string
	literal int // bytes that stand for themselves: who has more comes first
}

// Parameters whose values may have slashes: paths, and names of refs.
var long = []string{"path", "ref", "branch", "basehead"}

var patterns = sync.OnceValue(func() []pattern {
	doc, err := description()
	if err != nil {
		panic(err) // New has read it
	}
	var all []pattern
	for i := range operations {
		o := &operations[i]
		item := doc.Paths.Value(o.path())
		o.route = &routers.Route{Spec: doc, Server: doc.Servers[0], Path: o.path(), PathItem: item, Method: o.method(), Operation: item.GetOperation(o.method())}
		p := pattern{op: o}
		var e strings.Builder
		for _, part := range regexp.MustCompile(`\{[^}]*\}|[^{]+`).FindAllString(o.path(), -1) {
			if part[0] != '{' {
				p.literal += len(part)
				e.WriteString(regexp.QuoteMeta(part))
				continue
			}
			name := strings.Trim(part, "{}")
			p.names = append(p.names, name)
			if slices.Contains(long, name) {
				e.WriteString("(.+)")
			} else {
				e.WriteString("([^/]+)")
			}
		}
		p.match = regexp.MustCompile("^" + e.String() + "$")
		all = append(all, p)
	}
	slices.SortStableFunc(all, func(a, b pattern) int { return cmp.Compare(b.literal, a.literal) })
	return all
})

// route finds the operation for an escaped path, and the values in it.
func route(method, path string) (*operation, map[string]string) {
	for _, p := range patterns() {
		if p.op.method() != method {
			continue
		}
		values := p.match.FindStringSubmatch(path)
		if values == nil {
			continue
		}
		params := map[string]string{}
		for i, name := range p.names {
			v, err := url.PathUnescape(values[i+1])
			if err != nil {
				return nil, nil
			}
			params[name] = v
		}
		return p.op, params
	}
	return nil, nil
}
