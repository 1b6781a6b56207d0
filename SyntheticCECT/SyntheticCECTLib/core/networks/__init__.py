"""The networks, the packages that hold their weights, and what runs them."""
