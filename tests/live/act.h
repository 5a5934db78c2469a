/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CONNWHY_LIVE_ACT_H
#define CONNWHY_LIVE_ACT_H

/*
 * What this program does as the COMMAND of connwhy (`live --act NAME …`):
 *
 *   connect PORT STATUS   connects to loopback, exits with STATUS
 *   signal NUMBER         ends itself with that signal
 *   family PORT           connects to PORT; its child to PORT + 1; a daemon to PORT + 2
 *   wait                  until a signal comes
 */
int act(char **arguments);

#endif
