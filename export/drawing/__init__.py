"""Pictures of the graph inside an artifact, read from the file itself."""
