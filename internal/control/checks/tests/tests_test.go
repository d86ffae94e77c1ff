package tests

import (
	"fmt"
	"testing"

	"custody/impact"
	"custody/internal/change"
	"custody/internal/control/checks"
	"custody/internal/control/checks/checkstest"
	"custody/internal/finding"
)

func TestFiles(t *testing.T) { checkstest.Files(t, "tests", Check{}, "testdata/files") }

// TestReached: a test that the graph reaches covers what it is reached from, and nothing
// else.
func TestReached(t *testing.T) {
	base := map[string]string{"a.py": "x = 1\n", "b.py": "x = 1\n", "tests/test_all.py": "assert 1\n"}
	head := map[string]string{"a.py": "x = 2\n", "b.py": "x = 1\n", "tests/test_all.py": "assert 1\n"}
	for _, c := range []struct {
		name   string
		report *impact.Report
		want   string
	}{
		{"from the file", &impact.Report{Outcome: finding.Satisfied, Reached: []impact.Reached{{Path: "tests/test_all.py", Via: []string{"file:a.py"}}}}, "satisfied found 0"},
		{"from another", &impact.Report{Outcome: finding.Satisfied, Reached: []impact.Reached{{Path: "tests/test_all.py", Via: []string{"file:b.py"}}}}, "satisfied found 1"},
		{"no test", &impact.Report{Outcome: finding.Satisfied, Reached: []impact.Reached{{Path: "main.py", Via: []string{"file:a.py"}}}}, "not-satisfied found 1"},
		{"not known whence", &impact.Report{Outcome: finding.Satisfied, Reached: []impact.Reached{{Path: "tests/test_all.py"}}}, "not-satisfied found 1"},
		{"a graph that is cut", &impact.Report{Reached: []impact.Reached{{Path: "main.py", Via: []string{"file:a.py"}}}}, "not-assessed found 0"},
		{"no graph", nil, "not-assessed found 0"},
	} {
		out := checkstest.Look(t, "tests", Check{}, base, head, func(in *checks.Input) { in.Impact = c.report })
		if got := fmt.Sprintf("%s found %d", out.Outcome(), len(out.Found())); got != c.want {
			t.Errorf("%s: %s, want %s\n%s", c.name, got, c.want, checkstest.Show(out))
		}
	}
	// Without the tree of head it is not known whether a test stands there.
	out := checkstest.Look(t, "tests", Check{}, base, head, func(in *checks.Input) { in.Head = nil })
	if out.Outcome() != finding.NotAssessed {
		t.Errorf("without head: %s", checkstest.Show(out))
	}
}

func TestNames(t *testing.T) {
	for path, want := range map[change.Path]bool{
		"a_test.go": true, "a.go": false, "test_a.py": true, "tests/a.py": true, "contest.py": false, "a.spec.ts": true, "__tests__/a.js": true, "src/test/java/A.java": true, "ATests.java": true, "Attest.java": false, "src/main/java/ATests.java": false, "spec/a_spec.rb": true, "latest.ts": false,
	} {
		if IsTest(path) != want {
			t.Errorf("%s: %v", path, !want)
		}
	}
	for test, code := range map[change.Path]change.Path{"x/a_test.go": "x/b.go", "test_a.py": "src/a.py", "web/Foo.spec.tsx": "web/Foo.vue", "src/test/java/ATests.java": "src/main/java/A.java", "spec/models/a_spec.rb": "app/models/a.rb"} {
		if !near(code, test) {
			t.Errorf("%s is no test of %s", test, code)
		}
	}
}

func FuzzCount(f *testing.F) {
	for name, src := range map[string]string{"a_test.go": "func TestA(t *testing.T) { t.Skip(`x`) }", "a.py": "@pytest.mark.skip\ndef test_a(): assert 1", "a.rb": "it 'x' do\n skip\nend", "a.ts": "it.only('x', () => expect(1))", "A.java": "@Test @Disabled void a() { assertThat(1); }", "package.json": `{"jest": {"coverageThreshold": {"global": {"branches": 80}}}}`} {
		f.Add(name, []byte(src), []byte(src))
	}
	f.Fuzz(func(t *testing.T, name string, a, b []byte) {
		p := change.Path(name)
		new(counter).count(p, a)
		if g := lowered(gates(p, a), gates(p, a)); len(g) > 0 {
			t.Fatalf("nothing changed, and %+v is lowered", g)
		}
		lowered(gates(p, a), gates(p, b))
	})
}

// What is asked by other words is as much as before: three questions of AssertJ that became
// questions of Spring's client.
func TestAssertsOfJava(t *testing.T) {
	for src, want := range map[string]int{
		"@Test void a() { assertThat(x.status()).isEqualTo(OK); assertThat(y).isNull(); verify(z).close(); }":                               3,
		"@Test void a() { client.get().uri(\"/\").exchange().expectStatus().isOk().expectBody().isEmpty(); verifyNoMoreInteractions(z); }":  3,
		"@Test void a() { mvc.perform(get(\"/\")).andExpect(status().isOk()).andExpect(content().string(\"x\")); StepVerifier.create(x); }": 2,
		"@Test void a() { x.shouldBe(1); fail(\"no\"); }":                                                                                   2,
		"@Test void a() { expected = asserted.of(x); }":                                                                                     0,
	} {
		if got, _ := new(counter).count("src/test/java/ATests.java", []byte(src)); got.asserts != want || got.tests != 1 {
			t.Errorf("%s: %d assertions in %d tests, want %d", src, got.asserts, got.tests, want)
		}
	}
}
