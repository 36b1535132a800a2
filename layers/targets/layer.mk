# What both layers have in common. sam runs their Makefiles in the folder of the target, by the
# template's WorkingDirectory, so `target.mk` is that of the Python and the processor that are
# asked for. What lies in ARTIFACTS_DIR afterwards is the layer.

include target.mk

LAYER := $(ARTIFACTS_DIR)/python
SOURCE := $(dir $(abspath $(firstword $(MAKEFILE_LIST))))

.PHONY: has-python
has-python:
	@$(PYTHON) -c '' 2>/dev/null || { echo "$(PYTHON) is not on the path. Install it, or name one" \
	  "that is there: sam build --parameter-overrides PythonRuntime=python3.x, and the same at" \
	  "sam deploy." >&2; exit 1; }

# Bytecode that is taken as it is: the layer is read-only on AWS, where every cold start would
# compile every module anew, and times of files are lost in a zip. Another Python ignores it.
# $(1): options of compileall.
define compile
@$(PYTHON) -m compileall -q -f $(1) --invalidation-mode unchecked-hash -s "$(LAYER)" -p /opt/python "$(LAYER)"
endef
