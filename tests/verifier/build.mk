# SPDX-License-Identifier: GPL-2.0-only
# How tests/verifier/run builds its program: make -f tests/verifier/build.mk build/tests/verify

include Makefile

# It chooses programs as connwhy does, so it links all of user/ but main.
$(BUILD)/tests/verify: tests/verifier/verify.c $(LIB_OBJECTS)
	$(call say,CC,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(ALL_ROOMS) $< $(LIB_OBJECTS) $(LDFLAGS) $(LDLIBS) -o $@
