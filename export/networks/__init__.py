"""Exporters of general networks (`torch.nn.Module`) through the well-kept converters, and their parity gate."""
