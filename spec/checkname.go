package spec

// CheckName says what is wrong with a name of a network, package or layer, or
// returns "".
func CheckName(s string) string { return checkName(s) }

// FixName makes a valid name that resembles s, or returns "".
func FixName(s string) string { return fixName(s) }
