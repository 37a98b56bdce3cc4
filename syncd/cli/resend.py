"""`syncd resend`."""
