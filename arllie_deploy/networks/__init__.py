"""Networks of many layers: plain facts, and the file that holds one. No torch here."""
