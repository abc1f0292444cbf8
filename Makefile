# Aliases of dev.py for those who have make; python3 dev.py COMMAND does the same.
# Arguments: make test ARGS="tests/domain -x"

.PHONY: help run test check bench drill lock

help run test check bench drill lock:
	@python3 dev.py $@ $(ARGS)
