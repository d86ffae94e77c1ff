package workflows

import (
	"fmt"
	"strings"

	"custody/internal/change/manifest"
	"custody/internal/control/checks"
	"custody/internal/control/checks/yamltree"
	"custody/internal/finding"
)

// gitlab looks at what a pipeline of GitLab includes from elsewhere.
func (r *reader) gitlab(root *yamltree.Node) {
	include := root.Get("include")
	if include == nil {
		return
	}
	items := include.Items
	if include.Kind != yamltree.List {
		items = []*yamltree.Node{include}
	}
	for _, item := range items {
		r.include(item.Resolve())
	}
}

func (r *reader) include(n *yamltree.Node) {
	if n == nil {
		return
	}
	if n.Kind == yamltree.Scalar {
		if strings.Contains(n.Text, "://") {
			r.remote(n, n.Text, nil)
		}
		return
	}
	if remote := n.Get("remote"); remote != nil {
		r.remote(remote, remote.Value(), n.Get("integrity"))
	}
	if project := n.Get("project"); project != nil {
		ref := n.Get("ref")
		switch {
		case ref == nil:
			r.find("unpinned-include", finding.Error, project.Line, project.Value(), fmt.Sprintf("the include of project %s has no ref, so it is whatever its default branch is", checks.Clip(project.Value())))
		case !isHash(ref.Value()):
			r.find("unpinned-include", finding.Warning, ref.Line, project.Value(), fmt.Sprintf("the include of project %s is pinned by %s, which can move, not by a commit", checks.Clip(project.Value()), checks.Clip(ref.Value())))
		}
	}
	if component := n.Get("component"); component != nil {
		name, version, _ := strings.Cut(manifest.Public(component.Value()), "@")
		if !isHash(version) && !strings.HasPrefix(name, "$CI_SERVER_FQDN/$CI_PROJECT_PATH") {
			r.find("unpinned-include", finding.Warning, component.Line, name, fmt.Sprintf("component %s is pinned by %q, which can move, not by a commit", checks.Clip(name), checks.Clip(version)))
		}
	}
}

func (r *reader) remote(n *yamltree.Node, url string, integrity *yamltree.Node) {
	if integrity != nil {
		return
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(manifest.Public(url), "https://"), "http://"), "/")
	level := finding.Warning
	if strings.HasPrefix(url, "http://") {
		level = finding.Error
	}
	r.find("remote-include", level, n.Line, url, fmt.Sprintf("the pipeline includes whatever %s serves when it runs", checks.Clip(host)))
}
