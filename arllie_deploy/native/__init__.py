"""The native kernel: its specification in integers, the proof of its accuracy, and the tables that it shares with C."""
