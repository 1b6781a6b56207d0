"""Makes the bundled models from virtual patients."""
