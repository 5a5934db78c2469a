# SPDX-License-Identifier: GPL-2.0-only
# The tests: each kind is a target; tests/run puts them together and counts.

C_FILES := $(shell find bpf user tests vmlinux -name '*.c' -o -name '*.h')
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(sort $(shell find tests/unit -name 'test_*.c')))
UNIT_HEADERS := $(shell find tests/unit -name '*.h')
SANITIZED_TESTS := $(UNIT_TESTS:$(BUILD)/tests/unit/%=$(BUILD)/sanitized/%)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -O1
LIVE_SOURCES := $(sort $(wildcard tests/live/*.c))

test: ## install what the tests need, run them all
	$(Q)./tests/install-packages '$(APT_BUILD) $(APT_TEST)' '$(DNF_BUILD) $(DNF_TEST)'
	$(Q)$(MAKE) --no-print-directory all
	$(Q)./tests/run

unit-programs: $(UNIT_TESTS) $(SANITIZED_TESTS)

unit: unit-programs ## build and run the unit tests (no root), also under ASan and UBSan
	$(Q)for t in $(UNIT_TESTS) $(SANITIZED_TESTS); do ./$$t || exit 1; done

# A unit test links all of user/ but main, so that it can reach any module.
$(BUILD)/tests/unit/%: tests/unit/%.c $(UNIT_HEADERS) $(LIB_OBJECTS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(ALL_ROOMS) -Itests/unit $< $(LIB_OBJECTS) $(LDLIBS) -lcmocka -ljansson -o $@

$(BUILD)/sanitized/user/%.o: user/%.c | $(MADE_HEADERS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(includes) $(SANITIZE) -MMD -MP -c $< -o $@

SANITIZED_OBJECTS := $(LIB_OBJECTS:$(BUILD)/user/%=$(BUILD)/sanitized/user/%)
$(BUILD)/sanitized/%: tests/unit/%.c $(UNIT_HEADERS) $(SANITIZED_OBJECTS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(ALL_ROOMS) $(SANITIZE) -Itests/unit $< $(SANITIZED_OBJECTS) $(LDLIBS) -lcmocka -ljansson -o $@

# Live tests: one program, so that it can go into a virtual machine as it is.
$(BUILD)/tests/live: $(LIVE_SOURCES) $(wildcard tests/live/*.h)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LIVE_SOURCES) -ljansson -lpthread -o $@

# Files for -r as large as is asked for.
$(BUILD)/tests/sample: tests/report/sample.c $(UNIT_HEADERS) $(LIB_OBJECTS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(ALL_ROOMS) -Itests/unit $< $(LIB_OBJECTS) $(LDLIBS) -lcmocka -o $@

# What a guest's storm of connects consists of: tests/vm/storm.
$(BUILD)/tests/storm_clients: tests/vm/storm_clients.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $< -o $@

# Who else may have programs on a host: tests/vm/neighbours.
$(BUILD)/tests/neighbours: tests/vm/neighbours.c
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $< $(LDLIBS) -o $@

$(BUILD)/tests/neighbours.bpf.o: tests/vm/neighbours.bpf.c
	$(call say,CLANG,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_CFLAGS) -idirafter /usr/include/$(shell $(CC) -dumpmachine) -c $< -o $@.tmp
	$(Q)$(LLVM_STRIP) -g $@.tmp && mv $@.tmp $@

rooms: ## the rooms of user/, lowest first, and what each may see
	@$(foreach room,$(ROOMS),echo '$(room):$(SEES_$(room):%= %)';)

live: all $(BUILD)/tests/live ## run the live tests on this kernel (root); CASE=name[,…] TIER=…
	$(Q)$(BUILD)/tests/live --connwhy $(BUILD)/connwhy $(if $(TIER),--tier $(TIER)) $(subst $(comma), ,$(CASE))

vm: all $(BUILD)/tests/live ## run the live tests in virtual machines; KERNEL= TIER= CASE=
	$(Q)KERNEL='$(KERNEL)' TIER='$(TIER)' CASE='$(CASE)' ./tests/vm/matrix

vm-shell: all $(BUILD)/tests/live ## a shell in a virtual machine; KERNEL=5.10
	$(Q)./tests/vm/shell --kernel '$(KERNEL)'

print-libraries:
	@echo $(filter %-dev,$(APT_BUILD) $(APT_TEST))

# One that cannot run here leaves its rows unmeasured, which bench-check tells.
BENCHES := run reader instructions bystanders inflight attach
bench: all ## what tracing costs: measures each row of tests/bench/bars; a quarter of an hour
	$(Q)rm -f $(BUILD)/bench/rows.tsv
	$(Q)for script in $(BENCHES); do echo "== $$script"; ./tests/bench/$$script || echo "$$script: exit $$?"; done

bench-check: ## what was measured beside what it may cost; fails where a bar is missed
	$(Q)./tests/bench/check

include tests/fuzz/fuzz.mk

comma := ,
.PHONY: test print-libraries rooms unit unit-programs live vm vm-shell bench bench-check
-include $(SANITIZED_OBJECTS:.o=.d)
