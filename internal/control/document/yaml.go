package document

import (
	"custody/internal/config/yaml"
	"custody/internal/control/cel"
)

// readYAML reads the YAML of other tools: several documents, anchors, aliases, merge keys
// and tags, by the core schema of YAML 1.2 ("yes" and "on" are texts). A tag that is not
// YAML's own, such as !Ref, makes a mapping of its name to the value.
func readYAML(src []byte) ([]cel.Value, error) {
	docs, err := yaml.ParseForeign(src, maxValues)
	if err != nil {
		return nil, err
	}
	var b budget
	var all []cel.Value
	for _, d := range docs {
		v, err := fromYAML(&b, d, 0)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

func fromYAML(b *budget, v any, depth int) (cel.Value, error) {
	if err := b.take(1, depth); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case []any:
		list := []cel.Value{}
		for _, item := range v {
			c, err := fromYAML(b, item, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, c)
		}
		return list, nil
	case []yaml.Pair:
		var m mapping
		for _, p := range v {
			c, err := fromYAML(b, p.Value, depth+1)
			if err != nil {
				return nil, err
			}
			m.add(p.Key, c)
		}
		return m.value()
	}
	return v, nil
}
