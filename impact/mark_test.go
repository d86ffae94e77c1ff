package impact

import (
	"strings"
	"testing"

	"custody/internal/change"
)

func TestMarks(t *testing.T) {
	for _, test := range []struct{ path, language, want string }{
		{"a.go", "go", ""},
		{"vendor/github.com/x/y.go", "go", "vendored"},
		{"vendor.go", "go", ""},
		{"web/vendor", "javascript", ""},
		{"api/x.pb.go", "go", "generated"},
		{"api/vendor/x.pb.go", "go", "generated vendored"},
		{"web/node_modules/a/index.js", "javascript", "vendored"},
		{"third_party/py/a.py", "python", "vendored"},
		{"pip/_vendor/a.py", "python", "vendored"},
		{".yarn/releases/yarn-4.cjs", "javascript", "vendored"},
		{".yarn/x.cjs", "javascript", ""},
		{"a_pb2.py", "python", "generated"},
		{"static/app.min.js", "javascript", "generated"},
		{"dist/app.js", "javascript", "generated"},
		{"dist/app.ts", "typescript", ""},
		{"dist.js", "javascript", ""},
		{"src/api.gen.ts", "typescript", "generated"},
		{"minimum.js", "javascript", ""},
		{"target/generated-sources/A.java", "java", "generated"},
		{"src/main/java/A.java", "java", ""},
	} {
		if got := strings.Join(marksOf(change.Path(test.path), test.language, false).Names(), " "); got != test.want {
			t.Errorf("%s: %q, want %q", test.path, got, test.want)
		}
	}
	if got := marksOf("a.go", "go", true); got != MarkGenerated {
		t.Errorf("what says so itself is %v", got.Names())
	}
}
