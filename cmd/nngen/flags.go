package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// count is a flag for a number of things, of which there is at least one.
type count int

// countVar adds a flag for a number from 1 on. A value of 0 is no default.
func countVar(cmd *cobra.Command, p *int, name string, value int, usage string) {
	*p = value
	cmd.Flags().Var((*count)(p), name, usage)
}

// String returns the value.
func (c *count) String() string { return strconv.Itoa(int(*c)) }

// Type is shown in the usage.
func (c *count) Type() string { return "int" }

// Set refuses what is no count.
func (c *count) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil {
		return fmt.Errorf("want a whole number")
	}
	if n < 1 {
		return fmt.Errorf("must be at least 1")
	}
	*c = count(n)
	return nil
}

// period is a flag for a time between two events.
type period time.Duration

// String returns the value, which is empty for none.
func (p *period) String() string {
	if *p == 0 {
		return ""
	}
	return time.Duration(*p).String()
}

// Type is shown in the usage.
func (p *period) Type() string { return "duration" }

// Set refuses what is no period.
func (p *period) Set(s string) error {
	d, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("want a time with its unit, for instance 60s")
	}
	if d <= 0 {
		return fmt.Errorf("must be above 0")
	}
	*p = period(d)
	return nil
}
