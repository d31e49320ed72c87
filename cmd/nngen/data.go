package main

import (
	"github.com/nngen-go/nngen/gen/dataset"
	"github.com/spf13/cobra"
)

// dataFlags name samples.
type dataFlags struct{ dataset.Source }

func (d *dataFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&d.Data, "data", "", "`FILE` of samples")
	flags.StringVar(&d.Targets, "targets", "", "`FILE` of targets, if they are not in the data")
	flags.StringArrayVar(&d.Columns, "target-column", nil, "`NAME` of a CSV column with targets, or its number from 1 (default the last columns)")
	flags.StringVar(&d.Sequence, "sequence-column", "", "`NAME` of the CSV column that tells sequences apart, each row of which is a step")
	addTableFlags(cmd, &d.Table)
}

// needData refuses flags about data without --data.
func needData(cmd *cobra.Command, more ...string) error {
	if cmd.Flags().Changed("data") {
		return nil
	}
	for _, name := range append(more, "targets", "target-column", "sequence-column", "delimiter", "no-header", "decimal-comma") {
		if cmd.Flags().Changed(name) {
			return usageErrorf("--%s goes with --data", name)
		}
	}
	return nil
}

// addTableFlags adds the flags that say how CSV files are written.
func addTableFlags(cmd *cobra.Command, t *dataset.Table) {
	flags := cmd.Flags()
	flags.Var((*delimiterFlag)(&t.Delimiter), "delimiter", "`CHARACTER` between the columns of CSV files, or tab, space, … (default found out)")
	flags.BoolVar(&t.NoHeader, "no-header", false, "the first line of CSV files is a row; their columns are known by number, from 1")
	flags.BoolVar(&t.DecimalComma, "decimal-comma", false, "numbers in CSV files have decimal commas (needed only where they may separate thousands)")
}

// delimiterFlag is a delimiter on the command line.
type delimiterFlag rune

// Set reads the value of the flag.
func (f *delimiterFlag) Set(s string) error {
	r, err := dataset.ParseDelimiter(s)
	*f = delimiterFlag(r)
	return err
}

// String returns the delimiter, empty if it is to be found out.
func (f *delimiterFlag) String() string {
	if *f == 0 {
		return ""
	}
	return string(rune(*f))
}

// Type names the kind of value for the help.
func (f *delimiterFlag) Type() string { return "character" }
