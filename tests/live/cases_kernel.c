/* SPDX-License-Identifier: GPL-2.0-only */
#include "live.h"

const struct test tests_kernel[] = {{0}};
