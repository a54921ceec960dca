/** Rows that are read page by page, taken one by one after a look at the next. */
export class Lookahead<Row> {
  readonly #readAfter: (last: Row | undefined) => Promise<readonly Row[]>;
  #page: readonly Row[] = [];
  #index = 0;
  #hasEnded = false;

  /** @param readAfter reads the rows behind one that it read before, or the first ones; none when there are no more */
  constructor(readAfter: (last: Row | undefined) => Promise<readonly Row[]>) {
    this.#readAfter = readAfter;
  }

  /** The next row, which stays the next one; undefined at the end. */
  async peek(): Promise<Row | undefined> {
    if (this.#index >= this.#page.length && !this.#hasEnded) {
      this.#page = await this.#readAfter(this.#page.at(-1));
      this.#index = 0;
      this.#hasEnded = this.#page.length === 0;
    }
    return this.#page[this.#index];
  }

  /** Goes on behind the row that `peek` showed. */
  skip(): void {
    this.#index += 1;
  }
}
