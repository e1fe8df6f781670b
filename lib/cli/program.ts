/**
 * The commands of `loom`. The only file that imports the command-line library: `parseArgs()`
 * of `@std/cli` has no commands and writes no help.
 *
 * @module
 */

import { Command, CommanderError } from "commander";
import { describeFlags, flagsHelp } from "../config/help.ts";
import { configJsonSchemaText } from "../config/json_schema.ts";
import { LoomArgs } from "../config/loom_args.ts";
import { LoomError } from "../errors.ts";
import { examine, formatReport } from "./doctor.ts";
import { configData, formatConfig, resolveForDisplay } from "./show_config.ts";
import type { NatsFlags, ServeFlags } from "./cluster_commands.ts";
import type { DashboardFlags } from "./dashboard.ts";
import type { TopFlags } from "./top/command.ts";
import { runTopology, type TopologyOptions } from "./topology/command.ts";
import type { TraceFlags } from "./trace_command.ts";
import { VERSION } from "../version.ts";

/** Where a command writes its output. */
export interface Output {
  /** Writes to standard output. */
  out(text: string): void;
  /** Writes to standard error. */
  err(text: string): void;
}

/** Options of `loom topology` as the command line gives them. */
interface TopologyCommandOptions extends TopologyOptions {
  readonly envPrefix: string;
}

/** The output of a command and its exit code. */
interface CommandResult {
  /** For people. */
  readonly text: string;
  /** For programs, with `--json`. */
  readonly data: unknown;
  readonly exitCode: number;
}

/**
 * Runs one command line.
 *
 * @param argv The arguments after the program's name.
 * @param output Where the output goes.
 * @returns The exit code.
 */
export async function runProgram(
  argv: readonly string[],
  output: Output,
): Promise<number> {
  const args = LoomArgs.parse(argv);
  let exitCode = 0;
  const print: Print = ({ text, data, exitCode: code }, json) => {
    output.out(json ? `${JSON.stringify(data, null, 2)}\n` : `${text}\n`);
    exitCode = code;
  };
  const program = buildProgram(args, output, print);
  const isGiven = (...names: string[]) =>
    args.rest.some((argument) => names.includes(argument));
  try {
    if (isGiven("--json") && isGiven("--help", "-h")) {
      print(helpAsData(program), true);
    } else {
      await program.parseAsync(args.rest, { from: "user" });
    }
  } catch (error) {
    // The library throws after it has printed a message, such as help.
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof LoomError)) throw error;
    if (isGiven("--json")) print(failure(error), true);
    else output.err(`${error.message}\n`);
    return 1;
  }
  return exitCode;
}

type Print = (result: CommandResult, json?: boolean) => void;

function buildProgram(
  args: LoomArgs,
  output: Output,
  print: Print,
): Command {
  const program = new Command("loom")
    .description(
      "Inspects the configuration and the machine of a loom runtime",
    )
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: output.out,
      writeErr: output.err,
      // Detecting colours reads the environment, which needs a permission in Deno.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(loom --help lists the commands)")
    .option("--json", "print JSON, also for --help");
  const asJson = () => program.opts<{ json?: boolean }>().json === true;

  withSources(program.command("config"))
    .description("show each setting, its value and where it came from")
    .action(async (files: string[], { envPrefix }: { envPrefix: string }) => {
      const resolved = await resolveForDisplay({ files, envPrefix, args });
      const [text, data] = [formatConfig(resolved), configData(resolved)];
      print({ text, data, exitCode: 0 }, asJson());
    });

  program.command("doctor")
    .description("check what loom needs; exit code 1 if pinning fails")
    .action(() => {
      const report = examine();
      const exitCode = report.pinningWorks ? 0 : 1;
      print({ text: formatReport(report), data: report, exitCode }, asJson());
    });

  withSources(program.command("topology"))
    .description("draw the machine with the planned thread on each CPU")
    .option("--xml <file>", "plan for the machine in this hwloc XML file")
    .option(
      "--synthetic <text>",
      'plan for a machine such as "pack:2 core:4 pu:2"',
    )
    .option("--svg <file>", "also write an SVG picture")
    .action(async (files: string[], options: TopologyCommandOptions) => {
      const { envPrefix } = options;
      const resolved = await resolveForDisplay({ files, envPrefix, args });
      print({ ...runTopology(resolved, options), exitCode: 0 }, asJson());
    });

  const printAsAsked = (result: CommandResult) => print(result, asJson());
  addObserverCommands(program, output, printAsAsked);
  addClusterCommands(program, args, output, printAsAsked);

  program.command("schema")
    .description("print the JSON Schema of config files")
    .action(() => output.out(configJsonSchemaText()));
  return program;
}

function addObserverCommands(
  program: Command,
  output: Output,
  print: Print,
): void {
  const which = [
    "[process]",
    "id of an observed process, or the path of its socket; by default the only one",
  ] as const;
  program.command("top")
    .description("show what a running process does, live")
    .argument(...which)
    .option("--once", "print one picture, as without a terminal")
    .option("--interval <seconds>", "time between two pictures", "1")
    .action(async (target: string | undefined, flags: TopFlags) => {
      const { runTop } = await import("./top/command.ts");
      const { text, data } = await runTop(target, flags);
      if (text !== "") print({ text, data, exitCode: 0 });
    });
  program.command("trace")
    .description("record what a running process does, for Perfetto")
    .argument(...which)
    .option("--seconds <n>", "for how long", "5")
    .option("-o, --output <file>", "where to write it", "trace.json")
    .action(async (target: string | undefined, flags: TraceFlags) => {
      const { runTrace } = await import("./trace_command.ts");
      print({ ...await runTrace(target, flags), exitCode: 0 });
    });
  program.command("dashboard")
    .description("serve a page that shows a running process")
    .argument(...which)
    .option("--port <number>", "port of the page; 0 for a free one", "0")
    .action(async (target: string | undefined, flags: DashboardFlags) => {
      const { runDashboard } = await import("./dashboard.ts");
      await runDashboard(target, flags, output.out);
    });
}

function addClusterCommands(
  program: Command,
  args: LoomArgs,
  output: Output,
  print: Print,
): void {
  withNats(program.command("serve"))
    .description("serve the tasks of a module to callers on a cluster")
    .argument("<module>", "file or URL of a module that exports tasks")
    .option("--group <name>", "hosts of a group offer the same tasks")
    .option("--subject-prefix <prefix>", "what all subjects begin with")
    .option("--host-name <name>", "name of this host in errors and lists")
    .option("--task-version <version>", "version of the tasks, such as 1.2.0")
    .option("--max-calls <count>", "most calls that run or wait")
    .option("--room <count>", "most messages of durable maps at a time")
    .addHelpText("after", `\n${flagsHelp()}`)
    .action(async (module: string, flags: ServeFlags) => {
      const { runServe } = await import("./cluster_commands.ts");
      await runServe(module, flags, args, output.out);
    });
  withNats(program.command("hosts"))
    .description("list the hosts of a cluster")
    .action(async (flags: NatsFlags) => {
      const { runHosts } = await import("./cluster_commands.ts");
      print({ ...await runHosts(flags), exitCode: 0 });
    });
}

/** Adds how to reach the cluster to a command. */
function withNats(command: Command): Command {
  return command
    .option("--nats <urls>", "NATS servers", "nats://127.0.0.1:4222")
    .option("--creds <file>", "JWT and NKey seed")
    .option("--nkey <file>", "NKey seed")
    .option("--user <name>", "user")
    .option("--password <text>", "password of the user")
    .option("--token <text>", "token")
    .option("--tls-ca <file>", "certificate of the authority of the servers")
    .option("--tls-cert <file>", "certificate of this client")
    .option("--tls-key <file>", "key of that certificate");
}

/** Adds the sources of settings to a command: config files, environment and flags. */
function withSources(command: Command): Command {
  return command
    .argument("[files...]", "config files; later ones override earlier ones")
    .option("--env-prefix <prefix>", "prefix of environment variables", "LOOM")
    .addHelpText("after", `\n${flagsHelp()}`);
}

function failure(error: LoomError): CommandResult {
  return { text: error.message, data: { error: error.message }, exitCode: 1 };
}

/** The content of `--help` as data. */
function helpAsData(program: Command): CommandResult {
  const describe = (command: Command) => ({
    name: command.name(),
    summary: command.description(),
    options: command.options.map(({ flags, description }) => ({
      flags,
      summary: description,
    })),
  });
  const data = {
    ...describe(program),
    commands: program.commands.map(describe),
    loomFlags: describeFlags(),
  };
  return { text: program.helpInformation(), data, exitCode: 0 };
}
