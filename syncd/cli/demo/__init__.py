"""`syncd demo`: a shop, an emulated Metrica and the daemon on one machine, with nothing to set up."""
