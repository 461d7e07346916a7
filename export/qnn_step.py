"""`python -m arllie_deploy.export.qnn_step MODEL CONTEXT ARCH`: compiles a model for one generation of the HTP."""

import sys
from pathlib import Path

from arllie_deploy.runtimes.qnn import open_session


def main() -> None:
    """Write CONTEXT and the binary beside it; opening the session is what compiles."""
    model, context, arch = sys.argv[1:]
    entries = {"ep.context_enable": "1", "ep.context_embed_mode": "0", "ep.context_file_path": context}
    # Contents and not the path, which would become part of the names inside the binary.
    open_session(Path(model).read_bytes(), {"htp_arch": arch}, entries)


if __name__ == "__main__":
    main()
