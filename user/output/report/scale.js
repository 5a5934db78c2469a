/* SPDX-License-Identifier: GPL-2.0-only */
/* From time to pixels: the clock (µs since the tracer's start), or ns since each attempt's start. */
const CLOCK_STEPS_US = [1, 2, 5, 10, 20, 50, 100, 200, 500].flatMap((step) => [step, step * 1e3])
	.concat([1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400]
		.map((seconds) => seconds * 1e6)).sort((a, b) => a - b);
const LABEL_WIDTH = 84;

class ClockScale {
	constructor(data, from, to, width) {
		this.data = data;
		this.from = from;
		this.to = to > from ? to : from + 1;
		this.width = width;
	}

	x(us) {
		return (us - this.from) / (this.to - this.from) * this.width;
	}

	us(x) {
		return this.from + x / this.width * (this.to - this.from);
	}

	ofAttempt(i, ns) {
		return this.x(this.data.start[i] + ns / 1e3);
	}

	/* On round times of the wall clock. */
	ticks() {
		const least = (this.to - this.from) / Math.max(1, this.width / LABEL_WIDTH);
		const step = CLOCK_STEPS_US.find((candidate) => candidate >= least) ||
			Math.ceil(least / DAY_US) * DAY_US;
		const zero = this.data.run.wallMs * 1e3 % DAY_US + this.data.run.wallUs, ticks = [];
		const digits = step >= 1e6 ? 0 : step >= 1e3 ? 3 : 6;
		for (let at = Math.ceil((this.from + zero) / step) * step - zero; at <= this.to; at += step)
			ticks.push({x: this.x(at), label: clock(this.data, at + 0.5, digits)});
		return ticks;
	}
}

/* Logarithmic: a refusal takes microseconds, a silence two minutes. */
class SinceScale {
	constructor(fromNs, toNs, width) {
		this.from = Math.log10(fromNs);
		this.to = Math.log10(Math.max(toNs, fromNs * 10));
		this.fromNs = fromNs;
		this.width = width;
	}

	x(ns) {
		return (Math.log10(Math.max(ns, this.fromNs)) - this.from) / (this.to - this.from) * this.width;
	}

	ofAttempt(i, ns) {
		return this.x(ns);
	}

	ticks() {
		const ticks = [], first = Math.ceil(this.from - 1e-9);
		const every = Math.ceil(54 / (this.width / (this.to - this.from)));
		for (let power = first; power <= this.to; power += every)
			ticks.push({x: this.x(10 ** power), label: tick(Math.round(10 ** power))});
		return ticks;
	}
}

function drawTicks(context, colors, scale, top, bottom, labelY) {
	context.strokeStyle = colors.line;
	context.fillStyle = colors.muted;
	context.lineWidth = 1;
	for (const {x, label} of scale.ticks()) {
		context.beginPath();
		context.moveTo(Math.round(x) + 0.5, top);
		context.lineTo(Math.round(x) + 0.5, bottom);
		context.stroke();
		if (labelY === undefined)
			continue;
		const half = context.measureText(label).width / 2;
		context.textAlign = "center";
		context.fillText(label, Math.min(Math.max(x, half), scale.width - half), labelY);
	}
}
