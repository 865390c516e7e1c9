# The front door. Each target installs what the machine lacks, then works with no other step.
BUILD ?= build
MESON = meson
export MESON_TESTTHREADS ?= $(shell nproc)

.PHONY: all demo check bench fuzz install arm avx512 format clean

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

$(BUILD)/build.ninja:
	@scripts/deps.sh build
	@$(MESON) setup $(BUILD)

# Reads a sample prescription and shows what it says.
demo: all
	@scripts/demo.sh $(BUILD)

# Builds with warnings as errors and passes the tests.
check:
	@scripts/deps.sh build check
	@scripts/check.sh

# Speed and memory of this machine, for SPEED.md.
bench:
	@scripts/deps.sh build check bench
	@scripts/bench.sh

# Ten minutes of fuzzing for each target; FUZZ_SECONDS changes that.
fuzz:
	@scripts/deps.sh build check fuzz
	@scripts/fuzz.sh

# The kernels' tests, built for 64-bit Arm and run under qemu.
arm:
	@scripts/deps.sh build check arm
	@scripts/check_kernels.sh arm

# The same for AVX-512, AVX-VNNI and AMX, emulated on a processor with AVX2.
avx512:
	@scripts/deps.sh build avx512
	@scripts/check_kernels.sh avx512

# The program, the library with its header and pkg-config file, the man page, completion for bash.
install: all
	@$(MESON) install -C $(BUILD)
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" -ne 0 ] || ldconfig

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf $(BUILD) build-*
