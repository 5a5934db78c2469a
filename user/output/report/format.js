/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers, times and names as text, and the elements that hold them. */
const DAY_US = 86400e6;

const count = (number) => number.toLocaleString("en");

function plural(number, one, many) {
	return `${count(number)} ${number === 1 ? one : many}`;
}

function percent(part, whole) {
	const value = 100 * part / whole;
	return `${value >= 10 || value === 0 ? value.toFixed(0) : value >= 0.1 ? value.toFixed(1) : "< 0.1"} %`;
}

/* Three digits of it, cut and not rounded: no time is told longer than it was. */
function duration(ns) {
	const cut = (value) => {
		const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2, scale = 10 ** digits;
		return (Math.floor(value * scale + 1e-6) / scale).toFixed(digits);
	};
	if (ns < 1e6)
		return `${Math.floor(ns / 1e3)} µs`;
	if (ns < 1e9)
		return `${cut(ns / 1e6)} ms`;
	return `${cut(ns / 1e9)} s`;
}

/* Seconds with all that is known, for the steps of one attempt. */
const offset = (ns) => `+${(Math.floor(ns / 1e3) / 1e6).toFixed(6)}`;

/* Short, for the ticks of a time axis that shows durations. */
function tick(ns) {
	for (const [size, unit] of [[60e9, "min"], [1e9, "s"], [1e6, "ms"], [1e3, "µs"]])
		if (ns >= size && (unit !== "min" || ns % 60e9 === 0))
			return `${+(ns / size).toFixed(2)} ${unit}`;
	return `${ns} ns`;
}

/* A time of the run (µs since the tracer's start) on the wall clock, in UTC as in the other outputs. */
function wall(data, us) {
	return new Date(data.run.wallMs + (data.run.wallUs + us) / 1e3);
}

/* With 0, 3 or 6 digits of the second. */
function clock(data, us, digits = 3) {
	const text = wall(data, us).toISOString().slice(11, digits ? 23 : 19);
	const rest = Math.floor(((data.run.wallUs + us) % 1e3 + 1e3) % 1e3);
	return digits === 6 ? text + String(rest).padStart(3, "0") : text;
}

function dateTime(data, us) {
	return wall(data, us).toISOString().replace("T", " ").slice(0, 19);
}

function processName(data, i) {
	return data.pid[i] ? `${data.strings[data.comm[i]]}[${data.pid[i]}]` : "unknown process";
}

function localName(data, i) {
	const address = data.strings[data.local[i]], port = data.localPort[i] || "*";
	return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/* "ETIMEDOUT", or, where it ended with no errno, the outcome. */
function endName(data, i) {
	const verdict = data.verdicts[data.verdict[i]], outcome = data.outcomeNames[verdict.outcome];
	return data.strings[verdict.error] || (outcome === "success" ? "established" : outcome);
}

/* What is to be said beside that: the cause, and why no answer came where somebody gave up. */
function causeName(data, i) {
	const {cause, why} = data.verdicts[data.verdict[i]];
	const name = data.strings[cause] === endName(data, i) ? "" : data.strings[cause];
	return [name, data.strings[why]].filter(Boolean).join(", ");
}

/* An element with attributes and children; a string is a text. */
function make(name, attributes = {}, ...children) {
	const element = name.startsWith("svg:")
		? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4))
		: document.createElement(name);
	for (const [key, value] of Object.entries(attributes))
		if (key.startsWith("on"))
			element.addEventListener(key.slice(2), value);
		else if (value !== undefined && value !== false)
			element.setAttribute(key, value === true ? "" : value);
	element.append(...children);
	return element;
}

const byId = (id) => document.getElementById(id);
