/* SPDX-License-Identifier: GPL-2.0-only */
/* What failed when, and how long attempts took. */
const BIN_WIDTH = 7;
const AXIS_HEIGHT = 18;
const STACK = [1, 2, 3]; /* failure, abandoned, unknown: from the ground up */

function hatch(context, color, x, y, width, height) {
	context.save();
	context.beginPath();
	context.rect(x, y, width, height);
	context.clip();
	context.strokeStyle = color;
	context.lineWidth = 1.5;
	context.beginPath();
	for (let at = x - height - 4; at < x + width; at += 4) {
		context.moveTo(at, y + height);
		context.lineTo(at + height, y);
	}
	context.stroke();
	context.strokeRect(x + 0.75, y + 0.75, Math.max(0, width - 1.5), Math.max(0, height - 1.5));
	context.restore();
}

/* Outcomes are told apart without colour: solid, hatched, an outline. */
function drawBlock(context, colors, outcome, x, y, width, height) {
	const color = [colors.success, colors.failure, colors.abandoned, colors.unknown][outcome];
	context.fillStyle = context.strokeStyle = color;
	context.lineWidth = 1.5;
	if (outcome === 2)
		hatch(context, color, x, y, width, height);
	else if (outcome === 3)
		context.strokeRect(x + 0.75, y + 0.75, Math.max(0, width - 1.5), Math.max(0, height - 1.5));
	else
		context.fillRect(x, y, width, height);
}

/* The kernel's retries as lines behind; `x` gives the place of a time in ns. */
function drawPlan(context, colors, plan, x, top, bottom) {
	context.strokeStyle = colors.plan;
	context.lineWidth = 1;
	for (const ms of [...plan.retriesMs, plan.endMs]) {
		context.setLineDash(ms === plan.endMs ? [] : plan.known ? [4, 3] : [1, 3]);
		context.beginPath();
		context.moveTo(Math.round(x(ms * 1e6)) + 0.5, top);
		context.lineTo(Math.round(x(ms * 1e6)) + 0.5, bottom);
		context.stroke();
	}
	context.setLineDash([]);
}

/* The plan that most attempts have. */
function usualPlan(data) {
	const uses = new Uint32Array(data.plans.length);
	for (const plan of data.plan)
		uses[plan]++;
	return data.plans[uses.reduce((best, number, at) => number > uses[best] ? at : best, 0)];
}

class OverTime {
	constructor(query, colors, onSpan) {
		const {data} = query;
		Object.assign(this, {query, colors, onSpan, element: byId("over-time")});
		this.canvas = this.element.firstElementChild;
		this.from = 0;
		this.to = 1;
		if (data.n) {
			this.from = data.start[query.inStartOrder[0]];
			this.to = this.from;
			for (let i = 0; i < data.n; i++)
				this.to = Math.max(this.to, data.start[i] + data.duration[i] / 1e3);
		}
		const margin = Math.max((this.to - this.from) / 100, 1);
		this.from -= margin;
		this.to += margin;
		this.listen();
	}

	listen() {
		const at = (event) => this.scale.us(event.clientX - this.element.getBoundingClientRect().left);
		this.element.addEventListener("pointerdown", (event) => {
			this.anchor = at(event);
			this.element.setPointerCapture(event.pointerId);
		});
		this.element.addEventListener("pointermove", (event) => {
			if (this.anchor !== undefined)
				this.select(this.anchor, at(event));
		});
		this.element.addEventListener("pointerup", (event) => {
			if (Math.abs(this.scale.x(this.anchor) - this.scale.x(at(event))) < 3)
				this.onSpan(null);
			this.anchor = undefined;
		});
		this.element.addEventListener("keydown", (event) => this.key(event));
	}

	select(a, b) {
		const clip = (us) => Math.min(Math.max(us, this.from), this.to);
		this.onSpan([clip(Math.min(a, b)), clip(Math.max(a, b))]);
	}

	key(event) {
		const step = (this.to - this.from) / 20, [from, to] = this.query.span || [this.from, this.from + step];
		const way = {ArrowLeft: -step, ArrowRight: step}[event.key];
		if (event.key === "Escape" && this.query.span)
			this.onSpan(null);
		else if (way && !this.query.span)
			this.select(way > 0 ? this.from : this.to - step, way > 0 ? this.from + step : this.to);
		else if (way && event.shiftKey)
			this.select(from, Math.max(to + way, from + step));
		else if (way && from + way >= this.from - 1 && to + way <= this.to + 1)
			this.select(from + way, to + way);
		else
			return;
		event.preventDefault();
	}

	count(bins) {
		const {data, anytime} = this.query, counts = Array.from({length: OUTCOMES}, () => new Uint32Array(bins));
		for (const i of anytime) {
			const at = data.start[i] + data.duration[i] / 1e3;
			counts[data.verdicts[data.verdict[i]].outcome][Math.min(bins - 1,
				Math.floor((at - this.from) / (this.to - this.from) * bins))]++;
		}
		return counts;
	}

	draw(colors) {
		const width = this.element.clientWidth, height = this.element.clientHeight;
		const context = fitCanvas(this.canvas, width, height);
		if (!context)
			return;
		const bins = Math.max(1, Math.floor(width / BIN_WIDTH)), counts = this.count(bins);
		const ground = Math.round((height - AXIS_HEIGHT) * 0.72), below = height - AXIS_HEIGHT - ground - 2;
		const bad = Array.from({length: bins}, (_, bin) => STACK.reduce((sum, outcome) => sum + counts[outcome][bin], 0));
		const worst = Math.max(1, ...bad), best = Math.max(1, ...counts[0]), wide = width / bins;
		this.scale = new ClockScale(this.query.data, this.from, this.to, width);
		drawTicks(context, colors, this.scale, 0, height - AXIS_HEIGHT, height - 4);
		for (let bin = 0; bin < bins; bin++) {
			let y = ground;
			for (const outcome of STACK) {
				const tall = counts[outcome][bin] && Math.max(2, counts[outcome][bin] / worst * (ground - 14));
				if (tall)
					drawBlock(context, colors, outcome, bin * wide + 0.5, y -= tall, wide - 1, tall);
			}
			const tall = counts[0][bin] && Math.max(1.5, counts[0][bin] / best * below);
			if (tall)
				drawBlock(context, colors, 0, bin * wide + 0.5, ground + 2, wide - 1, tall);
		}
		context.fillStyle = colors.ink;
		context.fillRect(0, ground, width, 1);
		this.drawSpan(context, colors, height - AXIS_HEIGHT);
		this.describe(Math.max(0, ...bad), Math.max(0, ...counts[0]), (this.to - this.from) / bins);
	}

	drawSpan(context, colors, height) {
		if (!this.query.span)
			return;
		const [from, to] = this.query.span.map((us) => this.scale.x(us));
		context.globalAlpha = 0.18;
		context.fillStyle = colors.select;
		context.fillRect(from, 0, Math.max(2, to - from), height);
		context.globalAlpha = 1;
		context.fillRect(from, 0, 1.5, height);
		context.fillRect(to, 0, 1.5, height);
	}

	describe(worst, best, binUs) {
		const {data, span} = this.query;
		const note = `up: not established, at most ${count(worst)} in ${duration(binUs * 1e3)}; down: established, at most ${count(best)}`;
		byId("over-time-note").textContent = span
			? `${clock(data, span[0])} to ${clock(data, span[1])} UTC` : note;
		this.element.setAttribute("aria-label", `Attempts by when they ended; ${note}`);
	}
}

const LATENCY_BINS_A_DECADE = 6;

function drawLatency(query, colors) {
	const element = byId("latency"), {data, visible} = query;
	const width = element.clientWidth, height = element.clientHeight, ground = height - AXIS_HEIGHT;
	const context = fitCanvas(element.firstElementChild, width, height);
	if (!context)
		return;
	const times = Float64Array.from(visible, (i) => data.duration[i]).sort();
	const longest = times.length ? times[times.length - 1] : 1e9;
	const scale = new SinceScale(1e4, Math.max(longest * 1.6, 2e9), width);
	const bins = Math.ceil((scale.to - scale.from) * LATENCY_BINS_A_DECADE);
	const counts = Array.from({length: bins}, () => new Uint32Array(OUTCOMES));
	for (const i of visible) {
		const bin = Math.floor((Math.log10(Math.max(data.duration[i], scale.fromNs)) - scale.from) * LATENCY_BINS_A_DECADE);
		counts[Math.min(Math.max(bin, 0), bins - 1)][data.verdicts[data.verdict[i]].outcome]++;
	}
	const most = Math.max(1, ...counts.map((bin) => bin.reduce((a, b) => a + b)));
	drawTicks(context, colors, scale, 0, ground, height - 4);
	if (data.n)
		drawPlan(context, colors, usualPlan(data), (ns) => scale.x(ns), 0, ground);
	const wide = width / (scale.to - scale.from) / LATENCY_BINS_A_DECADE;
	counts.forEach((bin, at) => {
		let y = ground;
		for (const outcome of [0, ...STACK]) {
			const tall = bin[outcome] && Math.max(1.5, bin[outcome] / most * (ground - 8));
			if (tall)
				drawBlock(context, colors, outcome, at * wide + 0.5, y -= tall, wide - 1, tall);
		}
	});
	context.fillStyle = colors.ink;
	context.fillRect(0, ground, width, 1);
	const quantile = (part) => duration(times[Math.min(times.length - 1, Math.floor(times.length * part))]);
	const note = times.length ? `half within ${quantile(0.5)}, 99 % within ${quantile(0.99)}, the longest ${duration(longest)}` : "";
	byId("latency-note").textContent = note;
	element.setAttribute("aria-label", `Histogram of durations, logarithmic. ${note}`);
}
