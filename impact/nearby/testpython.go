package nearby

import (
	"bytes"
	"strings"
)

// python plans one test file of Python. What is not called like a test is a helper, which
// runs with the tests that use it; conftest.py stands for its folder.
func (p *planner) python(path string) bool {
	folder, name := split(path)
	if name != "conftest.py" && !strings.HasPrefix(name, "test_") && !strings.HasSuffix(name, "_test.py") && name != "tests.py" && !p.takesByName(path) {
		return true
	}
	if strings.Contains(path, "::") {
		return false // pytest takes what follows for the name of a test
	}
	for at := range above(folder) {
		switch {
		case p.usesPytest(at):
			target := within(at, path)
			if name == "conftest.py" {
				target = within(at, folder)
			}
			p.add(commandKey{runner: "pytest", folder: at, program: "python -m pytest"}, path, target, false)
			return true
		case at != folder && p.tree.has(p.ctx, at, "runtests.py"):
			p.dotted(at, path, "python runtests.py")
			return true
		case p.tree.has(p.ctx, at, "manage.py"):
			p.dotted(at, path, "python manage.py test")
			return true
		}
	}
	p.add(commandKey{runner: "pytest", folder: ".", program: "python -m pytest"}, path, path, true)
	return true
}

// dotted plans a test that is named as a module.
func (p *planner) dotted(folder, path, program string) {
	module := strings.TrimSuffix(within(folder, path), ".py")
	if above, name := split(module); name == "conftest" {
		module = above
	}
	p.add(commandKey{runner: "django", folder: folder, program: program}, path, strings.ReplaceAll(module, "/", "."), false)
}

// usesPytest says whether something in a folder is for pytest.
func (p *planner) usesPytest(folder string) bool {
	if p.tree.has(p.ctx, folder, "pytest.ini") || p.tree.has(p.ctx, folder, ".pytest.ini") {
		return true
	}
	for _, s := range []struct{ file, mark string }{
		{"pyproject.toml", "pytest"}, {"tox.ini", "pytest"}, {"setup.cfg", "[tool:pytest]"}, {"setup.py", "pytest"},
		{"requirements-dev.txt", "pytest"}, {"requirements_dev.txt", "pytest"}, {"dev-requirements.txt", "pytest"}, {"noxfile.py", "pytest"},
	} {
		if bytes.Contains(p.tree.read(p.ctx, folder, s.file), []byte(s.mark)) {
			return true
		}
	}
	return false
}
