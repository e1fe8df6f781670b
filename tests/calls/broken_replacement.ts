/**
 * Broken copies of the mailbox and the shared buffers, each with one step of the protocol
 * wrong, for the checker to catch.
 *
 * @module
 */

import { Mailbox } from "../../lib/payloads/mailbox.ts";
import { SharedBuffers } from "../../lib/payloads/shared_buffers.ts";
import { FIRST, WORKER } from "./replaced_worker.ts";

/** Closes the old port before its messages are read. */
export class ClosesOldPort extends Mailbox {
  override replace(...args: Parameters<Mailbox["replace"]>) {
    const [thread, port] = args;
    super.replace(thread, null, () => {});
    super.replace(thread, port, () => {});
  }
}

/** The replacement gets nothing that the ended worker was sent. */
export class SendsNothingAgain extends SharedBuffers {
  readonly #own: Mailbox;
  constructor(...args: ConstructorParameters<typeof SharedBuffers>) {
    super(...args);
    this.#own = args[0];
  }
  override attach(...args: Parameters<SharedBuffers["attach"]>) {
    const [thread, , port] = args;
    this.#own.replace(thread, port, (message) => this.open(message));
  }
}

/** Sends again at the next drain after the serial number has changed, to the port that is there. */
export class SendsAgainAtNewSerial extends SendsNothingAgain {
  readonly #box: Mailbox;
  readonly #host: ConstructorParameters<typeof SharedBuffers>[2];
  readonly #shared = new Set<SharedArrayBuffer>();
  #serial = FIRST;
  constructor(...args: ConstructorParameters<typeof SharedBuffers>) {
    super(...args);
    [this.#box, , this.#host] = args;
  }
  override share(...args: Parameters<SharedBuffers["share"]>) {
    this.#shared.add(args[0]);
    return super.share(...args);
  }
  override forget(count: number) {
    super.forget(count);
    const serial = this.#host.serial(WORKER);
    if (serial === this.#serial) return;
    this.#serial = serial;
    for (const buffer of this.#shared) {
      const reference = this.share(buffer, []);
      this.#box.post(WORKER, { kind: "share", reference, buffer });
    }
    this.#host.notify([WORKER]);
  }
}

/** What was not posted to closed ports is not remembered for the replacement. */
export class ForgetsWhatItDoesNotPost extends SharedBuffers {
  readonly #host: ConstructorParameters<typeof SharedBuffers>[2];
  constructor(...args: ConstructorParameters<typeof SharedBuffers>) {
    super(...args);
    this.#host = args[2];
  }
  override share(...[buffer, targets]: Parameters<SharedBuffers["share"]>) {
    const open = targets.filter((thread) =>
      !this.#host.hasClosedPorts(thread, this.#host.serial(thread))
    );
    return super.share(buffer, open);
  }
}

/** Forgets an ended sender before its results are read. */
export class ForgetsAtOnce extends SharedBuffers {
  override attach(...args: Parameters<SharedBuffers["attach"]>) {
    super.attach(...args);
    this.forget(this.clearedCount);
  }
}

/** The announcement comes before the messages that it announces. */
export class AnnouncesFirst extends SharedBuffers {
  readonly #notify: () => void;
  constructor(...args: ConstructorParameters<typeof SharedBuffers>) {
    const [mailbox, serial, host] = args;
    super(mailbox, serial, {
      threadCount: host.threadCount,
      serial: host.serial,
      hasClosedPorts: host.hasClosedPorts,
      notify: () => {},
      shared: host.shared,
      moved: host.moved,
      dropped: host.dropped,
    });
    this.#notify = () => host.notify([WORKER]);
  }
  override attach(...args: Parameters<SharedBuffers["attach"]>) {
    this.#notify();
    super.attach(...args);
  }
}
