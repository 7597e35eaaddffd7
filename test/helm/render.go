// Renders the templates of a chart as Helm does, by the same engine (text/template), with those functions of Helm that
// the chart uses. From the standard input it takes {"templates": {name: text}, "data": {…}}, and prints {name: text}.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"text/template"
)

type input struct {
	Templates map[string]string
	Data      map[string]any
}

func main() {
	var in input
	decoder := json.NewDecoder(os.Stdin)
	decoder.UseNumber()
	check(decoder.Decode(&in))
	root := template.New("chart").Option("missingkey=zero")
	root.Funcs(functions(root))
	for name, text := range in.Templates {
		template.Must(root.New(name).Parse(text))
	}
	out := map[string]string{}
	for name := range in.Templates {
		var text bytes.Buffer
		check(root.ExecuteTemplate(&text, name, in.Data))
		out[name] = strings.ReplaceAll(text.String(), "<no value>", "")
	}
	check(json.NewEncoder(os.Stdout).Encode(out))
}

func functions(root *template.Template) template.FuncMap {
	return template.FuncMap{
		"include": func(name string, data any) (string, error) {
			var text bytes.Buffer
			err := root.ExecuteTemplate(&text, name, data)
			return text.String(), err
		},
		"contains":   func(part, whole string) bool { return strings.Contains(whole, part) },
		"default":    func(fallback, value any) any { return first(value, fallback) },
		"dict":       dict,
		"fail":       func(message string) (string, error) { return "", errors.New(message) },
		"int":        func(value any) (int, error) { return strconv.Atoi(fmt.Sprint(value)) },
		"lower":      strings.ToLower,
		"list":       func(items ...any) []any { return items },
		"nindent":    func(width int, text string) string { return "\n" + indented(width, text) },
		"quote":      func(value any) string { return strconv.Quote(fmt.Sprint(value)) },
		"replace":    func(old, new, text string) string { return strings.ReplaceAll(text, old, new) },
		"sha256sum":  func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) },
		"toYaml":     func(value any) string { return strings.TrimSuffix(yaml(value), "\n") },
		"trimSuffix": func(suffix, text string) string { return strings.TrimSuffix(text, suffix) },
		"trunc":      func(length int, text string) string { return text[:min(length, len(text))] },
	}
}

func dict(pairs ...any) map[string]any {
	made := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		made[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return made
}

func first(value, fallback any) any {
	of := reflect.ValueOf(value)
	if !of.IsValid() || of.IsZero() {
		return fallback
	}
	if kind := of.Kind(); (kind == reflect.Map || kind == reflect.Slice) && of.Len() == 0 {
		return fallback
	}
	return value
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

func indented(width int, text string) string {
	space := strings.Repeat(" ", width)
	return space + strings.ReplaceAll(text, "\n", "\n"+space)
}

// yaml writes blocks, with scalars as JSON has them.
func yaml(value any) string {
	var text strings.Builder
	switch value := value.(type) {
	case map[string]any:
		names := []string{}
		for name := range value {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			text.WriteString(strconv.Quote(name) + ":" + below(value[name]))
		}
	case []any:
		for _, item := range value {
			text.WriteString("-" + below(item))
		}
	default:
		return scalar(value) + "\n"
	}
	if text.Len() == 0 {
		return scalar(value) + "\n"
	}
	return text.String()
}

func below(value any) string {
	text := strings.TrimSuffix(yaml(value), "\n")
	of := reflect.ValueOf(value)
	if of.IsValid() && (of.Kind() == reflect.Map || of.Kind() == reflect.Slice) && of.Len() > 0 {
		return "\n" + indented(2, text) + "\n"
	}
	return " " + text + "\n"
}

func scalar(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(value))
	return strings.TrimSpace(text.String())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
