// SPDX-License-Identifier: GPL-2.0-only
/* A pcap-filter expression, and the SYNs that it is tried on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "expression.h"
#include "no_network.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct record records[] = {
        {.attempt = {.local = {{10, 0, 0, 5}, 43210, FAMILY_IPV4, 0},
                     .remote = {{192, 0, 2, 7}, 443, FAMILY_IPV4, 0}}},
        {.attempt = {.local = {{0x20, 1, 0xd, 0xb8, [15] = 5}, 43210, FAMILY_IPV6, 0},
                     .remote = {{0x20, 1, 0xd, 0xb8, [15] = 7}, 443, FAMILY_IPV6, 0}}},
        {.attempt = {.asked = {{192, 0, 2, 7}, 443, FAMILY_IPV4, 0}}},
        {.number = 1},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct expression *expression = NULL;
	char error[256] = "", *text = malloc(size + 1);
	int status;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	status = expression_compile(&expression, text, error, sizeof(error));
	if (status && (status != -EINVAL || !*error || expression))
		abort();
	for (size_t i = 0; !status && i < sizeof(records) / sizeof(records[0]); i++)
		if (expression_matches(expression, &records[i]) && records[i].number)
			abort(); /* it matched an attempt to nowhere */
	expression_free(expression);
	free(text);
	return 0;
}
