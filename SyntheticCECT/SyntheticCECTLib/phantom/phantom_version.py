"""Which patients a seed stands for: virtual patients that are kept are compared by this number."""

# Raise it by one with every change after which a seed gives another patient or other scans of him: folders of kept
# patients are then refused instead of mixed. Testing/phantom/test_phantom_version.py notices such a change.
PHANTOM_VERSION = 1
