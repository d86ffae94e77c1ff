package change

import (
	"encoding/json"
	"fmt"
)

// MaxContext bounds a context document, in bytes.
const MaxContext = 32 << 20

// ParseContext reads a custody/context/v1 document. Fields that it does not know are
// left to newer readers; a document of another kind, or with a value of a wrong type,
// is an error.
func ParseContext(doc []byte) (*Context, error) {
	if len(doc) > MaxContext {
		return nil, fmt.Errorf("the context has %d bytes, over the limit of %d", len(doc), MaxContext)
	}
	var c Context
	if err := json.Unmarshal(doc, &c); err != nil {
		return nil, fmt.Errorf("reading the context: %w", err)
	}
	if c.Schema != ContextSchema {
		return nil, fmt.Errorf("reading the context: its schema is %q, want %q", c.Schema, ContextSchema)
	}
	return &c, nil
}
