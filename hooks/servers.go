package hooks

import (
	"fmt"
	"slices"
	"strings"
)

// An Adapter makes a Server of a hook's environment.
type Adapter struct {
	Name string
	Make func(env func(string) string) Server
}

// Servers are the git servers that are known, the plain one first.
var Servers = []Adapter{
	{"git", func(func(string) string) Server { return Server{} }},
}

// FindServer makes the Server of an adapter by its name.
func FindServer(name string, env func(string) string) (Server, error) {
	i := slices.IndexFunc(Servers, func(a Adapter) bool { return a.Name == name })
	if i < 0 {
		names := make([]string, len(Servers))
		for i, a := range Servers {
			names[i] = a.Name
		}
		return Server{}, fmt.Errorf("unknown git server %q: use one of %s", name, strings.Join(names, ", "))
	}
	s := Servers[i].Make(env)
	s.Name = name
	return s, nil
}
