/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_JSON_STEP_H
#define CONNWHY_JSON_STEP_H

#include "json.h"
#include "record.h"

/* An address, absent where it is not known. */
void json_address(struct json *json, const char *key, const struct endpoint *endpoint);

/* One of connect.steps, with what is known of it. */
void json_step(struct json *json, const struct step *step);

#endif
