"""Exporters: from a fused model to a verified artifact and its entry in the manifest."""
