"""The tidegate program, as a wheel carries it."""
