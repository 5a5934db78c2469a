// SPDX-License-Identifier: GPL-2.0-only
#include "metrics_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "array.h"
#include "confine.h"

#define BACKLOG 128
#define CONNECTIONS_MAX 256U
#define CONNECTION_SECONDS 10U /* of silence */
#define CONNECTION_BYTES ((size_t)8192)
#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/*
 * @stop: an eventfd that ends the thread
 * @ready: the thread has given up its capabilities
 * @lock: of @text, NULL until one is published; answers that are under way keep theirs
 */
struct metrics_server {
	int listener, stop;
	struct MHD_Daemon *daemon;
	pthread_t thread;
	sem_t ready;
	bool runs;
	pthread_mutex_t lock;
	struct MHD_Response *text;
};

static socklen_t socket_address(struct sockaddr_storage *to, const struct endpoint *from)
{
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	if (from->family == FAMILY_IPV4) {
		in->sin_family = AF_INET;
		in->sin_port = htons(from->port);
		memcpy(&in->sin_addr, from->address, sizeof(in->sin_addr));
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(from->port);
	memcpy(&in6->sin6_addr, from->address, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

static int listen_at(const struct endpoint *address)
{
	struct sockaddr_storage to;
	socklen_t length = socket_address(&to, address);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int yes = 1, err;

	if (fd < 0)
		return -errno;
	/* What an instance before this one leaves in TIME_WAIT is in nobody's way. */
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) &&
	    !bind(fd, (struct sockaddr *)&to, length) && !listen(fd, BACKLOG))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned int status,
                                   const char *text)
{
	struct MHD_Response *response =
	        MHD_create_response_from_buffer(strlen(text), (void *)text, MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result = MHD_NO;

	if (response)
		result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* MHD_AccessHandlerCallback */
static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request)
{
	struct metrics_server *server = context;
	enum MHD_Result result = MHD_NO;

	(void)version, (void)upload, (void)upload_size;
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET /metrics\n");
	/* The first time there are only headers: an answer then would end the connection. */
	if (!*request) {
		*request = server;
		return MHD_YES;
	}
	if (strcmp(url, "/metrics"))
		return answer_text(connection, MHD_HTTP_NOT_FOUND, "GET /metrics\n");
	pthread_mutex_lock(&server->lock);
	if (server->text)
		result = MHD_queue_response(connection, MHD_HTTP_OK, server->text);
	pthread_mutex_unlock(&server->lock);
	if (result == MHD_YES)
		return result;
	return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, "not yet\n");
}

static int wait_ms(struct MHD_Daemon *daemon)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(daemon, &ms) != MHD_YES)
		return -1;
	return ms > 60000 ? 60000 : (int)ms;
}

static void *serve(void *context)
{
	struct metrics_server *server = context;
	const union MHD_DaemonInfo *info =
	        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd fds[] = {
	        {.fd = info->epoll_fd, .events = POLLIN},
	        {.fd = server->stop, .events = POLLIN},
	};

	confine_thread();
	sem_post(&server->ready);
	while (!fds[1].revents) {
		MHD_run(server->daemon);
		poll(fds, ARRAY_SIZE(fds), wait_ms(server->daemon));
	}
	return NULL;
}

int metrics_server_open(struct metrics_server **server, const struct endpoint *address)
{
	struct metrics_server *new = calloc(1, sizeof(*new));

	if (!new)
		return -ENOMEM;
	pthread_mutex_init(&new->lock, NULL);
	sem_init(&new->ready, 0, 0);
	new->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	new->listener = new->stop < 0 ? -errno : listen_at(address);
	if (new->listener < 0) {
		int err = new->listener;

		metrics_server_close(new);
		return err;
	}
	*server = new;
	return 0;
}

int metrics_server_start(struct metrics_server *server)
{
	int err;

	server->daemon = MHD_start_daemon(
	        MHD_USE_EPOLL, 0, NULL, NULL, answer, server, MHD_OPTION_LISTEN_SOCKET,
	        server->listener, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
	        MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_SECONDS,
	        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, MHD_OPTION_END);
	if (!server->daemon)
		return errno ? -errno : -EIO;
	server->listener = -1; /* the daemon's now */
	err = pthread_create(&server->thread, NULL, serve, server);
	server->runs = !err;
	if (!err)
		sem_wait(&server->ready);
	return -err;
}

void metrics_server_publish(struct metrics_server *server, const struct buffer *text)
{
	struct MHD_Response *new, *old;

	new = MHD_create_response_from_buffer(text->length, text->bytes, MHD_RESPMEM_MUST_COPY);
	if (!new)
		return;
	MHD_add_response_header(new, MHD_HTTP_HEADER_CONTENT_TYPE, CONTENT_TYPE);
	pthread_mutex_lock(&server->lock);
	old = server->text;
	server->text = new;
	pthread_mutex_unlock(&server->lock);
	if (old)
		MHD_destroy_response(old);
}

void metrics_server_close(struct metrics_server *server)
{
	if (!server)
		return;
	if (server->runs) {
		eventfd_write(server->stop, 1);
		pthread_join(server->thread, NULL);
	}
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	if (server->text)
		MHD_destroy_response(server->text);
	if (server->listener >= 0)
		close(server->listener);
	if (server->stop >= 0)
		close(server->stop);
	sem_destroy(&server->ready);
	pthread_mutex_destroy(&server->lock);
	free(server);
}
