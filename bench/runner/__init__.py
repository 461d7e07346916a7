"""The plain C reference of an Enhancer as a program for phones, and the protocol that any such program follows."""
