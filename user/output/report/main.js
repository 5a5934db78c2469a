/* SPDX-License-Identifier: GPL-2.0-only */
/* The page comes to life: data is read, everything is drawn, and drawn again when a filter changes. */
const data = readData(byId("data").textContent);
const query = new Query(data);
const CLOCK_UP_TO = 200; /* attempts: more of them are dots on the axis of a whole day */
const THEMES = ["auto", "light", "dark"];
let colors = readColors();

const overTime = new OverTime(query, () => colors, (span) => {
	query.span = span;
	refresh();
});
const waterfall = new Waterfall(query, () => colors, openAttempt);
waterfall.overall = overTime;
waterfall.since = data.n > CLOCK_UP_TO;
byId("axis").value = waterfall.since ? "since" : "clock";
const detail = new Detail(data, {
	onClose() {
		waterfall.opened = -1;
		layout();
		waterfall.list.focus();
	},
	onStep(way) {
		const i = waterfall.neighbour(way);
		if (i >= 0)
			openAttempt(i, false);
	},
	show(name, i) {
		const facet = query.facets.find((candidate) => candidate.name === name);
		if (facet)
			facet.chosen = new Set([facet.ids[i]]);
		else
			byId("search").value = query.search = `series:${data.series[i]}`;
		refresh();
	},
});

function openAttempt(i, focus = true) {
	waterfall.opened = i;
	detail.open(i, focus);
	layout();
}

function layout() {
	overTime.draw(colors);
	drawLatency(query, colors);
	waterfall.draw();
}

function refresh() {
	query.run();
	drawOutcomes(query, refresh);
	for (const facet of query.facets)
		drawFacet(facet, refresh);
	overTime.draw(colors);
	drawLatency(query, colors);
	waterfall.update();
	byId("shown").textContent = query.filtered ? `${count(query.visible.length)} of ${count(data.n)}` : count(data.n);
	byId("clear").hidden = !query.filtered;
	byId("over-time-clear").hidden = !query.span;
}

function setTheme(theme) {
	document.documentElement.dataset.theme = theme;
	byId("theme").textContent = `Theme: ${theme}`;
	colors = readColors();
	layout();
}

function listen() {
	let typing = 0;
	byId("search").addEventListener("input", (event) => {
		clearTimeout(typing);
		typing = setTimeout(() => {
			query.search = event.target.value;
			refresh();
		}, 80);
	});
	byId("search").addEventListener("keydown", (event) => {
		if (event.key === "Enter" || event.key === "ArrowDown")
			waterfall.list.focus();
	});
	document.addEventListener("keydown", (event) => {
		if (event.key !== "/" || event.target.matches("input, select"))
			return;
		byId("search").focus();
		event.preventDefault();
	});
	byId("clear").addEventListener("click", () => {
		query.clear();
		byId("search").value = "";
		refresh();
		byId("search").focus();
	});
	byId("over-time-clear").addEventListener("click", () => {
		query.span = null;
		refresh();
		overTime.element.focus();
	});
	byId("group").addEventListener("change", (event) => {
		waterfall.facet = query.facets.find((facet) => facet.name === event.target.value) || null;
		waterfall.toggled.clear();
		waterfall.update();
	});
	byId("axis").addEventListener("change", (event) => {
		waterfall.since = event.target.value === "since";
		waterfall.draw();
	});
	byId("order").addEventListener("change", (event) => {
		query.order = event.target.value;
		refresh();
	});
	byId("theme").addEventListener("click", () => {
		setTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length]);
	});
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTheme(document.documentElement.dataset.theme));
	window.addEventListener("resize", layout);
	let theme;
	window.addEventListener("beforeprint", () => {
		({theme} = document.documentElement.dataset);
		fillPaper(query);
		setTheme("light");
	});
	window.addEventListener("afterprint", () => {
		byId("paper").replaceChildren();
		setTheme(theme);
	});
}

writeAbout(data);
writeHeadline(query);
byId("empty").hidden = data.n > 0;
byId("board").hidden = data.n === 0;
byId("outcomes").hidden = data.n === 0;
document.querySelector(".search").hidden = data.n === 0;
drawLegend(data);
listen();
refresh();
setTheme("auto");
byId("main").removeAttribute("aria-busy");
