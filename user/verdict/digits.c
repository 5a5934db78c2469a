/* SPDX-License-Identifier: GPL-2.0-only */
#include "digits.h"

#include <string.h>

/* Two at a time: a division costs more than all the rest. */
static const char pairs[200] = "0001020304050607080910111213141516171819"
                               "2021222324252627282930313233343536373839"
                               "4041424344454647484950515253545556575859"
                               "6061626364656667686970717273747576777879"
                               "8081828384858687888990919293949596979899";

static unsigned int count(uint64_t number)
{
	static const uint64_t powers[DIGITS_MAX] = {
	        0,
	        10,
	        100,
	        1000,
	        10000,
	        100000,
	        1000000,
	        10000000,
	        100000000,
	        1000000000,
	        10000000000,
	        100000000000,
	        1000000000000,
	        10000000000000,
	        100000000000000,
	        1000000000000000,
	        10000000000000000,
	        100000000000000000,
	        1000000000000000000,
	        10000000000000000000ULL,
	};
	/* log10(2) is about 1233/4096 */
	unsigned int n = (64 - (unsigned int)__builtin_clzll(number | 1)) * 1233 >> 12;

	return n + (number >= powers[n]);
}

char *digits_padded(char *to, uint64_t number, unsigned int n)
{
	char *end = to + n;

	for (; n > 1; n -= 2, number /= 100)
		memcpy(to + n - 2, pairs + number % 100 * 2, 2);
	if (n)
		*to = (char)('0' + number % 10);
	return end;
}

char *digits(char *to, uint64_t number)
{
	return digits_padded(to, number, count(number));
}
