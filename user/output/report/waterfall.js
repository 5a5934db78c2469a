/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The list of attempts: rows of the page for what is in sight, so that it can be read, chosen and
 * spoken, and one canvas with their marks, which scrolls with them.
 */
const ROW_HEIGHT = 26;
const OVERSCAN = 12; /* rows that are ready above and below */
const MARK_ROOM = 9;
const SINCE_FROM_NS = 1e4;
const OPEN_UP_TO = 200; /* attempts, where groups are not closed to begin with */

class Waterfall {
	constructor(query, colors, onOpen) {
		Object.assign(this, {query, colors, onOpen, list: byId("list"), space: byId("list-space"),
			marks: byId("marks"), axis: byId("axis-canvas"), facet: null, since: false});
		this.space.append(this.marks);
		this.elements = new Map();
		this.toggled = new Map();
		this.at = 0;
		this.opened = -1;
		this.list.addEventListener("scroll", () => this.later());
		this.list.addEventListener("keydown", (event) => this.key(event));
		this.space.addEventListener("click", (event) => {
			const row = event.target.closest(".row");
			if (row)
				this.press(Number(row.dataset.at));
		});
	}

	/* Draws once before the next frame. */
	later() {
		this.waiting ||= requestAnimationFrame(() => {
			this.waiting = 0;
			this.draw();
		});
	}

	isOpen(text) {
		return this.toggled.get(text) ?? this.query.visible.length <= OPEN_UP_TO;
	}

	/* After the query has changed. Stays on the attempt that was chosen, if it is still there. */
	update() {
		const row = this.rows?.[this.at];
		Object.assign(this, makeRows(this.query, this.facet, (text) => this.isOpen(text)));
		this.at = row >= 0 ? Math.max(0, this.rows.indexOf(row)) : Math.min(this.at, Math.max(0, this.rows.length - 1));
		this.space.style.height = `${this.rows.length * ROW_HEIGHT}px`;
		byId("nothing").hidden = this.rows.length > 0;
		this.forget();
		this.list.scrollTop = Math.min(this.list.scrollTop, this.rows.length * ROW_HEIGHT);
		this.draw();
	}

	forget() {
		for (const element of this.elements.values())
			element.remove();
		this.elements.clear();
	}

	makeScale(width) {
		const {data, visible, span} = this.query;
		if (!this.since) {
			const overall = this.overall;
			return new ClockScale(data, span ? span[0] : overall.from, span ? span[1] : overall.to, width);
		}
		let longest = 1e6;
		for (const i of visible) {
			const tried = data.syns[i] > 2 ? data.plans[data.plan[i]].endMs * 1e6 : 0;
			longest = Math.max(longest, data.duration[i], tried);
		}
		return new SinceScale(SINCE_FROM_NS, longest * 1.3, width);
	}

	draw() {
		const height = this.list.clientHeight, top = this.list.scrollTop;
		const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - OVERSCAN);
		const last = Math.min(this.rows.length, Math.ceil((top + height) / ROW_HEIGHT) + OVERSCAN);
		const left = byId("attempts").querySelector(".columns").offsetWidth;
		const width = this.list.clientWidth - left - MARK_ROOM;
		this.scale = this.makeScale(Math.max(60, width - 2 * MARK_ROOM));
		this.placeRows(first, last);
		this.drawAxis(left, width);
		this.drawMarks(first, last, left, width);
	}

	placeRows(first, last) {
		for (const [at, element] of this.elements)
			if (at < first || at >= last) {
				element.remove();
				this.elements.delete(at);
			}
		for (let at = first; at < last; at++)
			if (!this.elements.has(at)) {
				const element = this.rows[at] < 0 ? this.groupRow(at) : this.attemptRow(at);
				element.style.transform = `translateY(${at * ROW_HEIGHT}px)`;
				this.elements.set(at, element);
				this.space.append(element);
			}
		for (const [at, element] of this.elements) {
			element.classList.toggle("at", at === this.at);
			element.classList.toggle("opened", this.rows[at] === this.opened);
			element.setAttribute("aria-selected", String(at === this.at));
		}
		this.list.setAttribute("aria-activedescendant", this.elements.has(this.at) ? `row-${this.at}` : "");
	}

	attemptRow(at) {
		const {data} = this.query, i = this.rows[at], verdict = data.verdicts[data.verdict[i]];
		const outcome = data.outcomeNames[verdict.outcome], cause = causeName(data, i);
		const peer = data.strings[data.peer[i]], process = processName(data, i);
		return make("div", {class: `row ${outcome}`, id: `row-${at}`, role: "treeitem", "data-at": at,
			"aria-level": this.facet ? 2 : 1, "aria-setsize": this.rows.length, "aria-posinset": at + 1,
			"aria-label": `${endName(data, i)}, ${cause ? `${cause}, ` : ""}${process} to ${peer}, ${duration(data.duration[i])}, at ${clock(data, data.start[i])}`},
		make("span", {class: "ended"}, markIcon(outcome), make("b", {}, endName(data, i)), make("i", {title: cause}, cause)),
		make("span", {class: "process", title: process}, process),
		make("span", {class: "peer", title: peer}, peer),
		make("span", {class: "took"}, duration(data.duration[i])));
	}

	groupRow(at) {
		const group = this.groups[-this.rows[at] - 1], all = group.attempts.length, bad = all - group.byOutcome[0];
		const says = bad ? `${count(bad)} of ${count(all)} not established` : `${count(all)} established`;
		return make("div", {class: "row group", id: `row-${at}`, role: "treeitem", "data-at": at,
			"aria-level": 1, "aria-expanded": String(group.open), "aria-setsize": this.rows.length,
			"aria-posinset": at + 1, "aria-label": `${group.text}: ${says}`},
		make("span", {class: "caret"}, group.open ? "▾" : "▸"),
		make("b", {class: "name", title: group.text}, group.text),
		make("span", {class: bad ? "bad" : "good"}, says));
	}

	drawAxis(left, width) {
		const context = fitCanvas(this.axis, width + MARK_ROOM, 24);
		if (!context)
			return;
		this.axis.style.left = `${left}px`;
		context.translate(MARK_ROOM, 0);
		drawTicks(context, this.colors(), this.scale, 18, 24, 13);
	}

	drawMarks(first, last, left, width) {
		const colors = this.colors(), height = (last - first) * ROW_HEIGHT;
		const context = fitCanvas(this.marks, width + MARK_ROOM, height);
		this.marks.hidden = !context;
		if (!context)
			return;
		this.marks.style.transform = `translate(${left}px, ${first * ROW_HEIGHT}px)`;
		context.translate(MARK_ROOM, 0);
		drawTicks(context, colors, this.scale, 0, height);
		for (let at = first; at < last; at++) {
			const y = (at - first) * ROW_HEIGHT;
			if (this.rows[at] < 0)
				this.drawGroup(context, colors, this.groups[-this.rows[at] - 1], y);
			else
				this.drawAttempt(context, colors, this.rows[at], y);
		}
	}

	/* Where its attempts ended, as blocks of a few pixels. */
	drawGroup(context, colors, group, y) {
		const {data} = this.query, bins = new Map();
		for (const i of group.attempts) {
			const x = Math.round(this.scale.ofAttempt(i, data.duration[i]) / 4) * 4;
			const outcome = data.verdicts[data.verdict[i]].outcome;
			bins.set(x, Math.max(bins.get(x) ?? 0, [0, 3, 2, 1][outcome]));
		}
		for (const [x, worst] of bins)
			if (x >= -4 && x <= this.scale.width + 4)
				drawBlock(context, colors, [0, 3, 2, 1][worst], x - 2, y + (worst ? 5 : 9), 4, worst ? 16 : 8);
	}

	drawAttempt(context, colors, i, y) {
		const {data} = this.query, {steps} = data, middle = y + ROW_HEIGHT / 2;
		const x = (ns) => Math.min(Math.max(this.scale.ofAttempt(i, ns), -20), this.scale.width + 20);
		const outcome = data.outcomeNames[data.verdicts[data.verdict[i]].outcome];
		const from = x(0), to = x(data.duration[i]);
		if (data.syns[i] > 1)
			drawPlan(context, colors, data.plans[data.plan[i]], x, y, y + ROW_HEIGHT);
		context.strokeStyle = colors[outcome];
		context.lineWidth = 2;
		context.setLineDash(outcome === "abandoned" ? [5, 3] : outcome === "unknown" ? [1.5, 3] : []);
		context.beginPath();
		context.moveTo(from, middle);
		context.lineTo(Math.max(to, from + 2), middle);
		context.stroke();
		context.setLineDash([]);
		for (let k = steps.from[i]; k < steps.from[i + 1]; k++) {
			const name = data.stepNames[steps.kind[k]], at = x(steps.at[k]);
			if (name !== "syn_sent" || Math.abs(to - at) > 6)
				drawMark(context, colors, name, at, middle);
		}
		drawMark(context, colors, outcome, to + (this.endIsCovered(i, x, to) ? 11 : 0), middle);
	}

	/* The mark of what ended it stands where the end does: both are to be seen. */
	endIsCovered(i, x, to) {
		const {steps, stepNames} = this.query.data, last = steps.from[i + 1] - 1;
		return last >= steps.from[i] && stepNames[steps.kind[last]] !== "syn_sent" &&
			Math.abs(x(steps.at[last]) - to) < 10;
	}

	press(at) {
		const row = this.rows[at];
		this.at = at;
		if (row < 0)
			this.toggle(this.groups[-row - 1]);
		else
			this.onOpen(row);
		this.draw();
	}

	toggle(group) {
		this.toggled.set(group.text, !group.open);
		this.update();
	}

	moveTo(at) {
		this.at = Math.min(Math.max(at, 0), this.rows.length - 1);
		const top = this.at * ROW_HEIGHT, height = this.list.clientHeight;
		if (top < this.list.scrollTop)
			this.list.scrollTop = top;
		else if (top + ROW_HEIGHT > this.list.scrollTop + height)
			this.list.scrollTop = top + ROW_HEIGHT - height;
		this.draw();
	}

	/* The attempt that many rows away from the one that is opened; -1 where there is none. */
	neighbour(way) {
		for (let at = this.at + way; at >= 0 && at < this.rows.length; at += way)
			if (this.rows[at] >= 0) {
				this.moveTo(at);
				return this.rows[at];
			}
		return -1;
	}

	groupAt() {
		for (let at = this.at; at >= 0; at--)
			if (this.rows[at] < 0)
				return at;
		return -1;
	}

	key(event) {
		const page = Math.max(1, Math.floor(this.list.clientHeight / ROW_HEIGHT) - 1), row = this.rows[this.at];
		const group = row < 0 ? this.groups[-row - 1] : null;
		const moves = {ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity};
		if (event.ctrlKey || event.altKey || event.metaKey || !this.rows.length)
			return;
		if (event.key in moves)
			this.moveTo(this.at + moves[event.key]);
		else if (event.key === "Enter" || event.key === " ")
			this.press(this.at);
		else if (group && event.key === (group.open ? "ArrowLeft" : "ArrowRight"))
			this.toggle(group);
		else if (!group && event.key === "ArrowLeft" && this.groupAt() >= 0)
			this.moveTo(this.groupAt());
		else
			return;
		event.preventDefault();
	}
}
