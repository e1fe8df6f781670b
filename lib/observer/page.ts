/**
 * What a browser shows of an observed runtime.
 *
 * @module
 */

/** The page. */
export const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>loom</title>
<p>This runtime answers <a href="/snapshot">/snapshot</a>, <a href="/metrics">/metrics</a>
and <a href="/machine.svg">/machine.svg</a>.
</html>
`;
