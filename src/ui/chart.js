/** A figure by day, drawn; and as a table for who does not see it. */
import UPlot from "./lib-uplot.js";
import { html, useEffect, useRef } from "./view.js";

/** @typedef {import("../contract/totals.ts").UsageTotal} Total */

const HEIGHT = 176;

/** @param {string} name of a colour in the style sheet */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @param {{ label: string, rows: readonly Total[], of: "cost" | "tokens", show: (value: number) => string }} props `rows`: days, latest first */
export function Chart({ label, rows, of, show }) {
	const box = useRef(/** @type {HTMLDivElement | null} */ (null));
	const plot = useRef(/** @type {import("./lib-uplot.js").default | undefined} */ (undefined));
	const days = [...rows].reverse().filter(({ key }) => key !== undefined);
	const key = JSON.stringify(days.map((day) => [day.key, day[of]]));

	useEffect(() => {
		const { current } = box;
		if (current === null) return undefined;
		const axis = {
			stroke: () => colour("--dim"),
			grid: { stroke: () => colour("--line"), width: 1 },
			ticks: { show: false },
		};
		const made = new UPlot(
			{
				...{ width: current.clientWidth || 600, height: HEIGHT, legend: { show: false }, cursor: { show: false } },
				scales: { x: { time: true }, y: { range: (_plot, _least, most) => [0, Math.max(most, 0.01)] } },
				axes: [axis, { ...axis, size: 72, values: (_plot, values) => values.map(show) }],
				series: [
					{},
					{ stroke: () => colour("--accent"), fill: () => colour("--wash"), width: 2, points: { show: true, size: 5 } },
				],
			},
			[[], []],
			current,
		);
		plot.current = made;
		const fit = new ResizeObserver(() => made.setSize({ width: current.clientWidth || 600, height: HEIGHT }));
		fit.observe(current);
		const dark = matchMedia("(prefers-color-scheme: dark)");
		const repaint = () => made.redraw();
		dark.addEventListener("change", repaint);
		return () => {
			dark.removeEventListener("change", repaint);
			fit.disconnect();
			made.destroy();
		};
	}, []);

	useEffect(() => {
		/** @type {readonly (readonly [string, number])[]} */
		const points = JSON.parse(key);
		plot.current?.setData([points.map(([day]) => Date.parse(day) / 1_000), points.map(([, value]) => value)]);
	}, [key]);

	return html`<figure><figcaption>${label}</figcaption><div class="chart" aria-hidden="true" ref=${box}></div>
		<table class="sr"><caption>${label}</caption><tbody>${days.map((day) => html`<tr key=${day.key}><th scope="row">${day.key}</th><td>${show(day[of])}</td></tr>`)}</tbody></table></figure>`;
}
