package githubtest

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
)

// getContents shows a file, or the entries of a folder.
func getContents(c *call) *answer {
	ref := c.query.Get("ref")
	if ref == "" {
		ref = c.repo.DefaultBranch
	}
	commit := c.repo.resolve(ref)
	if commit == "" {
		return refused(404, "No commit found for the ref "+ref)
	}
	path := strings.Trim(c.params["path"], "/")
	id, err := c.repo.store.Try("rev-parse", "--verify", "--quiet", "--end-of-options", commit+":"+path)
	if err != nil {
		return notFound()
	}
	if c.repo.has(id, "tree") {
		list := []any{}
		for _, e := range c.treeObject(id, false)["tree"].([]any) {
			o := e.(object)
			kind := map[any]string{"blob": "file", "tree": "dir", "commit": "submodule"}[o["type"]]
			list = append(list, c.content(strings.TrimPrefix(path+"/"+o["path"].(string), "/"), o["sha"].(string), kind, o["size"]))
		}
		return ok(list)
	}
	raw, err := c.repo.store.TryPipe(nil, "cat-file", "blob", id)
	if err != nil {
		return notFound()
	}
	if strings.Contains(c.header.Get("Accept"), "raw") {
		return (&answer{status: 200, raw: raw}).with("Content-Type", "application/vnd.github.raw; charset=utf-8")
	}
	out := c.content(path, id, "file", len(raw))
	out["encoding"], out["content"] = "base64", base64.StdEncoding.EncodeToString(raw)
	if len(raw) > 1<<20 {
		out["encoding"], out["content"] = "none", ""
	}
	return ok(out)
}

func (c *call) content(path, id, kind string, size any) object {
	url := c.gh.API + "/repos/" + c.repo.FullName() + "/contents/" + path
	name := path[strings.LastIndex(path, "/")+1:]
	if size == nil {
		size = 0
	}
	return object{
		"type": kind, "name": name, "path": path, "sha": id, "size": size, "url": url, "html_url": nil, "git_url": c.objectURL("blobs", id), "download_url": nil,
		"_links": object{"self": url, "git": nil, "html": nil},
	}
}

func listBranches(c *call) *answer {
	list := []any{}
	refs := c.repo.Refs()
	for _, name := range slices.Sorted(maps.Keys(refs)) {
		if branch, found := strings.CutPrefix(name, "refs/heads/"); found {
			list = append(list, object{"name": branch, "protected": c.repo.protected(branch), "commit": object{"sha": refs[name], "url": c.gh.API + "/repos/" + c.repo.FullName() + "/commits/" + refs[name]}})
		}
	}
	return c.list(list)
}

func getBranch(c *call) *answer {
	branch := c.params["branch"]
	id := c.repo.tip(branch)
	if id == "" {
		return refused(404, "Branch not found")
	}
	url := c.gh.API + "/repos/" + c.repo.FullName() + "/branches/" + branch
	return ok(object{
		"name": branch, "commit": c.repo.commit(id), "protected": c.repo.protected(branch), "protection_url": url + "/protection",
		"protection": object{}, "_links": object{"html": c.gh.URL + "/" + c.repo.FullName() + "/tree/" + branch, "self": url},
	})
}
