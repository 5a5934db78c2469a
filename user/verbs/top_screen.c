/* SPDX-License-Identifier: GPL-2.0-only */
#include "top_screen.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log.h"
#include "top_draw.h"

#define ESCAPE_MS 25 /* after Esc, for the rest of a key's sequence */
#define ESCAPE 27
#define DELETE 127

enum { PAIR_RED = 1, PAIR_YELLOW, PAIR_GREEN, PAIR_CYAN };

/*
 * @terminal: NULL where nothing is drawn yet
 * @stderr_fd: the real one; @said: what is kept back; -1 for none
 * @styles:   attributes of each style
 */
struct top_screen {
	SCREEN *terminal;
	int stderr_fd, said;
	bool ascii;
	attr_t styles[TOP_STYLES];
};

static void choose_styles(struct top_screen *screen, bool color)
{
	attr_t *styles = screen->styles;

	color = color && has_colors() && start_color() == OK && use_default_colors() == OK;
	if (color) {
		init_pair(PAIR_RED, COLOR_RED, -1);
		init_pair(PAIR_YELLOW, COLOR_YELLOW, -1);
		init_pair(PAIR_GREEN, COLOR_GREEN, -1);
		init_pair(PAIR_CYAN, COLOR_CYAN, -1);
	}
	styles[TOP_STYLE_PLAIN] = A_NORMAL;
	styles[TOP_STYLE_TITLE] = A_BOLD;
	styles[TOP_STYLE_DIM] = A_DIM;
	styles[TOP_STYLE_BAD] = color ? COLOR_PAIR(PAIR_RED) | A_BOLD : A_BOLD;
	styles[TOP_STYLE_WAITING] = color ? COLOR_PAIR(PAIR_YELLOW) | A_BOLD : A_BOLD;
	styles[TOP_STYLE_GOOD] = color ? COLOR_PAIR(PAIR_GREEN) : A_NORMAL;
	styles[TOP_STYLE_HEAD] = color ? COLOR_PAIR(PAIR_CYAN) | A_REVERSE : A_REVERSE;
}

/* Whatever is said from here on would stand in the midst of the screen. */
static int keep_stderr_back(struct top_screen *screen)
{
	screen->said = memfd_create("connwhy-said", MFD_CLOEXEC);
	if (screen->said < 0)
		return -errno;
	screen->stderr_fd = dup(STDERR_FILENO);
	if (screen->stderr_fd < 0 || dup2(screen->said, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

static void give_stderr_back(struct top_screen *screen)
{
	char text[4096];
	ssize_t got;
	off_t at = 0;

	if (screen->stderr_fd >= 0) {
		fflush(stderr);
		dup2(screen->stderr_fd, STDERR_FILENO);
		close(screen->stderr_fd);
	}
	if (screen->said < 0)
		return;
	for (; (got = pread(screen->said, text, sizeof(text), at)) > 0; at += got)
		fwrite(text, 1, (size_t)got, stderr);
	close(screen->said);
}

int top_screen_check(void)
{
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return 0;
	log_error("top: it needs a terminal for standard input and output");
	return -ENOTTY;
}

int top_screen_open(struct top_screen **to, bool color)
{
	const char *term = getenv("TERM");
	struct top_screen *screen;

	*to = screen = calloc(1, sizeof(*screen));
	if (!screen)
		return -ENOMEM;
	screen->said = screen->stderr_fd = -1;
	setlocale(LC_CTYPE, "");
	screen->ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	screen->terminal = newterm(NULL, stdout, stdin);
	if (!screen->terminal) {
		log_error("top: the terminal '%s' (TERM) is not known", term ? term : "");
		return -ENOTTY;
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	choose_styles(screen, color);
	return keep_stderr_back(screen);
}

int top_screen_key(struct top_screen *screen)
{
	int key = getch();

	(void)screen;
	switch (key) {
	case ERR: return TOP_KEY_NONE;
	case KEY_UP: return TOP_KEY_UP;
	case KEY_DOWN: return TOP_KEY_DOWN;
	case KEY_PPAGE: return TOP_KEY_PAGE_UP;
	case KEY_NPAGE: return TOP_KEY_PAGE_DOWN;
	case KEY_HOME: return TOP_KEY_HOME;
	case KEY_END: return TOP_KEY_END;
	case KEY_ENTER:
	case '\r':
	case '\n': return TOP_KEY_ENTER;
	case ESCAPE: return TOP_KEY_ESCAPE;
	case '\t': return TOP_KEY_TAB;
	case KEY_BACKSPACE:
	case DELETE:
	case '\b': return TOP_KEY_BACKSPACE;
	default: return key;
	}
}

void top_screen_resize(struct top_screen *screen)
{
	struct winsize size;

	(void)screen;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
	clearok(curscr, TRUE);
}

static void put(void *context, unsigned int row, unsigned int column, enum top_style style,
                bool chosen, const char *text)
{
	const struct top_screen *screen = context;

	attrset(screen->styles[style] | (chosen ? A_REVERSE : 0));
	mvaddstr((int)row, (int)column, text);
}

void top_screen_draw(struct top_screen *screen, struct top_view *view, struct top_model *model,
                     uint64_t now_ns)
{
	const struct top_canvas canvas = {
	        .width = (unsigned int)COLS,
	        .height = (unsigned int)LINES,
	        .ascii = screen->ascii,
	        .put = put,
	        .context = screen,
	};

	erase();
	top_draw(view, model, now_ns, &canvas);
	refresh();
}

void top_screen_close(struct top_screen *screen)
{
	if (!screen)
		return;
	if (screen->terminal) {
		endwin();
		delscreen(screen->terminal);
	}
	give_stderr_back(screen);
	free(screen);
}
