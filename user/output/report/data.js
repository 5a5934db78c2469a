/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The data block: lines of a name and bytes in base64, written by report.c and report_columns.c,
 * which say the fields. Texts are told by their place among the strings.
 */
class Numbers {
	constructor(bytes) {
		this.bytes = bytes;
		this.at = 0;
	}

	get done() {
		return this.at >= this.bytes.length;
	}

	next() {
		let byte = this.bytes[this.at++];
		if (byte < 128)
			return byte;
		let value = byte & 127;
		for (let scale = 128; byte >= 128; scale *= 128) {
			byte = this.bytes[this.at++];
			value += (byte & 127) * scale;
		}
		return value;
	}

	signed() {
		const value = this.next();
		return value % 2 ? -(value + 1) / 2 : value / 2;
	}

	skip(count) {
		while (count > 0)
			if (this.bytes[this.at++] < 128)
				count--;
	}
}

function decodeBase64(text) {
	const binary = atob(text);
	const bytes = new Uint8Array(binary.length);
	for (let i = 0; i < bytes.length; i++)
		bytes[i] = binary.charCodeAt(i);
	return bytes;
}

function readColumns(text) {
	const columns = {};
	for (const line of text.split("\n")) {
		const blank = line.indexOf(" ");
		if (blank > 0)
			columns[line.slice(0, blank)] = decodeBase64(line.slice(blank + 1));
	}
	return columns;
}

function readRows(bytes, read) {
	const numbers = new Numbers(bytes), rows = [];
	while (!numbers.done)
		rows.push(read(numbers));
	return rows;
}

function readRun(numbers, strings) {
	const text = () => strings[numbers.next()];
	const run = {attempts: numbers.next(), wallMs: numbers.next(), wallUs: numbers.next(),
		host: text(), kernel: text(), tier: text(), version: text(), filter: text(), missing: []};
	for (let left = numbers.next(); left > 0; left--)
		run.missing.push(text());
	return run;
}

/* How many numbers each attempt has in a column, where that is always the same. */
function readPlain(bytes, n, Kind, fields = 1) {
	const numbers = new Numbers(bytes);
	const lists = Array.from({length: fields}, () => new Kind(n));
	for (let i = 0; i < n; i++)
		for (const list of lists)
			list[i] = numbers.next();
	return lists;
}

function readStarts(bytes, n) {
	const numbers = new Numbers(bytes), starts = new Float64Array(n);
	let last = 0;
	for (let i = 0; i < n; i++)
		starts[i] = last += numbers.signed();
	return starts;
}

/* All steps behind one another; those of attempt i are from[i] to from[i + 1]. */
function readSteps(bytes, n) {
	const numbers = new Numbers(bytes), most = bytes.length / 3 | 0;
	const steps = {from: new Uint32Array(n + 1), kind: new Uint8Array(most),
		at: new Float64Array(most), detail: new Uint32Array(most)};
	let used = 0;
	for (let i = 0; i < n; i++) {
		const count = numbers.next();
		for (let k = 0, at = 0; k < count; k++, used++) {
			steps.kind[used] = numbers.next();
			steps.at[used] = at += numbers.next();
			steps.detail[used] = numbers.next();
		}
		steps.from[i + 1] = used;
	}
	return steps;
}

/* Where the facts of each attempt begin: few have any, and few of those are looked at. */
function findFacts(bytes, n) {
	const numbers = new Numbers(bytes), from = new Uint32Array(n);
	for (let i = 0; i < n; i++) {
		from[i] = numbers.at;
		numbers.skip(2 * numbers.next());
	}
	return from;
}

const PLACEHOLDER = "\u0001";

/* The same of the sentences: a form, then a word for each of its placeholders. */
function findSentences(bytes, n, strings) {
	const numbers = new Numbers(bytes), from = new Uint32Array(n), words = new Map();
	for (let i = 0; i < n; i++) {
		from[i] = numbers.at;
		const form = numbers.next();
		if (!words.has(form))
			words.set(form, strings[form].split(PLACEHOLDER).length - 1);
		numbers.skip(words.get(form));
	}
	return from;
}

function readData(text) {
	const columns = readColumns(text);
	const strings = new TextDecoder().decode(columns.strings).split("\0");
	const run = readRun(new Numbers(columns.run), strings), n = run.attempts;
	const pairs = (name) => readRows(columns[name], (from) => [strings[from.next()], from.next()]);
	const names = (name) => readRows(columns[name], (from) => strings[from.next()]);
	const [comm, pid] = readPlain(columns.process, n, Uint32Array, 2);
	const [local, localPort] = readPlain(columns.local, n, Uint32Array, 2);
	const [series, seriesIndex] = readPlain(columns.series, n, Float64Array, 2);
	const plain = (name, Kind = Uint32Array) => readPlain(columns[name], n, Kind)[0];
	return {
		n, run, strings, columns, comm, pid, local, localPort, series, seriesIndex,
		rest: pairs("rest"), losses: pairs("losses"),
		stepNames: names("step_names"), outcomeNames: names("outcome_names"),
		causes: new Map(readRows(columns.causes, (from) => [from.next(),
			{means: strings[from.next()], check: strings[from.next()]}])),
		verdicts: readRows(columns.verdicts, (from) => ({outcome: from.next(), cause: from.next(),
			error: from.next(), words: from.next(), why: from.next()})),
		places: readRows(columns.places, (from) => ({user: from.next() - 1, netns: from.next(),
			cgroup: from.next(), container: from.next(), device: from.next(), unit: from.next(),
			pod: from.next(), runtime: from.next(), netnsName: from.next(), command: from.next(),
			file: from.next()})),
		calls: readRows(columns.calls, (from) => ({flags: from.next(), api: from.next(),
			returned: from.next()})),
		plans: readRows(columns.plans, (from) => ({known: from.next(), endMs: from.next(),
			retriesMs: Array.from({length: from.next()}, () => from.next())})),
		start: readStarts(columns.start, n), duration: plain("duration", Float64Array),
		verdict: plain("verdict"), peer: plain("peer"), place: plain("place"), call: plain("call"),
		syns: plain("syns"), plan: plain("plan"), steps: readSteps(columns.steps, n),
		factsFrom: findFacts(columns.facts, n),
		sentenceFrom: findSentences(columns.sentence, n, strings),
	};
}

function factsOf(data, i) {
	const numbers = new Numbers(data.columns.facts);
	numbers.at = data.factsFrom[i];
	return Array.from({length: numbers.next()},
		() => [data.strings[numbers.next()], data.strings[numbers.next()]]);
}

function sentenceOf(data, i) {
	const numbers = new Numbers(data.columns.sentence);
	numbers.at = data.sentenceFrom[i];
	const parts = data.strings[numbers.next()].split(PLACEHOLDER);
	return parts.reduce((text, part) => text + data.strings[numbers.next()] + part);
}
