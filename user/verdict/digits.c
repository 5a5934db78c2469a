/* SPDX-License-Identifier: GPL-2.0-only */
#include "digits.h"

const char digits_pairs[200] = "0001020304050607080910111213141516171819"
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

char *digits(char *to, uint64_t number)
{
	/* Most numbers are small. */
	if (number < 10) {
		*to = (char)('0' + number);
		return to + 1;
	}
	return digits_padded(to, number, count(number));
}
