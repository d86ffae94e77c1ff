package githubtest

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
)

// github.json.gz is GitHub's own OpenAPI description, reduced to the operations and
// webhooks that this package has, without examples and prose. It comes from the npm
// package @octokit/openapi, whose licence it carries (MIT, in info.license and in
// testdata/LICENSE.octokit). TestDescription generates it.
//
//go:embed testdata/github.json.gz
var reduced []byte

// description is read once for a whole test binary: it takes a tenth of a second.
var description = sync.OnceValues(func() (*openapi3.T, error) {
	text, err := unzip(reduced)
	if err != nil {
		return nil, fmt.Errorf("reading GitHub's description: %w", err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("reading GitHub's description: %w", err)
	}
	return doc, correct(doc)
})

// correct mends the description where GitHub itself does otherwise.
func correct(doc *openapi3.T) error {
	forks := 0
	for name, schema := range doc.Components.Schemas {
		inline(schema.Value, func(s *openapi3.Schema) {
			// The repository of a pull request's head is null once the fork is gone.
			if head := s.Properties["head"]; head != nil && head.Value.Properties["repo"] != nil {
				repo := *head.Value.Properties["repo"].Value
				repo.Nullable = true
				head.Value.Properties["repo"] = openapi3.NewSchemaRef("", &repo)
				forks++
			}
			// An App may subscribe to more events than some deliveries list.
			if e := s.Properties["events"]; e != nil && e.Value.Items != nil && strings.HasPrefix(name, "webhook-") {
				e.Value.Items.Value.Enum = nil
			}
		})
	}
	if forks == 0 {
		return errors.New("GitHub's description has no head.repo any more")
	}
	return nil
}

// inline visits a schema and those written inside it.
func inline(s *openapi3.Schema, visit func(*openapi3.Schema)) {
	visit(s)
	for _, p := range s.Properties {
		if p.Ref == "" {
			inline(p.Value, visit)
		}
	}
	for _, p := range slices.Concat(s.AllOf, s.OneOf, s.AnyOf, openapi3.SchemaRefs{s.Items}) {
		if p != nil && p.Ref == "" {
			inline(p.Value, visit)
		}
	}
}

func unzip(zipped []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
