"""Factor analyzers: Gaussian components whose columns vary together through a few factors."""
