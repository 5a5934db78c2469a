# SPDX-License-Identifier: GPL-2.0-only
# Fuzzing with libFuzzer: tests/fuzz/NAME.c is a target, its seeds are in tests/fuzz/seeds/NAME or,
# for replay, the events of tests/cases. What is found is kept under build/fuzz/NAME.

FUZZ_TARGETS  := replay options expression
FUZZ_PROGRAMS := $(FUZZ_TARGETS:%=$(BUILD)/fuzz/fuzz_%)
# The rest of user/ is compiled by gcc, which has no such warning.
FUZZ_SANITIZE := -Wno-gnu-variable-sized-type-not-at-end -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_OBJECTS  := $(LIB_OBJECTS:$(BUILD)/user/%=$(BUILD)/fuzz/user/%)
SECONDS       ?= 60

fuzz: fuzz-programs ## fuzz each target for SECONDS=60
	$(Q)for t in $(FUZZ_TARGETS); do ./tests/fuzz/run $(BUILD)/fuzz $$t -max_total_time=$(SECONDS) || exit 1; done

fuzz-programs: $(FUZZ_PROGRAMS) $(BUILD)/fuzz/seeds/replay

$(BUILD)/fuzz/user/%.o: user/%.c | $(MADE_HEADERS)
	$(call say,FUZZ,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(CFLAGS) $(includes) $(FUZZ_SANITIZE) -fsanitize=fuzzer-no-link -MMD -MP -c $< -o $@

$(BUILD)/fuzz/fuzz_%: tests/fuzz/%.c tests/fuzz/no_network.h $(FUZZ_OBJECTS)
	$(call say,FUZZ,$@)
	$(Q)$(CLANG) $(CFLAGS) $(ALL_ROOMS) $(FUZZ_SANITIZE) -fsanitize=fuzzer $< $(FUZZ_OBJECTS) $(LDLIBS) -ljansson -o $@

# Written by the program that knows the layout of events, so that they never are of an old one.
$(BUILD)/fuzz/seeds/replay: $(BUILD)/tests/unit/test_cases $(wildcard tests/cases/*.case)
	$(call say,SEEDS,$@)
	$(Q)rm -rf $@ && mkdir -p $@
	$(Q)CONNWHY_CASES_SEEDS=$@ $< >$@.log 2>&1 || { cat $@.log; exit 1; }

.PHONY: fuzz fuzz-programs
-include $(FUZZ_OBJECTS:.o=.d)
