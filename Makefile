# Names only; the bodies are in Scripts/.
.PHONY: setup build demo test check bench-peers golden clean

setup:
	@Scripts/setup.sh
build: setup
	@swift build -c release
demo: setup
	@Scripts/demo.sh
test: setup
	@Scripts/test.sh
check: setup
	@Scripts/check.sh
bench-peers: setup
	@Scripts/bench-peers.sh
golden:
	@python3 Scripts/golden.py
clean:
	@rm -rf .build
