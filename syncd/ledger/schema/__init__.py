"""The tables' versions: made, migrated, checked."""
