"""Measures the product against the bare libraries it stands on, side by side in one run; docs/performance.md."""
