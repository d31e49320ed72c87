package gen_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	mdLink  = regexp.MustCompile(`!?\[[^]]*\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"`)
	mdFence = regexp.MustCompile("(?ms)^```.*?^```$")
	mdCode  = regexp.MustCompile("`[^`\n]*`")
	heading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
)

// TestLinks: what a document links to in this repository is there, the heading too.
func TestLinks(t *testing.T) {
	links, pages := 0, 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name()[0] == '.' && d.Name() != ".." || d.Name() == "onnx-backend"):
			return filepath.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		pages++
		for _, link := range linksOf(t, path) {
			if strings.Contains(link, "://") || strings.HasPrefix(link, "mailto:") {
				continue
			}
			links++
			file, anchor, _ := strings.Cut(link, "#")
			target := path
			if file != "" {
				target = filepath.Join(filepath.Dir(path), filepath.FromSlash(file))
			}
			info, err := os.Stat(target)
			if !assertLink(t, err == nil, path, link) || anchor == "" || info.IsDir() {
				continue
			}
			assertLink(t, strings.Contains(anchorsOf(t, target), "\n"+anchor+"\n"), path, link)
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, pages, 12)
	require.Greater(t, links, 100)
}

func assertLink(t *testing.T, ok bool, path, link string) bool {
	if !ok {
		t.Errorf("%s links to %s, which is not there", path, link)
	}
	return ok
}

// linksOf lists the links of a page, without what is code.
func linksOf(t *testing.T, path string) []string {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	text := mdCode.ReplaceAllString(mdFence.ReplaceAllString(string(data), ""), "`code`")
	var links []string
	for _, m := range mdLink.FindAllStringSubmatch(text, -1) {
		links = append(links, m[1]+m[2])
	}
	return links
}

// anchorsOf lists the anchors of a page's headings, each in a line.
func anchorsOf(t *testing.T, path string) string {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	all := "\n"
	for _, m := range heading.FindAllStringSubmatch(mdFence.ReplaceAllString(string(data), ""), -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		all += strings.ReplaceAll(name, " ", "-") + "\n"
	}
	return all
}

// TestDocumentsNameTests: a test that a document names exists.
func TestDocumentsNameTests(t *testing.T) {
	tests, named := map[string]bool{}, map[string]string{}
	find := func(pattern string, data []byte, found func(name string)) {
		for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(data, -1) {
			found(string(m[1]))
		}
	}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case strings.HasSuffix(path, "_test.go"):
			data, err := os.ReadFile(path)
			find(`(?m)^func (Test\w+)\(`, data, func(name string) { tests[name] = true })
			return err
		case filepath.Ext(path) == ".md" && !strings.HasSuffix(path, "CHANGELOG.md"):
			data, err := os.ReadFile(path)
			find(`\b(Test[A-Z]\w+)\b`, data, func(name string) { named[name] = path })
			return err
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(named), 20)
	for name, path := range named {
		if !tests[name] {
			t.Errorf("%s names %s, which is no test", path, name)
		}
	}
}
