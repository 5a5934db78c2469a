// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames as a saved file has them, through all that a record passes on its way to the reader.
 *
 * The first byte chooses: 1 the frames begin with the header of a file, 2 take without waiting, 4
 * colour, 8 and 16 the form of the times, 32 with 64 that a page and a screen are made, too. What
 * the kernel would never send must still be printed as whole lines of valid text.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "attempts.h"
#include "decode.h"
#include "diagnose.h"
#include "expression.h"
#include "host.h"
#include "output.h"
#include "save.h"
#include "report.h"
#include "summary.h"
#include "text.h"
#include "top_draw.h"

#define GRACE_NS 200000000ULL
#define WITH_HEADER 1
#define TAKE_ALL 2
#define COLOR 4
#define OBSERVED 0x60 /* both: a page and a screen cost more than all else */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct output_ops *const formats[] = {&output_line, &output_timeline, &output_json,
                                                   &output_otlp, &output_journal};

static void check(bool holds, const char *what, const char *text)
{
	if (holds)
		return;
	fprintf(stderr, "%s: %s\n", what, text);
	abort();
}

/* Lines of valid UTF-8 with no control byte but those of our own colours. */
static void check_text(const char *text, size_t size, bool color)
{
	uint32_t code_point = 0;

	check(size && text[size - 1] == '\n', "no whole line", text);
	for (size_t i = 0, n; i < size; i += n) {
		n = text_utf8(text + i, size - i, &code_point);
		check(n, "no UTF-8", text);
		check(!text_is_control(code_point) || code_point == '\n' ||
		              (color && code_point == '\033'),
		      "a control byte", text);
	}
}

/* A damaged file can hold times past 2^63, which jansson takes for no integer. */
static void check_json(const char *text, size_t size)
{
	json_error_t error;
	json_t *object =
	        json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);

	check(json_is_object(object), error.text, text);
	json_decref(object);
}

static void print(const struct run *run, const struct record *record,
                  const struct output_ops *format)
{
	struct buffer out = {0};
	const char *text;
	size_t size;

	format->record(&out, run, record);
	size = out.length;
	buffer_char(&out, '\0');
	text = out.bytes;
	check(!out.failed, "no memory", "");
	check_text(text, size, run->color && format == &output_timeline);
	if (format != &output_timeline && !format->to_journal)
		check(strchr(text, '\n') == text + size - 1, "not one line", text);
	if (format->for_programs && !format->to_journal)
		check_json(text, size);
	buffer_free(&out);
}

/* What looks at all records of a run, one after the other. */
struct observers {
	struct report *report;
	struct top_model top;
};

static void check_piece(void *context, unsigned int row, unsigned int column, enum top_style style,
                        bool chosen, const char *text)
{
	uint32_t code_point = 0;

	(void)context, (void)row, (void)column, (void)style, (void)chosen;
	for (size_t n, size = strlen(text); size; size -= n, text += n) {
		n = text_utf8(text, size, &code_point);
		check(n && !text_is_control(code_point), "a byte on the screen", text);
	}
}

/* No byte from outside stands in the page: between its two parts is nothing but base64. */
static void check_page(const char *page)
{
	const char *data = strstr(page, "id=\"data\">");

	check(data, "no data", page);
	data = strchr(data, '\n');
	data += strspn(data, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                     "0123456789+/=_ \n");
	check(!strncmp(data, "</script>", 9), "what is no base64", data);
}

/* Checks what they made, and frees them. */
static void end_observers(struct observers *observers, const struct run *run)
{
	static const struct totals totals;
	const struct top_canvas canvas = {100, 30, false, check_piece, NULL};
	struct top_view view = {0};
	struct buffer out = {0};

	observers->top.run = run;
	for (int page = TOP_PAGE_PEERS; page <= TOP_PAGE_PEER; page++) {
		view.page = (enum top_page)page;
		view.chosen = observers->top.peers[0].peer;
		top_draw(&view, &observers->top, UINT64_MAX / 2, &canvas);
	}
	report_write(observers->report, &out, run, &totals, NULL, 0);
	buffer_char(&out, '\0');
	check(!out.failed, "no memory", "");
	check_page(out.bytes);
	buffer_free(&out);
	report_free(observers->report);
	top_model_free(&observers->top);
	free(observers);
}

static void check_record(const struct record *record)
{
	struct buffer sentence = {0};
	const char *text;

	diagnose_explain(&sentence, record);
	buffer_char(&sentence, '\0');
	text = sentence.bytes;
	check((unsigned int)record->outcome < OUTCOME_MAX, "outcome", text);
	check((unsigned int)record->cause < CAUSE_MAX, "cause", text);
	check(record->error >= 0 && record->syn_sent >= -1, "error", text);
	check(record->n_steps <= RECORD_STEPS_MAX, "steps", text);
	check(*text, "explanation", "");
	check(record->outcome != OUTCOME_FAILURE || record->error, "a failure with no errno", text);
	for (unsigned int i = 1; i < record->n_steps; i++)
		check(record->steps[i - 1].at_ns <= record->steps[i].at_ns, "order", text);
	buffer_free(&sentence);
}

static void report(struct attempts *attempts, struct host *host, struct summary *summary,
                   struct observers *observers, const struct run *run, uint8_t choice)
{
	struct record record;
	uint8_t syn[SYN_SIZE_MAX];

	while (attempts_take(attempts, UINT64_MAX / 2, choice & TAKE_ALL, &record)) {
		host_describe(host, &record);
		record.realtime_offset_ns = run->realtime_offset_ns;
		diagnose(&record);
		attempts_learn(attempts, &record);
		check_record(&record);
		check(expression_syn(syn, &record.attempt) <= sizeof(syn), "SYN", "");
		summary_add(summary, &record);
		if (observers) {
			report_add(observers->report, run, &record);
			observers->top.run = run;
			top_model_record(&observers->top, &record);
		}
		for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
			print(run, &record, formats[i]);
	}
}

static void learn(FILE *in, struct host *host)
{
	union save_frame frame;
	long start = ftell(in);

	while (save_read(in, &frame) == 1)
		if (frame.header.type == SAVE_NAME)
			host_learn(host, (enum name_kind)frame.header.socket, frame.header.id,
			           frame.header.at_ns, frame.name.name);
	fseek(in, start, SEEK_SET);
}

static void run_frames(FILE *in, uint8_t choice)
{
	struct attempts *attempts = attempts_new(GRACE_NS);
	struct host *host = host_new_elsewhere();
	struct summary *summary = calloc(1, sizeof(*summary));
	struct observers *observers = NULL;
	const struct run run = {
	        .realtime_offset_ns = 1795429098051456789LL,
	        .time_style = (choice >> 3) % 3,
	        .color = choice & COLOR,
	        .host = "n1",
	        .kernel = "6.12.0",
	        .tier = "kprobe",
	        .version = VERSION,
	};
	const struct event_header *event;
	struct buffer totals = {0};
	union save_frame frame;
	unsigned int n = 0;

	if ((choice & OBSERVED) == OBSERVED) {
		observers = calloc(1, sizeof(*observers));
		observers->report = report_new(REPORT_ATTEMPTS_MAX);
	}
	learn(in, host);
	while (save_read(in, &frame) == 1) {
		event = decode(&frame, frame.header.size);
		if (!event || attempts_feed(attempts, event))
			continue;
		if (++n % 4)
			continue;
		attempts_drained(attempts);
		report(attempts, host, summary, observers, &run, choice);
	}
	attempts_drained(attempts);
	report(attempts, host, summary, observers, &run, choice);
	if (observers)
		end_observers(observers, &run);
	attempts_expire(attempts, UINT64_MAX);
	summary_print(summary, &totals);
	buffer_write(&totals, stdout);
	buffer_free(&totals);
	free(summary);
	host_free(host);
	attempts_free(attempts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct save_header header;
	FILE *in;

	if (size < 2)
		return 0;
	in = fmemopen((void *)(data + 1), size - 1, "r");
	if (!in)
		abort();
	if (!(data[0] & WITH_HEADER) || !save_read_header(in, &header))
		run_frames(in, data[0]);
	fclose(in);
	return 0;
}
