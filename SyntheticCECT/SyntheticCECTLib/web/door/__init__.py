"""Who comes in, and what they may bring: token, uploads, and the session's own temporary folder."""
