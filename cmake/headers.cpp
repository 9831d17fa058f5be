// No code: its target makes the precompiled header, which CMake includes here.
