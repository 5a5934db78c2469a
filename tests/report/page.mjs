// SPDX-License-Identifier: GPL-2.0-only
// The page of --report in a real browser: page.mjs CHROMIUM DIRECTORY [AXE]. The directory has cases.html and
// cases.json (what -o json says of the same file), many.html and empty.html. Prints `ok NAME`, `not ok NAME: why`.
// With CONNWHY_PICTURES, screenshots go into that directory.
import assert from "node:assert/strict";
import {readFileSync, writeFileSync} from "node:fs";
import {join} from "node:path";
import {pathToFileURL} from "node:url";
import {Browser} from "./browser.mjs";

const [, , chromium, directory, axePath] = process.argv;
const records = readFileSync(join(directory, "cases.json"), "utf8").trim().split("\n").map(JSON.parse)
	.filter((line) => line.event.name === "tcp.connect");
const urlOf = (name) => pathToFileURL(join(directory, `${name}.html`)).href;
const browser = new Browser(chromium);
let failed = 0;

async function test(name, file, options, body) {
	const page = await browser.open(urlOf(file), options);
	try {
		await body(page);
		assert.deepEqual(page.problems, []);
		console.log(`ok report/${name}`);
	} catch (error) {
		failed++;
		console.log(`not ok report/${name}: ${String(error.message).replaceAll("\n", " ").slice(0, 600)}`);
	}
	if (process.env.CONNWHY_PICTURES)
		writeFileSync(join(process.env.CONNWHY_PICTURES, `${name}.png`), await page.picture());
	await browser.send("Target.closeTarget", {targetId: page.target});
}

const text = (page, selector) => page.get((wanted) => document.querySelector(wanted).innerText, selector);
const shown = async (page) => Number((await text(page, "#shown")).split(" ")[0].replaceAll(",", ""));
const focused = (page) => page.get("document.activeElement.id");
const choose = (page, id, value) => page.get((name, wanted) => {
	const select = document.getElementById(name);
	select.value = wanted;
	select.dispatchEvent(new Event("change"));
}, id, value);

async function search(page, words) {
	await page.key("/");
	await page.get("document.activeElement.select()");
	await page.type(words);
	await page.until(`document.getElementById("search").value === ${JSON.stringify(words)}`);
	await new Promise((resolve) => setTimeout(resolve, 250));
}

// What the page says of the attempt that is open.
const opened = (page) => page.get(() => {
	const parts = (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent);
	const facts = parts("#detail dt").map((label, at) => [label, parts("#detail dd")[at]]);
	return {sentence: parts("#detail .sentence")[0], title: parts("#detail-title")[0], badge: parts("#detail .badge")[0],
		facts, steps: parts("#detail .timeline li:not(.plan):not(.end)"), end: parts("#detail .timeline .end")[0],
		advice: parts("#detail .advice")[0]};
});

// What JSON replaces and the page escapes: \xNN for bytes that are no text, \x5c for the backslash.
const plain = (words) => words.replace(/(\\x[0-9a-f]{2})+/g, "?").replace(/[\u0000-\u001f\ufffd\u202e\\]+/g, "?");

await test("every attempt is told as in JSON", "cases", {}, async (page) => {
	const byStart = records.map((record, at) => ({record, at})).sort((a, b) =>
		Math.floor(Date.parse(a.record.event.start.replace(/(\.\d{3})\d*/, "$1")) - Date.parse(b.record.event.start.replace(/(\.\d{3})\d*/, "$1"))) || a.at - b.at);
	assert.equal(await shown(page), records.length);
	await page.get("document.getElementById('list').focus()");
	await page.key("Home");
	await page.key("Enter");
	const told = new Map();
	for (let seen = 0; seen < records.length; seen++) {
		const open = await opened(page), key = `${plain(open.sentence)} ${open.steps.length} ${open.facts.find(([label]) => label === "to")[1]}`;
		told.set(key, [...(told.get(key) || []), open]);
		await page.get("document.querySelectorAll('#detail .detail-head button')[1].click()");
	}
	for (const {record} of byStart) {
		const peer = record.network.peer, address = peer?.address ?? "*", port = peer?.port ?? "*";
		const key = `${plain(record.connect.explanation)} ${record.connect.steps.length} ${address.includes(":") ? `[${address}]` : address}:${port}`;
		const open = told.get(key)?.shift();
		assert.ok(open, `not on the page: ${key}`);
		if (record.event.outcome !== "success")
			assert.ok(open.badge.includes(record.error?.type ?? record.event.outcome), `${open.badge}: ${key}`);
		assert.ok(open.end.includes(record.event.outcome), open.end);
		assert.ok(open.badge.includes(record.connect.cause), `${open.badge}: no ${record.connect.cause}`);
		assert.ok(open.advice.includes(`What ${record.connect.cause} means`));
		const fact = Object.fromEntries(open.facts);
		assert.equal(fact.user, record.process && String(record.process.user.id));
		assert.equal(fact["SYNs sent"], record.connect.syn_sent === undefined ? undefined : String(record.connect.syn_sent));
		assert.equal(fact.returned, record.connect.return);
		assert.equal(fact.cgroup && plain(fact.cgroup), record.cgroup?.path && plain(record.cgroup.path));
		assert.equal(fact.unit, record.cgroup?.unit);
		assert.equal(fact.failures, record.connect.peer?.failures && String(record.connect.peer.failures));
		assert.equal(fact["failing since"], record.connect.peer?.failing_since?.replace(/(\.\d{3})\d*/, "$1"));
		const via = record.network.translation?.peer;
		assert.ok(!via || fact["NAT to"].startsWith(via.address.includes(":") ? "[" : via.address), fact["NAT to"]);
		record.connect.steps.forEach((step, at) => {
			const offset = `+${(Math.floor(step.at_ns / 1e3) / 1e6).toFixed(6)}`;
			assert.ok(open.steps[at].startsWith(offset), `${open.steps[at]} is not at ${offset}`);
			if (step.rst?.from && step.step !== "rst_sent")
				assert.ok(open.steps[at].includes(`from ${step.rst.from}`));
			if (step.count > 1)
				assert.ok(open.steps[at].includes(`${step.count} times`));
			if (step.drop?.reason)
				assert.ok(open.steps[at].includes(step.drop.reason));
		});
	}
});

await test("counts agree with JSON", "cases", {}, async (page) => {
	for (const outcome of ["success", "failure", "abandoned", "unknown"]) {
		const count = records.filter((record) => record.event.outcome === outcome).length;
		assert.ok((await text(page, `.outcome.${outcome}`)).includes(String(count)), outcome);
		await page.click(`.outcome.${outcome}`);
		assert.equal(await shown(page), count);
		await page.click(`.outcome.${outcome}`);
	}
	const bad = records.filter((record) => record.event.outcome !== "success").length;
	assert.match(await text(page, "#headline"), new RegExp(`^${records.length} attempts to connect, ${bad} not established`));
});

await test("markup in names is shown and not obeyed", "cases", {}, async (page) => {
	await search(page, "</script>");
	assert.equal(await shown(page), 1);
	assert.ok((await text(page, ".row .process")).startsWith("</script><b>x[4312]"));
	await page.click(".row");
	const open = await opened(page);
	assert.ok(open.facts.some(([label, value]) => label === "cgroup" && value === "/<img/src=x/onerror=alert(1)>"));
	assert.ok(open.facts.some(([label, value]) => label === "ended by" && value === "<!--<script>[99]"));
	assert.equal(await page.get("document.images.length + document.querySelectorAll('#detail b b, .row b b').length"), 0);
	assert.equal(await page.get("document.scripts.length"), 2);
});

await test("nothing but its own script runs", "cases", {}, async (page) => {
	await page.get(() => {
		const script = document.createElement("script");
		script.textContent = "window.ran = true";
		document.body.append(script);
		document.body.insertAdjacentHTML("beforeend", "<img src='http://192.0.2.1/x' onerror='window.ran = true'>");
		fetch("http://192.0.2.1/").catch(() => {});
	});
	await page.until("true");
	assert.equal(await page.get("window.ran"), undefined);
	assert.ok(page.problems.some((problem) => /Content Security Policy/.test(problem)));
	assert.ok(!page.problems.some((problem) => problem.startsWith("console")));
	page.problems.length = 0;
});

await test("the keyboard is enough", "cases", {}, async (page) => {
	await page.key("/");
	assert.equal(await focused(page), "search");
	await page.type("no_reply");
	await page.until("document.getElementById('shown').textContent.includes(' of ')");
	await page.key("Enter");
	assert.equal(await focused(page), "list");
	await page.key("ArrowDown");
	const active = () => page.get("document.getElementById(document.getElementById('list').getAttribute('aria-activedescendant')).getAttribute('aria-label')");
	const second = await active();
	await page.key("Home");
	assert.notEqual(await active(), second);
	await page.key("End");
	await page.key("Enter");
	assert.equal(await focused(page), "detail");
	assert.ok((await opened(page)).sentence.length > 20);
	await page.key("Escape");
	assert.equal(await focused(page), "list");
	assert.equal(await page.get("document.getElementById('detail').hidden"), true);
});

await test("search looks in fields, excludes, and takes a duration", "cases", {}, async (page) => {
	const cases = {
		"cause:refused": (record) => record.connect.cause === "refused" || record.connect.why_no_answer === "refused",
		"-outcome:success": (record) => record.event.outcome !== "success",
		"errno:etimedout slower:100000": (record) => record.error?.type === "ETIMEDOUT" && record.event.duration > 1e11,
		"192.0.2.7:443 -curl -errno:e": (record) => `${record.network.peer?.address}:${record.network.peer?.port}` === "192.0.2.7:443" &&
			!/curl/i.test(JSON.stringify([record.process?.executable?.name, record.cgroup?.path])) && !record.error,
	};
	for (const [words, fits] of Object.entries(cases)) {
		await search(page, words);
		assert.equal(await shown(page), records.filter(fits).length, words);
	}
	await search(page, "nothing-has-this-name");
	assert.equal(await page.get("document.getElementById('nothing').hidden"), false);
	await page.click("#clear");
	assert.equal(await shown(page), records.length);
});

await test("a facet narrows to what it counts", "many", {}, async (page) => {
	const first = "#facet-peer .entry";
	const number = async () => Number((await text(page, `${first} .number`)).replaceAll(",", ""));
	const counted = await number(), all = await shown(page);
	await page.click(first);
	assert.equal(await shown(page), counted);
	assert.ok(counted < all);
	assert.equal(await page.get("document.activeElement.getAttribute('aria-pressed')"), "true");
	await page.click(first);
	assert.equal(await shown(page), all);
});

await test("groups open and close by the keyboard", "many", {dark: true}, async (page) => {
	for (const by of ["peer", "cause", "process"]) {
		await choose(page, "group", by);
		const names = await page.get((facet) => document.querySelectorAll(`#facet-${facet} .entry`).length, by);
		assert.ok(await page.get("document.querySelectorAll('.row.group').length") >= Math.min(names, 8));
		assert.equal(await page.get("document.querySelectorAll('.row:not(.group)').length"), 0);
		await page.get("document.getElementById('list').focus()");
		await page.key("Home");
		await page.key("ArrowRight");
		assert.equal(await page.get("document.querySelector('.row.group').getAttribute('aria-expanded')"), "true");
		assert.ok(await page.get("document.querySelectorAll('.row:not(.group)').length") > 0);
		await page.key("ArrowDown");
		await page.key("ArrowLeft");
		await page.key("ArrowLeft");
		assert.equal(await page.get("document.querySelectorAll('.row:not(.group)').length"), 0);
	}
});

await test("a span of time by keyboard and by pointer", "many", {}, async (page) => {
	const all = await shown(page);
	await page.get("document.getElementById('over-time').focus()");
	await page.key("ArrowRight");
	const narrow = await shown(page);
	await page.key("ArrowRight", {shift: true});
	const wider = await shown(page);
	assert.ok(narrow > 0 && narrow < wider && wider < all, `${narrow}, ${wider}, ${all}`);
	await page.key("Escape");
	assert.equal(await shown(page), all);
	const {x, y, width} = await page.get("document.getElementById('over-time').getBoundingClientRect().toJSON()");
	await page.pointer("mousePressed", x + width / 4, y + 20);
	await page.pointer("mouseMoved", x + width / 2, y + 20);
	await page.pointer("mouseReleased", x + width / 2, y + 20);
	const between = await shown(page);
	assert.ok(between < all / 2, `${between} of ${all} between a quarter and a half`);
	await page.click("#over-time-clear");
	assert.equal(await shown(page), all);
});

await test("only the rows in sight are there, down to the last", "many", {}, async (page) => {
	const all = await shown(page);
	await page.get("document.getElementById('list').focus()");
	await page.key("End");
	await page.until(`document.getElementById("row-${all - 1}") !== null`);
	assert.ok(await page.get("document.querySelectorAll('.row').length") < 120);
	const inSight = await page.get((id) => {
		const row = document.getElementById(id).getBoundingClientRect(), list = document.getElementById("list").getBoundingClientRect();
		return row.top >= list.top - 1 && row.bottom <= list.bottom + 1;
	}, `row-${all - 1}`);
	assert.ok(inSight);
});

// Pixels of the marks beside a row that are not the ground.
const painted = (page) => page.get(() => {
	const canvas = document.getElementById("marks"), copy = new OffscreenCanvas(canvas.width, canvas.height);
	const context = copy.getContext("2d", {willReadFrequently: true});
	context.drawImage(canvas, 0, 0);
	const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
	return data.reduce((sum, value, at) => sum + (at % 4 === 3 && value > 0), 0);
});

await test("marks are drawn on either axis, in light and dark", "cases", {}, async (page) => {
	for (const axis of ["clock", "since"]) {
		await choose(page, "axis", axis);
		assert.ok(await painted(page) > 2000, axis);
	}
	const ground = () => page.get("getComputedStyle(document.body).backgroundColor");
	const light = await ground();
	await page.emulate({dark: true});
	assert.notEqual(await ground(), light);
	await page.click("#theme");
	assert.equal(await ground(), light);
	await page.click("#theme");
	assert.notEqual(await ground(), light);
	await page.size(700, 800);
	await page.until("document.getElementById('marks').offsetWidth < 700 && document.documentElement.scrollWidth <= 700");
});

await test("the picture of a dozen attempts is in dark", "cases", {dark: true}, async (page) => {
	await search(page, "cause:no_reply");
	await page.click(".row");
	assert.ok((await opened(page)).steps.length > 1);
});

await test("paper has a table and the sentences", "cases", {}, async (page) => {
	await page.get("dispatchEvent(new Event('beforeprint'))");
	assert.equal(await page.get("document.querySelectorAll('#paper tbody tr:not(.says)').length"), records.length);
	assert.equal(await page.get("document.querySelectorAll('#paper .says').length"), records.filter((record) => record.event.outcome !== "success").length);
	const {data} = await page.send("Page.printToPDF", {printBackground: true});
	assert.ok((Buffer.from(data, "base64").toString("latin1").match(/\/Type\s*\/Page\b/g) || []).length >= 2);
	await page.get("dispatchEvent(new Event('afterprint'))");
	assert.equal(await page.get("document.getElementById('paper').childElementCount"), 0);
});

await test("an empty record says so", "empty", {}, async (page) => {
	assert.ok((await text(page, "#main")).includes("No attempt was recorded"));
	assert.equal(await page.get("document.getElementById('board').hidden"), true);
});

async function violations(page) {
	await page.get(`${readFileSync(axePath, "utf8")};undefined`);
	return page.get(() => axe.run(document, {resultTypes: ["violations"]}).then((result) =>
		result.violations.map((found) => `${found.id}: ${found.nodes.map((node) => `${node.target} ${node.failureSummary}`).slice(0, 3).join("; ")}`)));
}

if (!axePath)
	console.log("skip report/axe: axe-core could not be installed");
for (const dark of axePath ? [false, true] : []) {
	const theme = dark ? "dark" : "light";
	await test(`axe finds nothing in ${theme}`, "many", {dark}, async (page) => {
		await page.click(".row:nth-of-type(5)");
		await page.click("#facet-cause .entry");
		assert.deepEqual(await violations(page), []);
	});
	await test(`axe finds nothing in groups in ${theme}`, "cases", {dark, width: 1000}, async (page) => {
		await choose(page, "group", "cause");
		assert.deepEqual(await violations(page), []);
	});
	await test(`axe finds nothing where nothing is in ${theme}`, "empty", {dark}, async (page) => {
		assert.deepEqual(await violations(page), []);
	});
}

await browser.close();
process.exit(failed ? 1 : 0);
