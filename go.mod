module custody

go 1.26

require github.com/gowebpki/jcs v1.0.2

require (
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // indirect
	github.com/yuin/goldmark v1.8.7 // indirect
	golang.org/x/text v0.14.0 // indirect
)
