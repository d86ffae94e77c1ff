package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// needs is how many arguments a command takes, and what they are called. In words of
// our own: those of the library count "arg(s)" and name none.
func needs(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		usage := "usage: " + cmd.UseLine()
		switch {
		case len(args) < least:
			return hint(fmt.Errorf("%s is missing", what), usage)
		case most >= 0 && len(args) > most:
			return hint(fmt.Errorf("unexpected argument %q", args[most]), usage)
		}
		return nil
	}
}

// noArguments is for commands that are told everything by flags.
var noArguments = needs(0, 0, "")

// exclude refuses a flag together with any of the others.
func exclude(cmd *cobra.Command, flag string, others ...string) error {
	for _, other := range others {
		if cmd.Flags().Changed(flag) && cmd.Flags().Changed(other) {
			return hint(fmt.Errorf("--%s and --%s can not be used together", flag, other), "leave one of them out; see '"+cmd.CommandPath()+" --help'")
		}
	}
	return nil
}

// wrongFlag is the error of a flag that can not be. The library's own, of a value, ends in
// how a number is parsed.
func wrongFlag(cmd *cobra.Command, err error) error {
	var wrong *pflag.InvalidValueError
	var number *strconv.NumError
	if errors.As(err, &wrong) && errors.As(err, &number) {
		wants := "a number"
		if wrong.GetFlag().Value.Type() == "bool" {
			wants = "true or false"
		}
		if errors.Is(err, strconv.ErrRange) {
			wants = "a smaller number"
		}
		err = fmt.Errorf("--%s takes %s, not %q", wrong.GetFlag().Name, wants, wrong.GetValue())
	}
	return hint(err, "see '"+cmd.CommandPath()+" --help'")
}

// unnamed is the error of a command that only holds others, when none of them was
// named. It printed help and did nothing; that is no success, or a script that
// mistypes a check would pass it.
func unnamed(cmd *cobra.Command) error {
	if cmd.Runnable() || cmd.Flags().Changed("help") && cmd.Flags().NArg() == 0 {
		return nil
	}
	help := "'" + cmd.CommandPath() + " --help' lists its commands"
	args := cmd.Flags().Args()
	if len(args) == 0 {
		return hint(errors.New("no command is named"), help)
	}
	err := fmt.Errorf("unknown command %q", args[0])
	cmd.SuggestionsMinimumDistance = 2
	if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
		return hint(err, "did you mean '"+cmd.CommandPath()+" "+like[0]+"'?")
	}
	return hint(err, help)
}
