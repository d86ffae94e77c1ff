//go:build !linux

package main

func useLargePages(int) {}
