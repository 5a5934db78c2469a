/* SPDX-License-Identifier: GPL-2.0-only */
/* Times and durations as text. */
#include <string.h>
#include <time.h>

#include "digits.h"
#include "text.h"
#include "units.h"

#define SECONDS_A_DAY 86400

/* Unsigned on purpose: a damaged file can hold any time, and a wrapped one still has a date. */
uint64_t text_wall_ns(const struct run *run, uint64_t monotonic_ns)
{
	return (uint64_t)run->realtime_offset_ns + monotonic_ns;
}

/* "2026-11-23", in the proleptic Gregorian calendar, counted in years that begin with March. */
static char *write_date(char *to, unsigned int days)
{
	const unsigned int since_march_0000 = days + 719468, era = since_march_0000 / 146097;
	const unsigned int day_of_era = since_march_0000 % 146097;
	const unsigned int year_of_era =
	        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	const unsigned int day_of_year =
	        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	const unsigned int month = (5 * day_of_year + 2) / 153; /* 0 is March */

	to = digits_padded(to, era * 400 + year_of_era + (month >= 10), 4);
	*to++ = '-';
	to = digits_padded(to, month < 10 ? month + 3 : month - 9, 2);
	*to++ = '-';
	return digits_padded(to, day_of_year - (153 * month + 2) / 5 + 1, 2);
}

/* "10:20:30" */
static char *write_clock(char *to, unsigned int second_of_day)
{
	to = digits_padded(to, second_of_day / 3600, 2);
	*to++ = ':';
	to = digits_padded(to, second_of_day / 60 % 60, 2);
	*to++ = ':';
	return digits_padded(to, second_of_day % 60, 2);
}

/* "131.072": of the nine digits behind the point, the first `n` */
static char *write_seconds(char *to, uint64_t ns, unsigned int n)
{
	static const uint64_t unit_ns[] = {[2] = 10 * NS_PER_MS, [3] = NS_PER_MS, [6] = NS_PER_US};

	to = digits(to, ns / NS_PER_S);
	*to++ = '.';
	return digits_padded(to, ns % NS_PER_S / unit_ns[n], n);
}

const char *text_time_iso(char to[TEXT_TIME_SIZE], uint64_t wall_ns, int n)
{
	const uint64_t seconds = wall_ns / NS_PER_S, ns = wall_ns % NS_PER_S;
	char *end = write_date(to, seconds / SECONDS_A_DAY);

	*end++ = 'T';
	end = write_clock(end, seconds % SECONDS_A_DAY);
	*end++ = '.';
	end = n == 3 ? digits_padded(end, ns / NS_PER_MS, 3) : digits_padded(end, ns, 9);
	strcpy(end, "Z");
	return to;
}

static const char *time_clock(char to[TEXT_TIME_SIZE], uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	struct tm tm = {0};
	char *end;

	localtime_r(&seconds, &tm);
	end = write_clock(to, (tm.tm_hour * 60 + tm.tm_min) * 60 + tm.tm_sec);
	*end++ = '.';
	end = digits_padded(end, wall_ns % NS_PER_S / NS_PER_MS, 3);
	*end = '\0';
	return to;
}

const char *text_seconds(char to[TEXT_TIME_SIZE], uint64_t ns)
{
	*write_seconds(to, ns, 6) = '\0';
	return to;
}

/* An attempt that began before the tracer has a start before zero. */
static const char *time_since(char to[TEXT_TIME_SIZE], uint64_t start_ns, uint64_t ns)
{
	bool before = ns < start_ns;

	*to = '-';
	text_seconds(to + before, before ? start_ns - ns : ns - start_ns);
	return to;
}

const char *text_time(char to[TEXT_TIME_SIZE], const struct run *run, uint64_t monotonic_ns)
{
	switch (run->time_style) {
	case TIME_ISO: return text_time_iso(to, text_wall_ns(run, monotonic_ns), 3);
	case TIME_CLOCK: return time_clock(to, text_wall_ns(run, monotonic_ns));
	case TIME_SINCE_START: return time_since(to, run->start_ns, monotonic_ns);
	}
	return strcpy(to, "-");
}

const char *text_offset(char to[TEXT_TIME_SIZE], uint64_t ns)
{
	char *end = write_seconds(to, ns, ns < NS_PER_S ? 6 : 2);

	if (ns < NS_PER_S) {
		while (end[-1] == '0')
			end--;
		if (end[-1] == '.')
			end--;
	}
	*end = '\0';
	return to;
}

const char *text_duration(char to[TEXT_TIME_SIZE], uint64_t ns)
{
	strcpy(write_seconds(to, ns, ns < NS_PER_S ? 6 : 3), "s");
	return to;
}

const char *text_duration_words(char to[TEXT_TIME_SIZE], uint64_t ns)
{
	if (ns >= NS_PER_S)
		strcpy(write_seconds(to, ns, 3), " s");
	else if (ns >= NS_PER_MS)
		strcpy(write_seconds(to, ns * MS_PER_S, 3), " ms");
	else
		strcpy(digits(to, ns / NS_PER_US), " us");
	return to;
}
