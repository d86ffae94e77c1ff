package impact

import (
	"maps"
	"strings"
	"testing"
)

// TestNarrowPythonBases: making a class runs what its bases and its metaclass say about that, and
// none of their other methods. Then who imports the file of the class is reached, else who says it.
func TestNarrowPythonBases(t *testing.T) {
	const (
		base  = "class Base:\n    def m(self):\n        return 1\n"
		heir  = "from base import Base\n\nclass Heir(Base):\n    pass\n"
		named = "heir.py: Heir; use.py: use"
		all   = "heir.py whole; k/__init__.py whole; k/other.py whole; look.py whole; use.py whole"
	)
	for _, test := range []struct {
		name string
		edit map[string]string // of the base
		want string
	}{
		{"a plain class", nil, named},
		{"two of them, one of another module", map[string]string{
			"mid.py":  "import base\n\nclass Mid(base.Base):\n    pass\n",
			"heir.py": "from mid import Mid\n\nclass Heir(Mid, Exception):\n    pass\n",
		}, "mid.py: Mid; heir.py: Heir; use.py: use"},
		{"of the standard library", map[string]string{
			"base.py": "import abc\nfrom typing import Generic, TypeVar\nfrom unittest import TestCase\n\nT = TypeVar('T')\n\nclass Base(Generic[T], TestCase, metaclass=abc.ABCMeta):\n    def m(self):\n        return 1\n",
			"heir.py": "from base import Base\n\nclass Heir(Base[int]):\n    pass\n",
		}, named},
		{"of Django", map[string]string{
			"heir.py": "from django.db import models\nfrom base import Base\n\nclass Heir(Base, models.Model):\n    pass\n",
		}, named},
		{"a star brings it", map[string]string{"heir.py": "from base import *\n\nclass Heir(Base):\n    pass\n"}, named},
		{"a package hands it on", map[string]string{
			"b/__init__.py": "from base import Base as Root\n",
			"heir.py":       "from b import Root\n\nclass Heir(Root):\n    pass\n",
		}, named},
		{"a dataclass", map[string]string{
			"base.py": "from dataclasses import dataclass\n\n@dataclass\nclass Base:\n    def m(self):\n        return 1\n",
		}, named},
		{"a class in it", map[string]string{
			"heir.py": "import base\n\nclass Out:\n    class In(base.Base):\n        pass\n\nclass Heir:\n    pass\n",
			"use.py":  "from heir import Out\n\ndef use():\n    return Out.In\n",
		}, "heir.py: Out.In; use.py: use"},

		{"it is told of its heirs", map[string]string{
			"base.py": "class Base:\n    def m(self):\n        return 1\n    def __init_subclass__(cls, **more):\n        cls().m()\n",
		}, all},
		{"what it is made of is told", map[string]string{
			"root.py": "class Root:\n    def __init_subclass__(cls, **more):\n        cls().m()\n",
			"base.py": "from root import Root\n\nclass Base(Root):\n    def m(self):\n        return 1\n",
		}, all},
		{"another base of the heir is told", map[string]string{
			"root.py": "class Root:\n    def __init_subclass__(cls, **more):\n        cls().m()\n",
			"heir.py": "import root\nfrom base import Base\n\nclass Heir(Base, root.Root):\n    pass\n",
		}, all},
		{"it has a metaclass", map[string]string{
			"base.py": "class Meta(type):\n    def __init__(cls, *all):\n        cls().m()\n\nclass Base(metaclass=Meta):\n    def m(self):\n        return 1\n",
		}, all},
		{"a metaclass that is called like another one", map[string]string{
			"abc2.py": "class ABCMeta(type):\n    def __init__(cls, *all):\n        cls().m()\n",
			"base.py": "from abc2 import ABCMeta\n\nclass Base(metaclass=ABCMeta):\n    def m(self):\n        return 1\n",
		}, all},
		{"an enumeration makes its members", map[string]string{
			"base.py": "import enum\n\nclass Base(enum.Enum):\n    def m(self):\n        return 1\n",
		}, all},
		{"a library that nobody knows", map[string]string{
			"heir.py": "from base import Base\nfrom magic import Model\n\nclass Heir(Base, Model):\n    pass\n",
		}, all},
		{"a base that a call makes", map[string]string{
			"heir.py": "from base import Base\n\ndef made(b):\n    b().m()\n    return b\n\nclass Heir(made(Base)):\n    pass\n",
		}, all},
		{"a base that is a value", map[string]string{
			"heir.py": "import base\n\nRoot = base.Base\n\nclass Heir(Root):\n    pass\n",
		}, all},
		{"a base of which there are two", map[string]string{
			"heir.py": "from base import Base\n\ntry:\n    from magic import Other\nexcept ImportError:\n    Other = Base\n\nclass Heir(Base, Other):\n    pass\n",
		}, all},
		{"arguments", map[string]string{
			"base.py": "class Base:\n    def m(self):\n        return 1\n    __init_subclass__ = classmethod(lambda cls, name=None: cls().m())\n",
			"heir.py": "from base import Base\n\nclass Heir(Base, name='a'):\n    pass\n",
		}, all},
		{"a decorator keeps the heir", map[string]string{
			"heir.py": "from base import Base\nimport look\n\n@look.keep\nclass Heir(Base):\n    pass\n",
			"look.py": "ALL = []\n\ndef keep(c):\n    ALL.append(c)\n    return c\n",
		}, strings.Replace(all, "look.py whole; ", "", 1)},
		{"a decorator makes another one of the base", map[string]string{
			"deco.py": "def teach(c):\n    c.__init_subclass__ = classmethod(lambda cls: cls().m())\n    return c\n",
			"base.py": "from deco import teach\n\n@teach\nclass Base:\n    def m(self):\n        return 1\n",
		}, all},
		{"the heir runs it itself", map[string]string{
			"heir.py": "from base import Base\n\nclass Heir(Base):\n    n = Base().m()\n",
		}, all},
		{"types in brackets that a method takes", map[string]string{
			"base.py": "class Base:\n    def m(self):\n        return 1\n    def __class_getitem__(cls, item):\n        cls().m()\n        return cls\n",
			"heir.py": "from base import Base\n\nclass Heir(Base[int]):\n    pass\n",
		}, all},
		{"a library that nobody knows, behind a star", map[string]string{
			"heir.py": "from base import Base\nfrom magic import *\n\nclass Heir(Base, Model):\n    pass\n",
		}, all},
	} {
		from := map[string]string{
			"base.py":       base,
			"heir.py":       heir,
			"use.py":        "from heir import Heir\n\ndef use():\n    return Heir().m()\n",
			"look.py":       "import heir\n\ndef look():\n    return heir.N\n",
			"k/__init__.py": "from heir import Heir\n",
			"k/other.py":    "def other():\n    return 1\n",
		}
		maps.Copy(from, test.edit)
		head := maps.Clone(from)
		if head["base.py"] = strings.Replace(head["base.py"], "return 1", "return 2", 1); head["base.py"] == from["base.py"] {
			t.Fatal("nothing was edited")
		}
		got := narrowedLines(assessTrees(t, from, head))
		for line := range strings.SplitSeq(test.want, "; ") {
			if !strings.Contains(got+";", line+";") {
				t.Errorf("%s: %s is not in %s", test.name, line, got)
			}
		}
		if !strings.Contains(test.want, "whole") && got != test.want {
			t.Errorf("%s: reached %s, want %s", test.name, got, test.want)
		}
	}
}

// TestNarrowPythonClassBodies: what stands in a class runs when its file is loaded if it calls
// something; the brackets of a type do not.
func TestNarrowPythonClassBodies(t *testing.T) {
	const all = "look.py whole; use.py whole"
	for _, test := range []struct{ name, was, is, want string }{
		{"a type in brackets", "a: dict[str, int]", "a: dict[str, list[int]]", "use.py: use"},
		{"with a value", "a: dict[str, int] = {}", "a: dict[str, list[int]] = {1: 2}", "use.py: use"},
		{"behind others", "x = 1\n    a: list[int]\n    b: list[str]", "x = 2\n    a: list[int]\n    b: list[str]", "use.py: use"},
		{"a call as a type", "a: made(1)", "a: made(2)", all},
		{"a call in a type", "a: dict[str, made(1)]", "a: dict[str, made(2)]", all},
		{"a call behind a type", "a: dict[str, int] = made(1)", "a: dict[str, int] = made(2)", all},
		{"a call before a type", "b = made(1)\n    a: dict[str, int]", "b = made(2)\n    a: dict[str, int]", all},
		{"a value in brackets", "a = made[1]", "a = made[2]", all},
		{"what brackets run", "def __class_getitem__(cls, n): return 1", "def __class_getitem__(cls, n): return 2", all},
	} {
		from := map[string]string{
			"base.py": "from made import made\n\nclass Base:\n    " + test.was + "\n",
			"made.py": "made = 1\n",
			"use.py":  "from base import Base\n\ndef use():\n    return Base\n",
			"look.py": "import base\n\ndef look():\n    return base.N\n",
		}
		head := maps.Clone(from)
		head["base.py"] = strings.Replace(head["base.py"], test.was, test.is, 1)
		if got := narrowedLines(assessTrees(t, from, head)); got != test.want {
			t.Errorf("%s: reached %s, want %s", test.name, got, test.want)
		}
	}
}

// TestNarrowPythonBaseThatIsGone: a class can not be made of a base that is not there.
func TestNarrowPythonBaseThatIsGone(t *testing.T) {
	checkReached(t, "a base that is gone", map[string]string{
		"base.py": "class Base:\n    pass\n\nN = 1\n",
		"heir.py": "import base\n\nclass Heir(base.Base):\n    pass\n\ndef f():\n    return 1\n",
		"use.py":  "from heir import f\n\ndef g():\n    return f()\n",
	}, map[string]string{"base.py": "N = 1\n"}, "use.py")
}

// TestNarrowPythonHeirsThatAreRegistered: who looks for the heirs of a class finds those that are
// made of a base which changed.
func TestNarrowPythonHeirsThatAreRegistered(t *testing.T) {
	checkReached(t, "an heir that is found", map[string]string{
		"mix.py":  "class Mix:\n    def m(self):\n        return 1\n",
		"root.py": "class Root:\n    pass\n",
		"heir.py": "from mix import Mix\nfrom root import Root\n\nclass Heir(Mix, Root):\n    pass\n",
		"run.py":  "import heir\nimport root\n\ndef run():\n    return [c().m() for c in root.Root.__subclasses__()]\n",
	}, map[string]string{"mix.py": "class Mix:\n    def m(self):\n        return 2\n"}, "run.py")
}
