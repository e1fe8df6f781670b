/**
 * The commands of `loom`. The only file that names the command-line library.
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
import { runTopology, type TopologyOptions } from "./topology/command.ts";
import { VERSION } from "./version.ts";

/** Where the command writes to. */
export interface Output {
  /** Results. */
  out(text: string): void;
  /** Complaints. */
  err(text: string): void;
}

/** Options of `loom topology` as the command line gives them. */
interface TopologyCommandOptions extends TopologyOptions {
  readonly envPrefix: string;
}

/** What a command has to say, and how the process ends. */
interface Answer {
  readonly text: string;
  readonly data: unknown;
  readonly exitCode: number;
}

/**
 * Runs one command line and returns the exit code.
 *
 * @param argv The arguments after the program's name.
 */
export function runProgram(argv: readonly string[], output: Output): number {
  const args = LoomArgs.parse(argv);
  let exitCode = 0;
  const answer = ({ text, data, exitCode: code }: Answer, json?: boolean) => {
    output.out(json ? `${JSON.stringify(data, null, 2)}\n` : `${text}\n`);
    exitCode = code;
  };
  const program = buildProgram(args, output, answer);
  const wants = (...names: string[]) =>
    args.rest.some((argument) => names.includes(argument));
  try {
    if (wants("--json") && wants("--help", "-h")) {
      answer(helpAsData(program), true);
    } else {
      program.parse(args.rest, { from: "user" });
    }
  } catch (error) {
    // The library throws for its own messages, help included, once printed.
    if (error instanceof CommanderError) return error.exitCode;
    if (!(error instanceof LoomError)) throw error;
    if (wants("--json")) answer(failure(error), true);
    else output.err(`${error.message}\n`);
    return 1;
  }
  return exitCode;
}

function buildProgram(
  args: LoomArgs,
  output: Output,
  answer: (answer: Answer, json?: boolean) => void,
): Command {
  const program = new Command("loom")
    .description(
      "Looks into the configuration and the machine of a loom runtime",
    )
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: output.out,
      writeErr: output.err,
      // Asking the environment about colours needs a permission in Deno.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(loom --help lists the commands)")
    .option("--json", "print JSON, also of the help");
  const asJson = () => program.opts<{ json?: boolean }>().json === true;

  program.command("config")
    .description("show each setting, its value and where it came from")
    .argument("[files...]", "config files, later ones override")
    .option("--env-prefix <prefix>", "of environment variables", "LOOM")
    .addHelpText("after", `\n${flagsHelp()}`)
    .action((files: string[], { envPrefix }: { envPrefix: string }) => {
      const resolved = resolveForDisplay({ files, envPrefix, args });
      const [text, data] = [formatConfig(resolved), configData(resolved)];
      answer({ text, data, exitCode: 0 }, asJson());
    });

  program.command("doctor")
    .description("check what loom needs here; exit code 1 if pinning fails")
    .action(() => {
      const report = examine();
      const exitCode = report.pinningWorks ? 0 : 1;
      answer({ text: formatReport(report), data: report, exitCode }, asJson());
    });

  program.command("topology")
    .description("draw the machine with the planned thread on each CPU")
    .argument("[files...]", "config files, later ones override")
    .option("--env-prefix <prefix>", "of environment variables", "LOOM")
    .option("--xml <file>", "plan for the machine of this hwloc XML")
    .option("--synthetic <text>", 'plan for one such as "pack:2 core:4 pu:2"')
    .option("--svg <file>", "write a picture too")
    .addHelpText("after", `\n${flagsHelp()}`)
    .action((files: string[], options: TopologyCommandOptions) => {
      const { envPrefix } = options;
      const resolved = resolveForDisplay({ files, envPrefix, args });
      answer({ ...runTopology(resolved, options), exitCode: 0 }, asJson());
    });

  program.command("schema")
    .description("print the JSON Schema of config files")
    .action(() => output.out(configJsonSchemaText()));
  return program;
}

function failure(error: LoomError): Answer {
  return { text: error.message, data: { error: error.message }, exitCode: 1 };
}

/** What `--help` tells people, for programs. */
function helpAsData(program: Command): Answer {
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
