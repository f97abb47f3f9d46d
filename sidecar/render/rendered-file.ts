/**
 * What a change of the file's content means for a running broker; `acceptors`: they read it when they are reloaded, which
 * leaves their connections alone.
 */
export type FileEffect = 'reload' | 'login' | 'acceptors' | 'restart' | 'none';

/** One file of the instance folder, as it must be. */
export interface RenderedFile {
  /** Relative to the instance folder, with forward slashes. */
  readonly path: string;
  readonly content: string;
  readonly effect: FileEffect;
  /** Holds a key or password: mode 0600, never shown. */
  readonly secret: boolean;
}
