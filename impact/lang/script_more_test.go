package lang

import (
	"strings"
	"testing"
)

// TestScriptTakesMore: what fits stands between callers who need not change.
func TestScriptTakesMore(t *testing.T) {
	for _, test := range []struct {
		name, was, is string
		want          bool
	}{
		{"f", "export function f(a: number) { }", "export function f(a: number, b?: string) { }", true},
		{"f", "export function f(a: number) { }", "export function f(a: number, b = 'x') { }", true},
		{"f", "export function f(a: number) { }", "export function f(a: number, ...b: string[]) { }", true},
		{"f", "export function f(a: number) { }", "export function f(a: number, b: string) { }", false},
		{"f", "export function f(a: number) { }", "export function f(a: number | string) { }", true},
		{"f", "export function f(a: number | string) { }", "export function f(a: number) { }", false},
		{"f", "export function f(a: number) { }", "export function f(a: string) { }", false},
		{"f", "export function f(a: number) { }", "export function f(b: number) { }", true},
		{"f", "export function f(a: number) { }", "export function f(a?: number) { }", true},
		{"f", "export function f(a?: number) { }", "export function f(a: number) { }", false},
		{"f", "export function f(a: number, b?: string) { }", "export function f(a: number) { }", false},
		{"f", "export function f(a: number) { return a }", "export function f(a: number): number { return a }", true},
		{"f", "export function f(a: number) { return a }", "export function f(a: number): string { return a + '' }", false},
		{"f", "export function f(a: number): number { }", "export function f(a: number): string { }", false},
		{"f", "export function f(a: number) { }", "export async function f(a: number) { }", false},
		{"f", "export function f<T>(a: T) { }", "export function f<T extends object>(a: T) { }", false},
		{"f", "export function f({ a }: A) { }", "export function f({ a, b = 1 }: A) { }", true},
		{"f", "export function f(a: (b: X) => Y) { }", "export function f(a: (b: X) => Y | Z) { }", false},
		{"f", "export function f(a: Map<A | B, C>) { }", "export function f(a: Map<A | B, C> | null) { }", true},
		{"f", "export const f = (a: number) => a", "export const f = (a: number): number => a", true},
		{"f", "export const f = (a: number) => a", "export const f = (a: number, b?: number) => a", true},
		{"f", "export const f = a => a", "export const f = (a, b = 1) => a", true},
		{"f", "export const f = async (a) => a", "export const f = (a) => a", false},
		{"k", "export const k = 1", "export const k: number = 1", true},
		{"k", "export const k = 1", "export const k: K = 1", false},
		{"k", "export const k = 1", "export const k: string = 'a'", false},
		{"k", "export const k = 1", "export let k = 1", false},
		{"A.f", "  f(a: number) { }\n}", "  f(a: number, b?: string) { }\n}", true},
		{"A.f", "  f(a: number) { }\n}", "  static f(a: number) { }\n}", false},
		{"A.k", "  k = 1\n}", "  k: number = 1\n}", true},
		{"default", "export default function f(a: A) { }", "export default function g(a: A, b?: B) { }", true},
		{"default", "export default function (a: A) { }", "export default function (a: A, b: B) { }", false},
		{"A.constructor", "  constructor(private a: A) { }\n}", "  constructor(private a: A, private b?: B) { }\n}", false},
		{"f", "export function f(a: number {", "export function f(a: number, b?: string) { }", false},
		{"g", "export function f(a: number) { }", "export function f(a: number) { }", false},
	} {
		_, wasBody, _ := strings.Cut(test.was, "{")
		_, isBody, _ := strings.Cut(test.is, "{")
		sameBody := wasBody == isBody && !strings.Contains(test.is, "'a'")
		if got := ScriptTakesMore(test.name, false, sameBody, []byte("\n"+test.was), 2, []byte(test.is), 1); got != test.want {
			t.Errorf("%s -> %s: %v, want %v", test.was, test.is, got, test.want)
		}
	}
}
