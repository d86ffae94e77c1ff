package githubtest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// reduce takes the operations and webhooks of this package, and every component that
// they need, out of GitHub's whole description, and drops what only people read.
func reduce(whole []byte) ([]byte, error) {
	var d map[string]any
	if err := json.Unmarshal(whole, &d); err != nil {
		return nil, fmt.Errorf("reading the description: %w", err)
	}
	info, _ := d["info"].(map[string]any)
	info["description"] = "GitHub's REST API, reduced from @octokit/openapi " + fmt.Sprint(info["version"]) +
		" to what Custody's tests use. Copyright GitHub, Octokit contributors; MIT License."
	out := map[string]any{"openapi": d["openapi"], "info": info, "servers": []any{map[string]any{"url": "https://api.github.com"}}}

	paths, _ := d["paths"].(map[string]any)
	kept := map[string]any{}
	for _, o := range operations {
		item, _ := paths[o.path()].(map[string]any)
		op, ok := item[strings.ToLower(o.method())].(map[string]any)
		if !ok {
			return nil, fmt.Errorf("GitHub has no operation %s", o.name)
		}
		into, _ := kept[o.path()].(map[string]any)
		if into == nil {
			into = map[string]any{}
			kept[o.path()] = into
		}
		into[strings.ToLower(o.method())] = plain(op)
		if p, ok := item["parameters"]; ok {
			into["parameters"] = plain(p)
		}
	}
	out["paths"] = kept

	hooks, _ := d["x-webhooks"].(map[string]any)
	schemas := map[string]any{}
	for _, name := range webhooks {
		if hooks[name] == nil {
			return nil, fmt.Errorf("GitHub has no webhook %s", name)
		}
		schemas["webhook-"+name] = nil
	}
	components := map[string]any{"schemas": schemas}
	if err := pull(d, components, kept); err != nil {
		return nil, err
	}
	for _, name := range webhooks {
		if err := pull(d, components, map[string]any{"$ref": "#/components/schemas/webhook-" + name}); err != nil {
			return nil, err
		}
	}
	out["components"] = components
	return json.MarshalIndent(out, "", " ")
}

// pull copies what v refers to into components, and what that refers to.
func pull(from, components map[string]any, v any) error {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if err := pull(from, components, e); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, e := range v {
			if err := pull(from, components, e); err != nil {
				return err
			}
		}
		ref, ok := v["$ref"].(string)
		if !ok {
			return nil // or a property of that name
		}
		parts := strings.Split(ref, "/")
		if len(parts) != 4 || parts[1] != "components" {
			return fmt.Errorf("a reference to %s", ref)
		}
		kind, name := parts[2], parts[3]
		into, _ := components[kind].(map[string]any)
		if into == nil {
			into = map[string]any{}
			components[kind] = into
		}
		if into[name] != nil {
			return nil
		}
		all, _ := from["components"].(map[string]any)
		of, _ := all[kind].(map[string]any)
		if of[name] == nil {
			return fmt.Errorf("nothing at %s", ref)
		}
		copied := plain(of[name])
		into[name] = copied
		return pull(from, components, copied)
	}
	return nil
}

// plain is v without examples, prose and links. In "properties" every name stays.
func plain(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = plain(e)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			switch k {
			case "example", "examples", "externalDocs", "summary", "tags", "x-github", "x-githubEnterpriseVersions", "title", "deprecated", "x-webhooks":
				continue
			case "description":
				if _, response := v["content"]; !response && v["headers"] == nil && len(v) > 1 {
					continue
				}
				e = "" // a response must have one
			case "properties":
				named := map[string]any{}
				for name, schema := range e.(map[string]any) {
					named[name] = plain(schema)
				}
				out[k] = named
				continue
			}
			out[k] = plain(e)
		}
		return out
	}
	return v
}
