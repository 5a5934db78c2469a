// SPDX-License-Identifier: GPL-2.0-only
#include "publish.h"

#include <errno.h>
#include <string.h>

#include "log.h"
#include "text.h"
#include "units.h"

#define FILE_NS (5 * NS_PER_S) /* collectors look every 15 s or less often */

int publish_open(struct publish *publish, struct session *session)
{
	const struct options *options = session->options;
	char address[TEXT_ENDPOINT_SIZE];
	int err = 0;

	publish->session = session;
	publish->file.directory = -1;
	if (!options->metrics.family && !options->metrics_file)
		return 0;
	session->metrics = metrics_new(&options->metrics_by);
	if (!session->metrics)
		return -ENOMEM;
	if (options->metrics.family) {
		err = metrics_server_open(&publish->server, &options->metrics);
		if (err)
			log_error("--metrics %s: %s", text_endpoint(address, &options->metrics),
			          strerror(-err));
	}
	if (!err && options->metrics_file) {
		err = metrics_file_open(&publish->file, options->metrics_file);
		if (err)
			log_error("--metrics-file %s: %s", options->metrics_file, strerror(-err));
	}
	return err;
}

static void render(struct publish *publish)
{
	const struct session *session = publish->session;

	publish->text.length = 0;
	publish->text.failed = false;
	metrics_print(session->metrics, &publish->text, &session->run, &session->totals,
	              session->losses, session->n_losses);
	if (publish->server && !publish->text.failed)
		metrics_server_publish(publish->server, &publish->text);
}

static bool has_file(const struct publish *publish)
{
	return publish->file.directory >= 0;
}

static int write_file(struct publish *publish)
{
	return publish->text.failed ? -ENOMEM : metrics_file_write(&publish->file, &publish->text);
}

int publish_start(struct publish *publish, uint64_t now_ns)
{
	int err = 0;

	if (!publish->session->metrics)
		return 0;
	session_count(publish->session);
	render(publish);
	publish->next_file_ns = now_ns + FILE_NS;
	if (has_file(publish)) {
		err = write_file(publish);
		if (err)
			log_error("--metrics-file %s: %s", publish->session->options->metrics_file,
			          strerror(-err));
	}
	if (!err && publish->server) {
		err = metrics_server_start(publish->server);
		if (err)
			log_error("--metrics: %s", strerror(-err));
	}
	return err;
}

/* A disk that is full stops no tracing: said once, and tried again. */
void publish_file(struct publish *publish)
{
	int err;

	if (!has_file(publish))
		return;
	err = write_file(publish);
	if (err && err != publish->file_error)
		log_warn("--metrics-file %s: %s; what is there is old",
		         publish->session->options->metrics_file, strerror(-err));
	publish->file_error = err;
}

void publish_tick(struct publish *publish, uint64_t now_ns)
{
	if (!publish->session->metrics)
		return;
	render(publish);
	if (now_ns < publish->next_file_ns)
		return;
	publish->next_file_ns = now_ns + FILE_NS;
	publish_file(publish);
}

void publish_close(struct publish *publish)
{
	if (publish->text.length && has_file(publish)) {
		render(publish);
		publish_file(publish);
	}
	metrics_server_close(publish->server);
	metrics_file_close(&publish->file);
	buffer_free(&publish->text);
}
