"""Puts a picture and its enhanced version side by side, for the README: BEFORE AFTER OUTPUT."""

import sys
from pathlib import Path

from PIL import Image

before, after = (Image.open(path).convert("RGB") for path in sys.argv[1:3])
width, height = before.width * 3 // 4, before.height * 3 // 4
sheet = Image.new("RGB", (2 * width + 8, height), "white")
sheet.paste(before.resize((width, height), Image.Resampling.LANCZOS), (0, 0))
sheet.paste(after.resize((width, height), Image.Resampling.LANCZOS), (width + 8, 0))
sheet.save(Path(sys.argv[3]), quality=88, optimize=True)
