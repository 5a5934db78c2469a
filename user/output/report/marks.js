/* SPDX-License-Identifier: GPL-2.0-only */
/* Each kind of step and each way to end has a shape of its own, in a box from -6 to 6. */
const RING = "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z";
const SHAPES = {
	syn_sent: {path: "M-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0z", fill: true, color: "syn"},
	syn_retry: {path: RING, color: "syn"},
	syn_retry_failed: {path: `${RING}M-4.5 4.5L4.5-4.5`, color: "drop"},
	rst_received: {path: "M-4-4L4 4M-4 4L4-4", color: "failure"},
	rst_ignored: {path: `${RING}M-2-2L2 2M-2 2L2-2`, color: "muted"},
	rst_sent: {path: "M0-4.5V4.5M-4.5 0H4.5", color: "failure"},
	stale_peer_state: {path: "M-5 1q2.5-6 5-1t5-1", color: "muted"},
	icmp_received: {path: "M0-5.5L5.5 0L0 5.5L-5.5 0z", fill: true, color: "icmp"},
	dropped: {path: "M-5-4H5L0 5z", fill: true, color: "drop"},
	interrupted: {path: "M-2-4V4M2-4V4", color: "muted"},
	listener_full: {path: "M-4-4H4V4H-4z", fill: true, color: "drop"},
	success: {path: "M-4.5 0L-1.2 3.6L4.5-3.8", color: "success"},
	failure: {path: "M-2.3-5.5H2.3L5.5-2.3V2.3L2.3 5.5H-2.3L-5.5 2.3V-2.3z", fill: true, color: "failure"},
	abandoned: {path: "M-5 0H4M0.5-4L4.5 0L0.5 4", color: "abandoned"},
	unknown: {path: "M-2.6-2.2q0-2.8 2.7-2.8t2.6 2.6q0 1.5-1.6 2.2T0 1.6M0 4.4V5", color: "unknown"},
};

const NAMES = {
	syn_sent: "SYN sent", syn_retry: "SYN sent again", syn_retry_failed: "SYN could not be sent",
	rst_received: "reset received", rst_ignored: "reset ignored", rst_sent: "reset sent",
	stale_peer_state: "peer knew an old connection", icmp_received: "ICMP error",
	dropped: "dropped by this host", interrupted: "call interrupted", listener_full: "listener was full",
	success: "established", failure: "ended with an errno", abandoned: "abandoned by this host",
	unknown: "end not known",
};

for (const shape of Object.values(SHAPES))
	shape.drawn = new Path2D(shape.path);

/* The colours of the theme in force, for canvases. */
function readColors() {
	const style = getComputedStyle(document.documentElement), colors = {};
	for (const name of ["ink", "muted", "line", "card", "plan", "syn", "drop", "icmp", "success",
		"failure", "abandoned", "unknown", "select"])
		colors[name] = style.getPropertyValue(`--${name}`).trim();
	return colors;
}

function drawMark(context, colors, name, x, y) {
	const shape = SHAPES[name], color = colors[shape.color];
	context.save();
	context.translate(x, y);
	context.lineCap = context.lineJoin = "round";
	/* A rim of the ground, so that marks that lie close stay apart. */
	context.strokeStyle = colors.card;
	context.lineWidth = shape.fill ? 2.5 : 4.5;
	context.stroke(shape.drawn);
	context.lineWidth = 1.8;
	context.strokeStyle = context.fillStyle = color;
	if (shape.fill) {
		context.fill(shape.drawn);
	} else {
		if (shape.path.startsWith(RING)) {
			context.fillStyle = colors.card;
			context.fill(shape.drawn);
		}
		context.stroke(shape.drawn);
	}
	context.restore();
}

function markIcon(name) {
	const shape = SHAPES[name];
	return make("svg:svg", {viewBox: "-7 -7 14 14", "aria-hidden": "true",
		class: `mark ink-${shape.color} ${shape.fill ? "filled" : "drawn"}`},
	make("svg:path", {d: shape.path}));
}

/* A canvas as sharp as the screen. Returns what to draw with, or null where it has no place. */
function fitCanvas(canvas, width, height) {
	const scale = window.devicePixelRatio || 1;
	if (width < 1 || height < 1)
		return null;
	if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
		canvas.width = Math.round(width * scale);
		canvas.height = Math.round(height * scale);
		canvas.style.width = `${width}px`;
		canvas.style.height = `${height}px`;
	}
	const context = canvas.getContext("2d");
	context.setTransform(scale, 0, 0, scale, 0, 0);
	context.clearRect(0, 0, width, height);
	context.font = "11px system-ui, sans-serif";
	return context;
}
