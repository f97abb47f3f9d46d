import type { Clock } from './clock';

/** A terminal or a pipe; standard error usually. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly stream: ProgressStream;
  readonly clock: Clock;
}

export interface ProgressState {
  readonly done: number;
  readonly total?: number;
  /** What is counted; `bytes` are shown as KB, MB. */
  readonly unit: string;
  /** How fast it goes on; what is done is shown in its unit then, and not in percent alone. */
  readonly perSecond?: number;
}

/** Shows that something is under way. Call `end` in every case: a timer runs until then. */
export interface Progress {
  update(state: ProgressState): void;
  end(): void;
}

/** What is over sooner is not mentioned. */
const QUIET_MS = 1000;
const TERMINAL_MS = 200;
/** Into a pipe or file: a line now and then, never a redrawn one. */
const PIPE_MS = 5000;

export function startProgress(label: string, options: ProgressOptions): Progress {
  const { stream, clock } = options;
  const terminal = stream.isTTY === true;
  const started = clock.now();
  let state: ProgressState | undefined;
  let shown = false;
  let cancel = clock.after(QUIET_MS, show);

  function show(): void {
    shown = true;
    draw(`${describe(label, state)} (${seconds(clock.now() - started)})`);
    cancel = clock.after(terminal ? TERMINAL_MS : PIPE_MS, show);
  }

  function draw(line: string): void {
    if (terminal) stream.write(`\r\u001b[K${line.slice(0, (stream.columns ?? 80) - 1)}`);
    else stream.write(`${line}\n`);
  }

  return {
    update(next) {
      state = next;
    },
    end() {
      cancel();
      if (!shown) return;
      draw(`${describe(label, state)}: ended after ${seconds(clock.now() - started)}`);
      if (terminal) stream.write('\n');
    },
  };
}

/** Runs `work` and shows progress as long as it takes. */
export async function withProgress<Result>(
  label: string,
  options: ProgressOptions,
  work: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  const progress = startProgress(label, options);
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}

function describe(label: string, state: ProgressState | undefined): string {
  if (state === undefined) return label;
  const amount = (count: number): string => (state.unit === 'bytes' ? bytes(count) : `${count} ${state.unit}`);
  if (state.perSecond !== undefined) {
    const of = state.total === undefined ? '' : ` of ${amount(state.total)}`;
    return `${label}: ${amount(state.done)}${of}, ${amount(Math.round(state.perSecond))} a second`;
  }
  if (state.total === undefined || state.total <= 0) return `${label}: ${amount(state.done)}`;
  const percent = Math.floor((100 * state.done) / state.total);
  return `${label}: ${percent} % of ${amount(state.total)}`;
}

function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  if (count < 1_000_000) return `${(count / 1000).toFixed(0)} KB`;
  return `${(count / 1_000_000).toFixed(1)} MB`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}
