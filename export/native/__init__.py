"""Our own kernel as C artifacts: library, header, constants, example, CMake file, and for arm64 the runner."""
