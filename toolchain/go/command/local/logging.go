package local

import (
	"bytes"
	"context"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
)

// Logging chooses what is shown while a command runs. Both streams are recorded as outputs whatever it says.
type Logging string

// The values of Logging; both streams are shown where it is not given.
const (
	LogStdout          Logging = "stdout"
	LogStderr          Logging = "stderr"
	LogStdoutAndStderr Logging = "stdoutAndStderr"
	LogNone            Logging = "none"
)

// Values lists the values for the schema.
func (Logging) Values() []infer.EnumValue[Logging] {
	return []infer.EnumValue[Logging]{
		{Name: "stdout", Value: LogStdout, Description: "Show standard output only"},
		{Name: "stderr", Value: LogStderr, Description: "Show standard error only"},
		{Name: "stdoutAndStderr", Value: LogStdoutAndStderr, Description: "Show both"},
		{Name: "none", Value: LogNone, Description: "Show neither"},
	}
}

func (l *Logging) shows(stream Logging) bool {
	return l == nil || *l == LogStdoutAndStderr || *l == stream
}

// longestLine is where a line without an end is cut, so that output without line breaks is shown too.
const longestLine = 64 * 1024

// lineLogger passes what is written to it on to the engine, line by line, as the command writes it.
type lineLogger struct {
	logger p.Logger
	rest   []byte
}

func newLineLogger(ctx context.Context) *lineLogger {
	return &lineLogger{logger: p.GetLogger(ctx)}
}

func (l *lineLogger) Write(data []byte) (int, error) {
	l.rest = append(l.rest, data...)
	for {
		end := bytes.IndexByte(l.rest, '\n')
		if end < 0 && len(l.rest) < longestLine {
			return len(data), nil
		}
		if end < 0 {
			l.log(l.rest)
			l.rest = l.rest[:0]
			continue
		}
		l.log(l.rest[:end])
		l.rest = l.rest[end+1:]
	}
}

// flush shows a last line that has no end.
func (l *lineLogger) flush() {
	if len(l.rest) > 0 {
		l.log(l.rest)
		l.rest = nil
	}
}

func (l *lineLogger) log(line []byte) {
	l.logger.InfoStatus(strings.ToValidUTF8(strings.TrimSuffix(string(line), "\r"), "\uFFFD"))
}
