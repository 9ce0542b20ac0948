/** Values and models that views follow. No other module keeps a list of listeners. */

export class Observable {
  private readonly listeners = new Set<() => void>();

  /** Calls the listener after each change, until the returned function is called. */
  follow(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Tells the listeners of a change; one that another of them has removed is not called. */
  tell(): void {
    for (const listener of [...this.listeners]) {
      if (this.listeners.has(listener)) {
        listener();
      }
    }
  }

  /** Removes all listeners. */
  protected dropListeners(): void {
    this.listeners.clear();
  }
}

/** A value that is observed as a whole. */
export class Store<T> extends Observable {
  constructor(private value: T) {
    super();
  }

  get(): T {
    return this.value;
  }

  /** Tells the listeners if the value differs. */
  set(value: T): void {
    if (value !== this.value) {
      this.value = value;
      this.tell();
    }
  }
}
