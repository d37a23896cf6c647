"""Floor 5: the only writers, a function per verb; they add and flush, the entry point commits."""
