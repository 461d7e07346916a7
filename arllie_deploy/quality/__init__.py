"""How good and how faithful a picture is."""
