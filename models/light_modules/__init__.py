"""Light modules for restoration networks: LIST, GSAT, resizing; networks of them, and a converter of others."""
