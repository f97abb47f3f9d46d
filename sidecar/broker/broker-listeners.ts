/** Those who want to hear of something, in the order in which they came. */
export class Listeners<Event> {
  private readonly all = new Set<(event: Event) => void>();

  /** The returned function ends the subscription. */
  add(listener: (event: Event) => void): () => void {
    this.all.add(listener);
    return () => this.all.delete(listener);
  }

  emit(event: Event): void {
    for (const listener of [...this.all]) listener(event);
  }
}
