// SPDX-License-Identifier: GPL-2.0-only
// Times of a page in a browser, for tests/bench/report: speed.mjs CHROMIUM FILE ROUNDS.
import {pathToFileURL} from "node:url";
import {Browser} from "./browser.mjs";

const [, , chromium, file, rounds] = process.argv;
const browser = new Browser(chromium);
const quantile = (values, part) => values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];

const opens = [];
let page;
for (let round = 0; round < Number(rounds); round++) {
	page = await browser.open(pathToFileURL(file).href);
	opens.push(await page.get(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(() =>
		resolve(performance.getEntriesByType("navigation")[0].loadEventEnd))))));
}
console.log(`open ${quantile(opens, 0.5).toFixed(0)} ms (${opens.map((open) => open.toFixed(0)).join(", ")})`);

const filter = await page.get(() => new Promise((resolve) => {
	const search = document.getElementById("search"), before = document.getElementById("shown").textContent;
	search.value = "cause:no_reply";
	const started = performance.now();
	search.dispatchEvent(new Event("input"));
	const look = () => document.getElementById("shown").textContent === before ? requestAnimationFrame(look)
		: resolve(performance.now() - started);
	look();
}));
console.log(`filter ${filter.toFixed(0)} ms (80 of them are the wait for the next key)`);

const frames = await page.get(() => new Promise((resolve) => {
	document.getElementById("clear").click();
	const list = document.getElementById("list"), steps = 240, frames = [];
	let step = 0, last = performance.now();
	const next = (now) => {
		frames.push(now - last);
		last = now;
		list.scrollTop = list.scrollHeight * step / steps + step % 7;
		if (step++ < steps)
			requestAnimationFrame(next);
		else
			resolve(frames.slice(2));
	};
	requestAnimationFrame(next);
}));
console.log(`frame ${quantile(frames, 0.5).toFixed(1)} ms, 1 % above ${quantile(frames, 0.99).toFixed(1)} ms`);
await browser.close();
