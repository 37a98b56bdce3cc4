"""Metrica's management API: the one home of HTTP towards the outside."""
