/* SPDX-License-Identifier: GPL-2.0-only */
/* One attempt: its sentence, its timeline, its facts, and what its cause means. */
const CALL = {COMPLETE: 1, PREEXISTING: 2, SUBFLOW: 4, BLOCKING_KNOWN: 8, BLOCKING: 16};

function timelineItem(mark, at, name, detail, kind = "") {
	return make("li", {class: kind}, mark ? markIcon(mark) : make("span", {class: "ghost", "aria-hidden": "true"}),
		make("time", {}, at), make("span", {}, make("b", {}, name), detail ? ` ${detail}` : ""));
}

/* What the kernel would have done next, where it was not let. */
function outlook(data, i) {
	const verdict = data.verdicts[data.verdict[i]], plan = data.plans[data.plan[i]];
	const left = data.outcomeNames[verdict.outcome] === "abandoned" || data.outcomeNames[verdict.outcome] === "unknown";
	if (!left || data.syns[i] < 2 || plan.endMs * 1e6 <= data.duration[i])
		return [];
	const next = plan.retriesMs.find((ms) => ms * 1e6 > data.duration[i]);
	const assumed = plan.known ? "" : ", by the kernel's defaults";
	const items = [];
	if (next !== undefined)
		items.push(timelineItem(null, offset(next * 1e6), "", `the kernel would have sent the next SYN${assumed}`, "plan"));
	items.push(timelineItem(null, offset(plan.endMs * 1e6), "", `the kernel would have given up${assumed}`, "plan"));
	return items;
}

function timeline(data, i) {
	const {steps} = data, verdict = data.verdicts[data.verdict[i]];
	const items = [];
	for (let k = steps.from[i]; k < steps.from[i + 1]; k++) {
		const name = data.stepNames[steps.kind[k]];
		items.push(timelineItem(name, offset(steps.at[k]), NAMES[name], data.strings[steps.detail[k]]));
	}
	const outcome = data.outcomeNames[verdict.outcome];
	const words = [data.strings[verdict.error], data.strings[verdict.words] && `(${data.strings[verdict.words]})`];
	items.push(timelineItem(outcome, offset(data.duration[i]), outcome, words.filter(Boolean).join(" "), `end ${outcome}`));
	return make("ol", {class: "timeline"}, ...items, ...outlook(data, i));
}

function facts(data, i) {
	const place = data.places[data.place[i]], call = data.calls[data.call[i]], has = (flag) => call.flags & flag;
	const list = [
		["began", `${dateTime(data, data.start[i]).slice(0, 10)} ${clock(data, data.start[i], 6)} UTC`],
		["took", duration(data.duration[i])],
		["process", processName(data, i)],
		["user", place.user >= 0 ? String(place.user) : ""],
		["from", localName(data, i)],
		["to", data.strings[data.peer[i]]],
		["SYNs sent", data.syns[i] ? String(data.syns[i] - 1) : ""],
		["called by", data.strings[call.api]],
		["returned", data.strings[call.returned]],
		["blocking", has(CALL.BLOCKING_KNOWN) ? (has(CALL.BLOCKING) ? "yes" : "no") : ""],
		["interface", data.strings[place.device]],
		["command", data.strings[place.command]],
		["file", data.strings[place.file]],
		["unit", data.strings[place.unit]],
		["cgroup", data.strings[place.cgroup]],
		["container", [data.strings[place.container], data.strings[place.runtime] && `(${data.strings[place.runtime]})`].filter(Boolean).join(" ")],
		["pod", data.strings[place.pod]],
		["namespace", [data.strings[place.netnsName], place.netns || ""].filter(Boolean).join(" ")],
		["series", data.seriesIndex[i] ? `attempt ${data.seriesIndex[i]} of series ${data.series[i]}` : ""],
		["began", has(CALL.PREEXISTING) ? "before the tracer" : ""],
		["MPTCP", has(CALL.SUBFLOW) ? "a further subflow" : ""],
		["evidence", has(CALL.COMPLETE) ? "" : "not complete: something of this attempt was not seen"],
		...factsOf(data, i),
	];
	return make("dl", {}, ...list.filter(([, value]) => value)
		.flatMap(([label, value]) => [make("dt", {}, label), make("dd", {}, value)]));
}

function advice(data, i) {
	const {cause, why} = data.verdicts[data.verdict[i]], parts = [];
	for (const id of [cause, why]) {
		const says = data.causes.get(id);
		if (!says)
			continue;
		parts.push(make("h3", {}, `What ${data.strings[id]} means`), make("p", {}, says.means));
		if (says.check)
			parts.push(make("h3", {}, "What to look at next"), make("p", {}, says.check));
	}
	return make("div", {class: "advice"}, ...parts);
}

class Detail {
	/* @show: takes what to narrow to: a facet's name and value, or "search" and a text */
	constructor(data, {onClose, onStep, show}) {
		Object.assign(this, {data, onClose, onStep, show, element: byId("detail")});
		this.element.addEventListener("keydown", (event) => {
			if (event.key === "Escape")
				this.close();
		});
	}

	open(i, focus = true) {
		const {data} = this, verdict = data.verdicts[data.verdict[i]], outcome = data.outcomeNames[verdict.outcome];
		const button = (text, onclick, more = {}) => make("button", {type: "button", class: "plain small", onclick, ...more}, text);
		this.element.replaceChildren(
			make("div", {class: "detail-head"},
				button("‹", () => this.onStep(-1), {"aria-label": "The attempt before"}),
				button("›", () => this.onStep(1), {"aria-label": "The next attempt"}),
				button("Close", () => this.close(), {class: "plain small last"})),
			make("p", {class: `badge ${outcome}`}, markIcon(outcome), [endName(data, i), causeName(data, i)].filter(Boolean).join(" · ")),
			make("h2", {id: "detail-title"}, processName(data, i), make("span", {class: "muted"}, " to "), data.strings[data.peer[i]]),
			make("p", {class: "sentence"}, sentenceOf(data, i)),
			timeline(data, i),
			facts(data, i),
			make("div", {class: "detail-more"},
				button("Only this destination", () => this.show("peer", i)),
				button("Only this cause", () => this.show("cause", i)),
				data.seriesIndex[i] ? button("Its whole series", () => this.show("series", i)) : ""),
			advice(data, i));
		this.element.hidden = false;
		this.element.scrollTop = 0;
		document.body.classList.add("with-detail");
		if (focus)
			this.element.focus();
	}

	close() {
		this.element.hidden = true;
		document.body.classList.remove("with-detail");
		this.onClose();
	}
}
