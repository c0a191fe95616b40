/* The connection: server-sent events, opened again where they end, from the last line that arrived. */

import { lineRead } from "./lines.js";

const TAIL = 2000; // lines asked for at first
const LATEST_S = 20; // seconds between two tries at most

export class Stream {
  constructor(address, told) {
    this.address = address;
    this.told = told; // {lines, changed, skipped, state}
    this.last = 0;
    this.failures = 0;
    this.cut = false;
    this.whole = false; // no line comes any more, though the job's cost may still change
    addEventListener("pagehide", () => this.source?.close());
    addEventListener("pageshow", (event) => event.persisted && location.reload());
  }

  open() {
    const from = this.last ? `after=${this.last}` : `tail=${TAIL}`;
    this.source = new EventSource(`${this.address}?${from}`);
    this.source.addEventListener("open", () => {
      this.failures = 0;
      this.told.state(this.whole ? "end" : this.cut ? "back" : "live");
      this.cut = false;
    });
    this.source.addEventListener("log", (event) => this.add(event));
    this.source.addEventListener("state", (event) => this.told.changed(JSON.parse(event.data).seen));
    this.source.addEventListener("skipped", (event) => this.told.skipped(Number(event.data)));
    this.source.addEventListener("whole", () => {
      this.whole = true;
      this.told.state("end");
    });
    this.source.addEventListener("end", () => this.finish("end"));
    this.source.addEventListener("refused", (event) => this.finish("refused", JSON.parse(event.data).detail));
    this.source.addEventListener("error", () => this.broken());
  }

  add(event) {
    const fresh = [];
    for (const data of event.data.split("\n")) {
      const line = lineRead(data);
      if (line.seq <= this.last) continue; // sent before the connection broke
      this.last = line.seq;
      fresh.push(line);
    }
    if (fresh.length) this.told.lines(fresh);
  }

  finish(state, sentence = "") {
    this.source.close();
    this.told.state(state, sentence);
  }

  /* A browser comes back by itself from a lost connection, not from an answer that is no stream. */
  broken() {
    this.cut = true;
    this.told.state("cut");
    if (this.source.readyState !== EventSource.CLOSED) return;
    this.failures += 1;
    if (this.failures > 8) {
      this.told.state("lost");
      return;
    }
    setTimeout(() => this.open(), Math.min(2 ** this.failures, LATEST_S) * 1000);
  }
}
