/* SPDX-License-Identifier: GPL-2.0-only */
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "words.h"

/* A word of the output contract: lower case, digits and underscores. */
static void assert_word(const char *word)
{
	assert_non_null(word);
	assert_true(islower((unsigned char)word[0]));
	for (; *word; word++)
		assert_true(islower((unsigned char)*word) || *word == '_');
}

static void every_value_has_a_word_of_its_own(void **state)
{
	(void)state;
	for (int i = 0; i < OUTCOME_MAX; i++)
		assert_word(words_outcome(i));
	for (int i = 0; i < STEP_MAX; i++) {
		assert_word(words_step(i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(words_step(i), words_step(j));
	}
	for (int i = 0; i < CAUSE_MAX; i++) {
		assert_word(words_cause(i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(words_cause(i), words_cause(j));
	}
	assert_null(words_api(API_UNKNOWN));
	for (int i = API_UNKNOWN + 1; i < API_MAX; i++)
		assert_word(words_api(i));
	assert_null(words_answer(ANSWER_NONE));
	for (int i = ANSWER_NONE + 1; i < ANSWER_MAX; i++)
		assert_word(words_answer(i));
}

static void what_is_no_value_has_no_word_of_one(void **state)
{
	static const int bad[] = {-1, 1000, -2147483647 - 1, 2147483647};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_string_equal(words_outcome(bad[i]), "unknown");
		assert_string_equal(words_step(bad[i]), "unknown");
		assert_string_equal(words_cause(bad[i]), "unknown");
		assert_null(words_api(bad[i]));
		assert_null(words_answer(bad[i]));
		assert_null(words_errno(bad[i]));
		assert_null(words_signal(bad[i]));
		assert_null(words_explain_errno(bad[i]));
	}
}

static void causes_are_found_by_name(void **state)
{
	(void)state;
	for (int i = 0; i < CAUSE_MAX; i++)
		assert_int_equal(words_cause_from_name(words_cause(i)), i);
	assert_int_equal(words_cause_from_name("no_reply"), CAUSE_NO_REPLY);
	assert_int_equal(words_cause_from_name(""), -1);
	assert_int_equal(words_cause_from_name("no_repl"), -1);
	assert_int_equal(words_cause_from_name("NO_REPLY"), -1);
}

static void errnos_have_the_names_of_the_c_library(void **state)
{
	(void)state;
	for (int error = 1; error <= EHWPOISON; error++) {
		if (strerrorname_np(error)) {
			assert_non_null(words_errno(error));
			/* ENOTSUP and EOPNOTSUPP are one number. */
			if (error != EOPNOTSUPP)
				assert_string_equal(words_errno(error), strerrorname_np(error));
		} else {
			assert_null(words_errno(error));
		}
	}
	assert_null(words_errno(0));
	assert_null(words_errno(-EPERM));
	assert_string_equal(words_errno(EOPNOTSUPP), "EOPNOTSUPP");
	assert_string_equal(words_errno(512), "ERESTARTSYS");
	assert_string_equal(words_errno(513), "ERESTARTNOINTR");
	assert_string_equal(words_errno(524), "ENOTSUPP");
	assert_null(words_errno(520));
	assert_null(words_errno(532));
}

static void errnos_are_found_by_name_in_either_case(void **state)
{
	(void)state;
	for (int error = 1; error < 540; error++) {
		if (words_errno(error))
			assert_int_equal(words_errno_from_name(words_errno(error)), error);
	}
	assert_int_equal(words_errno_from_name("etimedout"), ETIMEDOUT);
	assert_int_equal(words_errno_from_name("EConnRefused"), ECONNREFUSED);
	assert_int_equal(words_errno_from_name("EWHATEVER"), -1);
	assert_int_equal(words_errno_from_name(""), -1);
	assert_int_equal(words_errno_from_name("110"), -1);
}

static void icmp_errors_have_the_words_of_the_rfcs(void **state)
{
	static const struct {
		uint8_t version, type, last_code;
	} known[] = {{4, 3, 15}, {4, 4, 0}, {4, 5, 3}, {4, 11, 1}, {4, 12, 2},
	             {6, 1, 7},  {6, 2, 0}, {6, 3, 1}, {6, 4, 3}};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		for (int code = 0; code <= known[i].last_code; code++)
			assert_string_not_equal(words_icmp(known[i].version, known[i].type, code),
			                        "unknown type or code");
		assert_string_equal(
		        words_icmp(known[i].version, known[i].type, known[i].last_code + 1),
		        "unknown type or code");
	}
	assert_string_equal(words_icmp(4, 3, 1), "host unreachable");
	assert_string_equal(words_icmp(4, 3, 13), "communication administratively prohibited");
	assert_string_equal(words_icmp(6, 1, 3), "address unreachable");
	for (int i = 0; i < 256; i++)
		assert_non_null(words_icmp(i, i, i));
}

static void signals_have_names(void **state)
{
	(void)state;
	assert_string_equal(words_signal(SIGKILL), "SIGKILL");
	assert_string_equal(words_signal(SIGTERM), "SIGTERM");
	for (int number = 1; number <= 31; number++)
		assert_memory_equal(words_signal(number), "SIG", 3);
	assert_null(words_signal(0));
	assert_null(words_signal(40));
}

static void assert_paragraph(const char *text)
{
	assert_non_null(text);
	assert_true(strlen(text) > 15);
	assert_int_equal(text[strlen(text) - 1], '.');
	assert_null(strstr(text, "  "));
}

static void every_cause_is_explained(void **state)
{
	(void)state;
	for (int i = 0; i < CAUSE_MAX; i++) {
		const struct explanation *explanation = words_explain_cause(i);

		assert_string_equal(explanation->name, words_cause(i));
		assert_paragraph(explanation->means);
		assert_paragraph(explanation->check);
	}
	assert_string_equal(words_explain_cause(CAUSE_MAX)->name, "unknown");
}

static void errnos_that_connect_gives_are_explained(void **state)
{
	static const int common[] = {ETIMEDOUT,     ECONNREFUSED, EHOSTUNREACH, ENETUNREACH,
	                             EADDRNOTAVAIL, EACCES,       EPERM,        ECONNRESET,
	                             ECONNABORTED,  EINPROGRESS,  EALREADY,     EISCONN,
	                             EINTR,         EINVAL,       EAFNOSUPPORT, EPROTO,
	                             ENOPROTOOPT,   EHOSTDOWN,    ENOBUFS,      512};
	int n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		assert_non_null(words_explain_errno(common[i]));
	for (int error = 0; error < 600; error++) {
		const struct explanation *explanation = words_explain_errno(error);

		if (!explanation)
			continue;
		n++;
		assert_string_equal(explanation->name, words_errno(error));
		assert_paragraph(explanation->means);
		assert_paragraph(explanation->check);
	}
	assert_true(n >= 20);
	assert_null(words_explain_errno(EXDEV));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_value_has_a_word_of_its_own),
	        cmocka_unit_test(what_is_no_value_has_no_word_of_one),
	        cmocka_unit_test(causes_are_found_by_name),
	        cmocka_unit_test(errnos_have_the_names_of_the_c_library),
	        cmocka_unit_test(errnos_are_found_by_name_in_either_case),
	        cmocka_unit_test(icmp_errors_have_the_words_of_the_rfcs),
	        cmocka_unit_test(signals_have_names),
	        cmocka_unit_test(every_cause_is_explained),
	        cmocka_unit_test(errnos_that_connect_gives_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
