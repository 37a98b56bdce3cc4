"""An upload from its bytes to what Metrica linked."""
