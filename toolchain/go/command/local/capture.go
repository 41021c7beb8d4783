package local

import (
	"bytes"
	"context"
	"io"
	"sync"
)

// capture keeps what a command writes, each stream by itself and both in the order of their arrival, and shows it on the way.
type capture struct {
	stdout, stderr bytes.Buffer
	both           lockedBuffer
	shown          map[Logging]*lineLogger
}

func newCapture(ctx context.Context, logging *Logging) *capture {
	c := &capture{shown: map[Logging]*lineLogger{}}
	for _, stream := range []Logging{LogStdout, LogStderr} {
		if logging.shows(stream) {
			c.shown[stream] = newLineLogger(ctx)
		}
	}
	return c
}

func (c *capture) writer(stream Logging) io.Writer {
	buffer := &c.stdout
	if stream == LogStderr {
		buffer = &c.stderr
	}
	if logger := c.shown[stream]; logger != nil {
		return io.MultiWriter(buffer, &c.both, logger)
	}
	return io.MultiWriter(buffer, &c.both)
}

func (c *capture) flush() {
	for _, logger := range c.shown {
		logger.flush()
	}
}

type lockedBuffer struct {
	sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.Lock()
	defer b.Unlock()
	return b.Buffer.Write(data)
}
