// SPDX-License-Identifier: GPL-2.0-only
/* What a person sees of `connwhy top` and does to it, on a screen made of bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "explained.h"
#include "records.h"
#include "top_draw.h"
#include "top_view.h"

#define ROWS 28
#define COLUMNS_MAX 160
#define NOW (ATTEMPT_START_NS + 600 * SECOND)
#define HEIGHT (ROWS - 5)

/* @chosen: the row that is, ROWS for none */
struct screen {
	unsigned int width, height;
	bool ascii;
	char cells[ROWS][COLUMNS_MAX + 1];
	unsigned int chosen;
};

static struct top_model *model;
static struct top_view view;
static struct screen screen;

static void put(void *context, unsigned int row, unsigned int column, enum top_style style,
                bool chosen, const char *text)
{
	struct screen *to = context;
	unsigned int columns = 0;

	assert_in_range(style, 0, TOP_STYLES - 1);
	assert_in_range(row, 0, to->height - 1);
	if (chosen)
		to->chosen = row;
	for (; *text; text++) {
		if ((*text & 0xc0) == 0x80)
			continue;
		assert_in_range(column + columns, 0, to->width - 1);
		to->cells[row][column + columns++] = *text & 0x80 ? '+' : *text;
	}
}

static void draw(unsigned int width, unsigned int height)
{
	struct top_canvas canvas = {width, height, screen.ascii, put, &screen};

	screen.width = width;
	screen.height = height;
	screen.chosen = ROWS;
	for (unsigned int row = 0; row < ROWS; row++) {
		memset(screen.cells[row], ' ', COLUMNS_MAX);
		screen.cells[row][COLUMNS_MAX] = '\0';
	}
	top_draw(&view, model, NOW, &canvas);
}

static bool row_has(unsigned int row, const char *text)
{
	return strstr(screen.cells[row], text) != NULL;
}

/* The first row of the list that has it, ROWS for none. */
static unsigned int row_of(const char *text)
{
	unsigned int row = 3;

	while (row < ROWS && !row_has(row, text))
		row++;
	return row;
}

static void press(int key)
{
	assert_true(top_view_key(&view, model, key));
}

static void type(const char *text)
{
	for (; *text; text++)
		press(*text);
}

static void add(struct record record, const char *address, const char *comm, unsigned int times)
{
	record.attempt.remote = record.attempt.asked = endpoint_of(address, 443);
	memset(record.attempt.comm, 0, COMM_SIZE);
	memcpy(record.attempt.comm, comm, strlen(comm));
	while (times-- > 0)
		top_model_record(model, &record);
}

static void wait_for(const char *address, uint64_t waited_ns)
{
	struct attempt attempt = {.header.id = NOW - waited_ns, .pid = 7, .comm = "ssh"};

	attempt.remote = endpoint_of(address, 22);
	attempt.tallies[TALLY_RETRY] = 2;
	top_model_waiting(model, &attempt);
}

/* Three peers that failed 3, 2 and 0 times, and one for which somebody waits. */
static int begin(void **state)
{
	struct record slow = ipv6_success();

	(void)state;
	model = calloc(1, sizeof(*model));
	view = (struct top_view){0};
	screen = (struct screen){0};
	if (!model)
		return 1;
	model->run = &test_run;
	slow.duration_ns = 700 * MS;
	add(timed_out(), "192.0.2.7", "curl", 2);
	add(timed_out(), "192.0.2.8", "wget", 3);
	add(ipv6_success(), "192.0.2.9", "nginx", 9);
	add(slow, "192.0.2.10", "nginx", 1);
	top_model_begin_waiting(model);
	wait_for("198.51.100.1", 12 * SECOND);
	wait_for("198.51.100.1", 20 * MS);
	top_model_end_waiting(model);
	return 0;
}

static int end(void **state)
{
	(void)state;
	top_model_free(model);
	free(model);
	return 0;
}

static void peers_are_sorted_by_failures(void **state)
{
	(void)state;
	draw(120, ROWS);
	assert_true(row_has(0, "connwhy top  n1  Linux 6.12.0  tier kprobe"));
	assert_true(row_has(0, "10:28:19 UTC"));
	assert_true(row_has(1, "15 attempts"));
	assert_true(row_has(1, "5 not established"));
	assert_true(row_has(1, "2 waiting, the longest 12.0 s"));
	assert_true(row_has(3, "FAILEDv"));
	assert_int_equal(row_of("192.0.2.8:443"), 4);
	assert_int_equal(row_of("192.0.2.7:443"), 5);
	assert_true(row_has(4, "no_reply ETIMEDOUT"));
	assert_true(row_has(4, "10m00s"));
	assert_int_equal(screen.chosen, 4);
	assert_true(row_has(ROWS - 1, "q quit"));
}

static void each_key_sorts_and_turns_round(void **state)
{
	static const struct {
		char key;
		const char *first;
	} orders[] = {{'w', "198.51.100.1:22"}, {'a', "192.0.2.9:443"}, {'s', "192.0.2.10:443"},
	              {'m', "192.0.2.10:443"},  {'n', "192.0.2.7:443"}, {'f', "192.0.2.8:443"}};

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		press(orders[i].key);
		draw(120, ROWS);
		assert_int_equal(row_of(orders[i].first), 4);
	}
	press('n');
	press('n');
	draw(120, ROWS);
	assert_int_equal(row_of("198.51.100.1:22"), 4);
	assert_true(row_has(3, "PEER^"));
}

static void the_chosen_peer_stays_chosen(void **state)
{
	(void)state;
	draw(120, ROWS);
	press(TOP_KEY_DOWN);
	draw(120, ROWS);
	assert_int_equal(screen.chosen, row_of("192.0.2.7:443"));
	add(timed_out(), "192.0.2.7", "curl", 5);
	draw(120, ROWS);
	assert_int_equal(row_of("192.0.2.7:443"), 4);
	assert_int_equal(screen.chosen, 4);
	press(TOP_KEY_END);
	press(TOP_KEY_DOWN);
	draw(120, ROWS);
	assert_int_equal(screen.chosen, 8);
	press(TOP_KEY_HOME);
	press(TOP_KEY_UP);
	draw(120, ROWS);
	assert_int_equal(screen.chosen, 4);
}

static void a_filter_narrows_as_it_is_typed(void **state)
{
	(void)state;
	draw(120, ROWS);
	press('/');
	type("WG");
	draw(120, ROWS);
	assert_true(row_has(2, "filter: WG_"));
	assert_int_equal(row_of("192.0.2.8:443"), 4);
	assert_int_equal(row_of("192.0.2.7:443"), ROWS);
	/* Keys that sort are letters meanwhile. */
	type("f");
	draw(120, ROWS);
	assert_true(row_has(5, "No peer fits the filter."));
	press(TOP_KEY_BACKSPACE);
	press(TOP_KEY_BACKSPACE);
	press(TOP_KEY_BACKSPACE);
	type("no_reply");
	draw(120, ROWS);
	assert_int_equal(row_of("192.0.2.9:443"), ROWS);
	assert_int_equal(row_of("192.0.2.7:443"), 5);
	press(TOP_KEY_ENTER);
	draw(120, ROWS);
	assert_true(row_has(2, "filter: no_reply   (Esc"));
	press(TOP_KEY_ESCAPE);
	draw(120, ROWS);
	assert_int_equal(row_of("192.0.2.9:443") < ROWS, true);
	for (int i = 0; i < 2 * TOP_FILTER_SIZE; i++) {
		if (i == 0)
			press('/');
		type("x");
	}
	assert_int_equal(strlen(view.filter), TOP_FILTER_SIZE - 1);
}

static void a_peer_opens_to_its_timelines(void **state)
{
	(void)state;
	draw(120, ROWS);
	press(TOP_KEY_DOWN);
	press(TOP_KEY_ENTER);
	draw(120, ROWS);
	assert_true(row_has(3, "192.0.2.7:443  failed 2 of 2, failing for 10m00s"));
	assert_true(row_has(4, "curl[4312] 10.0.0.5:43210 > 192.0.2.7:443"));
	assert_true(row_has(5, "+0.000041  syn_sent"));
	/* All is in sight: there is nothing to scroll. */
	press(TOP_KEY_DOWN);
	draw(120, 14);
	assert_true(row_has(5, "+0.000041  syn_sent"));
	press(TOP_KEY_DOWN);
	draw(120, 14);
	assert_true(row_has(4, "+0.000041  syn_sent"));
	press(TOP_KEY_ESCAPE);
	draw(120, ROWS);
	assert_int_equal(screen.chosen, row_of("192.0.2.7:443"));
	press(TOP_KEY_UP);
	press(TOP_KEY_DOWN);
	press(TOP_KEY_DOWN);
	press(TOP_KEY_DOWN);
	press(TOP_KEY_ENTER);
	draw(120, ROWS);
	assert_true(row_has(5, "Nobody waits, and no attempt failed.") || row_has(4, "ssh[7]"));
}

/* Nothing is cut: what is too long for a narrow screen goes on in the next line. */
static void timelines_fit_a_narrow_screen(void **state)
{
	char all[ROWS * (COLUMNS_MAX + 1)] = "";
	const char *word;
	struct record record = timed_out();
	char *words;

	(void)state;
	record.attempt.remote = record.attempt.asked = endpoint_of("192.0.2.8", 443);
	words = explained(&record);
	draw(50, ROWS);
	press(TOP_KEY_ENTER);
	draw(50, ROWS);
	for (unsigned int row = 4; row < ROWS - 1; row++)
		strcat(all, screen.cells[row]);
	for (word = strtok(words, " "); word; word = strtok(NULL, " "))
		assert_non_null(strstr(all, word));
	free(words);
}

static void who_waits_has_a_page(void **state)
{
	(void)state;
	draw(100, ROWS);
	press(TOP_KEY_TAB);
	draw(100, ROWS);
	assert_true(row_has(4, "12.0 s"));
	assert_true(row_has(4, "3  ssh[7]"));
	assert_true(row_has(4, "198.51.100.1:22"));
	assert_true(row_has(5, "20.0 ms"));
	press(TOP_KEY_ENTER);
	draw(100, ROWS);
	assert_true(row_has(3, "198.51.100.1:22"));
	assert_true(row_has(4, "12.0 s"));
	press(TOP_KEY_ESCAPE);
	press(TOP_KEY_TAB);
	press('/');
	type("nginx");
	draw(100, ROWS);
	assert_true(row_has(5, "Nobody waits for an answer."));
}

static void any_size_is_drawn_on(void **state)
{
	(void)state;
	for (int page = 0; page < 3; page++) {
		for (unsigned int width = 0; width <= COLUMNS_MAX; width++)
			for (unsigned int height = 0; height <= ROWS; height += height < 8 ? 1 : 8)
				draw(width, height);
		press(page == 0 ? TOP_KEY_TAB : TOP_KEY_ENTER);
	}
}

/* What a terminal that knows no UTF-8 would make rubbish of. */
static void ascii_is_all_there_is(void **state)
{
	struct record record = timed_out();

	(void)state;
	record.duration_ns = 599 * SECOND;
	screen.ascii = true;
	add(record, "192.0.2.8", "n\xc3\xa4hen", 3);
	draw(150, ROWS);
	for (unsigned int row = 0; row < ROWS; row++)
		assert_null(strchr(screen.cells[row], '+'));
	assert_true(row_has(4, "#"));
	screen.ascii = false;
	draw(150, ROWS);
	assert_true(row_has(4, "+"));
}

static void hostile_names_move_no_cursor(void **state)
{
	(void)state;
	add(timed_out(), "192.0.2.8", "\x1b[2J\n\x9b", 1);
	draw(120, ROWS);
	press(TOP_KEY_ENTER);
	draw(120, ROWS);
	for (unsigned int row = 0; row < ROWS; row++)
		for (const char *c = screen.cells[row]; *c; c++)
			assert_true(*c >= ' ' && *c < 0x7f);
	assert_true(row_has(4, "\\x1b[2J\\x0a\\x9b[4312]"));
}

static void q_ends_it_unless_it_is_typed(void **state)
{
	(void)state;
	draw(120, ROWS);
	press('/');
	press('q');
	press(TOP_KEY_ESCAPE);
	assert_false(top_view_key(&view, model, 'q'));
}

static void long_lists_scroll(void **state)
{
	char address[32];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(address, sizeof(address), "10.0.0.%d", i);
		add(timed_out(), address, "curl", 1);
	}
	draw(120, ROWS);
	press(TOP_KEY_PAGE_DOWN);
	draw(120, ROWS);
	assert_int_equal(view.row, HEIGHT - 1);
	press(TOP_KEY_DOWN);
	draw(120, ROWS);
	assert_int_equal(view.top, 1);
	assert_int_equal(screen.chosen, ROWS - 2);
	press(TOP_KEY_END);
	draw(120, ROWS);
	assert_int_equal(screen.chosen, ROWS - 2);
	press(TOP_KEY_HOME);
	draw(120, ROWS);
	assert_int_equal(screen.chosen, 4);
	assert_int_equal(view.top, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        TEST(peers_are_sorted_by_failures),  TEST(each_key_sorts_and_turns_round),
	        TEST(the_chosen_peer_stays_chosen),  TEST(a_filter_narrows_as_it_is_typed),
	        TEST(a_peer_opens_to_its_timelines), TEST(timelines_fit_a_narrow_screen),
	        TEST(who_waits_has_a_page),          TEST(any_size_is_drawn_on),
	        TEST(ascii_is_all_there_is),         TEST(hostile_names_move_no_cursor),
	        TEST(q_ends_it_unless_it_is_typed),  TEST(long_lists_scroll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
