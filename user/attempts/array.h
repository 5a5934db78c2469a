/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_ARRAY_H
#define CONNWHY_ARRAY_H

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
