"""The form of a line where the database writes it by itself."""
