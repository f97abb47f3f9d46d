import type { AddressBook, BookEntry, BookName } from '../address-book';
import type { Directory, Recipient } from '../directory';
import type { Party } from '../party';

/** The map of the moment, to be read when its number is another than before. */
export interface CurrentMap {
  readonly revision: number;
  readonly read: () => AddressBook;
}

/** What a node of a network made of memory knows of the others. */
export class MemoryDirectory implements Directory {
  readonly own: readonly [Party, ...Party[]];
  private known: { readonly revision: number; readonly book: AddressBook } | undefined;
  private readonly found = new Map<string, Recipient>();

  constructor(
    entry: BookEntry,
    private readonly current: () => CurrentMap,
  ) {
    const [first, ...more] = entry.identities;
    this.own = [partyOf(first), ...[...more, ...entry.services].map(partyOf)];
  }

  find(text: string): Recipient {
    const book = this.book();
    const known = this.found.get(text);
    if (known !== undefined) return known;
    const addressee = book.find(text);
    const recipient = { ...partyOf(addressee), address: addressee.address };
    this.found.set(text, recipient);
    return recipient;
  }

  findOwn(text: string): Party {
    return partyOf(this.book().findOwn(text));
  }

  nameOf(id: string): string | undefined {
    return this.book().nameOf(id);
  }

  private book(): AddressBook {
    const { revision, read } = this.current();
    if (this.known?.revision !== revision) {
      this.known = { revision, book: read() };
      this.found.clear();
    }
    return this.known.book;
  }
}

function partyOf({ id, name }: BookName): Party {
  return { id, name: name.toCorda() };
}
