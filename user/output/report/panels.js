/* SPDX-License-Identifier: GPL-2.0-only */
/* What stands around the attempts: the headline, outcomes, facets, the legend, the page on paper. */
const FACET_SHOWN = 8;
const PAPER_ROWS = 500;

function worst(facet) {
	let best = -1, most = 0;
	facet.texts.forEach((_, place) => {
		const {failed, other} = facet.count(place);
		if (failed + other > most) {
			most = failed + other;
			best = place;
		}
	});
	return best < 0 ? null : {text: facet.texts[best], bad: most};
}

/* What a person would say first. Of all attempts: before any filter. */
function writeHeadline(query) {
	const {data, byOutcome} = query, bad = data.n - byOutcome[0], parts = [];
	if (!data.n)
		return;
	const cause = worst(query.facets[0]), peer = worst(query.facets[1]);
	parts.push(make("b", {}, plural(data.n, "attempt", "attempts")), " to connect, ");
	if (!bad)
		parts.push("all of them established.");
	else
		parts.push(make("b", {class: "bad"}, `${count(bad)} not established`), ` (${percent(bad, data.n)}): most often `,
			make("b", {}, cause.text), ` (${count(cause.bad)}), and most often to `, make("b", {}, peer.text), ` (${count(peer.bad)}).`);
	byId("headline").append(...parts);
	const rest = [...data.rest.map(([name, number]) => `${count(number)} ${name}`),
		...data.losses.map(([name, number]) => `${name} ${count(number)}`)];
	if (rest.length)
		byId("rest").textContent = `Not shown here: ${rest.join(", ")}.`;
}

function writeAbout(data) {
	const {run} = data, about = [run.host, `Linux ${run.kernel}`, `tier ${run.tier}`];
	if (run.filter)
		about.push(`filter: ${run.filter}`);
	if (run.missing.length)
		about.push(`hooks missing: ${run.missing.join(", ")}`);
	byId("about").textContent = about.join(" · ");
	document.title = `connwhy: ${run.host}, ${dateTime(data, 0)} UTC`;
	byId("foot").textContent = `connwhy ${run.version} · tracing began ${dateTime(data, 0)} UTC · all times are UTC · this page asks nothing of any network`;
	byId("empty-why").textContent = data.rest.length
		? `Nothing that connwhy was asked to report was seen: ${data.rest.map(([name, number]) => `${count(number)} ${name}`).join(", ")}.`
		: `connwhy watched from ${dateTime(data, 0)} UTC on, and no outgoing TCP connect ended${run.filter ? ` that fits ${run.filter}` : ""}.`;
}

function drawOutcomes(query, onChange) {
	const {data, byOutcome, outcomes} = query, all = byOutcome.reduce((a, b) => a + b, 0);
	byId("outcomes").replaceChildren(...data.outcomeNames.map((name, outcome) => {
		const pressed = outcomes.has(outcome);
		const button = make("button", {type: "button", class: `outcome ${name}`, "aria-pressed": String(pressed), onclick: () => {
			if (!outcomes.delete(outcome))
				outcomes.add(outcome);
			onChange();
			byId("outcomes").children[outcome].focus();
		}}, markIcon(name), make("b", {}, count(byOutcome[outcome])), ` ${name} `,
		make("small", {}, all ? percent(byOutcome[outcome], all) : ""));
		button.style.setProperty("--share", all ? byOutcome[outcome] / all : 0);
		return button;
	}));
}

/* The worst first; those that are chosen always. */
function facetOrder(facet) {
	return facet.texts.map((text, place) => ({text, place, ...facet.count(place)}))
		.filter((entry) => entry.all || facet.chosen.has(entry.place))
		.sort((a, b) => b.all - b.ok - (a.all - a.ok) || b.all - a.all || (a.text < b.text ? -1 : 1));
}

function facetEntry(facet, entry, most, onChange) {
	const share = (part) => 100 * part / most;
	const bar = make("span", {class: "share", "aria-hidden": "true"}, ...["failure", "other", "success"].map((kind) => make("i", {class: kind})));
	[entry.failed, entry.other, entry.ok].forEach((part, at) => {
		bar.children[at].style.width = `${share(part)}%`;
	});
	const bad = entry.all - entry.ok;
	return make("li", {}, make("button", {type: "button", class: "entry", "data-place": entry.place,
		"aria-pressed": String(facet.chosen.has(entry.place)), title: entry.text,
		"aria-label": `${entry.text}: ${count(entry.all)}, ${count(bad)} not established`, onclick: () => {
			if (!facet.chosen.delete(entry.place))
				facet.chosen.add(entry.place);
			onChange();
			byId(`facet-${facet.name}`).querySelector(`[data-place="${entry.place}"]`)?.focus();
		}}, make("span", {class: "name"}, entry.text), make("span", {class: "number"}, count(entry.all)), bar));
}

function drawFacet(facet, onChange) {
	const entries = facetOrder(facet), section = byId(`facet-${facet.name}`);
	const shown = facet.wide ? entries.slice(0, 200) : entries.slice(0, FACET_SHOWN);
	const most = Math.max(1, ...shown.map((entry) => entry.all)), rest = entries.length - shown.length;
	const list = section.querySelector("ul");
	list.replaceChildren(...shown.map((entry) => facetEntry(facet, entry, most, onChange)));
	if (rest > 0 || facet.wide)
		list.append(make("li", {}, make("button", {type: "button", class: "plain small more", onclick: () => {
			facet.wide = !facet.wide;
			drawFacet(facet, onChange);
			section.querySelector(".more").focus();
		}}, facet.wide ? "Show fewer" : `Show more of ${count(entries.length)}`)));
}

function drawLegend(data) {
	const used = new Set();
	for (const kind of data.steps.kind.subarray(0, data.steps.from[data.n]))
		used.add(data.stepNames[kind]);
	for (const verdict of data.verdicts)
		used.add(data.outcomeNames[verdict.outcome]);
	const items = Object.keys(SHAPES).filter((name) => used.has(name))
		.map((name) => make("li", {}, markIcon(name), NAMES[name]));
	items.push(make("li", {}, make("span", {class: "plan-line", "aria-hidden": "true"}), "the kernel's own schedule: dashed its retries (dotted: by its defaults), solid where it gives up"));
	byId("legend").append(...items);
}

/* Paper does not scroll: the attempts in a table, each that failed with its sentence; of too many, those. */
function fillPaper(query) {
	const {data, visible} = query, rows = [];
	const isBad = (i) => data.verdicts[data.verdict[i]].outcome > 0;
	const printed = (visible.length > PAPER_ROWS ? visible.filter(isBad) : visible).subarray(0, PAPER_ROWS);
	for (const i of printed) {
		const verdict = data.verdicts[data.verdict[i]];
		rows.push(make("tr", {}, ...[clock(data, data.start[i]), processName(data, i), data.strings[data.peer[i]], endName(data, i),
			causeName(data, i), duration(data.duration[i])].map((text) => make("td", {}, text))));
		if (verdict.outcome)
			rows.push(make("tr", {class: "says"}, make("td", {}), make("td", {colspan: 5}, sentenceOf(data, i))));
	}
	const heads = ["Began (UTC)", "Process", "Destination", "Ended", "Cause", "Took"].map((text) => make("th", {}, text));
	const left = visible.length - printed.length;
	byId("paper").replaceChildren(make("h2", {}, "Attempts"),
		make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows)),
		left > 0 ? make("p", {}, `and ${count(left)} more, which the page on a screen shows.`) : "");
}
