"""What enhancement is good for: codes and faces found in scenes that were darkened, before and after each enhancer."""
