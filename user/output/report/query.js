/* SPDX-License-Identifier: GPL-2.0-only */
/* Which attempts are shown: a search, three facets, outcomes, a span of time. */
const OUTCOMES = 4;

/* What attempts are filtered and grouped by. @ids: of each attempt, its place among .texts */
class Facet {
	constructor(name, title, n, idOf, textOf) {
		const places = new Map();
		this.name = name;
		this.title = title;
		this.ids = new Uint32Array(n);
		this.texts = [];
		this.chosen = new Set();
		for (let i = 0; i < n; i++) {
			const id = idOf(i);
			let place = places.get(id);
			if (place === undefined) {
				places.set(id, place = this.texts.length);
				this.texts.push(textOf(id));
			}
			this.ids[i] = place;
		}
		this.clearCounts();
	}

	clearCounts() {
		this.counts = new Uint32Array(this.texts.length * OUTCOMES);
	}

	count(place) {
		const [ok, ...rest] = this.counts.subarray(place * OUTCOMES, (place + 1) * OUTCOMES);
		return {ok, failed: rest[0], other: rest[1] + rest[2], all: ok + rest[0] + rest[1] + rest[2]};
	}
}

function makeFacets(data) {
	const name = (id) => data.strings[id] || "unknown";
	return [
		new Facet("cause", "Cause", data.n, (i) => data.verdicts[data.verdict[i]].cause, name),
		new Facet("peer", "Destination", data.n, (i) => data.peer[i], name),
		new Facet("process", "Process", data.n, (i) => data.comm[i], name),
	];
}

/* Each string is looked at once, however many attempts have it. */
function finder(data, needle) {
	const found = new Int8Array(data.strings.length);
	return (id) => {
		if (!found[id])
			found[id] = data.strings[id].toLowerCase().includes(needle) ? 1 : -1;
		return found[id] > 0;
	};
}

function fieldTest(data, field, value) {
	const has = finder(data, value);
	const verdict = (i) => data.verdicts[data.verdict[i]], place = (i) => data.places[data.place[i]];
	switch (field) {
	case "process": return (i) => has(data.comm[i]);
	case "pid": return (i) => String(data.pid[i]) === value;
	case "peer": return (i) => has(data.peer[i]);
	case "local": return (i) => localName(data, i).includes(value);
	case "cause": return (i) => has(verdict(i).cause) || has(verdict(i).why);
	case "errno": return (i) => has(verdict(i).error);
	case "outcome": return (i) => data.outcomeNames[verdict(i).outcome].includes(value);
	case "unit": return (i) => has(place(i).unit);
	case "pod": return (i) => has(place(i).pod);
	case "cgroup": return (i) => has(place(i).cgroup);
	case "container": return (i) => has(place(i).container);
	case "series": return (i) => String(data.series[i]) === value;
	case "slower": return (i) => data.duration[i] > Number(value) * 1e6;
	default: return undefined;
	}
}

function wordTest(data, word) {
	const has = finder(data, word);
	return (i) => {
		const verdict = data.verdicts[data.verdict[i]], place = data.places[data.place[i]];
		return has(data.comm[i]) || has(data.peer[i]) || has(data.local[i]) || has(verdict.cause) ||
			has(verdict.why) || has(verdict.error) || has(verdict.words) || has(place.cgroup) || has(place.container) ||
			has(place.unit) || has(place.pod) || has(place.command) || has(place.file) ||
			String(data.pid[i]) === word || data.outcomeNames[verdict.outcome] === word;
	};
}

function searchTest(data, text) {
	const tests = text.toLowerCase().split(/\s+/).filter((word) => word && word !== "-").map((word) => {
		const not = word.startsWith("-"), plain = not ? word.slice(1) : word;
		const [, field, value] = plain.match(/^([a-z]+):(.+)$/) || [];
		const test = field && fieldTest(data, field, value) || wordTest(data, plain);
		return not ? (i) => !test(i) : test;
	});
	return (i) => tests.every((test) => test(i));
}

/*
 * @facets: see Facet; @outcomes: chosen, none for all; @span: [from, to] in µs, or null
 * @visible: the attempts that fit, in the order that is asked for
 * @byOutcome: how many there are of each, whatever .outcomes says
 */
class Query {
	constructor(data) {
		this.data = data;
		this.facets = makeFacets(data);
		this.outcomes = new Set();
		this.span = null;
		this.search = "";
		this.byOutcome = new Uint32Array(OUTCOMES);
		this.inStartOrder = Uint32Array.from({length: data.n}, (_, i) => i)
			.sort((a, b) => data.start[a] - data.start[b] || a - b);
		this.byOrder = {start: this.inStartOrder};
		this.order = "start";
		this.run();
	}

	get filtered() {
		return this.search.trim() !== "" || this.span !== null || this.outcomes.size > 0 ||
			this.facets.some((facet) => facet.chosen.size > 0);
	}

	clear() {
		this.search = "";
		this.span = null;
		this.outcomes.clear();
		for (const facet of this.facets)
			facet.chosen.clear();
	}

	sorted() {
		const {data} = this;
		if (!this.byOrder[this.order])
			this.byOrder[this.order] = this.inStartOrder.slice()
				.sort((a, b) => data.duration[b] - data.duration[a]);
		return this.byOrder[this.order];
	}

	inSpan(i) {
		const end = this.data.start[i] + this.data.duration[i] / 1e3;
		return !this.span || (end >= this.span[0] && this.data.start[i] <= this.span[1]);
	}

	/* A facet counts what fits all else, so that it says what choosing one of it would give. */
	run() {
		const {data, facets} = this, matches = searchTest(data, this.search);
		const visible = new Uint32Array(data.n), outside = new Uint32Array(data.n);
		let shown = 0, unspanned = 0;
		this.byOutcome.fill(0);
		for (const facet of facets)
			facet.clearCounts();
		for (const i of this.sorted()) {
			const outcome = data.verdicts[data.verdict[i]].outcome;
			if (!matches(i))
				continue;
			const misses = facets.filter((facet) => facet.chosen.size && !facet.chosen.has(facet.ids[i]));
			const inSpan = this.inSpan(i), inOutcome = !this.outcomes.size || this.outcomes.has(outcome);
			if (!misses.length && inOutcome)
				outside[unspanned++] = i;
			if (!inSpan)
				continue;
			if (!misses.length)
				this.byOutcome[outcome]++;
			if (!inOutcome)
				continue;
			if (!misses.length)
				visible[shown++] = i;
			for (const facet of facets)
				if (!misses.length || (misses.length === 1 && misses[0] === facet))
					facet.counts[facet.ids[i] * OUTCOMES + outcome]++;
		}
		this.visible = visible.subarray(0, shown);
		this.anytime = outside.subarray(0, unspanned);
	}
}

/*
 * The rows of the list: attempts, and with a facet, groups (negative: -1 is the first) with those of
 * its attempts that are open behind each.
 */
function makeRows(query, facet, isOpen) {
	if (!facet)
		return {rows: query.visible, groups: []};
	const members = new Map(), {data} = query;
	for (const i of query.visible) {
		const place = facet.ids[i];
		if (!members.has(place))
			members.set(place, {place, text: facet.texts[place], attempts: [], byOutcome: [0, 0, 0, 0]});
		const group = members.get(place);
		group.attempts.push(i);
		group.byOutcome[data.verdicts[data.verdict[i]].outcome]++;
	}
	const bad = (group) => group.attempts.length - group.byOutcome[0];
	const groups = [...members.values()].sort((a, b) => bad(b) - bad(a) ||
		b.attempts.length - a.attempts.length || (a.text < b.text ? -1 : 1));
	const rows = [];
	groups.forEach((group, at) => {
		rows.push(-at - 1);
		group.open = isOpen(group.text);
		if (group.open)
			for (const i of group.attempts)
				rows.push(i);
	});
	return {rows, groups};
}
