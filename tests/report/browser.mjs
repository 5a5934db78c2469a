// SPDX-License-Identifier: GPL-2.0-only
// A headless Chromium, driven through its DevTools protocol over two pipes: no package, no port.
import {spawn} from "node:child_process";
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
	"--force-device-scale-factor=1", "--remote-debugging-pipe"];

export class Browser {
	constructor(program) {
		this.profile = mkdtempSync(join(tmpdir(), "connwhy-chromium-"));
		this.process = spawn(program, [...FLAGS, `--user-data-dir=${this.profile}`, "about:blank"],
			{stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"]});
		this.waiting = new Map();
		this.listeners = [];
		this.last = 0;
		let text = "";
		this.process.stdio[4].setEncoding("utf8").on("data", (piece) => {
			const messages = (text + piece).split("\0");
			text = messages.pop();
			messages.forEach((message) => this.take(JSON.parse(message)));
		});
		this.ended = new Promise((resolve) => this.process.on("exit", resolve));
	}

	take(message) {
		const {resolve, reject} = this.waiting.get(message.id) || {};
		this.waiting.delete(message.id);
		if (resolve && message.error)
			reject(new Error(message.error.message));
		else if (resolve)
			resolve(message.result);
		else
			this.listeners.forEach((listener) => listener(message));
	}

	send(method, params = {}, sessionId = undefined) {
		const id = ++this.last;
		this.process.stdio[3].write(`${JSON.stringify({id, method, params, sessionId})}\0`);
		return new Promise((resolve, reject) => this.waiting.set(id, {resolve, reject}));
	}

	async open(url, {width = 1440, height = 900, dark = false} = {}) {
		const {targetId} = await this.send("Target.createTarget", {url: "about:blank"});
		const {sessionId} = await this.send("Target.attachToTarget", {targetId, flatten: true});
		const page = new Page(this, sessionId, targetId);
		for (const domain of ["Page", "Runtime", "Log", "Network"])
			await page.send(`${domain}.enable`);
		await page.size(width, height);
		await page.emulate({dark});
		await page.go(url);
		return page;
	}

	async close() {
		await Promise.race([this.send("Browser.close"), this.ended]);
		await this.ended;
		rmSync(this.profile, {recursive: true, force: true, maxRetries: 5, retryDelay: 200});
	}
}

// problems: errors of the console, exceptions and requests to anything but the page itself.
export class Page {
	constructor(browser, session, target) {
		Object.assign(this, {browser, session, target, problems: []});
		browser.listeners.push((message) => {
			if (message.sessionId === session)
				this.watch(message);
		});
	}

	watch({method, params}) {
		if (method === "Runtime.exceptionThrown")
			this.problems.push(params.exceptionDetails.exception?.description || params.exceptionDetails.text);
		else if (method === "Runtime.consoleAPICalled" && ["error", "warning", "assert"].includes(params.type))
			this.problems.push(`console: ${params.args.map((argument) => argument.value).join(" ")}`);
		else if (method === "Log.entryAdded" && params.entry.level !== "info" && params.entry.level !== "verbose")
			this.problems.push(`log: ${params.entry.text}`);
		else if (method === "Network.requestWillBeSent" && params.request.url !== this.url && !params.request.url.startsWith("data:"))
			this.problems.push(`request: ${params.request.url}`);
		else if (method === "Page.loadEventFired")
			this.loaded?.();
	}

	send(method, params) {
		return this.browser.send(method, params, this.session);
	}

	async go(url) {
		this.url = url;
		const loaded = new Promise((resolve) => {
			this.loaded = resolve;
		});
		await this.send("Page.navigate", {url});
		await loaded;
		await this.until("document.querySelector('main')?.getAttribute('aria-busy') === null");
	}

	size(width, height) {
		return this.send("Emulation.setDeviceMetricsOverride", {width, height, deviceScaleFactor: 1, mobile: false});
	}

	emulate({dark = false, media = ""}) {
		return this.send("Emulation.setEmulatedMedia", {media,
			features: [{name: "prefers-color-scheme", value: dark ? "dark" : "light"}]});
	}

	// The value of an expression in the page; a function is called with the arguments.
	async get(expression, ...values) {
		const text = typeof expression === "function"
			? `(${expression})(${values.map((value) => JSON.stringify(value)).join(",")})` : expression;
		const {result, exceptionDetails} = await this.send("Runtime.evaluate", {expression: text, awaitPromise: true, returnByValue: true});
		if (exceptionDetails)
			throw new Error(exceptionDetails.exception?.description || exceptionDetails.text);
		return result.value;
	}

	async until(expression, what = expression) {
		for (let tries = 0; tries < 300; tries++) {
			if (await this.get(expression))
				return;
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		throw new Error(`never came: ${what}`);
	}

	async key(key, {shift = false} = {}) {
		const codes = {ArrowUp: 38, ArrowDown: 40, ArrowLeft: 37, ArrowRight: 39, Enter: 13, Escape: 27, Tab: 9, Home: 36, End: 35, PageDown: 34, PageUp: 33};
		const text = key.length === 1 ? key : key === "Enter" ? "\r" : undefined;
		const event = {key, text, windowsVirtualKeyCode: codes[key] ?? key.toUpperCase().charCodeAt(0), modifiers: shift ? 8 : 0};
		await this.send("Input.dispatchKeyEvent", {type: "keyDown", ...event});
		await this.send("Input.dispatchKeyEvent", {type: "keyUp", ...event, text: undefined});
	}

	async type(text) {
		await this.send("Input.insertText", {text});
	}

	async pointer(type, x, y) {
		await this.send("Input.dispatchMouseEvent", {type, x, y, button: "left", buttons: type === "mouseReleased" ? 0 : 1, clickCount: 1});
	}

	async click(selector) {
		const {x, y} = await this.get((wanted) => {
			const element = document.querySelector(wanted);
			element.scrollIntoView({block: "nearest"});
			const box = element.getBoundingClientRect();
			return {x: box.x + box.width / 2, y: box.y + box.height / 2};
		}, selector);
		await this.pointer("mousePressed", x, y);
		await this.pointer("mouseReleased", x, y);
	}

	async picture() {
		const {data} = await this.send("Page.captureScreenshot", {format: "png"});
		return Buffer.from(data, "base64");
	}
}
