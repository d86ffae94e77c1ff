package githubtest

import "flag"

var update = flag.Bool("update", false, "rewrite what the tests generate")
