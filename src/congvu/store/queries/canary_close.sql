update canary set closed = true where not closed
