# What sam builds for: PythonRuntime and Architecture of the template.
PYTHON := python3.12
PLATFORM := manylinux2014_aarch64
