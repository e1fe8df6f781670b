/**
 * The files of the page, as text.
 *
 * They are imported as text, not read: so they are there from a clone and from JSR, and in a
 * bundle or a compiled program. The scripts are JavaScript because a browser runs them as they
 * are. In the package for npm, `.release/page.ts` has put them into one.
 *
 * @module
 */

import chart from "./chart.js" with { type: "text" };
import columns from "./columns.js" with { type: "text" };
import dom from "./dom.js" with { type: "text" };
import format from "./format.js" with { type: "text" };
import history from "./history.js" with { type: "text" };
import icon from "./icon.svg" with { type: "text" };
import index from "./index.html" with { type: "text" };
import lines from "./lines.js" with { type: "text" };
import machineMap from "./machine_map.js" with { type: "text" };
import main from "./main.js" with { type: "text" };
import style from "./page.css" with { type: "text" };
import program from "./program.js" with { type: "text" };
import table from "./table.js" with { type: "text" };
import theme from "./theme.js" with { type: "text" };
import timeline from "./timeline.js" with { type: "text" };
import timelinePaint from "./timeline_paint.js" with { type: "text" };
import timelineView from "./timeline_view.js" with { type: "text" };

/** The text of the page itself. */
export const INDEX: string = index;

/** What it loads, by name. */
export const FILES: Readonly<Record<string, string>> = {
  "chart.js": chart,
  "columns.js": columns,
  "dom.js": dom,
  "format.js": format,
  "history.js": history,
  "icon.svg": icon,
  "lines.js": lines,
  "machine_map.js": machineMap,
  "main.js": main,
  "page.css": style,
  "program.js": program,
  "table.js": table,
  "theme.js": theme,
  "timeline.js": timeline,
  "timeline_paint.js": timelinePaint,
  "timeline_view.js": timelineView,
};
