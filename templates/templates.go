// Package templates holds the files whose shape is fixed, as text/template
// sources. They lay out what others have decided; there is no arithmetic in
// them.
package templates

import "embed"

// FS holds the templates.
//
//go:embed *.tmpl init/*.tmpl
var FS embed.FS
