"""The self-attention-distilled low-light U-Net; see docs/sad_unet.md."""
