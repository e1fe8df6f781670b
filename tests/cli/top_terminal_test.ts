import assert from "node:assert/strict";
import { join } from "node:path";
import { withFiles } from "../config/config_file.ts";
import { HERE } from "../support/program.ts";
import { unpinned } from "../support/runtime.ts";
import { findRuntime, ROOT } from "../support/runtimes.ts";
import { skip, test } from "../support/test.ts";
import { hasTmux, NO_TMUX, Tmux } from "../support/tmux.ts";

const LIVE =
  "loom top lives in a terminal, follows its size, and gives it back";

if (!hasTmux()) skip(LIVE, NO_TMUX);
else {
  test(LIVE, () =>
    withFiles({}, async (folder) => {
      const socket = join(folder, "loom-1.sock");
      await using runtime = await unpinned(3).observe({ socket }).build();
      const run = HERE === "Deno" ? "run -A --no-check" : "run";
      const top = `${findRuntime(HERE)} ${run} ${ROOT}/lib/cli/main.ts top`;
      using terminal = new Tmux(
        80,
        14,
        `stty -a; ${top} --interval 0.1 ${socket}; echo "left $?"; stty -a; cat`,
      );
      const hasRow = (pattern: RegExp) => (lines: string[]) =>
        lines.some((line) => pattern.test(line));
      const square = (n: number) => n * n;
      await terminal.shows(hasRow(/^THREAD +CPU STATE/));
      for (let n = 0; n < 100; n++) await runtime.spawnCompute(square, n);
      const small = await terminal.shows(hasRow(/n \* n/));
      assert.match(small[0], /^loom top: test, /);
      assert.equal(small.length, 14);
      assert.match(small[13], /^s threads by number .* q quits$/);
      assert.ok(hasRow(/^ {2}… \d+ more$/)(small));
      terminal.resize(120, 40);
      const large = await terminal.shows((lines) =>
        lines.length === 40 && lines[39].startsWith("s threads")
      );
      assert.ok(hasRow(/^test-compute-0002 /)(large));
      assert.ok(!hasRow(/ more$/)(large));
      terminal.press("s");
      await terminal.shows(hasRow(/^s threads by load /));
      terminal.resize(80, 14);
      await terminal.shows((lines) =>
        lines.length === 14 && lines[13].startsWith("s threads")
      );
      terminal.press("Down", "Down", "p");
      await terminal.shows(hasRow(/ p goes on /));
      terminal.press("q");
      const after = await terminal.shows(hasRow(/^left 0$/));
      // The screen of before, and the terminal echoes again.
      assert.ok(!hasRow(/^THREAD/)(after));
      assert.ok(hasRow(/(^| )echo /)(after), after.join("\n"));
      terminal.press("C-c");
    }));
}
