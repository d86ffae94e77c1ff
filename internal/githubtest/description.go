package githubtest

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
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
	return doc, nil
})

func unzip(zipped []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
